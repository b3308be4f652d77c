/* Smooth random fields, against numbers of MONAI 1.6.1. */
#include "one_step.h"

/* The random values of this seed were read off with mode "nearest"; MONAI was given them for the other modes. */
static void factors_as_monai(void **state)
{
    struct bench *b = *state;
    const struct mm_context context = {.seed = 5};
    bench_put(b, "a", MM_F32, 1, 6, 4, 0,
              VALUES(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1));
    assert_int_equal(bench_run_at(b,
                                  "{\"name\": \"RandSmoothFieldAdjustIntensityd\", \"args\": {\"keys\": \"a\", "
                                  "\"prob\": 1, \"rand_size\": [3, 2], \"mode\": \"nearest\", \"gamma\": [0.1, 1]}}",
                                  &context),
                     MM_OK);
    bench_expect(b, "a", MM_F32, 1,
                 VALUES(0.49646252, 0.49646252, 0.25391334, 0.25391334, 0.37589282, 0.37589282, 0.49646252,
                        0.49646252, 0.25391334, 0.25391334, 0.37589282, 0.37589282, 0.1898762, 0.1898762, 0.59233463,
                        0.59233463, 0.30854344, 0.30854344, 0.1898762, 0.1898762, 0.59233463, 0.59233463, 0.30854344,
                        0.30854344),
                 1e-5);
    bench_put(b, "a", MM_F32, 1, 6, 4, 0,
              VALUES(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1));
    assert_int_equal(bench_run_at(b,
                                  "{\"name\": \"RandSmoothFieldAdjustIntensityd\", \"args\": {\"keys\": \"a\", "
                                  "\"prob\": 1, \"rand_size\": [3, 2], \"mode\": \"area\", \"gamma\": [0.1, 1]}}",
                                  &context),
                     MM_OK);
    bench_expect(b, "a", MM_F32, 1,
                 VALUES(0.49646252, 0.49646252, 0.25391334, 0.25391334, 0.37589282, 0.37589282, 0.49646252,
                        0.49646252, 0.25391334, 0.25391334, 0.37589282, 0.37589282, 0.1898762, 0.1898762, 0.59233463,
                        0.59233463, 0.30854344, 0.30854344, 0.1898762, 0.1898762, 0.59233463, 0.59233463, 0.30854344,
                        0.30854344),
                 1e-5);
    bench_put(b, "a", MM_F32, 1, 6, 4, 0,
              VALUES(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1));
    assert_int_equal(bench_run_at(b,
                                  "{\"name\": \"RandSmoothFieldAdjustIntensityd\", \"args\": {\"keys\": \"a\", "
                                  "\"prob\": 1, \"rand_size\": [3, 2], \"mode\": \"bilinear\", \"gamma\": [0.1, 1]}}",
                                  &context),
                     MM_OK);
    bench_expect(b, "a", MM_F32, 1,
                 VALUES(0.56207621, 0.4884617, 0.34123269, 0.30463937, 0.37868172, 0.41570294, 0.46902624, 0.44435224,
                        0.39500421, 0.37656316, 0.3890292, 0.39526215, 0.2829262, 0.35613322, 0.5025472, 0.52041084,
                        0.40972406, 0.35438067, 0.1898762, 0.3120237, 0.55631876, 0.59233463, 0.42007148, 0.33393985),
                 1e-5);
    bench_put(b, "a", MM_F32, 1, 6, 4, 0,
              VALUES(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1));
    assert_int_equal(
        bench_run_at(
            b,
            "{\"name\": \"RandSmoothFieldAdjustIntensityd\", \"args\": {\"keys\": \"a\", \"prob\": 1, \"rand_size\": "
            "[3, 2], \"mode\": \"bicubic\", \"gamma\": [0.1, 1], \"pad\": 1, \"align_corners\": true}}",
            &context),
        MM_OK);
    bench_expect(b, "a", MM_F32, 1,
                 VALUES(0.99999976, 0.99999988, 0.99999976, 0.99999976, 1, 0.99999976, 0.99999976, 0.58790326,
                        0.26193854, 0.1898762, 0.47118244, 0.99999976, 0.99999976, 0.25691733, 0.37758961, 0.44851527,
                        0.3717967, 0.99999976, 0.99999976, 0.99999988, 0.99999976, 0.99999976, 1, 0.99999976),
                 1e-5);
}

