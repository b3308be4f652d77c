/* Flips and permutations: every voxel stays at its place in the world. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image/affine.h"
#include "image/volume.h"
#include "tests/image/waves.h"

static struct mm_arena arena;

static const int permutations[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

/* Sizes beyond one tile of the transposing walk. */
static void check(enum mm_type type, const int permutation[3], unsigned flips)
{
    struct mm_volume *v = wave_volume(&arena, type, 3, 2, 37, 3, 41);
    const double affine[16] = {2, 0.1, 0, 5, -0.1, 3, 0.2, 6, 0, 0.3, -4, 7, 0, 0, 0, 1};
    memcpy(v->affine, affine, sizeof affine);
    struct mm_volume *r = mm_volume_reorient(&arena, v, permutation, flips);
    assert_non_null(r);
    for (int a = 0; a < 3; a++)
        assert_int_equal(r->size[a], v->size[permutation[a]]);
    for (int i = 0; i < r->size[0] * r->size[1] * r->size[2]; i++) {
        int out[3] = {i % r->size[0], i / r->size[0] % r->size[1], i / r->size[0] / r->size[1]}, in[3];
        for (int a = 0; a < 3; a++) {
            int p = permutation[a];
            in[p] = flips >> p & 1 ? v->size[p] - 1 - out[a] : out[a];
        }
        assert_true(mm_volume_get(r, 1, out[2], out[1], out[0]) == mm_volume_get(v, 1, in[2], in[1], in[0]));
        const double at[3] = {out[0], out[1], out[2]}, was[3] = {in[0], in[1], in[2]};
        double world[3], before[3];
        mm_affine_point(world, r->affine, at);
        mm_affine_point(before, v->affine, was);
        for (int a = 0; a < 3; a++)
            assert_true(fabs(world[a] - before[a]) < 1e-9);
    }
    mm_arena_reset(&arena);
}

static void voxels_and_affine_agree_for_all_48_ways(void **state)
{
    (void)state;
    for (int p = 0; p < 6; p++) {
        for (unsigned flips = 0; flips < 8; flips++)
            check(MM_I16, permutations[p], flips);
    }
}

static void every_width_of_voxel_is_moved(void **state)
{
    (void)state;
    check(MM_U8, permutations[3], 5);
    check(MM_F32, permutations[5], 2);
    check(MM_F64, permutations[2], 4);
}

static void interleaved_and_flat_images_work(void **state)
{
    (void)state;
    struct mm_volume *v = wave_volume(&arena, MM_U8, 2, 3, 6, 4, 1);
    struct mm_volume *a = mm_volume_reorient(&arena, v, permutations[2], 1);
    struct mm_volume *b = mm_volume_reorient(&arena, wave_interleave(&arena, v), permutations[2], 1);
    assert_int_equal(a->size[0], 4);
    assert_int_equal(a->rank, 2);
    assert_true(wave_difference(a, b) == 0);
    assert_true(mm_volume_get(a, 2, 0, 5, 3) == mm_volume_get(v, 2, 0, 3, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(voxels_and_affine_agree_for_all_48_ways),
        cmocka_unit_test(every_width_of_voxel_is_moved),
        cmocka_unit_test(interleaved_and_flat_images_work),
    };
    mm_arena_init(&arena, NULL);
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    mm_arena_done(&arena);
    return failures;
}
