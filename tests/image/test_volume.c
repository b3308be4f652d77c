/* Volumes: sizes that are refused, layout, views, single voxels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image/volume.h"
#include "tests/image/waves.h"

static struct mm_arena arena;

static int setup(void **state)
{
    (void)state;
    mm_arena_init(&arena, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mm_arena_done(&arena);
    return 0;
}

static void a_new_volume_is_zero_dense_and_aligned(void **state)
{
    (void)state;
    const int size[3] = {5, 3, 2};
    for (int type = 0; type < MM_TYPE_COUNT; type++) {
        struct mm_volume *v = mm_volume_make(&arena, (enum mm_type)type, 3, 4, size);
        assert_non_null(v);
        assert_int_equal((uintptr_t)v->data % 64, 0);
        assert_true(mm_volume_is_dense(v));
        assert_false(v->shared);
        assert_int_equal(mm_volume_voxels(v), 30);
        assert_int_equal(mm_volume_bytes(v), 120 * mm_type_bytes((enum mm_type)type));
        for (int i = 0; i < 16; i++)
            assert_true(v->affine[i] == (i % 5 == 0));
        for (size_t i = 0; i < mm_volume_bytes(v); i++)
            assert_int_equal(((unsigned char *)v->data)[i], 0);
    }
}

static void impossible_sizes_are_refused(void **state)
{
    (void)state;
    static const int sizes[][4] = {{0, 1, 1, 1},
                                   {1, -1, 1, 1},
                                   {1, 1, 1, 0},
                                   {1, 1, 1, -7},
                                   {1 << 30, 1 << 30, 1 << 30, 1},
                                   {INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX},
                                   {1 << 20, 1 << 14, 1, 2}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        assert_null(mm_volume_make(&arena, MM_U8, 3, sizes[i][3], sizes[i]));
}

static void a_failing_allocation_gives_null(void **state)
{
    (void)state;
    const int size[3] = {100, 100, 100};
    struct mm_arena small;
    struct mm_budget budget;
    mm_budget_init(&budget, 1 << 19);
    mm_arena_init(&small, &budget);
    assert_null(mm_volume_make(&small, MM_U8, 3, 1, size));
    mm_arena_done(&small);
    assert_int_equal(budget.used, 0);
}

static void rows_and_voxels_are_where_the_strides_say(void **state)
{
    (void)state;
    struct mm_volume *v = wave_volume(&arena, MM_I16, 3, 2, 4, 3, 2);
    int16_t *row = mm_volume_row(v, 1, 1, 2);
    assert_ptr_equal(row, (int16_t *)v->data + 24 + 12 + 8);
    assert_int_equal(row[3], lrint(wave_value(1, 1, 2, 3)));
    struct mm_volume *w = wave_interleave(&arena, v);
    assert_false(mm_volume_is_dense(w));
    assert_true(wave_difference(v, w) == 0);
    assert_int_equal(((int16_t *)w->data)[1], lrint(wave_value(1, 0, 0, 0)));
}

static void setting_rounds_to_even_and_saturates(void **state)
{
    (void)state;
    struct mm_volume *v = wave_volume(&arena, MM_U8, 2, 1, 1, 1, 1);
    static const double pairs[][2] = {{0.5, 0},     {1.5, 2},     {2.5, 2}, {254.5, 254},
                                      {255.5, 255}, {1e300, 255}, {-3, 0}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        mm_volume_set(v, 0, 0, 0, 0, pairs[i][0]);
        assert_true(mm_volume_get(v, 0, 0, 0, 0) == pairs[i][1]);
    }
}

static void a_view_shares_and_a_copy_does_not(void **state)
{
    (void)state;
    struct mm_volume *v = wave_volume(&arena, MM_F32, 3, 2, 4, 3, 2);
    v->affine[3] = 17;
    struct mm_volume *view = mm_volume_view(&arena, v), *copy = mm_volume_copy(&arena, view);
    assert_true(view->shared);
    assert_ptr_equal(view->data, v->data);
    assert_false(copy->shared);
    assert_ptr_not_equal(copy->data, v->data);
    assert_true(wave_difference(copy, v) == 0);
    assert_true(copy->affine[3] == 17);
    mm_volume_set(copy, 0, 0, 0, 0, -1);
    assert_true(mm_volume_get(v, 0, 0, 0, 0) != -1);
}

static void a_copy_of_interleaved_voxels_is_dense(void **state)
{
    (void)state;
    struct mm_volume *v = wave_volume(&arena, MM_U16, 2, 3, 7, 5, 1);
    struct mm_volume *copy = mm_volume_copy(&arena, wave_interleave(&arena, v));
    assert_true(mm_volume_is_dense(copy));
    assert_true(wave_difference(copy, v) == 0);
}

static void like_takes_geometry_but_not_voxels(void **state)
{
    (void)state;
    struct mm_volume *v = wave_volume(&arena, MM_U16, 2, 3, 7, 5, 1);
    v->affine[0] = -2;
    struct mm_volume *w = mm_volume_like(&arena, v, MM_F32, 1);
    assert_int_equal(w->type, MM_F32);
    assert_int_equal(w->channels, 1);
    assert_int_equal(w->rank, 2);
    assert_true(w->affine[0] == -2 && mm_volume_same_size(v, w));
    assert_true(mm_volume_get(w, 0, 0, 0, 0) == 0);
    assert_int_equal(mm_volume_like(&arena, v, MM_U8, 0)->channels, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_volume_is_zero_dense_and_aligned),
        cmocka_unit_test(impossible_sizes_are_refused),
        cmocka_unit_test(a_failing_allocation_gives_null),
        cmocka_unit_test(rows_and_voxels_are_where_the_strides_say),
        cmocka_unit_test(setting_rounds_to_even_and_saturates),
        cmocka_unit_test(a_view_shares_and_a_copy_does_not),
        cmocka_unit_test(a_copy_of_interleaved_voxels_is_dense),
        cmocka_unit_test(like_takes_geometry_but_not_voxels),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