static void contrast_as_monai(void **state)
{
    struct bench *b = *state;
    const struct mm_context context = {.seed = 5};
    bench_put(b, "a", MM_F32, 2, 6, 4, 0,
              VALUES(14, 4, 12, 8, 6, 3, 14, 17, 17, 19, 5, 10, 18, 3, 10, 1, 17, 19, 12, 2, 4, 18, 11, 16, 7, 16, 14,
                     4, 10, 11, 2, 1, 5, 13, 12, 18, 12, 0, 6, 0, 12, 15, 6, 4, 10, 18, 8, 4));
    assert_int_equal(
        bench_run_at(
            b,
            "{\"name\": \"RandSmoothFieldAdjustContrastd\", \"args\": {\"keys\": \"a\", \"prob\": 1, \"rand_size\": "
            "[3, 2], \"mode\": \"bilinear\", \"gamma\": [0.5, 1.5], \"spatial_size\": [6, 4]}}",
            &context),
        MM_OK);
    bench_expect(b, "a", MM_F32, 2,
                 VALUES(13.94275, 4.449688, 13.349801, 10.127551, 7.4721003, 3.9512999, 14.389989, 17.223413,
                        17.328773, 19, 6.3484554, 11.166739, 18.291128, 4.4647675, 10.344212, 1.1016443, 17.297279,
                        19, 14.422403, 3.6270862, 3.95648, 17.954281, 11.903078, 16.673895, 6.906837, 16.189117,
                        15.027695, 6.1170516, 11.299565, 11.934698, 2.449044, 1.4128895, 6.2924376, 13.986321,
                        13.027949, 18.168106, 13.753209, 0, 6.3759608, 0, 12.891012, 15.790848, 9.5161448, 6.0393476,
                        9.9550371, 17.954281, 9.0640574, 5.8144903),
                 1e-4);
}

/* One random value a channel, of a range of almost one number: all voxels move alike, half of a width of 2. */
static void a_field_of_one_value_shifts(void **state)
{
    struct bench *b = *state;
    const struct mm_context context = {.seed = 5};
    bench_put(b, "a", MM_F32, 1, 5, 1, 0, VALUES(0, 10, 9, 5, 14));
    assert_int_equal(
        bench_run_at(
            b,
            "{\"name\": \"RandSmoothDeformd\", \"args\": {\"keys\": \"a\", \"prob\": 1, \"rand_size\": 1, "
            "\"def_range\": [0.4999999, 0.5000001], \"grid_align_corners\": true, \"grid_mode\": \"nearest\"}}",
            &context),
        MM_OK);
    bench_expect(b, "a", MM_F32, 1, VALUES(10, 9, 5, 14, 14), 0);
}

static void small_shifts_change_nothing(void **state)
{
    struct bench *b = *state;
    const struct mm_context context = {.seed = 5};
    bench_put(b, "a", MM_F32, 1, 5, 1, 0, VALUES(0, 10, 9, 5, 14));
    assert_int_equal(bench_run_at(b,
                                  "{\"name\": \"RandSmoothDeformd\", \"args\": {\"keys\": \"a\", \"prob\": 1, "
                                  "\"rand_size\": 2, \"def_range\": 1e-06, \"grid_align_corners\": true}}",
                                  &context),
                     MM_OK);
    bench_expect(b, "a", MM_F32, 1, VALUES(0, 10, 9, 5, 14), 0);
}

static void what_cannot_be_drawn(void **state)
{
    struct bench *b = *state;
    bench_put(b, "a", MM_F32, 1, 5, 1, 0, VALUES(0, 10, 9, 5, 14));
    bench_fails(b,
                "{\"name\": \"RandSmoothFieldAdjustContrastd\", \"args\": {\"keys\": \"a\", \"rand_size\": 2, "
                "\"gamma\": 0.5}}",
                MM_ERR_CONFIG, "nothing to draw");
    bench_fails(b,
                "{\"name\": \"RandSmoothFieldAdjustContrastd\", \"args\": {\"keys\": \"a\", \"rand_size\": 2, "
                "\"prob\": 1, \"spatial_size\": [5, 4]}}",
                MM_ERR_DATA, "the image 5x1x1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {BENCH_TEST(factors_as_monai), BENCH_TEST(contrast_as_monai),
                                       BENCH_TEST(a_field_of_one_value_shifts),
                                       BENCH_TEST(small_shifts_change_nothing), BENCH_TEST(what_cannot_be_drawn)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
