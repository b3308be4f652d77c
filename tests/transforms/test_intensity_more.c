/* Intensity transforms against MONAI 1.6 run on the same small images. */
#include "one_step.h"

#include <float.h>
#include <math.h>

#define PAIR VALUES(1, 2, 3, 4, 5, 6, 7, 20, 0, 0, 1, 1, 2, 2, 3, 9)

static void expect(struct bench *b, const char *step, const double *values)
{
    bench_put(b, "image", MM_F32, 2, 4, 2, 0, PAIR);
    bench_runs(b, step);
    bench_expect(b, "image", MM_F32, 2, values, 1e-5);
}

static void clips_at_percentiles(void **state)
{
    struct bench *b = *state;
    expect(b,
           "{\"name\": \"ClipIntensityPercentilesd\", \"args\": {\"keys\": \"image\", \"lower\": 10, \"upper\": 80}}",
           VALUES(1, 2, 3, 4, 5, 6, 6, 6, 0.5, 0.5, 1, 1, 2, 2, 3, 6));
    expect(
        b,
        "{\"name\": \"ClipIntensityPercentilesd\", \"args\": {\"keys\": \"image\", \"upper\": 75, \"channel_wise\": "
        "true}}",
        VALUES(1, 2, 3, 4, 5, 6, 6.25, 6.25, 0, 0, 1, 1, 2, 2, 2.25, 2.25));
    expect(b,
           "{\"name\": \"ClipIntensityPercentilesd\", \"args\": {\"keys\": \"image\", \"lower\": 10, \"upper\": 80, "
           "\"sharpness_factor\": 2}}",
           VALUES(1.15661, 2.02413, 3.00212, 3.99138, 4.9366, 5.65343, 5.93654, 6.0, 0.65663, 0.65663, 1.15661,
                  1.15661, 2.02413, 2.02413, 3.00212, 5.99876));
    bench_fails(b, "{\"name\": \"ClipIntensityPercentilesd\", \"args\": {\"keys\": \"image\"}}", MM_ERR_CONFIG,
                "nothing to clip");
    bench_fails(
        b, "{\"name\": \"ClipIntensityPercentilesd\", \"args\": {\"keys\": \"image\", \"lower\": 9, \"upper\": 8}}",
        MM_ERR_CONFIG, "upper, 8, is below lower, 9");
}

static void stretches_about_the_mean(void **state)
{
    struct bench *b = *state;
    expect(b, "{\"name\": \"ScaleIntensityFixedMeand\", \"args\": {\"keys\": \"image\", \"factor\": 0.5}}",
           VALUES(-0.5625, 0.9375, 2.4375, 3.9375, 5.4375, 6.9375, 8.4375, 27.9375, -2.0625, -2.0625, -0.5625,
                  -0.5625, 0.9375, 0.9375, 2.4375, 11.4375));
    expect(b,
           "{\"name\": \"ScaleIntensityFixedMeand\", \"args\": {\"keys\": \"image\", \"factor\": 0.5, "
           "\"preserve_range\": true, \"channel_wise\": true}}",
           VALUES(1, 1, 1.5, 3, 4.5, 6, 7.5, 20, 0, 0, 0.375, 0.375, 1.875, 1.875, 3.375, 9));
    expect(
        b,
        "{\"name\": \"ScaleIntensityFixedMeand\", \"args\": {\"keys\": \"image\", \"factor\": -0.5, \"fixed_mean\": "
        "false}}",
        VALUES(0.5, 1, 1.5, 2, 2.5, 3, 3.5, 10, 0, 0, 0.5, 0.5, 1, 1, 1.5, 4.5));
}

