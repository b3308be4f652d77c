/* Resampling against a plain double implementation that extends the image by its rule and sums all taps, and
 * against values of torch.nn.functional.grid_sample worked out by hand from its documentation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image/affine.h"
#include "image/resample.h"
#include "tests/image/waves.h"

static struct mm_arena arena;

static int reset(void **state)
{
    (void)state;
    mm_arena_done(&arena);
    mm_arena_init(&arena, NULL);
    return 0;
}

/* Voxel index by the rule outside; -1 is zero. Mirrors step by step, unlike the code under test. */
static int extend(int i, int n, enum mm_outside outside)
{
    if (outside == MM_OUTSIDE_BORDER)
        return i < 0 ? 0 : i >= n ? n - 1 : i;
    while (outside == MM_OUTSIDE_REFLECTION && (i < 0 || i >= n))
        i = i < 0 ? -1 - i : 2 * n - 1 - i;
    return i >= 0 && i < n ? i : -1;
}

/* Keys (1981), A = -0.75, at signed distance d. */
static double cubic(double d)
{
    const double a = -0.75;
    d = fabs(d);
    if (d <= 1)
        return (a + 2) * d * d * d - (a + 3) * d * d + 1;
    return d < 2 ? a * d * d * d - 5 * a * d * d + 8 * a * d - 4 * a : 0;
}

static double weight_of(double d, enum mm_interpolation interpolation)
{
    if (interpolation == MM_CUBIC)
        return cubic(d);
    return interpolation == MM_LINEAR ? fmax(0, 1 - fabs(d)) : fabs(d) < 0.5;
}

static double reference(const struct mm_volume *v, int c, const double p[3], const struct mm_resample *how)
{
    double sum = 0;
    int low[3];
    for (int a = 0; a < 3; a++)
        low[a] = (int)floor(p[a]) - 1;
    for (int k = 0; k < 64; k++) {
        int tap[3] = {low[0] + k % 4, low[1] + k / 4 % 4, low[2] + k / 16}, at[3];
        double weight = 1;
        bool inside = true;
        for (int a = 0; a < 3; a++) {
            weight *= weight_of(p[a] - tap[a], how->interpolation);
            at[a] = extend(tap[a], v->size[a], how->outside);
            inside = inside && at[a] >= 0;
        }
        if (inside && weight != 0)
            sum += weight * mm_volume_get(v, c, at[2], at[1], at[0]);
    }
    return sum;
}

static void check(const struct mm_volume *v, const struct mm_resample *how, enum mm_type type)
{
    struct mm_volume *r = mm_volume_resample(&arena, v, how, type);
    double affine[16];
    assert_non_null(r);
    assert_int_equal(r->type, type);
    assert_int_equal(r->rank, v->rank);
    mm_affine_multiply(affine, v->affine, how->matrix);
    assert_true(mm_affine_near(r->affine, affine, 1e-12));
    double tolerance = mm_type_is_integer(type) ? 0.5001 : 2e-4;
    for (int i = 0; i < r->size[0] * r->size[1] * r->size[2]; i++) {
        int x = i % r->size[0], y = i / r->size[0] % r->size[1], z = i / r->size[0] / r->size[1];
        const double out[3] = {x, y, z};
        double p[3];
        mm_affine_point(p, how->matrix, out);
        for (int c = 0; c < v->channels; c++) {
            double expected = reference(v, c, p, how), got = mm_volume_get(r, c, z, y, x);
            if (mm_type_is_integer(type))
                expected = fmin(fmax(expected, 0), 255);
            if (!(fabs(got - expected) <= tolerance))
                fail_msg("interpolation %d outside %d at %d %d %d: %g, not %g", how->interpolation, how->outside, x,
                         y, z, got, expected);
        }
    }
}

