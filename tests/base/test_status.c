/* Exit codes are part of the program's interface (0 1 2 3 4 5 130). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"

static void exit_codes_are_the_documented_ones(void **state)
{
    (void)state;
    static const int expected[MM_STATUS_COUNT] = {
        [MM_OK] = 0,     [MM_NO] = 1,         [MM_ERR_USAGE] = 2,  [MM_ERR_CONFIG] = 3,    [MM_ERR_DATA] = 4,
        [MM_ERR_IO] = 5, [MM_ERR_MEMORY] = 5, [MM_ERR_DEVICE] = 5, [MM_INTERRUPTED] = 130,
    };
    for (int s = 0; s < MM_STATUS_COUNT; s++)
        assert_int_equal(mm_status_exit_code((enum mm_status)s), expected[s]);
}

static void every_status_has_a_text_of_its_own(void **state)
{
    (void)state;
    for (int s = 0; s < MM_STATUS_COUNT; s++)
        for (int t = 0; t < s; t++)
            assert_string_not_equal(mm_status_text((enum mm_status)s), mm_status_text((enum mm_status)t));
    assert_string_equal(mm_status_text(MM_ERR_MEMORY), "out of memory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exit_codes_are_the_documented_ones),
        cmocka_unit_test(every_status_has_a_text_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
