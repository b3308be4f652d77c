/* B-splines against scipy's numbers, along axes and across them; what they keep and how they meet the edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image/affine.h"
#include "image/spline.h"
#include "tests/image/spline_values.h"
#include "tests/image/waves.h"

static struct mm_arena arena;

static int reset(void **state)
{
    (void)state;
    mm_arena_done(&arena);
    mm_arena_init(&arena, NULL);
    return 0;
}

static struct mm_volume *sample(const struct mm_volume *v, const double matrix[16], int nx, int ny, int nz, int order,
                                enum mm_outside outside)
{
    struct mm_resample how = {.size = {nx, ny, nz}, .outside = outside};
    how.interpolation = (enum mm_interpolation)(MM_SPLINE_0 + order);
    memcpy(how.matrix, matrix, sizeof how.matrix);
    struct mm_volume *r = mm_volume_resample(&arena, v, &how, order ? MM_F32 : v->type);
    assert_non_null(r);
    return r;
}

static void expect(const struct mm_volume *got, const float *expected, int order, int mode)
{
    for (int i = 0; i < got->size[0] * got->size[1] * got->size[2]; i++) {
        int x = i % got->size[0], y = i / got->size[0] % got->size[1], z = i / got->size[0] / got->size[1];
        double value = mm_volume_get(got, 0, z, y, x);
        if (!(fabs(value - (double)expected[i]) <= 1e-3))
            fail_msg("order %d mode %d at %d: %g, not %g", order, mode, i, value, (double)expected[i]);
    }
}

static void as_scipy_along_axes(void **state)
{
    (void)state;
    const double matrix[16] = {3.71, 0, 0, -1.213, 0, -4.37, 0, 5.119, 0, 0, 5.83, -0.317, 0, 0, 0, 1};
    const struct mm_volume *v = wave_volume(&arena, MM_F32, 3, 1, 9, 7, 6);
    for (int order = 0; order <= MM_SPLINE_ORDER_MAX; order++)
        for (int mode = 0; mode < 7; mode++)
            expect(sample(v, matrix, 3, 2, 2, order, spline_modes[mode]), by_axes[order][mode], order, mode);
}

static void as_scipy_across_axes(void **state)
{
    (void)state;
    const double matrix[16] = {2.31, 0, 0, -1.137, -1.57, 0, 0, 6.213, 1.43, 0, 0, -0.521, 0, 0, 0, 1};
    const struct mm_volume *v = wave_volume(&arena, MM_F32, 3, 1, 9, 7, 6);
    for (int order = 0; order <= MM_SPLINE_ORDER_MAX; order++)
        for (int mode = 0; mode < 7; mode++)
            expect(sample(v, matrix, 5, 1, 1, order, spline_modes[mode]), oblique[order][mode], order, mode);
}

/* How far from a voxel the spline may pass: scipy's filter is not exact for short lines that are reflected. */
static double reach(int mode)
{
    return spline_modes[mode] == MM_OUTSIDE_REFLECTION ? 0.01 : 1e-3;
}

/* A spline goes through the voxels, whatever the type, the channels and the order of axes; a slice keeps its depth. */
static void voxels_are_met(void **state)
{
    (void)state;
    const double turned[16] = {0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1};
    double same[16];
    mm_affine_identity(same);
    for (int order = 1; order <= MM_SPLINE_ORDER_MAX; order++)
        for (int mode = 0; mode < 7; mode++) {
            const struct mm_volume *v = wave_volume(&arena, MM_U8, 3, 2, 9, 7, 6);
            const struct mm_volume *flat = wave_volume(&arena, MM_I16, 2, 2, 20, 33, 1);
            const struct mm_volume *loose = wave_interleave(&arena, v);
            assert_true(wave_difference(sample(v, same, 9, 7, 6, order, spline_modes[mode]), v) < reach(mode));
            assert_true(wave_difference(sample(loose, same, 9, 7, 6, order, spline_modes[mode]), v) < reach(mode));
            assert_true(wave_difference(sample(flat, same, 20, 33, 1, order, spline_modes[mode]), flat) <
                        reach(mode));
            const struct mm_volume *round = sample(v, turned, 7, 6, 9, order, spline_modes[mode]);
            assert_float_equal(mm_volume_get(round, 1, 8, 3, 2), mm_volume_get(v, 1, 3, 2, 8), 1e-3);
        }
}

/* Axes of one or two voxels, and coordinates that rounding put outside. */
static void edges(void **state)
{
    (void)state;
    double same[16], beside[16];
    mm_affine_identity(same);
    memcpy(beside, same, sizeof beside);
    beside[3] = 1e-9;
    beside[7] = -1e-9;
    for (int order = 0; order <= MM_SPLINE_ORDER_MAX; order++)
        for (int mode = 0; mode < 7; mode++) {
            const struct mm_volume *thin = wave_volume(&arena, MM_F32, 3, 1, 5, 2, 1);
            assert_true(spline_modes[mode] == MM_OUTSIDE_REFLECTION ||
                        wave_difference(sample(thin, same, 5, 2, 1, order, spline_modes[mode]), thin) < 1e-3);
        }
    const struct mm_volume *v = wave_volume(&arena, MM_F32, 3, 1, 9, 7, 6);
    assert_true(wave_difference(sample(v, beside, 9, 7, 6, 3, MM_OUTSIDE_ZEROS), v) < 1e-3);
}

static void labels_stay_labels(void **state)
{
    (void)state;
    const double matrix[16] = {0.77, 0.31, 0, 1.137, -0.31, 0.8, 0, 2.213, 0, 0, 1, 0, 0, 0, 0, 1};
    const struct mm_volume *v = wave_volume(&arena, MM_I32, 3, 1, 9, 7, 6);
    const struct mm_volume *got = sample(v, matrix, 4, 4, 6, 0, MM_OUTSIDE_MIRROR);
    assert_int_equal(got->type, MM_I32);
    assert_true(mm_volume_get(got, 0, 5, 1, 1) == mm_volume_get(v, 0, 5, 3, 2)); /* at 2.217, 2.703 */
}

static void far_and_wide(void **state)
{
    (void)state;
    int index[MM_SPLINE_ORDER_MAX + 1];
    double weight[MM_SPLINE_ORDER_MAX + 1];
    static const double points[] = {1e300, -1e300, 1e18, -7e9, INFINITY, -INFINITY, NAN};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++)
        for (int mode = 0; mode < 7; mode++)
            for (int n = 1; n < 4; n++) {
                assert_int_equal(mm_spline_taps_at(points[i], n, 5, spline_modes[mode], index, weight), 6);
                for (int k = 0; k < 6; k++)
                    assert_true(index[k] >= 0 && index[k] < n && isfinite(weight[k]));
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(as_scipy_along_axes, reset), cmocka_unit_test_setup(as_scipy_across_axes, reset),
        cmocka_unit_test_setup(voxels_are_met, reset),      cmocka_unit_test_setup(edges, reset),
        cmocka_unit_test_setup(labels_stay_labels, reset),  cmocka_unit_test_setup(far_and_wide, reset),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    mm_arena_done(&arena);
    return failed;
}