/* All rules for one map, over float, bytes and interleaved voxels. */
static void check_all(const double matrix[16], int nx, int ny, int nz, int rank)
{
    struct mm_volume *v = wave_volume(&arena, MM_F32, rank, 2, 9, 7, rank == 2 ? 1 : 6);
    struct mm_resample how = {.size = {nx, ny, nz}};
    memcpy(how.matrix, matrix, sizeof how.matrix);
    v->affine[3] = -30;
    v->affine[5] = -1.5;
    for (int interpolation = MM_NEAREST; interpolation <= MM_CUBIC; interpolation++) {
        for (int outside = MM_OUTSIDE_ZEROS; outside <= MM_OUTSIDE_REFLECTION; outside++) {
            how.interpolation = (enum mm_interpolation)interpolation;
            how.outside = (enum mm_outside)outside;
            check(v, &how, MM_F32);
            check(wave_interleave(&arena, v), &how, MM_F32);
            check(mm_volume_convert(&arena, v, MM_U8), &how, MM_U8);
            check(mm_volume_convert(&arena, v, MM_I16), &how, MM_F32);
            check(v, &how, MM_U8);
        }
    }
}

static void axis_aligned_maps(void **state)
{
    (void)state;
    const double spacing[16] = {0.61, 0, 0, -0.1371, 0, 1.37, 0, 0.2113, 0, 0, 0.83, -0.3137, 0, 0, 0, 1};
    const double far[16] = {-2.3, 0, 0, 21.1713, 0, 0.41, 0, -11.3071, 0, 0, 3.7, -9.2113, 0, 0, 0, 1};
    check_all(spacing, 14, 5, 8, 3);
    check_all(far, 13, 30, 6, 3);
}

static void axes_in_any_order(void **state)
{
    (void)state;
    const double turned[16] = {0, 0, 0.9, 0.2317, -0.71, 0, 0, 6.1123, 0, 1.13, 0, -0.3719, 0, 0, 0, 1};
    const double swapped[16] = {0, 1.21, 0, 0.3311, 0.83, 0, 0, -0.1719, 0, 0, -0.77, 4.9137, 0, 0, 0, 1};
    check_all(turned, 9, 6, 11, 3);
    check_all(swapped, 8, 7, 6, 3);
}

static void oblique_maps(void **state)
{
    (void)state;
    const double oblique[16] = {0.8,  -0.31, 0.1, 1.1317,  0.33, 0.92, -0.2, -0.7123,
                                0.05, 0.23,  1.1, -0.6119, 0,    0,    0,    1};
    const double shrinking[16] = {2.8,  -1.31, 0.7, -6.1317, 1.33, 1.92, -1.2, -3.7119,
                                  0.45, 0.93,  2.1, -5.6123, 0,    0,    0,    1};
    check_all(oblique, 11, 9, 7, 3);
    check_all(shrinking, 9, 9, 8, 3);
}

static void flat_images(void **state)
{
    (void)state;
    const double turned[16] = {0.8, -0.61, 0, 2.1317, 0.57, 0.84, 0, -1.7119, 0, 0, 1, 0, 0, 0, 0, 1};
    const double scaled[16] = {0.57, 0, 0, 0.1317, 0, -0.84, 0, 6.2919, 0, 0, 1, 0, 0, 0, 0, 1};
    check_all(turned, 12, 9, 1, 2);
    check_all(scaled, 15, 8, 1, 2);
}

/* A line 10 20 30 40 sampled at p; torch's numbers. */
static double sample(double p, int rank, enum mm_interpolation interpolation, enum mm_outside outside)
{
    const int size[3] = {4, 1, 1};
    struct mm_volume *v = mm_volume_make(&arena, MM_F32, rank, 1, size);
    for (int i = 0; i < 4; i++)
        mm_volume_set(v, 0, 0, 0, i, 10 * (i + 1));
    struct mm_resample how = {.size = {1, 1, 1}, .interpolation = interpolation, .outside = outside};
    mm_affine_identity(how.matrix);
    how.matrix[3] = p;
    return mm_volume_get(mm_volume_resample(&arena, v, &how, MM_F32), 0, 0, 0, 0);
}

