/* Text: widths, scale, and that every printable character has a shape of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image/draw.h"

static struct mm_arena arena;
static const struct mm_colour white = {255, 255, 255}, black = {0, 0, 0};

static struct mm_volume *draw(const char *text, int scale)
{
    struct mm_volume *canvas = mm_canvas_make(&arena, 60, 30, white);
    assert_int_equal(mm_draw_text(canvas, 2, 2, scale, black, text), mm_text_width(scale, text));
    return canvas;
}

static size_t count_black(const struct mm_volume *canvas)
{
    size_t count = 0;
    for (size_t i = 0; i < mm_volume_voxels(canvas); i++)
        count += ((uint8_t *)canvas->data)[i] == 0;
    return count;
}

static void widths_count_characters(void **state)
{
    (void)state;
    assert_int_equal(mm_text_width(1, ""), 0);
    assert_int_equal(mm_text_width(1, "a"), 5);
    assert_int_equal(mm_text_width(2, "abc"), 34);
    assert_int_equal(mm_text_width(1, "\xc3\xa4\xe2\x82\xac"), 11); /* two characters of UTF-8 */
}

static void printable_characters_all_differ(void **state)
{
    (void)state;
    struct mm_volume *canvas[95];
    for (int i = 0; i < 95; i++) {
        const char text[2] = {(char)(' ' + i), '\0'};
        canvas[i] = draw(text, 1);
        assert_true((count_black(canvas[i]) > 0) == (i > 0));
        for (int k = 0; k < i; k++)
            assert_memory_not_equal(canvas[i]->data, canvas[k]->data, mm_volume_bytes(canvas[i]));
    }
    assert_memory_equal(draw("\xc3\xa4", 1)->data, canvas['?' - ' ']->data, mm_volume_bytes(canvas[0]));
}

static void scale_enlarges_each_dot(void **state)
{
    (void)state;
    assert_int_equal(count_black(draw("T", 1)), 5 + 6);
    assert_int_equal(count_black(draw("T", 3)), 9 * (5 + 6));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(widths_count_characters),
        cmocka_unit_test(printable_characters_all_differ),
        cmocka_unit_test(scale_enlarges_each_dot),
    };
    mm_arena_init(&arena, NULL);
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    mm_arena_done(&arena);
    return failures;
}
