/* Erosion, dilation and rims. The literal results are MONAI 1.6's erode, dilate and LabelToContour. */
#include "chains.h"

static const char *const blob[6] = {"0011000", "0111100", "1111110", "0111100", "0011001", "0000001"};

static void put_rows(struct bench *b, const char *name, const char *const rows[6])
{
    double values[6 * 7];
    for (int i = 0; i < 6 * 7; i++)
        values[i] = rows[i / 7][i % 7] - '0';
    bench_put(b, name, MM_U8, 1, 7, 6, 0, values);
}

static void expect_rows(struct bench *b, const char *step, const char *const from[6], const char *const to[6])
{
    put_rows(b, "label", from);
    bench_runs(b, step);
    const struct mm_volume *v = bench_volume(b, "label");
    for (int i = 0; i < 6 * 7; i++)
        if (mm_volume_get(v, 0, 0, i / 7, i % 7) != to[i / 7][i % 7] - '0')
            fail_msg("%s: row %d column %d is %g", step, i / 7, i % 7, mm_volume_get(v, 0, 0, i / 7, i % 7));
}

static void masks_are_monais(void **state)
{
    expect_rows(*state, "{\"name\": \"Erode\", \"args\": {\"keys\": \"label\"}}", blob,
                (const char *const[6]){"0000000", "0000000", "0011000", "0000000", "0000000", "0000000"});
    expect_rows(*state, "{\"name\": \"Dilate\", \"args\": {\"keys\": \"label\", \"filter_size\": 3}}", blob,
                (const char *const[6]){"1111110", "1111111", "1111111", "1111111", "1111111", "0111111"});
    expect_rows(*state, "{\"name\": \"LabelToContourd\", \"args\": {\"keys\": \"label\"}}", blob,
                (const char *const[6]){"0011000", "0111100", "1100110", "0111100", "0011001", "0000001"});
}

static void opening_and_closing(void **state)
{
    expect_rows(*state, "{\"name\": \"Opening\", \"args\": {\"keys\": \"label\"}}",
                (const char *const[6]){"0000000", "0111000", "0111011", "0111000", "0000000", "0000000"},
                (const char *const[6]){"0000000", "0111000", "0111000", "0111000", "0000000", "0000000"});
    expect_rows(*state, "{\"name\": \"Closing\", \"args\": {\"keys\": \"label\"}}",
                (const char *const[6]){"0000000", "0111110", "0110110", "0111110", "0000000", "0000000"},
                (const char *const[6]){"0000000", "0111110", "0111110", "0111110", "0000000", "0000000"});
}

/* A label wins only what was 0, and the first of two that want a voxel gets it; `applied_labels` leaves the others alone. */
static void labels_take_nothing_from_each_other(void **state)
{
    static const char *const two[6] = {"0000000", "0000000", "0100200", "0000000", "0000000", "3000000"};
    expect_rows(*state, "{\"name\": \"Dilate\", \"args\": {\"keys\": \"label\"}}", two,
                (const char *const[6]){"0000000", "1112220", "1112220", "1112220", "3300000", "3300000"});
    expect_rows(*state, "{\"name\": \"Dilate\", \"args\": {\"keys\": \"label\", \"applied_labels\": 2}}", two,
                (const char *const[6]){"0000000", "0002220", "0102220", "0002220", "0000000", "3000000"});
    expect_rows(*state, "{\"name\": \"Dilate\", \"args\": {\"keys\": \"label\", \"filter_size\": 5}}", two,
                (const char *const[6]){"1111222", "1111222", "1111222", "1111222", "1111222", "3330000"});
    expect_rows(*state, "{\"name\": \"Erode\", \"args\": {\"keys\": \"label\", \"filter_size\": [3, 1]}}",
                (const char *const[6]){"1112222", "0000000", "0111220", "0000000", "0000000", "3333333"},
                (const char *const[6]){"1100222", "0000000", "0010000", "0000000", "0000000", "3333333"});
}

static void volumes_and_channels(void **state)
{
    struct bench *b = *state;
    double values[2 * 125] = {0};
    for (int i = 0; i < 125; i++)
        values[125 + i] = i % 5 > 0 && i % 5 < 4 && i / 5 % 5 > 0 && i / 5 % 5 < 4 && i / 25 > 0;
    bench_put(b, "label", MM_F32, 2, 5, 5, 5, values);
    bench_runs(b, "{\"name\": \"Erode\", \"args\": {\"keys\": \"label\"}}");
    double sum = 0;
    for (int i = 0; i < 125; i++)
        sum += mm_volume_get(bench_volume(b, "label"), 1, i / 25, i / 5 % 5, i % 5);
    assert_true(sum == 3); /* beyond the border all counts as set: slices 2, 3, 4 keep their middle */
    bench_put(b, "label", MM_F32, 2, 5, 5, 5, values);
    bench_runs(b, "{\"name\": \"LabelToContourd\", \"args\": {\"keys\": \"label\"}}");
    sum = 0;
    for (int i = 0; i < 125; i++)
        sum += mm_volume_get(bench_volume(b, "label"), 1, i / 25, i / 5 % 5, i % 5);
    assert_true(sum == 34);
    bench_fails(b, "{\"name\": \"Erode\", \"args\": {\"keys\": \"label\", \"filter_size\": 4}}", MM_ERR_CONFIG,
                "it must be odd");
}

int main(void)
{
    const struct CMUnitTest tests[] = {BENCH_TEST(masks_are_monais), BENCH_TEST(opening_and_closing),
                                       BENCH_TEST(labels_take_nothing_from_each_other),
                                       BENCH_TEST(volumes_and_channels)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