static void nearest_rounds_halves_as_torch(void **state)
{
    (void)state;
    assert_true(sample(0.5, 2, MM_NEAREST, MM_OUTSIDE_BORDER) == 10); /* 2D: to even */
    assert_true(sample(1.5, 2, MM_NEAREST, MM_OUTSIDE_BORDER) == 30);
    assert_true(sample(2.5, 2, MM_NEAREST, MM_OUTSIDE_BORDER) == 30);
    assert_true(sample(-0.5, 2, MM_NEAREST, MM_OUTSIDE_ZEROS) == 10);
    assert_true(sample(3.5, 2, MM_NEAREST, MM_OUTSIDE_ZEROS) == 0);
    assert_true(sample(0.5, 3, MM_NEAREST, MM_OUTSIDE_BORDER) == 20); /* 3D: away from zero */
    assert_true(sample(1.5, 3, MM_NEAREST, MM_OUTSIDE_BORDER) == 30);
    assert_true(sample(2.5, 3, MM_NEAREST, MM_OUTSIDE_BORDER) == 40);
    assert_true(sample(-0.5, 3, MM_NEAREST, MM_OUTSIDE_ZEROS) == 0);
    assert_true(sample(-1.5, 3, MM_NEAREST, MM_OUTSIDE_REFLECTION) == 20);
}

/* The same rule where the map mixes axes: x runs along 0, 0.5, 1 ... of the input, y leans. */
static void leaning_maps_round_halves_alike(void **state)
{
    (void)state;
    for (int rank = 2; rank <= 3; rank++) {
        struct mm_volume *v = wave_volume(&arena, MM_F32, rank, 1, 4, 1, 1);
        struct mm_resample how = {.size = {7, 2, 1}, .interpolation = MM_NEAREST, .outside = MM_OUTSIDE_BORDER};
        static const int expected[2][7] = {{0, 0, 1, 2, 2, 2, 3}, {0, 1, 1, 2, 2, 3, 3}};
        mm_affine_identity(how.matrix);
        how.matrix[0] = 0.5;
        how.matrix[1] = 0.125;
        struct mm_volume *r = mm_volume_resample(&arena, v, &how, MM_F32);
        for (int x = 0; x < 7; x++)
            assert_true(mm_volume_get(r, 0, 0, 0, x) == mm_volume_get(v, 0, 0, 0, expected[rank - 2][x]));
    }
}

static void linear_and_cubic_at_known_places(void **state)
{
    (void)state;
    assert_true(fabs(sample(1.25, 3, MM_LINEAR, MM_OUTSIDE_ZEROS) - 22.5) < 1e-5);
    assert_true(fabs(sample(-0.25, 3, MM_LINEAR, MM_OUTSIDE_ZEROS) - 7.5) < 1e-5);
    assert_true(fabs(sample(3.25, 3, MM_LINEAR, MM_OUTSIDE_ZEROS) - 30) < 1e-5);
    assert_true(fabs(sample(-7, 3, MM_LINEAR, MM_OUTSIDE_BORDER) - 10) < 1e-5);
    assert_true(fabs(sample(-1.25, 3, MM_LINEAR, MM_OUTSIDE_REFLECTION) - 12.5) < 1e-5);
    assert_true(fabs(sample(5.75, 3, MM_LINEAR, MM_OUTSIDE_REFLECTION) - 22.5) < 1e-4);
    /* half way: -0.09375, 0.59375, 0.59375, -0.09375 */
    assert_true(fabs(sample(1.5, 3, MM_CUBIC, MM_OUTSIDE_ZEROS) - 25) < 1e-5);
    assert_true(fabs(sample(0.5, 3, MM_CUBIC, MM_OUTSIDE_BORDER) - (0.59375 * 30 - 0.09375 * 40)) < 1e-5);
    assert_true(fabs(sample(0.5, 3, MM_CUBIC, MM_OUTSIDE_ZEROS) - (0.59375 * 30 - 0.09375 * 30)) < 1e-5);
}

