/* Edit distances that were counted by hand, and which typos find their name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/names.h"

static void distances(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        size_t distance;
    } cases[] = {
        {"", "", 0},           {"", "abc", 3},   {"kitten", "sitting", 3}, {"a_mx", "a_max", 1},
        {"a_amx", "a_max", 1}, {"ca", "abc", 3}, {"Scale", "sCALE", 0},    {"saturday", "sunday", 3},
        {"flaw", "lawn", 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(mm_names_distance(cases[i].a, cases[i].b), cases[i].distance);
        assert_int_equal(mm_names_distance(cases[i].b, cases[i].a), cases[i].distance);
    }
}

static void very_long_names_are_no_typos(void **state)
{
    (void)state;
    char a[400], b[300];
    memset(a, 'x', sizeof a);
    memset(b, 'x', sizeof b);
    a[sizeof a - 1] = b[sizeof b - 1] = '\0';
    assert_int_equal(mm_names_distance(a, b), sizeof a - 1);
    assert_int_equal(mm_names_distance(a, a), 0);
}

static const char *hint_for(const char *wanted, char *buffer, size_t size)
{
    struct mm_nearest nearest;
    char words[128];
    mm_nearest_init(&nearest, wanted);
    mm_nearest_offer(&nearest, "a_min");
    mm_nearest_offer(&nearest, "a_max");
    mm_nearest_offer_words(&nearest, " clip  rotate90 ", words, sizeof words);
    return mm_nearest_hint(&nearest, buffer, size);
}

static void the_nearest_is_offered_when_it_is_near(void **state)
{
    (void)state;
    char buffer[128];
    assert_string_equal(hint_for("a_mx", buffer, sizeof buffer), ", did you mean a_max?");
    assert_string_equal(hint_for("A_MIN", buffer, sizeof buffer), ", did you mean a_min?");
    assert_string_equal(hint_for("rotate_90", buffer, sizeof buffer), ", did you mean rotate90?");
    assert_string_equal(hint_for("clp", buffer, sizeof buffer), ", did you mean clip?");
    assert_string_equal(hint_for("interpolation", buffer, sizeof buffer), "");
    assert_string_equal(hint_for("", buffer, sizeof buffer), "");
}

static void words_are_found_whole(void **state)
{
    (void)state;
    assert_true(mm_names_contain("nearest bilinear", "nearest"));
    assert_true(mm_names_contain("nearest bilinear", "bilinear"));
    assert_false(mm_names_contain("nearest bilinear", "linear"));
    assert_false(mm_names_contain("nearest bilinear", "near"));
    assert_false(mm_names_contain("nearest bilinear", ""));
    assert_false(mm_names_contain("nearest bilinear", "nearest bilinear"));
    assert_false(mm_names_contain("", "x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances),
        cmocka_unit_test(very_long_names_are_no_typos),
        cmocka_unit_test(the_nearest_is_offered_when_it_is_near),
        cmocka_unit_test(words_are_found_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
