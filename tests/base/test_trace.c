/* Topics from the environment, and lines only of those that are on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/trace.h"
#include "tests/support/capture.h"

static unsigned evaluated;

static unsigned count(void)
{
    return ++evaluated;
}

static int init_with(const char *topics, const char **output)
{
    topics ? setenv("MMAR_TRACE", topics, 1) : unsetenv("MMAR_TRACE");
    capture_begin(false);
    int result = mm_trace_init();
    *output = capture_end();
    return result;
}

static void topics_are_chosen_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *topics;
        unsigned bits;
    } cases[] = {
        {NULL, 0},
        {"", 0},
        {"cache", 1u << MM_TRACE_BIT_CACHE},
        {"plan,cache", 1u << MM_TRACE_BIT_CACHE | 1u << MM_TRACE_BIT_PLAN},
        {"train,", 1u << MM_TRACE_BIT_TRAIN},
        {"all", (1u << MM_TRACE_BITS) - 1},
    };
    const char *output;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(init_with(cases[i].topics, &output), 0);
        assert_int_equal(mm_trace_on, cases[i].bits);
        assert_string_equal(output, "");
    }
}

static void help_and_unknown_words_list_the_topics(void **state)
{
    (void)state;
    const char *output;
    assert_int_not_equal(init_with("help", &output), 0);
    assert_non_null(strstr(output, "  cache    entries, rotation, waits\n"));
    assert_null(strstr(output, "unknown"));
    assert_int_not_equal(init_with("cache,plam", &output), 0);
    assert_non_null(strstr(output, "unknown topic \"plam\""));
    assert_non_null(strstr(output, "  plan     layouts, reorders, memory\n"));
    assert_int_not_equal(init_with("cach", &output), 0);
}

static void only_topics_that_are_on_are_evaluated_and_printed(void **state)
{
    (void)state;
    const char *output;
    init_with("cache", &output);
    evaluated = 0;
    capture_begin(false);
    MM_TRACE(CACHE, "swap %u", count());
    MM_TRACE(PLAN, "reorder %u", count());
    assert_string_equal(capture_end(), "trace cache: swap 1\n");
    assert_int_equal(evaluated, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topics_are_chosen_by_name),
        cmocka_unit_test(help_and_unknown_words_list_the_topics),
        cmocka_unit_test(only_topics_that_are_on_are_evaluated_and_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
