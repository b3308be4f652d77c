/* The intensity transforms as steps of a config: shift, scale, range, normalise, threshold, noise, contrast, filters. */
#include "one_step.h"

#include <math.h>

#include "transforms/intensity.h"

static void test_shift_makes_float(void **state)
{
    struct bench *b = *state;
    bench_put(b, "image", MM_U8, 1, 3, 1, 1, VALUES(0, 250, 255));
    bench_runs(b,
               "{\"name\": \"ShiftIntensityd\", \"args\": {\"keys\": \"image\", \"offset\": 10.5, \"safe\": true}}");
    bench_expect(b, "image", MM_F32, 1, VALUES(10.5, 260.5, 265.5), 0);
}

static void test_scale_by_range_and_by_factor(void **state)
{
    struct bench *b = *state;
    bench_put(b, "image", MM_F32, 2, 2, 1, 1, VALUES(0, 2, 4, 10));
    bench_put(b, "other", MM_F32, 2, 2, 1, 1, VALUES(0, 2, 4, 10));
    bench_put(b, "third", MM_F32, 1, 2, 1, 1, VALUES(3, 3));
    bench_runs(b, "{\"name\": \"ScaleIntensityd\", \"args\": {\"keys\": \"image\"}}");
    bench_expect(b, "image", MM_F32, 2, VALUES(0, 0.2, 0.4, 1), 1e-6);
    bench_runs(b, "{\"name\": \"ScaleIntensityd\", \"args\": {\"keys\": \"image\", \"minv\": -1, \"maxv\": 1, "
                  "\"channel_wise\": true}}");
    bench_expect(b, "image", MM_F32, 2, VALUES(-1, 1, -1, 1), 1e-6);
    bench_runs(b, "{\"name\": \"ScaleIntensityd\", \"args\": {\"keys\": \"other\", \"minv\": null, \"maxv\": null, "
                  "\"factor\": 0.5}}");
    bench_expect(b, "other", MM_F32, 2, VALUES(0, 3, 6, 15), 1e-6);
    bench_runs(b, "{\"name\": \"ScaleIntensityd\", \"args\": {\"keys\": \"third\", \"minv\": 2, \"maxv\": 5}}");
    bench_expect(b, "third", MM_F32, 1, VALUES(6, 6), 0);
}

/* Clara's window of the liver: both spellings, and v3's a_offset. */
static void test_range(void **state)
{
    struct bench *b = *state;
    bench_put(b, "image", MM_I16, 1, 4, 1, 1, VALUES(-1000, -57, 53.5, 164));
    bench_put(b, "v3", MM_I16, 1, 4, 1, 1, VALUES(-1000, -57, 43, 1000));
    bench_runs(b,
               "{\"name\": \"ScaleIntensityRanged\", \"args\": {\"keys\": \"image\", \"a_min\": -57, \"a_max\": 164, "
               "\"b_min\": 0.0, \"b_max\": 1.0, \"clip\": true}}");
    bench_expect(b, "image", MM_F32, 1, VALUES(0, 0, 111.0 / 221, 1), 1e-6);
    bench_runs(
        b, "{\"name\": \"ScaleIntensityRange\", \"args\": {\"fields\": \"v3\", \"a_min\": -57, \"a_offset\": 200, "
           "\"b_min\": 0.0, \"b_max\": 1.0, \"clip\": true}}");
    bench_expect(b, "v3", MM_F32, 1, VALUES(0, 0, 0.5, 1), 1e-6);
    bench_fails(b, "{\"name\": \"ScaleIntensityRange\", \"args\": {\"fields\": \"v3\", \"a_min\": 5, \"a_max\": 5}}",
                MM_ERR_CONFIG, "both 5");
    bench_fails(b, "{\"name\": \"ScaleIntensityRange\", \"args\": {\"fields\": \"v3\", \"a_min\": 5}}", MM_ERR_CONFIG,
                "one of a_max and a_offset");
}

