/* The string builder and its maximum; sizes and times for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/text.h"

static void pieces_are_joined(void **state)
{
    (void)state;
    struct mm_text text;
    mm_text_init(&text, 10000);
    assert_string_equal(text.bytes, "");
    mm_text_add(&text, "ab");
    mm_text_addn(&text, "cdef", 2);
    mm_text_format(&text, "%d-%s", 5, "x");
    assert_string_equal(text.bytes, "abcd5-x");
    assert_int_equal(text.length, 7);
    for (int i = 0; i < 900; i++)
        mm_text_format(&text, "%03d", i);
    assert_int_equal(text.length, 7 + 2700);
    assert_string_equal(text.bytes + text.length - 6, "898899");
    assert_false(text.overflow);
    mm_text_done(&text);
    assert_string_equal(text.bytes, "");
}

static void the_maximum_can_be_reached_and_not_passed(void **state)
{
    (void)state;
    struct mm_text text;
    mm_text_init(&text, 8);
    mm_text_add(&text, "12345678");
    assert_false(text.overflow);
    mm_text_add(&text, "9");
    assert_true(text.overflow);
    assert_string_equal(text.bytes, "12345678");
    mm_text_done(&text);

    mm_text_init(&text, 8);
    mm_text_format(&text, "%s", "123456789");
    assert_true(text.overflow);
    assert_string_equal(text.bytes, "");
    mm_text_add(&text, "1"); /* would fit, but comes after something lost */
    assert_string_equal(text.bytes, "");
    mm_text_done(&text);
}

static void no_memory_is_an_overflow(void **state)
{
    (void)state;
    struct mm_text text;
    mm_text_init(&text, 10000);
    mm_memory_fail_at(1);
    mm_text_add(&text, "x");
    assert_true(text.overflow);
    assert_string_equal(text.bytes, "");
    mm_text_done(&text);
}

static void beginnings_and_ends(void **state)
{
    (void)state;
    assert_true(mm_text_starts("image.nii.gz", "image"));
    assert_true(mm_text_starts("x", ""));
    assert_false(mm_text_starts("im", "image"));
    assert_true(mm_text_ends("image.nii.gz", ".nii.gz"));
    assert_true(mm_text_ends("x", ""));
    assert_false(mm_text_ends("gz", ".nii.gz"));
}

static void bytes_for_people(void **state)
{
    (void)state;
    static const struct {
        double bytes;
        const char *text;
    } cases[] = {
        {0, "0 B"},
        {17, "17 B"},
        {1023, "1023 B"},
        {1024, "1 KiB"},
        {12 * 1024, "12 KiB"},
        {1.5 * 1024 * 1024 * 1024, "1.5 GiB"},
        {1024.0 * 1024 - 1, "1 MiB"},
        {3.0 * (1ull << 40), "3 TiB"},
    };
    char buffer[32];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(mm_text_bytes(buffer, sizeof buffer, cases[i].bytes), cases[i].text);
}

static void seconds_for_people(void **state)
{
    (void)state;
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {
        {0.00026, "0.26 ms"},   {0.12, "120 ms"},     {0.9996, "1.0 s"},
        {4.2, "4.2 s"},         {59.96, "1 min 0 s"}, {200, "3 min 20 s"},
        {3599.6, "1 h 00 min"}, {3720, "1 h 02 min"}, {90000, "25 h 00 min"},
    };
    char buffer[32];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(mm_text_seconds(buffer, sizeof buffer, cases[i].seconds), cases[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_joined),        cmocka_unit_test(the_maximum_can_be_reached_and_not_passed),
        cmocka_unit_test(no_memory_is_an_overflow), cmocka_unit_test(beginnings_and_ends),
        cmocka_unit_test(bytes_for_people),         cmocka_unit_test(seconds_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