/* Far away, infinite, not a number: a value by the rule, never a crash. */
static void wild_coordinates_are_harmless(void **state)
{
    (void)state;
    static const double wild[] = {1e9, -1e9, 1e18, -1e300, INFINITY, -INFINITY, NAN, 2147483647.5};
    for (size_t i = 0; i < sizeof wild / sizeof *wild; i++) {
        for (int interpolation = MM_NEAREST; interpolation <= MM_CUBIC; interpolation++) {
            enum mm_interpolation in = (enum mm_interpolation)interpolation;
            assert_true(sample(wild[i], 3, in, MM_OUTSIDE_ZEROS) == 0);
            double border = sample(wild[i], 3, in, MM_OUTSIDE_BORDER);
            assert_true(border == 10 || border == 40);
            double mirrored = sample(wild[i], 3, in, MM_OUTSIDE_REFLECTION);
            assert_true(mirrored >= 5 && mirrored <= 45);
        }
    }
    struct mm_volume *v = wave_volume(&arena, MM_F32, 3, 1, 5, 5, 5);
    struct mm_resample how = {.size = {6, 6, 6}, .interpolation = MM_LINEAR};
    for (int i = 0; i < 12; i++)
        how.matrix[i] = i % 2 ? NAN : 1e200;
    for (int outside = MM_OUTSIDE_ZEROS; outside <= MM_OUTSIDE_REFLECTION; outside++) {
        how.outside = (enum mm_outside)outside;
        assert_non_null(mm_volume_resample(&arena, v, &how, MM_U8));
    }
}

static void the_identity_changes_nothing(void **state)
{
    (void)state;
    struct mm_volume *v = wave_volume(&arena, MM_I16, 3, 2, 9, 7, 6);
    struct mm_resample how = {.size = {9, 7, 6}};
    mm_affine_identity(how.matrix);
    how.matrix[1] = 1e-17; /* what inverting and multiplying leaves behind */
    for (int interpolation = MM_NEAREST; interpolation <= MM_CUBIC; interpolation++) {
        how.interpolation = (enum mm_interpolation)interpolation;
        assert_true(wave_difference(mm_volume_resample(&arena, v, &how, MM_I16), v) == 0);
    }
}

static void a_nan_stays_with_its_neighbours(void **state)
{
    (void)state;
    struct mm_volume *v = wave_volume(&arena, MM_F32, 3, 1, 5, 4, 3);
    mm_volume_set(v, 0, 1, 1, 1, NAN);
    struct mm_resample how = {.size = {5, 4, 3}, .interpolation = MM_LINEAR};
    mm_affine_identity(how.matrix);
    struct mm_volume *r = mm_volume_resample(&arena, v, &how, MM_F32);
    for (int i = 0; i < 60; i++)
        assert_int_equal(isnan(((float *)r->data)[i]), i == 20 + 5 + 1);
}

static void failing_memory_gives_null(void **state)
{
    (void)state;
    const double oblique[16] = {0.8, -0.31, 0.1, 1, 0.33, 0.92, -0.2, 1, 0.05, 0.23, 1.1, 1, 0, 0, 0, 1};
    for (int kind = 0; kind < 6; kind++) {
        struct mm_volume *v = wave_volume(&arena, MM_U8, 3, 1, 60, 60, 40), *r = NULL;
        struct mm_resample how = {.size = {60, 60, 40}, .interpolation = (enum mm_interpolation)(kind % 3)};
        memcpy(how.matrix, oblique, sizeof oblique);
        if (kind >= 3)
            mm_affine_identity(how.matrix);
        for (uint64_t n = 1; !r && n < 20; n++) {
            struct mm_arena own;
            mm_arena_init(&own, NULL);
            mm_memory_fail_at(n);
            r = mm_volume_resample(&own, v, &how, MM_F32);
            mm_memory_fail_at(0);
            mm_arena_done(&own);
        }
        assert_non_null(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(axis_aligned_maps, reset),
        cmocka_unit_test_setup(axes_in_any_order, reset),
        cmocka_unit_test_setup(oblique_maps, reset),
        cmocka_unit_test_setup(flat_images, reset),
        cmocka_unit_test_setup(nearest_rounds_halves_as_torch, reset),
        cmocka_unit_test_setup(leaning_maps_round_halves_alike, reset),
        cmocka_unit_test_setup(linear_and_cubic_at_known_places, reset),
        cmocka_unit_test_setup(wild_coordinates_are_harmless, reset),
        cmocka_unit_test_setup(the_identity_changes_nothing, reset),
        cmocka_unit_test_setup(a_nan_stays_with_its_neighbours, reset),
        cmocka_unit_test_setup(failing_memory_gives_null, reset),
    };
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    mm_arena_done(&arena);
    return failures;
}
