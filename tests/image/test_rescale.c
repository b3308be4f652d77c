/* Intensities rescaled later have the bits of those rescaled at once, however the volume is viewed and copied. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image/rescale.h"
#include "tests/image/waves.h"

static struct mm_arena arena;

static const int permutations[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

/* 0.7, 1.3 and -2 are no sums of few powers of two: another order or precision would show. */
static struct mm_volume *later(const struct mm_volume *v)
{
    struct mm_volume *once = mm_volume_rescale_later(&arena, v, 0.7, 1.3);
    return mm_volume_rescale_later(&arena, once, -2.1, 0.1);
}

static void at_once(struct mm_volume *dense)
{
    size_t n = mm_volume_voxels(dense) * (size_t)dense->channels;
    mm_rescale_run(dense->data, n, 0.7f, 1.3f);
    mm_rescale_run(dense->data, n, -2.1f, 0.1f);
}

static void check_same(const struct mm_volume *a, const struct mm_volume *b)
{
    assert_int_equal(a->type, b->type);
    assert_true(mm_volume_is_dense(a) && mm_volume_is_dense(b));
    assert_memory_equal(a->data, b->data, mm_volume_bytes(b));
}

static void views_of_all_kinds_give_the_same_bits(void **state)
{
    (void)state;
    static const struct mm_box boxes[] = {
        {{0, 0, 0}, {70, 69, 5}}, {{1, 2, 3}, {67, 66, 2}}, {{3, 1, 0}, {1, 34, 4}}};
    const struct mm_volume *v = wave_volume(&arena, MM_F32, 3, 2, 70, 69, 5);
    for (size_t b = 0; b < sizeof boxes / sizeof *boxes; b++)
        for (int p = 0; p < 6; p++)
            for (unsigned flips = 0; flips < 8; flips++) {
                const struct mm_volume *part = mm_volume_view_box(&arena, later(v), &boxes[b]);
                const struct mm_volume *turned = mm_volume_view_turned(&arena, part, permutations[p], flips);
                part = mm_volume_view_box(&arena, v, &boxes[b]);
                part = mm_volume_view_turned(&arena, part, permutations[p], flips);
                struct mm_volume *wanted = mm_volume_copy(&arena, part);
                at_once(wanted);
                assert_false(mm_volume_is_dense(turned));
                check_same(mm_volume_copy(&arena, turned), wanted);
                check_same(mm_volume_copy(&arena, later(part)), wanted);
                assert_true((float)mm_volume_get(turned, 0, 0, 0, 0) == *(const float *)wanted->data);
            }
    mm_arena_done(&arena);
}

/* Many at once, more than one would write, and rows that may go past the cache: of 64, 68 and 16 voxels. */
static void stores_past_the_cache_give_the_same_bits(void **state)
{
    (void)state;
    static const struct mm_box boxes[] = {
        {{2, 1, 0}, {64, 68, 4}}, {{1, 0, 1}, {68, 16, 3}}, {{0, 3, 0}, {16, 64, 5}}};
    const struct mm_volume *v = wave_volume(&arena, MM_F32, 3, 2, 70, 69, 5);
    for (size_t b = 0; b < sizeof boxes / sizeof *boxes; b++)
        for (unsigned flips = 0; flips < 8; flips++)
            for (int count = 1; count <= 10; count += 3) {
                const struct mm_volume *part = mm_volume_view_box(&arena, v, &boxes[b]);
                part = mm_volume_view_turned(&arena, part, permutations[b ? 0 : 2], flips);
                struct mm_volume *wanted = mm_volume_copy(&arena, part);
                size_t n = mm_volume_voxels(wanted) * (size_t)wanted->channels;
                for (int i = 0; i < count; i++) {
                    part = mm_volume_rescale_later(&arena, part, 0.7 + 0.1 * i, 1.3);
                    mm_rescale_run(wanted->data, n, (float)(0.7 + 0.1 * i), 1.3f);
                }
                float *flat = mm_arena_alloc(&arena, n * sizeof *flat);
                mm_volume_flatten_past(flat, MM_F32, part);
                assert_memory_equal(flat, wanted->data, n * sizeof *flat);
                mm_volume_flatten(flat, MM_F32, part);
                assert_memory_equal(flat, wanted->data, n * sizeof *flat);
            }
    mm_arena_done(&arena);
}

static void the_voxels_themselves_stay(void **state)
{
    (void)state;
    struct mm_volume *v = wave_volume(&arena, MM_F32, 2, 1, 9, 8, 1), *before = mm_volume_copy(&arena, v);
    assert_non_null(mm_volume_copy(&arena, later(v)));
    check_same(v, before);
    mm_arena_done(&arena);
}

static void other_types_are_made_of_the_rescaled_floats(void **state)
{
    (void)state;
    struct mm_volume *v = wave_volume(&arena, MM_F32, 3, 1, 20, 11, 3), *wanted = mm_volume_copy(&arena, v);
    at_once(wanted);
    static const enum mm_type types[] = {MM_U8, MM_I16, MM_F64};
    for (size_t i = 0; i < 3; i++)
        check_same(mm_volume_convert(&arena, later(v), types[i]), mm_volume_convert(&arena, wanted, types[i]));
    mm_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_of_all_kinds_give_the_same_bits),
        cmocka_unit_test(stores_past_the_cache_give_the_same_bits),
        cmocka_unit_test(the_voxels_themselves_stay),
        cmocka_unit_test(other_types_are_made_of_the_rescaled_floats),
    };
    mm_arena_init(&arena, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
