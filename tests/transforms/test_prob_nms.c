/* Peaks of maps, in MONAI's order, and boxes that take their neighbours out. */
#include "chains.h"

/* x fastest; the numbers are MONAI 1.6.1's for the same images. */
static const double tenths[] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4, 6, 2, 6, 4,
                                3, 3, 8, 3, 2, 7, 9, 5, 0, 2, 8, 8, 4, 1, 9, 7, 1, 6, 9, 3, 9, 9, 3, 7};

static void expect_numbers(struct bench *b, const double *expected, size_t count)
{
    const struct mm_field *field = mm_sample_find(b->sample, "map");
    assert_int_equal(field->kind, MM_FIELD_NUMBER);
    assert_int_equal(field->count, count);
    for (size_t i = 0; i < count; i++)
        assert_float_equal(field->numbers[i], expected[i], 1e-6);
}

static void put_map(struct bench *b, int nx, int ny, int nz)
{
    b->sample = mm_sample_make(&b->arena);
    struct mm_volume *v = bench_put(b, "map", MM_F32, 1, nx, ny, nz, tenths);
    for (size_t i = 0; i < mm_volume_voxels(v); i++)
        ((float *)v->data)[i] /= 10;
}

static void peaks_of_a_slice(void **state)
{
    struct bench *b = *state;
    put_map(b, 6, 5, 0);
    bench_runs(b,
               "{\"name\": \"ProbNMSd\", \"args\": {\"keys\": \"map\", \"prob_threshold\": 0.45, \"box_size\": 3}}");
    expect_numbers(b, VALUES(0.9, 0, 2, 0.9, 2, 2, 0.9, 5, 0, 0.8, 2, 4, 0.7, 5, 4), 15);
    put_map(b, 6, 5, 0);
    bench_runs(
        b, "{\"name\": \"ProbNMSd\", \"args\": {\"keys\": \"map\", \"prob_threshold\": 0.25, \"box_size\": [4, 2]}}");
    expect_numbers(
        b, VALUES(0.9, 0, 2, 0.9, 2, 2, 0.9, 5, 0, 0.8, 0, 3, 0.8, 2, 4, 0.8, 5, 1, 0.7, 5, 4, 0.4, 2, 0, 0.3, 5, 2),
        27);
    put_map(b, 6, 5, 0);
    bench_runs(b, "{\"name\": \"ProbNMSd\", \"args\": {\"keys\": \"map\", \"prob_threshold\": 0.9}}");
    expect_numbers(b, NULL, 0);
}

static void peaks_of_a_volume(void **state)
{
    struct bench *b = *state;
    put_map(b, 4, 3, 3);
    bench_runs(
        b, "{\"name\": \"ProbNMSd\", \"args\": {\"keys\": \"map\", \"spatial_dims\": 3, \"prob_threshold\": 0.45, "
           "\"box_size\": 3}}");
    expect_numbers(b, VALUES(0.9, 0, 0, 1, 0.9, 2, 0, 1, 0.8, 2, 2, 2, 0.8, 3, 2, 0, 0.6, 0, 2, 1), 20);
    put_map(b, 4, 3, 3);
    bench_fails(b, "{\"name\": \"ProbNMSd\", \"args\": {\"keys\": \"map\"}}", MM_ERR_DATA,
                "2 axes (spatial_dims) are needed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {BENCH_TEST(peaks_of_a_slice), BENCH_TEST(peaks_of_a_volume)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
