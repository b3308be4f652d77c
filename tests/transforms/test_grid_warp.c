/* Grid distortion and the grid of another image, against MONAI 1.6 run on the same images. */
#include "one_step.h"

#include <math.h>

static void cells_are_stretched(void **state)
{
    struct bench *b = *state;
    double values[35];
    for (int x = 0; x < 5; x++)
        for (int y = 0; y < 7; y++)
            values[5 * y + x] = pow(7 * x + y, 1.3);
    bench_put(b, "image", MM_F32, 1, 5, 7, 0, values);
    bench_runs(b, "{\"name\": \"GridDistortiond\", \"args\": {\"keys\": \"image\", \"num_cells\": [2, 3], "
                  "\"distort_steps\": [[1.2, 0.7, 1.0], [0.8, 1.1, 1.3, 1.0]]}}");
    bench_expect(b, "image", MM_F32, 1,
                 VALUES(0, 39.4788, 39.4788, 71.3381, 71.3381, 1.8774, 44.3828, 44.3828, 76.9512, 76.9512, 1.8774,
                        44.3828, 44.3828, 76.9512, 76.9512, 5.6845, 51.3299, 51.3299, 84.8191, 84.8191, 5.6845,
                        51.3299, 51.3299, 84.8191, 84.8191, 10.2706, 58.5065, 58.5065, 92.8598, 92.8598, 10.2706,
                        58.5065, 58.5065, 92.8598, 92.8598),
                 2e-4);
    bench_fails(
        b,
        "{\"name\": \"GridDistortiond\", \"args\": {\"keys\": \"image\", \"num_cells\": 2, \"distort_steps\": "
        "[[1, 1], [1, 1, 1]]}}",
        MM_ERR_CONFIG, "axis 0 has 2 factors, its 2 cells need 3");
    bench_fails(
        b,
        "{\"name\": \"GridDistortiond\", \"args\": {\"keys\": \"image\", \"num_cells\": 1, \"distort_steps\": "
        "[[1, 1], [1, 1], [1, 1]]}}",
        MM_ERR_DATA, "factors for 3 axes, the image has 2");
}

/* Factors of 1 of cells that divide the image change nothing but the spacing within a cell; factors differ from place to place. */
static void random_cells(void **state)
{
    struct bench *b = *state;
    double values[64], first = 0;
    bool differs = false;
    for (int i = 0; i < 64; i++)
        values[i] = i;
    for (uint32_t position = 0; position < 10; position++) {
        const struct mm_context context = {.seed = 2, .position = position};
        bench_put(b, "image", MM_F32, 1, 8, 8, 0, values);
        bench_put(b, "again", MM_F32, 1, 8, 8, 0, values);
        assert_int_equal(
            bench_run_at(b,
                         "{\"name\": \"RandGridDistortiond\", \"args\": {\"keys\": [\"image\", \"again\"], "
                         "\"num_cells\": 2, \"prob\": 1, \"distort_limit\": 0.3}}",
                         &context),
            MM_OK);
        assert_memory_equal(bench_volume(b, "image")->data, bench_volume(b, "again")->data, 64 * sizeof(float));
        double corner = mm_volume_get(bench_volume(b, "image"), 0, 0, 7, 7);
        differs = differs || (position && corner != first);
        first = corner;
    }
    assert_true(differs);
}

static void the_grid_of_another_image(void **state)
{
    struct bench *b = *state;
    double values[60];
    for (int x = 0; x < 5; x++)
        for (int y = 0; y < 4; y++)
            for (int z = 0; z < 3; z++)
                values[(z * 4 + y) * 5 + x] = pow((x * 4 + y) * 3 + z, 1.2);
    for (int nearest = 0; nearest < 2; nearest++) {
        struct mm_volume *v = bench_put(b, "image", MM_F32, 1, 5, 4, 3, values);
        for (int a = 0; a < 3; a++)
            v->affine[5 * a] = 2;
        v = bench_put(b, "like", MM_F32, 1, 4, 3, 3, values);
        const double affine[16] = {1.5, 0, 0, 1, 0, 3, 0, -1, 0, 0, 2, 0, 0, 0, 0, 1};
        memcpy(v->affine, affine, sizeof affine);
        bench_runs(
            b, nearest ? "{\"name\": \"ResampleToMatchd\", \"args\": {\"keys\": \"image\", \"key_dst\": \"like\", "
                         "\"mode\": \"nearest\", \"padding_mode\": \"border\"}}"
                       : "{\"name\": \"ResampleToMatchd\", \"args\": {\"keys\": \"image\", \"key_dst\": \"like\"}}");
        if (!nearest)
            bench_expect(b, "image", MM_F32, 1,
                         VALUES(9.8625, 26.1228, 45.3162, 66.6162, 14.7594, 32.3852, 52.1959, 73.9099, 23.3115,
                                42.2148, 62.819, 85.0969, 11.3568, 28.183, 47.5914, 69.033, 16.5678, 34.5243, 54.5243,
                                76.3694, 25.3101, 44.4525, 65.2185, 87.615, 13.0152, 30.271, 49.8848, 71.4643,
                                18.4292, 36.6872, 56.8693, 78.8425, 27.3416, 46.7099, 67.6329, 90.1454),
                         2e-4);
        v = bench_volume(b, "image");
        for (int i = 0; i < 16; i++)
            assert_true(fabs(v->affine[i] - affine[i]) < 1e-9);
        assert_int_equal(v->size[0], 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {BENCH_TEST(cells_are_stretched), BENCH_TEST(random_cells),
                                       BENCH_TEST(the_grid_of_another_image)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