static void test_percentiles(void **state)
{
    struct bench *b = *state;
    bench_put(b, "image", MM_F32, 1, 5, 1, 1, VALUES(1, 2, 3, 4, 5));
    bench_put(b, "relative", MM_F32, 1, 5, 1, 1, VALUES(1, 2, 3, 4, 5));
    bench_runs(b, "{\"name\": \"ScaleIntensityRangePercentilesd\", \"args\": {\"keys\": \"image\", \"lower\": 25, "
                  "\"upper\": 75, \"b_min\": 0, \"b_max\": 10, \"clip\": true}}");
    bench_expect(b, "image", MM_F32, 1, VALUES(0, 0, 5, 10, 10), 1e-5);
    /* 2 becomes 25 percent of [0, 200], 4 becomes 75 percent. */
    bench_runs(b, "{\"name\": \"ScaleIntensityRangePercentilesd\", \"args\": {\"keys\": \"relative\", \"lower\": 25, "
                  "\"upper\": 75, \"b_min\": 0, \"b_max\": 200, \"relative\": true}}");
    bench_expect(b, "relative", MM_F32, 1, VALUES(0, 50, 100, 150, 200), 1e-4);
    bench_fails(b,
                "{\"name\": \"ScaleIntensityRangePercentilesd\", \"args\": {\"keys\": \"image\", \"lower\": 1, "
                "\"upper\": 99, \"relative\": true}}",
                MM_ERR_CONFIG, "relative needs");
}

static void test_normalize(void **state)
{
    struct bench *b = *state;
    bench_put(b, "image", MM_I16, 2, 2, 1, 1, VALUES(0, 10, 4, 8));
    bench_put(b, "given", MM_I16, 2, 2, 1, 1, VALUES(0, 10, 4, 8));
    bench_put(b, "v3", MM_I16, 1, 4, 1, 1, VALUES(0, 2, 4, 0));
    bench_runs(b, "{\"name\": \"NormalizeIntensityd\", \"args\": {\"keys\": \"image\", \"channel_wise\": true}}");
    bench_expect(b, "image", MM_F32, 2, VALUES(-1, 1, -1, 1), 1e-6);
    bench_runs(b, "{\"name\": \"NormalizeIntensityd\", \"args\": {\"keys\": \"given\", \"channel_wise\": true, "
                  "\"subtrahend\": [10, 0], \"divisor\": [5, 4]}}");
    bench_expect(b, "given", MM_F32, 2, VALUES(-2, 0, 1, 2), 1e-6);
    bench_runs(b, "{\"name\": \"NormalizeNonzeroIntensities\", \"args\": {\"fields\": \"v3\"}}");
    bench_expect(b, "v3", MM_F32, 1, VALUES(0, -1, 1, 0), 1e-6);
    bench_fails(b,
                "{\"name\": \"NormalizeIntensityd\", \"args\": {\"keys\": \"given\", \"channel_wise\": true, "
                "\"subtrahend\": [1, 2, 3]}}",
                MM_ERR_DATA, "subtrahend has 3 values, the image 2 channels");
    bench_fails(b, "{\"name\": \"NormalizeIntensityd\", \"args\": {\"keys\": \"given\", \"divisor\": [1, 2]}}",
                MM_ERR_CONFIG, "channel_wise");
}

static void test_threshold(void **state)
{
    struct bench *b = *state;
    bench_put(b, "image", MM_F32, 1, 3, 1, 1, VALUES(29, 30, 31));
    bench_put(b, "below", MM_F32, 1, 3, 1, 1, VALUES(29, 30, 31));
    bench_runs(b, "{\"name\": \"ThresholdIntensityd\", \"args\": {\"keys\": \"image\", \"threshold\": 30}}");
    bench_expect(b, "image", MM_F32, 1, VALUES(0, 0, 31), 0);
    bench_runs(b, "{\"name\": \"ThresholdIntensityd\", \"args\": {\"keys\": \"below\", \"threshold\": 30, "
                  "\"above\": false, \"cval\": -5}}");
    bench_expect(b, "below", MM_F32, 1, VALUES(29, -5, -5), 0);
}

/* One draw for all fields; each channel its own with channel_wise; other places in the stream draw otherwise. */
static void test_random_shift_and_scale(void **state)
{
    struct bench *b = *state;
    const char *shift =
        "{\"name\": \"RandShiftIntensityd\", \"args\": {\"keys\": [\"a\", \"b\"], \"offsets\": [2, 3], "
        "\"prob\": 1}}";
    bench_put(b, "a", MM_F32, 2, 1, 1, 1, VALUES(0, 0));
    bench_put(b, "b", MM_F32, 2, 1, 1, 1, VALUES(0, 0));
    bench_runs(b, shift);
    double first = mm_volume_get(bench_volume(b, "a"), 0, 0, 0, 0);
    assert_true(first >= 2 && first < 3);
    bench_expect(b, "b", MM_F32, 2, VALUES(first, first), 0);
    struct mm_context later = {.position = 1};
    bench_put(b, "a", MM_F32, 1, 1, 1, 1, VALUES(0));
    bench_put(b, "b", MM_F32, 1, 1, 1, 1, VALUES(0));
    assert_int_equal(bench_run_at(b, shift, &later), MM_OK);
    assert_true(mm_volume_get(bench_volume(b, "a"), 0, 0, 0, 0) != first);
    bench_put(b, "a", MM_F32, 2, 1, 1, 1, VALUES(10, 10));
    bench_runs(b, "{\"name\": \"RandScaleIntensityd\", \"args\": {\"keys\": \"a\", \"factors\": 0.5, \"prob\": 1, "
                  "\"channel_wise\": true}}");
    double one = mm_volume_get(bench_volume(b, "a"), 0, 0, 0, 0),
           two = mm_volume_get(bench_volume(b, "a"), 1, 0, 0, 0);
    assert_true(one >= 5 && one <= 15 && two >= 5 && two <= 15 && one != two);
}

