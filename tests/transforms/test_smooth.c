/* Weights of the three Gaussian kernels, seen as the answer to a single voxel of 1; zeros outside. */
#include <math.h>

#include "one_step.h"
#include "transforms/smooth.h"

#define N 41

static void expect_weights(struct bench *b, int axis, double sigma, const char *approx, const double *weights,
                           int count)
{
    int size[3] = {1, 1, 1}, at[3] = {0};
    size[axis] = N;
    at[axis] = N / 2;
    struct mm_volume *v = mm_volume_make(&b->arena, MM_F32, 3, 1, size);
    mm_volume_set(v, 0, at[2], at[1], at[0], 1);
    const double sigmas[3] = {axis == 0 ? sigma : 0, axis == 1 ? sigma : 0, axis == 2 ? sigma : 0};
    assert_int_equal(mm_smooth(v, sigmas, approx, &b->err), MM_OK);
    for (int i = 0; i < count; i++)
        for (int side = -1; side <= 1; side += 2) {
            int to[3] = {at[0], at[1], at[2]};
            to[axis] += side * i;
            double found = mm_volume_get(v, 0, to[2], to[1], to[0]);
            if (!(fabs(found - weights[i]) < 1e-6))
                fail_msg("%s, sigma %g: weight %d is %.8g, not %.8g", approx, sigma, i, found, weights[i]);
        }
}

/* Weights computed with Python's math.erf and the power series of the Bessel functions. */
static void kernels(void **state)
{
    struct bench *b = *state;
    for (int axis = 0; axis < 3; axis++) {
        expect_weights(b, axis, 2, "erf", VALUES(0.19741265, 0.17466632, 0.12097758, 0.06559061), 4);
        expect_weights(b, axis, 1, "sampled", VALUES(0.39894229, 0.24197073, 0.05399097, 0.00443185, 0.00013383, 0),
                       6);
        expect_weights(b, axis, 1, "scalespace", VALUES(0.46575961, 0.20791042, 0.04993878, 0.00815531), 4);
        expect_weights(b, axis, 3, "scalespace", VALUES(0.13495952, 0.12722498, 0.10668731, 0.07980840), 4);
    }
    expect_weights(b, 0, 1e-5, "erf", VALUES(1, 0), 2);
    expect_weights(b, 0, 1e-5, "scalespace", VALUES(1, 0), 2);
}

static void outside_are_zeros_and_2d_stays_flat(void **state)
{
    struct bench *b = *state;
    const int size[3] = {100, 3, 1};
    struct mm_volume *v = mm_volume_make(&b->arena, MM_F32, 2, 2, size);
    for (size_t i = 0; i < 600; i++)
        ((float *)v->data)[i] = 1;
    assert_int_equal(mm_smooth(v, (const double[]){1, 0, 5}, "erf", &b->err), MM_OK);
    assert_true(fabs(mm_volume_get(v, 1, 0, 2, 50) - 1) < 1e-4);
    assert_true(fabs(mm_volume_get(v, 1, 0, 2, 0) - (0.5 + 0.38292492 / 2)) < 1e-4);
    assert_true(fabs(mm_volume_get(v, 0, 0, 0, 99) - (0.5 + 0.38292492 / 2)) < 1e-4);
}

static void wide_blocks_equal_narrow_ones(void **state)
{
    struct bench *b = *state;
    const int size[3] = {150, 9, 5};
    struct mm_volume *v = mm_volume_make(&b->arena, MM_F32, 3, 1, size);
    for (size_t i = 0; i < mm_volume_voxels(v); i++)
        ((float *)v->data)[i] = (float)(i * 2654435761u % 1000);
    struct mm_volume *turned = mm_volume_reorient(&b->arena, v, (const int[]){1, 0, 2}, 0);
    assert_int_equal(mm_smooth(v, (const double[]){0, 1.3, 0}, "erf", &b->err), MM_OK);
    assert_int_equal(mm_smooth(turned, (const double[]){1.3, 0, 0}, "erf", &b->err), MM_OK);
    for (int z = 0; z < 5; z++)
        for (int y = 0; y < 9; y++)
            for (int x = 0; x < 150; x++)
                assert_true(mm_volume_get(v, 0, z, y, x) == mm_volume_get(turned, 0, z, x, y));
}

static void absurd_widths_are_refused(void **state)
{
    struct bench *b = *state;
    struct mm_volume *v = bench_put(b, "image", MM_F32, 1, 2, 1, 1, VALUES(1, 2));
    assert_int_equal(mm_smooth(v, (const double[]){1e9, 0, 0}, "erf", &b->err), MM_ERR_DATA);
    assert_int_equal(mm_smooth(v, (const double[]){NAN, 0, 0}, "erf", &b->err), MM_ERR_DATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(kernels),
        BENCH_TEST(outside_are_zeros_and_2d_stays_flat),
        BENCH_TEST(wide_blocks_equal_narrow_ones),
        BENCH_TEST(absurd_widths_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
