/* The line of long work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mmar/progress_line.h"

static const char *text(uint64_t done, uint64_t total, double seconds)
{
    static char buffer[160];
    return mm_progress_line_text(buffer, sizeof buffer, "verifying", done, total, seconds);
}

static void it_says_how_much_and_how_long(void **state)
{
    (void)state;
    assert_string_equal(text(1 << 20, 4 << 20, 10), "verifying: 1 MiB of 4 MiB, 30.0 s left");
    assert_string_equal(text(4 << 20, 4 << 20, 10), "verifying: 4 MiB of 4 MiB, 0 ms left");
}

static void what_is_not_known_is_not_said(void **state)
{
    (void)state;
    assert_string_equal(text(1 << 20, 0, 10), "verifying: 1 MiB");
    assert_string_equal(text(0, 4 << 20, 10), "verifying: 0 B");
    assert_string_equal(text(5 << 20, 4 << 20, 10), "verifying: 5 MiB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_how_much_and_how_long),
        cmocka_unit_test(what_is_not_known_is_not_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