static void test_v3_names_draw_in_their_ranges(void **state)
{
    struct bench *b = *state;
    double least = INFINITY, greatest = -INFINITY;
    for (uint32_t i = 0; i < 200; i++) {
        struct mm_context at = {.position = i};
        bench_put(b, "image", MM_F32, 1, 1, 1, 1, VALUES(100));
        assert_int_equal(bench_run_at(b,
                                      "{\"name\": \"ScaleIntensityOscillation\", \"args\": {\"fields\": \"image\", "
                                      "\"magnitude\": 0.1}}",
                                      &at),
                         MM_OK);
        double scaled = mm_volume_get(bench_volume(b, "image"), 0, 0, 0, 0);
        least = fmin(least, scaled);
        greatest = fmax(greatest, scaled);
        bench_put(b, "image", MM_F32, 1, 2, 1, 1, VALUES(0, 100));
        assert_int_equal(bench_run_at(b,
                                      "{\"name\": \"ScaleShiftIntensity\", \"args\": {\"fields\": \"image\", "
                                      "\"scale\": 0.1, \"shift\": 5}}",
                                      &at),
                         MM_OK);
        double shift = mm_volume_get(bench_volume(b, "image"), 0, 0, 0, 0);
        double scale = mm_volume_get(bench_volume(b, "image"), 0, 0, 0, 1) - shift;
        assert_true(fabs(shift) <= 5 && scale >= 90 - 1e-4 && scale <= 110 + 1e-4);
    }
    assert_true(least >= 90 && least < 91 && greatest <= 110 && greatest > 109);
}

static void test_probability(void **state)
{
    struct bench *b = *state;
    int changed = 0;
    for (uint32_t i = 0; i < 400; i++) {
        struct mm_context at = {.position = i};
        bench_put(b, "image", MM_F32, 1, 1, 1, 1, VALUES(100));
        assert_int_equal(bench_run_at(b,
                                      "{\"name\": \"AddGaussianNoise\", \"args\": {\"fields\": \"image\", "
                                      "\"probability\": 0.25}}",
                                      &at),
                         MM_OK);
        changed += mm_volume_get(bench_volume(b, "image"), 0, 0, 0, 0) != 100;
    }
    assert_in_range(changed, 70, 130);
    bench_runs(b, "{\"name\": \"RandGaussianNoised\", \"args\": {\"keys\": \"image\", \"prob\": 0}}");
    bench_fails(b, "{\"name\": \"RandGaussianNoised\", \"args\": {\"keys\": \"image\", \"prob\": 1.5}}",
                MM_ERR_CONFIG, "prob");
}

/* The same noise in all fields, of the mean and a spread up to that asked for. */
static void test_noise(void **state)
{
    struct bench *b = *state;
    static double zeros[32 * 32 * 8];
    bench_put(b, "a", MM_F32, 1, 32, 32, 8, zeros);
    bench_put(b, "b", MM_F32, 1, 32, 32, 8, zeros);
    bench_runs(b, "{\"name\": \"RandGaussianNoised\", \"args\": {\"keys\": [\"a\", \"b\"], \"prob\": 1, \"mean\": 7, "
                  "\"std\": 2}}");
    const struct mm_volume *a = bench_volume(b, "a");
    struct mm_intensity_stats stats = mm_intensity_stats(a->data, mm_volume_voxels(a), false);
    assert_float_equal(stats.mean, 7, 0.1);
    assert_true(stats.std > 0 && stats.std < 2.1);
    assert_memory_equal(a->data, bench_volume(b, "b")->data, mm_volume_bytes(a));
}

