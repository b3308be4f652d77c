/* Contact sheets: every tile is drawn, labels show in their colours, a group shares its window, too many are counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image/format.h"
#include "mmar/sheet.h"
#include "tests/support/scratch.h"

static struct mm_error err;

static struct mm_volume *filled(struct scratch *scratch, int x, int y, int z, double value)
{
    const int size[3] = {x, y, z};
    struct mm_volume *v = mm_volume_make(&scratch->arena, MM_F32, z > 1 ? 3 : 2, 1, size);
    for (int k = 0; k < z; k++)
        for (int j = 0; j < y; j++)
            for (int i = 0; i < x; i++)
                mm_volume_set(v, 0, k, j, i, value);
    return v;
}

static struct mm_volume *written(struct scratch *scratch, const struct mm_sheet *sheet)
{
    struct mm_volume *picture;
    const char *path = scratch_path(scratch, "sheet.png");
    assert_int_equal(mm_sheet_write(sheet, path, &err), MM_OK);
    assert_int_equal(mm_image_read(&scratch->arena, path, &picture, &err), MM_OK);
    assert_true(picture->channels == 3 && picture->rank == 2);
    return picture;
}

static size_t count_colour(const struct mm_volume *picture, struct mm_colour c)
{
    size_t n = 0;
    for (int y = 0; y < picture->size[1]; y++)
        for (int x = 0; x < picture->size[0]; x++)
            n += mm_volume_get(picture, 0, 0, y, x) == c.r && mm_volume_get(picture, 1, 0, y, x) == c.g &&
                 mm_volume_get(picture, 2, 0, y, x) == c.b;
    return n;
}

static void tiles_share_a_window_and_show_labels(void **state)
{
    struct scratch *scratch = *state;
    struct mm_sheet *sheet = mm_sheet_make(&scratch->arena, "title");
    struct mm_volume *dark = filled(scratch, 16, 16, 3, 10), *bright = filled(scratch, 16, 16, 3, 20);
    struct mm_volume *labels = filled(scratch, 16, 16, 3, 0);
    mm_volume_set(bright, 0, 1, 8, 8, 30);
    mm_volume_set(labels, 0, 2, 4, 4, 2);
    mm_sheet_group(sheet, "group", 2);
    assert_int_equal(mm_sheet_add(sheet, "one", dark, labels, &err), MM_OK);
    assert_int_equal(mm_sheet_add(sheet, "two", bright, NULL, &err), MM_OK);
    struct mm_volume *picture = written(scratch, sheet);
    assert_true(picture->size[0] > 2 * 200 && picture->size[1] > 200);
    /* Window [20, 30]: the dark tile is black, the voxel of 30 white: 14 x 14 pixels each. */
    assert_true(count_colour(picture, (struct mm_colour){0, 0, 0}) >= 2 * 14 * 14 * 16 * 16 - 14 * 14 * 2);
    assert_true(count_colour(picture, (struct mm_colour){255, 255, 255}) == 14 * 14);
    assert_true(count_colour(picture, mm_draw_outline_colour(2)) > 4 * 14); /* the outline and the legend */
    assert_int_equal(count_colour(picture, mm_draw_outline_colour(1)), 0);
}

static void large_and_lengthy_slices_are_fitted(void **state)
{
    struct scratch *scratch = *state;
    struct mm_sheet *sheet = mm_sheet_make(&scratch->arena, "fitted");
    struct mm_volume *large = filled(scratch, 900, 600, 1, 1), *flat = filled(scratch, 40, 10, 2, 1);
    flat->affine[5] = 4; /* pixels four times as high as wide: 40 x 40 mm */
    mm_sheet_group(sheet, "large", 0);
    assert_int_equal(mm_sheet_add(sheet, "large", large, filled(scratch, 9, 6, 1, 1), &err), MM_OK);
    struct mm_volume *picture = written(scratch, sheet);
    assert_true(picture->size[0] < 300 && picture->size[1] < 300);
    mm_sheet_group(sheet, "lengthy", 0);
    assert_int_equal(mm_sheet_add(sheet, "lengthy", flat, NULL, &err), MM_OK);
    assert_true(written(scratch, sheet)->size[1] > picture->size[1] + 200);
}

static void what_is_too_much_is_counted(void **state)
{
    struct scratch *scratch = *state;
    struct mm_sheet *sheet = mm_sheet_make(&scratch->arena, "many");
    struct mm_volume *image = filled(scratch, 2, 2, 1, 1);
    for (int i = 0; i < MM_SHEET_TILES_MAX + 7; i++) {
        if (i % 10 == 0)
            mm_sheet_group(sheet, "ten", 0);
        assert_int_equal(mm_sheet_add(sheet, "x", image, NULL, &err), MM_OK);
    }
    assert_int_equal(mm_sheet_left_out(sheet), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tiles_share_a_window_and_show_labels, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(large_and_lengthy_slices_are_fitted, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(what_is_too_much_is_counted, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
