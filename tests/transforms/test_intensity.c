/* The shared arithmetic against values worked out by hand or by numpy. */
#include "one_step.h"

#include <math.h>

#include "transforms/intensity.h"

static void test_statistics(void **state)
{
    (void)state;
    const float x[] = {2, 4, 4, 4, 5, 5, 7, 9, 0, 0, 0};
    struct mm_intensity_stats all = mm_intensity_stats(x, 8, false);
    assert_int_equal(all.count, 8);
    assert_float_equal(all.mean, 5, 0);
    assert_float_equal(all.std, 2, 0);
    struct mm_intensity_stats some = mm_intensity_stats(x, 11, true);
    assert_int_equal(some.count, 8);
    assert_float_equal(some.mean, 5, 0);
    assert_float_equal(some.std, 2, 0);
    assert_int_equal(mm_intensity_stats(x + 8, 3, true).count, 0);
}

/* A large offset: the naive sum of squares in float would lose everything. */
static void test_statistics_are_double(void **state)
{
    (void)state;
    float x[1000];
    for (int i = 0; i < 1000; i++)
        x[i] = 1e6f + (float)(i % 2);
    struct mm_intensity_stats stats = mm_intensity_stats(x, 1000, false);
    assert_float_equal(stats.mean, 1000000.5, 1e-9);
    assert_float_equal(stats.std, 0.5, 1e-9);
}

static void test_bounds_of_every_length(void **state)
{
    (void)state;
    float x[40];
    for (int n = 1; n <= 40; n++)
        for (int at = 0; at < n; at++) {
            float low, high;
            for (int i = 0; i < n; i++)
                x[i] = i == at ? -3.0f : i == n - 1 - at ? 7.0f : 1.0f;
            mm_intensity_bounds(x, (size_t)n, &low, &high);
            assert_float_equal(low, -3, 0);
            assert_float_equal(high, at == n - 1 - at ? (n > 1 ? 1 : -3) : 7, 0);
        }
}

static double percentile(const float *x, size_t n, double q)
{
    double value;
    assert_int_equal(mm_intensity_percentile(x, n, q, &value, NULL), MM_OK);
    return value;
}

/* numpy.percentile([15, 20, 35, 40, 50], ...) and with negative values and zeros of both signs. */
static void test_percentiles(void **state)
{
    (void)state;
    const float x[] = {40, 15, 50, 35, 20};
    assert_float_equal(percentile(x, 5, 0), 15, 0);
    assert_float_equal(percentile(x, 5, 40), 29, 1e-12);
    assert_float_equal(percentile(x, 5, 50), 35, 0);
    assert_float_equal(percentile(x, 5, 99), 49.6, 1e-12);
    assert_float_equal(percentile(x, 5, 100), 50, 0);
    const float y[] = {-1.5f, 3, -2.25f, 0.0f, -0.0f, 1e-30f, -1e-30f};
    assert_float_equal(percentile(y, 7, 0), -2.25, 0);
    assert_float_equal(percentile(y, 7, 25), -0.75, 1e-12);
    assert_float_equal(percentile(y, 7, 100), 3, 0);
    assert_float_equal(percentile(x, 1, 73), 40, 0);
}

static void test_range_with_and_without_ends(void **state)
{
    (void)state;
    const struct mm_intensity_range full = {10, 20, -1, 1, true}, half = {10, 20, MM_INTENSITY_NONE, 1, true},
                                    empty = {10, 10, 3, 4, true};
    float x[] = {5, 10, 15, 30}, y[] = {5, 10, 15, 30}, z[] = {5, 10, 15, 30};
    mm_intensity_map(x, 4, &full);
    const float clipped[] = {-1, -1, 0, 1};
    assert_memory_equal(x, clipped, sizeof x);
    mm_intensity_map(y, 4, &half); /* only the upper end is clipped and nothing is mapped to [b_min, b_max] */
    assert_float_equal(y[0], -0.5, 1e-7);
    assert_float_equal(y[3], 1, 0);
    mm_intensity_map(z, 4, &empty);
    assert_float_equal(z[0], -2, 0);
    assert_float_equal(z[3], 23, 0);
}

static void test_normalising_a_constant_divides_by_one(void **state)
{
    (void)state;
    float x[] = {4, 4, 4};
    mm_intensity_normalize(x, 3, MM_INTENSITY_NONE, MM_INTENSITY_NONE, false);
    for (int i = 0; i < 3; i++)
        assert_float_equal(x[i], 0, 0);
    float y[] = {0, 0, 6, 2};
    mm_intensity_normalize(y, 4, MM_INTENSITY_NONE, MM_INTENSITY_NONE, true);
    assert_float_equal(y[0], 0, 0);
    assert_float_equal(y[2], 1, 0);
    assert_float_equal(y[3], -1, 0);
}

static void test_gamma(void **state)
{
    (void)state;
    float x[] = {0, 5, 10}, y[] = {0, 5, 10};
    mm_intensity_gamma(x, 3, 2, false, false);
    assert_float_equal(x[1], 2.5, 1e-5);
    assert_float_equal(x[2], 10, 1e-5);
    mm_intensity_gamma(y, 3, 2, true, false); /* of the negative: -(0.5^2 * 10 - 10) */
    assert_float_equal(y[1], 7.5, 1e-5);
    float z[] = {0, 1, 4, 9, 16, 25};
    struct mm_intensity_stats before = mm_intensity_stats(z, 6, false);
    mm_intensity_gamma(z, 6, 0.5, false, true);
    struct mm_intensity_stats after = mm_intensity_stats(z, 6, false);
    assert_float_equal(after.mean, before.mean, 1e-5);
    assert_float_equal(after.std, before.std, 1e-5);
}

static void test_noise_has_the_moments_asked_for(void **state)
{
    (void)state;
    static float x[100001];
    struct mm_random random;
    mm_random_init(&random, 1, MM_RANDOM_TRANSFORM, 0, 0, 0);
    memset(x, 0, sizeof x);
    mm_intensity_noise(x, 100001, 3, 2, &random);
    struct mm_intensity_stats stats = mm_intensity_stats(x, 100001, false);
    assert_float_equal(stats.mean, 3, 0.03);
    assert_float_equal(stats.std, 2, 0.02);
    size_t within = 0;
    for (size_t i = 0; i < 100001; i++)
        within += fabsf(x[i] - 3) < 2;
    assert_float_equal((double)within / 100001, 0.6827, 0.006);
}

static void test_ends(void **state)
{
    (void)state;
    double low, high;
    const double one[] = {-0.3}, two[] = {5, 2};
    mm_intensity_ends(&(struct mm_doubles){1, one}, &low, &high);
    assert_float_equal(low, -0.3, 0);
    assert_float_equal(high, 0.3, 0);
    mm_intensity_ends(&(struct mm_doubles){2, two}, &low, &high);
    assert_float_equal(low, 2, 0);
    assert_float_equal(high, 5, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statistics),
        cmocka_unit_test(test_statistics_are_double),
        cmocka_unit_test(test_bounds_of_every_length),
        cmocka_unit_test(test_percentiles),
        cmocka_unit_test(test_range_with_and_without_ends),
        cmocka_unit_test(test_normalising_a_constant_divides_by_one),
        cmocka_unit_test(test_gamma),
        cmocka_unit_test(test_noise_has_the_moments_asked_for),
        cmocka_unit_test(test_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