static void test_contrast_and_std_shift(void **state)
{
    struct bench *b = *state;
    bench_put(b, "image", MM_F32, 1, 3, 1, 1, VALUES(0, 5, 10));
    bench_runs(b, "{\"name\": \"AdjustContrastd\", \"args\": {\"keys\": \"image\", \"gamma\": 2}}");
    bench_expect(b, "image", MM_F32, 1, VALUES(0, 2.5, 10), 1e-5);
    bench_put(b, "image", MM_F32, 1, 3, 1, 1, VALUES(0, 5, 10));
    bench_runs(
        b, "{\"name\": \"RandAdjustContrastd\", \"args\": {\"keys\": \"image\", \"prob\": 1, \"gamma\": [2, 2]}}");
    bench_expect(b, "image", MM_F32, 1, VALUES(0, 2.5, 10), 1e-5);
    bench_put(b, "image", MM_F32, 1, 3, 1, 1, VALUES(0, 4, 8));
    bench_runs(
        b, "{\"name\": \"StdShiftIntensityd\", \"args\": {\"keys\": \"image\", \"factor\": 3, \"nonzero\": true}}");
    bench_expect(b, "image", MM_F32, 1, VALUES(0, 10, 14), 1e-5);
    bench_runs(b, "{\"name\": \"RandStdShiftIntensityd\", \"args\": {\"keys\": \"image\", \"factors\": [-1, -1], "
                  "\"prob\": 1, \"nonzero\": true}}");
    bench_expect(b, "image", MM_F32, 1, VALUES(0, 8, 12), 1e-5);
    bench_fails(b, "{\"name\": \"RandAdjustContrastd\", \"args\": {\"keys\": \"image\", \"gamma\": 0.4}}",
                MM_ERR_CONFIG, "above 0.5");
}

/* A point becomes the kernel; the first tap of sigma 1 is erf(0.5 / sqrt 2). */
static void test_gaussian(void **state)
{
    struct bench *b = *state;
    double point[81] = {0};
    point[40] = 1;
    bench_put(b, "image", MM_F32, 1, 9, 9, 0, point);
    bench_runs(b, "{\"name\": \"GaussianSmoothd\", \"args\": {\"keys\": \"image\", \"sigma\": [1, 0]}}");
    const struct mm_volume *v = bench_volume(b, "image");
    double centre = erf(0.5 / sqrt(2)), next = (erf(1.5 / sqrt(2)) - centre) / 2;
    assert_float_equal(mm_volume_get(v, 0, 0, 4, 4), centre, 1e-6);
    assert_float_equal(mm_volume_get(v, 0, 0, 4, 5), next, 1e-6);
    assert_float_equal(mm_volume_get(v, 0, 0, 4, 3), next, 1e-6);
    assert_float_equal(mm_volume_get(v, 0, 0, 5, 4), 0, 0);
    bench_put(b, "image", MM_F32, 1, 9, 9, 0, point);
    bench_runs(b, "{\"name\": \"GaussianSmoothd\", \"args\": {\"keys\": \"image\", \"sigma\": [1, 0], "
                  "\"approx\": \"scalespace\"}}"); /* exp(-1) I_0(1) and exp(-1) I_1(1) */
    v = bench_volume(b, "image");
    assert_float_equal(mm_volume_get(v, 0, 0, 4, 4), 0.46575960759, 1e-6);
    assert_float_equal(mm_volume_get(v, 0, 0, 4, 5), 0.20791041535, 1e-6);
    bench_fails(b, "{\"name\": \"GaussianSmoothd\", \"args\": {\"keys\": \"image\", \"sigma\": [1, 1, 1]}}",
                MM_ERR_CONFIG, "sigma has 3 values");
}

/* Far from borders a ramp blurs to itself, and sharpening leaves it. */
static void test_sharpen_leaves_a_ramp(void **state)
{
    struct bench *b = *state;
    double ramp[61];
    for (int i = 0; i < 61; i++)
        ramp[i] = i;
    bench_put(b, "image", MM_F32, 1, 61, 1, 0, ramp);
    bench_runs(b, "{\"name\": \"GaussianSharpend\", \"args\": {\"keys\": \"image\", \"sigma1\": [1, 0], "
                  "\"sigma2\": [1, 0], \"alpha\": 2}}");
    assert_float_equal(mm_volume_get(bench_volume(b, "image"), 0, 0, 0, 30), 30, 0.01);
}

