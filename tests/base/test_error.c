/* Errors: text, context, truncation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"

static void fail_sets_status_and_text(void **state)
{
    (void)state;
    struct mm_error err = {0};
    assert_int_equal(mm_fail(&err, MM_ERR_DATA, "dim[0] is %d, NIfTI allows 1 to 7", 9), MM_ERR_DATA);
    assert_int_equal(err.status, MM_ERR_DATA);
    assert_string_equal(err.text, "dim[0] is 9, NIfTI allows 1 to 7");
}

static void context_is_put_before_and_the_status_is_kept(void **state)
{
    (void)state;
    struct mm_error err;
    mm_fail(&err, MM_ERR_IO, "no such file");
    assert_int_equal(mm_fail_in(&err, "%s", "a.nii"), MM_ERR_IO);
    assert_int_equal(mm_fail_in(&err, "cannot start %s", "training"), MM_ERR_IO);
    assert_string_equal(err.text, "cannot start training: a.nii: no such file");
}

static void a_null_error_still_gives_the_status(void **state)
{
    (void)state;
    assert_int_equal(mm_fail(NULL, MM_ERR_CONFIG, "x"), MM_ERR_CONFIG);
    assert_int_not_equal(mm_fail_in(NULL, "x"), MM_OK);
    assert_int_equal(mm_fail_memory(NULL, "x"), MM_ERR_MEMORY);
}

static void arguments_may_point_into_the_error(void **state)
{
    (void)state;
    struct mm_error err;
    mm_fail(&err, MM_ERR_DATA, "inner");
    mm_fail(&err, MM_ERR_CONFIG, "<%s>", err.text);
    assert_string_equal(err.text, "<inner>");
}

static void memory_names_what(void **state)
{
    (void)state;
    struct mm_error err;
    mm_fail_memory(&err, "a volume");
    assert_string_equal(err.text, "cannot allocate a volume");
}

static void a_long_text_is_cut_between_characters(void **state)
{
    (void)state;
    struct mm_error err;
    static char text[2 * MM_ERROR_TEXT_MAX];
    /* Two-byte characters at even and odd offsets: one of the two would be split by a plain cut. */
    for (size_t shift = 0; shift < 2; shift++) {
        size_t n = 0;
        if (shift)
            text[n++] = 'x';
        while (n + 2 < sizeof text - 1) {
            text[n++] = '\xC3';
            text[n++] = '\xA9';
        }
        text[n] = '\0';
        mm_fail(&err, MM_ERR_DATA, "%s", text);
        size_t length = strlen(err.text);
        assert_in_range(length, MM_ERROR_TEXT_MAX - 3, MM_ERROR_TEXT_MAX - 1);
        assert_string_equal(err.text + length - 3, "...");
        assert_int_equal((unsigned char)err.text[length - 4], 0xA9);
        mm_fail_in(&err, "context");
        assert_int_equal(strncmp(err.text, "context: ", 9), 0);
        assert_string_equal(err.text + strlen(err.text) - 3, "...");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fail_sets_status_and_text),
        cmocka_unit_test(context_is_put_before_and_the_status_is_kept),
        cmocka_unit_test(a_null_error_still_gives_the_status),
        cmocka_unit_test(arguments_may_point_into_the_error),
        cmocka_unit_test(memory_names_what),
        cmocka_unit_test(a_long_text_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
