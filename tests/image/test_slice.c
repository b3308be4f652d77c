/* Slices: which is shown, which way up, and what a PNG gets of it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image/slice.h"

static struct mm_arena arena;

static int reset(void **state)
{
    (void)state;
    mm_arena_done(&arena);
    mm_arena_init(&arena, NULL);
    return 0;
}

static struct mm_volume *volume(enum mm_type type, int rank, int channels, int x, int y, int z)
{
    const int size[3] = {x, y, z};
    struct mm_volume *v = mm_volume_make(&arena, type, rank, channels, size);
    assert_non_null(v);
    return v;
}

static void the_busiest_slice_has_most_labels(void **state)
{
    (void)state;
    struct mm_volume *labels = volume(MM_U8, 3, 1, 4, 4, 5);
    assert_int_equal(mm_slice_busiest(labels), 2);
    mm_volume_set(labels, 0, 1, 2, 2, 9);
    mm_volume_set(labels, 0, 4, 0, 0, 1);
    mm_volume_set(labels, 0, 4, 3, 3, 1);
    assert_int_equal(mm_slice_busiest(labels), 4);
}

static void ranges_leave_out_what_is_not_finite(void **state)
{
    (void)state;
    double low, high;
    struct mm_volume *v = volume(MM_F32, 2, 2, 2, 1, 1);
    mm_volume_set(v, 0, 0, 0, 0, NAN);
    mm_volume_set(v, 0, 0, 0, 1, 3);
    mm_volume_set(v, 1, 0, 0, 0, -8);
    mm_volume_set(v, 1, 0, 0, 1, INFINITY);
    mm_slice_range(v, 0, 0, &low, &high);
    assert_true(low == 3 && high == 3);
    mm_slice_range(v, -1, 0, &low, &high);
    assert_true(low == -8 && high == 3);
}

/* y of a volume points up, so its last row is the picture's first; a flat image stays as it is. */
static void volumes_are_turned_upright(void **state)
{
    (void)state;
    struct mm_volume *v = volume(MM_I16, 3, 1, 2, 3, 2), *flat = volume(MM_I16, 2, 1, 2, 3, 1);
    mm_volume_set(v, 0, 1, 2, 1, 7);
    mm_volume_set(flat, 0, 0, 2, 1, 7);
    struct mm_volume *a = mm_slice_flat(&arena, v, 1), *b = mm_slice_flat(&arena, flat, 0);
    assert_true(a->rank == 2 && a->size[2] == 1 && a->type == MM_I16);
    assert_true(mm_volume_get(a, 0, 0, 0, 1) == 7 && mm_volume_get(a, 0, 0, 2, 1) == 0);
    assert_true(mm_volume_get(b, 0, 0, 2, 1) == 7);
}

static void pixels_keep_whole_numbers_and_window_the_rest(void **state)
{
    (void)state;
    bool kept;
    struct mm_volume *v = volume(MM_F32, 2, 1, 3, 1, 1);
    mm_volume_set(v, 0, 0, 0, 1, 2);
    struct mm_volume *pixels = mm_slice_pixels(&arena, v, &kept);
    assert_true(kept && pixels->type == MM_U8 && mm_volume_get(pixels, 0, 0, 0, 1) == 2);
    mm_volume_set(v, 0, 0, 0, 2, 300);
    pixels = mm_slice_pixels(&arena, v, &kept);
    assert_true(kept && pixels->type == MM_U16 && mm_volume_get(pixels, 0, 0, 0, 2) == 300);
    mm_volume_set(v, 0, 0, 0, 0, -1);
    mm_volume_set(v, 0, 0, 0, 1, 149.5);
    pixels = mm_slice_pixels(&arena, v, &kept);
    assert_true(!kept && pixels->type == MM_U8);
    assert_true(mm_volume_get(pixels, 0, 0, 0, 0) == 0 && mm_volume_get(pixels, 0, 0, 0, 1) == 128 &&
                mm_volume_get(pixels, 0, 0, 0, 2) == 255);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_busiest_slice_has_most_labels, reset, reset),
        cmocka_unit_test_setup_teardown(ranges_leave_out_what_is_not_finite, reset, reset),
        cmocka_unit_test_setup_teardown(volumes_are_turned_upright, reset, reset),
        cmocka_unit_test_setup_teardown(pixels_keep_whole_numbers_and_window_the_rest, reset, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