static void test_random_smooth_draws_each_axis(void **state)
{
    struct bench *b = *state;
    double point[81] = {0};
    point[40] = 1;
    bench_put(b, "image", MM_F32, 1, 9, 9, 0, point);
    bench_runs(
        b, "{\"name\": \"RandGaussianSmoothd\", \"args\": {\"keys\": \"image\", \"prob\": 1, \"sigma_x\": [1, 1], "
           "\"sigma_y\": [0, 0]}}");
    assert_float_equal(mm_volume_get(bench_volume(b, "image"), 0, 0, 4, 4), erf(0.5 / sqrt(2)), 1e-6);
    assert_float_equal(mm_volume_get(bench_volume(b, "image"), 0, 0, 3, 4), 0, 0);
}

static void test_median_repeats_the_border(void **state)
{
    struct bench *b = *state;
    bench_put(b, "image", MM_F32, 1, 5, 1, 0, VALUES(9, 1, 8, 2, 7));
    bench_runs(b, "{\"name\": \"MedianSmoothd\", \"args\": {\"keys\": \"image\", \"radius\": [1, 0]}}");
    bench_expect(b, "image", MM_F32, 1, VALUES(9, 8, 2, 7, 7), 0);
}

/* Four equal bins of 2, 2, 2 and 4 values: sums 2, 4, 6, 10 on [0, 80]; between centres linear. */
static void test_histogram(void **state)
{
    struct bench *b = *state;
    bench_put(b, "image", MM_F32, 1, 10, 1, 1, VALUES(0, 0.5, 1.5, 1.5, 2.5, 2.5, 3.5, 3.5, 3.5, 4));
    bench_runs(b, "{\"name\": \"HistogramNormalized\", \"args\": {\"keys\": \"image\", \"num_bins\": 4, \"min\": 0, "
                  "\"max\": 80}}");
    bench_expect(b, "image", MM_F32, 1, VALUES(0, 0, 20, 20, 40, 40, 80, 80, 80, 80), 1e-4);
    bench_put(b, "image", MM_F32, 1, 3, 1, 1, VALUES(0, NAN, 1));
    bench_fails(b, "{\"name\": \"HistogramNormalized\", \"args\": {\"keys\": \"image\"}}", MM_ERR_DATA, "finite");
    bench_put(b, "image", MM_F32, 1, 3, 1, 1, VALUES(0, 4, INFINITY));
    bench_put(b, "label", MM_U8, 1, 3, 1, 1, VALUES(1, 1, 0));
    bench_runs(b, "{\"name\": \"HistogramNormalized\", \"args\": {\"keys\": \"image\", \"mask_key\": \"label\", "
                  "\"num_bins\": 2, \"max\": 1}}");
    bench_expect(b, "image", MM_F32, 1, VALUES(0, 1, 1), 1e-6);
}

static void test_mask_keeps_the_type(void **state)
{
    struct bench *b = *state;
    bench_put(b, "image", MM_I16, 2, 2, 1, 1, VALUES(-7, 8, 9, 10));
    bench_put(b, "label", MM_U8, 1, 2, 1, 1, VALUES(0, 3));
    bench_put(b, "small", MM_U8, 1, 1, 1, 1, VALUES(0));
    bench_runs(b, "{\"name\": \"MaskIntensityd\", \"args\": {\"keys\": \"image\", \"mask_key\": \"label\"}}");
    bench_expect(b, "image", MM_I16, 2, VALUES(0, 8, 0, 10), 0);
    bench_fails(b, "{\"name\": \"MaskIntensityd\", \"args\": {\"keys\": \"image\", \"mask_key\": \"small\"}}",
                MM_ERR_DATA, "1x1x1 voxels");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(test_shift_makes_float),
        BENCH_TEST(test_scale_by_range_and_by_factor),
        BENCH_TEST(test_range),
        BENCH_TEST(test_percentiles),
        BENCH_TEST(test_normalize),
        BENCH_TEST(test_threshold),
        BENCH_TEST(test_random_shift_and_scale),
        BENCH_TEST(test_v3_names_draw_in_their_ranges),
        BENCH_TEST(test_probability),
        BENCH_TEST(test_noise),
        BENCH_TEST(test_contrast_and_std_shift),
        BENCH_TEST(test_gaussian),
        BENCH_TEST(test_sharpen_leaves_a_ramp),
        BENCH_TEST(test_random_smooth_draws_each_axis),
        BENCH_TEST(test_median_repeats_the_border),
        BENCH_TEST(test_histogram),
        BENCH_TEST(test_mask_keeps_the_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