/* The mean stays and the spread follows the factor, which lies in its range. */
static void random_stretches(void **state)
{
    struct bench *b = *state;
    double least = INFINITY, most = -INFINITY;
    for (uint32_t i = 0; i < 200; i++) {
        const struct mm_context context = {.seed = 5, .position = i};
        const struct mm_volume *v = bench_put(b, "image", MM_F32, 1, 2, 1, 0, VALUES(10, 20));
        assert_int_equal(bench_run_at(b,
                                      "{\"name\": \"RandScaleIntensityFixedMeand\", \"args\": {\"keys\": \"image\", "
                                      "\"prob\": 1, \"factors\": [-0.2, 0.6]}}",
                                      &context),
                         MM_OK);
        v = bench_volume(b, "image");
        double low = mm_volume_get(v, 0, 0, 0, 0), high = mm_volume_get(v, 0, 0, 0, 1);
        assert_true(fabs(low + high - 30) < 1e-4);
        least = fmin(least, (high - low) / 10 - 1);
        most = fmax(most, (high - low) / 10 - 1);
    }
    assert_true(least >= -0.2001 && least < -0.15 && most <= 0.6001 && most > 0.55);
}

/* Of zeros it is Rayleigh's distribution: mean std * sqrt(pi / 2), nothing below 0. */
static void rician_noise(void **state)
{
    struct bench *b = *state;
    const int size[3] = {100, 100, 1};
    struct mm_field *field;
    assert_int_equal(mm_sample_add(b->sample, "image", MM_FIELD_VOLUME, &field, &b->err), MM_OK);
    field->volume = mm_volume_make(&b->arena, MM_F32, 2, 1, size);
    const struct mm_context context = {.seed = 5};
    assert_int_equal(
        bench_run_at(b,
                     "{\"name\": \"RandRicianNoised\", \"args\": {\"keys\": \"image\", \"prob\": 1, \"std\": "
                     "2, \"sample_std\": false}}",
                     &context),
        MM_OK);
    double sum = 0;
    const float *x = bench_volume(b, "image")->data;
    for (int i = 0; i < 10000; i++) {
        assert_true(x[i] >= 0);
        sum += (double)x[i];
    }
    assert_true(fabs(sum / 10000 - 2 * sqrt(acos(-1) / 2)) < 0.05);
}

static void coarser_and_fine_again(void **state)
{
    struct bench *b = *state;
    double values[24];
    for (int i = 0; i < 24; i++)
        values[i] = pow(i, 1.5);
    bench_put(b, "image", MM_F32, 1, 6, 4, 0, values);
    const struct mm_context context = {.seed = 5};
    assert_int_equal(
        bench_run_at(b,
                     "{\"name\": \"RandSimulateLowResolutiond\", \"args\": {\"keys\": \"image\", \"prob\": "
                     "1, \"zoom_range\": [0.5, 0.5]}}",
                     &context),
        MM_OK);
    bench_expect(b, "image", MM_F32, 1,
                 VALUES(0, 0.70711, 2.12132, 4.12132, 6.70711, 8, 10.3923, 11.59851, 14.01092, 16.91284, 20.30428, 22,
                        31.17691, 33.38131, 37.79011, 42.49588, 47.49863, 50, 41.56922, 44.27271, 49.67971, 55.2874,
                        61.0958, 64),
                 2e-5);
}

/* Expected from MONAI 1.6.1: SignalFillEmpty(-2). */
static void numbers_for_what_is_none(void **state)
{
    struct bench *b = *state;
    bench_put(b, "image", MM_F32, 1, 4, 1, 0, VALUES(1.5, (double)NAN, (double)INFINITY, -(double)INFINITY));
    assert_int_equal(
        bench_run(b, "{\"name\": \"SignalFillEmptyd\", \"args\": {\"keys\": \"image\", \"replacement\": -2}}"),
        MM_OK);
    bench_expect(b, "image", MM_F32, 1, VALUES(1.5, -2, (double)FLT_MAX, -(double)FLT_MAX), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {BENCH_TEST(clips_at_percentiles),   BENCH_TEST(stretches_about_the_mean),
                                       BENCH_TEST(random_stretches),       BENCH_TEST(rician_noise),
                                       BENCH_TEST(coarser_and_fine_again), BENCH_TEST(numbers_for_what_is_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
