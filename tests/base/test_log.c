/* Lines and the progress line, on a file and on a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "tests/support/capture.h"

static void say_all(void)
{
    mm_note("note %d", 1);
    mm_detail("detail");
    mm_warn("warn");
    mm_progress("progress");
    mm_progress_end(true);
}

static void levels_choose_what_is_said(void **state)
{
    (void)state;
    static const struct {
        enum mm_log_level level;
        const char *text;
    } cases[] = {
        {MM_LOG_NORMAL, "note 1\nwarn\nprogress\n"},
        {MM_LOG_VERBOSE, "note 1\ndetail\nwarn\nprogress\n"},
        {MM_LOG_QUIET, "warn\n"},
    };
    assert_int_equal(mm_log_get(), MM_LOG_NORMAL);
    for (size_t i = 0; i < 3; i++) {
        mm_log_set(cases[i].level);
        assert_int_equal(mm_log_get(), cases[i].level);
        capture_begin(false);
        say_all();
        assert_string_equal(capture_end(), cases[i].text);
    }
    mm_log_set(MM_LOG_NORMAL);
}

static void plain_progress_is_rare_and_keeps_its_last_line(void **state)
{
    (void)state;
    capture_begin(false);
    for (int i = 1; i <= 100; i++)
        mm_progress("step %d", i);
    mm_progress_end(true);
    mm_progress_end(true);
    assert_string_equal(capture_end(), "step 100\n");

    capture_begin(false);
    mm_progress("step 1");
    mm_progress("step 2");
    mm_progress_end(false);
    mm_progress_end(false);
    assert_string_equal(capture_end(), "");
}

static void a_terminal_line_is_rewritten(void **state)
{
    (void)state;
    capture_begin(true);
    mm_progress("one");
    nanosleep(&(struct timespec){.tv_nsec = 60000000}, NULL);
    mm_progress("two");
    mm_progress("three");
    mm_progress_end(true);
    assert_string_equal(capture_end(), "\r\033[Kone\r\033[Ktwo\r\033[Kthree\n");

    capture_begin(true);
    mm_progress("one");
    mm_progress_end(false);
    assert_string_equal(capture_end(), "\r\033[Kone\r\033[K");
}

static void a_note_clears_the_progress_line(void **state)
{
    (void)state;
    capture_begin(true);
    mm_progress("one");
    mm_note("note");
    mm_progress_end(true);
    assert_string_equal(capture_end(), "\r\033[Kone\r\033[Knote\n\r\033[Kone\n");
}

static void a_terminal_line_is_cut_at_its_width(void **state)
{
    (void)state;
    char line[400] = "", expected[400] = "\r\033[K";
    for (int i = 0; i < 100; i++)
        strncat(line, "\xC3\xA9", 3);
    for (int i = 0; i < 79; i++)
        strncat(expected, "\xC3\xA9", 3);
    strncat(expected, "\n", 2);
    capture_begin(true);
    mm_progress("%s", line);
    mm_progress_end(true);
    assert_string_equal(capture_end(), expected);
}

static void colour_needs_a_willing_terminal(void **state)
{
    (void)state;
    static const struct {
        bool is_tty;
        const char *term, *no_color;
        bool colour;
    } cases[] = {
        {true, "xterm", NULL, true}, {true, "xterm", "", true}, {true, "xterm", "1", false},
        {true, "dumb", NULL, false}, {true, NULL, NULL, false}, {false, "xterm", NULL, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cases[i].term ? setenv("TERM", cases[i].term, 1) : unsetenv("TERM");
        cases[i].no_color ? setenv("NO_COLOR", cases[i].no_color, 1) : unsetenv("NO_COLOR");
        capture_begin(cases[i].is_tty);
        bool colour = mm_log_colour(STDERR_FILENO);
        capture_end();
        assert_int_equal(colour, cases[i].colour);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_choose_what_is_said),
        cmocka_unit_test(plain_progress_is_rare_and_keeps_its_last_line),
        cmocka_unit_test(a_terminal_line_is_rewritten),
        cmocka_unit_test(a_note_clears_the_progress_line),
        cmocka_unit_test(a_terminal_line_is_cut_at_its_width),
        cmocka_unit_test(colour_needs_a_willing_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
