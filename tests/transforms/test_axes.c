/* Steps about axes and channels, against numbers of numpy and MONAI 1.6.1. */
#include "one_step.h"

static void transposes_as_numpy(void **state)
{
    struct bench *b = *state;
    bench_put(b, "a", MM_F32, 2, 3, 2, 0, VALUES(0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11));
    bench_runs(b, "{\"name\": \"Transposed\", \"args\": {\"keys\": \"a\", \"indices\": [0, 2, 1]}}");
    bench_expect(b, "a", MM_F32, 2, VALUES(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), 0);
    assert_int_equal(bench_volume(b, "a")->size[0], 2);
    bench_put(b, "a", MM_F32, 1, 2, 3, 4,
              VALUES(0, 12, 4, 16, 8, 20, 1, 13, 5, 17, 9, 21, 2, 14, 6, 18, 10, 22, 3, 15, 7, 19, 11, 23));
    bench_runs(b, "{\"name\": \"Transposed\", \"args\": {\"keys\": \"a\", \"indices\": [0, 3, 1, 2]}}");
    bench_expect(b, "a", MM_F32, 1,
                 VALUES(0, 1, 2, 3, 12, 13, 14, 15, 4, 5, 6, 7, 16, 17, 18, 19, 8, 9, 10, 11, 20, 21, 22, 23), 0);
    assert_int_equal(bench_volume(b, "a")->size[0], 4);
    bench_fails(b, "{\"name\": \"Transposed\", \"args\": {\"keys\": \"a\", \"indices\": [0, 2, 1]}}", MM_ERR_CONFIG,
                "4 axes");
    bench_fails(b, "{\"name\": \"Transposed\", \"args\": {\"keys\": \"a\", \"indices\": [2, 0, 1]}}", MM_ERR_CONFIG,
                "can be left out");
    bench_fails(b, "{\"name\": \"Transposed\", \"args\": {\"keys\": \"a\", \"indices\": [0, 1, 1]}}", MM_ERR_CONFIG,
                "each axis once");
}

static void coordinates_as_monai(void **state)
{
    struct bench *b = *state;
    bench_put(b, "a", MM_F32, 2, 3, 2, 0, VALUES(0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11));
    bench_runs(b, "{\"name\": \"AddCoordinateChannelsd\", \"args\": {\"keys\": \"a\", \"spatial_dims\": [1, 0]}}");
    bench_expect(
        b, "a", MM_F32, 4,
        VALUES(0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11, -0.5, -0.5, -0.5, 0.5, 0.5, 0.5, -0.5, 0, 0.5, -0.5, 0, 0.5),
        1e-5);
    bench_put(b, "a", MM_U8, 1, 2, 3, 4,
              VALUES(0, 12, 4, 16, 8, 20, 1, 13, 5, 17, 9, 21, 2, 14, 6, 18, 10, 22, 3, 15, 7, 19, 11, 23));
    bench_runs(b, "{\"name\": \"AddCoordinateChannelsd\", \"args\": {\"keys\": \"a\", \"spatial_dims\": [2]}}");
    bench_expect(b, "a", MM_F32, 2,
                 VALUES(0, 12, 4, 16, 8, 20, 1, 13, 5, 17, 9, 21, 2, 14, 6, 18, 10, 22, 3, 15, 7, 19, 11, 23, -0.5,
                        -0.5, -0.5, -0.5, -0.5, -0.5, -0.166667, -0.166667, -0.166667, -0.166667, -0.166667,
                        -0.166667, 0.166667, 0.166667, 0.166667, 0.166667, 0.166667, 0.166667, 0.5, 0.5, 0.5, 0.5,
                        0.5, 0.5),
                 1e-5);
    bench_put(b, "a", MM_F32, 2, 3, 2, 0, VALUES(0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11));
    bench_fails(b, "{\"name\": \"AddCoordinateChannelsd\", \"args\": {\"keys\": \"a\", \"spatial_dims\": 2}}",
                MM_ERR_CONFIG, "0 to 1");
}

static void axes_as_older_versions_count_them(void **state)
{
    struct bench *b = *state;
    bench_put(b, "a", MM_F32, 1, 2, 3, 0, VALUES(1, 2, 3, 4, 5, 6));
    bench_runs(b, "{\"name\": \"AddCoordinateChannelsd\", \"args\": {\"keys\": \"a\", \"spatial_channels\": [2]}}");
    bench_expect(b, "a", MM_F32, 2, VALUES(1, 2, 3, 4, 5, 6, -0.5, -0.5, 0, 0, 0.5, 0.5), 0);
    bench_fails(b, "{\"name\": \"AddCoordinateChannelsd\", \"args\": {\"keys\": \"a\"}}", MM_ERR_CONFIG,
                "give spatial_dims or spatial_channels");
}

static void repeated_channels_go(void **state)
{
    struct bench *b = *state;
    bench_put(b, "a", MM_F32, 5, 2, 1, 0, VALUES(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
    bench_runs(b, "{\"name\": \"RemoveRepeatedChanneld\", \"args\": {\"keys\": \"a\", \"repeats\": 2}}");
    bench_expect(b, "a", MM_F32, 3, VALUES(0, 1, 4, 5, 8, 9), 0);
    bench_put(b, "a", MM_F32, 1, 2, 1, 0, VALUES(1, 5));
    bench_fails(b, "{\"name\": \"RemoveRepeatedChanneld\", \"args\": {\"keys\": \"a\", \"repeats\": 2}}", MM_ERR_DATA,
                "one channel");
}

static void lists_of_voxels_are_left_to_the_crops(void **state)
{
    struct bench *b = *state;
    bench_put(b, "a", MM_F32, 5, 2, 1, 0, VALUES(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
    bench_runs(b, "{\"name\": \"FgBgToIndicesd\", \"args\": {\"keys\": \"a\"}}");
    bench_runs(b, "{\"name\": \"ClassesToIndicesd\", \"args\": {\"keys\": \"a\", \"num_classes\": 3, "
                  "\"indices_postfix\": \"_i\"}}");
    bench_runs(
        b,
        "{\"name\": \"IntensityStatsd\", \"args\": {\"keys\": \"a\", \"ops\": [\"mean\"], \"key_prefix\": \"p\"}}");
    bench_expect(b, "a", MM_F32, 5, VALUES(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {BENCH_TEST(transposes_as_numpy), BENCH_TEST(coordinates_as_monai),
                                       BENCH_TEST(axes_as_older_versions_count_them),
                                       BENCH_TEST(repeated_channels_go),
                                       BENCH_TEST(lists_of_voxels_are_left_to_the_crops)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
