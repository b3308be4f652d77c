/* Crops and pads against numpy.pad and MONAI's rules of rounding; voxels tell where they came from. */
#include "chains.h"

/* Runs a component on a coded image; returns it. */
static struct mm_volume *run_coded(struct bench *b, int rank, int nx, int ny, int nz, const char *component)
{
    b->sample = make_pair(&b->arena, rank, nx, ny, nz, NULL);
    bench_runs(b, component);
    return volume_in(b->sample, "image");
}

/* The image is the box of the coded one that starts there; what lies outside it is `outside`. */
static void expect_box(const struct mm_volume *v, int x0, int y0, int z0, const int from[3], double outside)
{
    for (int z = 0; z < v->size[2]; z++)
        for (int y = 0; y < v->size[1]; y++)
            for (int x = 0; x < v->size[0]; x++) {
                bool inside = x + x0 >= 0 && x + x0 < from[0] && y + y0 >= 0 && y + y0 < from[1] && z + z0 >= 0 &&
                              z + z0 < from[2];
                double expected = inside ? voxel_code(0, z + z0, y + y0, x + x0) : outside;
                if (mm_volume_get(v, 0, z, y, x) != expected)
                    fail_msg("(%d, %d, %d) is %g, not %g", x, y, z, mm_volume_get(v, 0, z, y, x), expected);
            }
    assert_true(v->affine[3] == x0 && v->affine[7] == y0 && v->affine[11] == z0);
}

static void spatial_crops(void **state)
{
    struct bench *b = *state;
    const int from[3] = {9, 8, 7};
    const struct mm_volume *v =
        run_coded(b, 3, 9, 8, 7,
                  "{\"name\": \"SpatialCropd\", \"args\": {\"keys\": \"image\", \"roi_center\": [1, 4, 6], "
                  "\"roi_size\": [5, 4, 3]}}");
    assert_size(v, 5, 4, 2); /* from max(1 - 2, 0); cut off at the end of z */
    expect_box(v, 0, 2, 5, from, 0);
    v = run_coded(b, 3, 9, 8, 7,
                  "{\"name\": \"SpatialCropd\", \"args\": {\"keys\": \"image\", \"roi_start\": [-3, 2], \"roi_end\": "
                  "[4, 99]}}");
    assert_size(v, 4, 6, 7);
    expect_box(v, 0, 2, 0, from, 0);
    b->sample = make_pair(&b->arena, 3, 9, 8, 7, NULL);
    bench_fails(b, "{\"name\": \"SpatialCropd\", \"args\": {\"keys\": \"image\", \"roi_start\": 9, \"roi_end\": 12}}",
                MM_ERR_DATA, "nothing is left of 9x8x7 voxels: axis 0");
    bench_fails(b, "{\"name\": \"SpatialCropd\", \"args\": {\"keys\": \"image\", \"roi_start\": 9}}", MM_ERR_CONFIG,
                "roi_start and roi_end");
    bench_fails(b,
                "{\"name\": \"SpatialCropd\", \"args\": {\"keys\": \"image\", \"roi_start\": [1, 2], \"roi_end\": "
                "[9, 9, 9]}}",
                MM_ERR_CONFIG, "differ in length");
}

static void centre_crops(void **state)
{
    struct bench *b = *state;
    const int from[3] = {9, 8, 7};
    const struct mm_volume *v =
        run_coded(b, 3, 9, 8, 7,
                  "{\"name\": \"CenterSpatialCropd\", \"args\": {\"keys\": \"image\", \"roi_size\": [4, 5, -1]}}");
    assert_size(v, 4, 5, 7);
    expect_box(v, 2, 2, 0, from, 0);
    v = run_coded(b, 2, 9, 8, 1,
                  "{\"name\": \"CenterSpatialCropd\", \"args\": {\"keys\": \"image\", \"roi_size\": [20, 1]}}");
    assert_size(v, 9, 1, 1);
    bench_fails(b, "{\"name\": \"CenterSpatialCropd\", \"args\": {\"keys\": \"image\", \"roi_size\": [1, 2, 3]}}",
                MM_ERR_CONFIG, "roi_size has 3 values: give 1 or 2");
}

static void pads(void **state)
{
    struct bench *b = *state;
    const int from[3] = {3, 4, 2};
    const struct mm_volume *v = run_coded(b, 3, 3, 4, 2,
                                          "{\"name\": \"SpatialPadd\", \"args\": {\"keys\": \"image\", "
                                          "\"spatial_size\": [6, 2, 3], \"constant_values\": -5}}");
    assert_size(v, 6, 4, 3);
    expect_box(v, -1, 0, 0, from, -5);
    v = run_coded(b, 3, 3, 4, 2,
                  "{\"name\": \"BorderPadd\", \"args\": {\"keys\": \"image\", \"spatial_border\": [1, 2, 0]}}");
    assert_size(v, 5, 8, 2);
    expect_box(v, -1, -2, 0, from, 0);
    v = run_coded(
        b, 3, 3, 4, 2,
        "{\"name\": \"BorderPadd\", \"args\": {\"keys\": \"image\", \"spatial_border\": [1, 2, 0, 3, 4, 5]}}");
    assert_size(v, 6, 7, 11);
    expect_box(v, -1, 0, -4, from, 0);
    v = run_coded(b, 3, 3, 4, 2, "{\"name\": \"DivisiblePadd\", \"args\": {\"keys\": \"image\", \"k\": [4, 4, 5]}}");
    assert_size(v, 4, 4, 5);
    expect_box(v, 0, 0, -1, from, 0);
    v = run_coded(b, 3, 3, 4, 2,
                  "{\"name\": \"DivisiblePadd\", \"args\": {\"keys\": \"image\", \"k\": 5, \"method\": \"end\"}}");
    expect_box(v, 0, 0, 0, from, 0);
    bench_fails(b, "{\"name\": \"BorderPadd\", \"args\": {\"keys\": \"image\", \"spatial_border\": [1, 2]}}",
                MM_ERR_CONFIG, "spatial_border has 2 values: give 1, 3 or 6");
}

/* numpy.pad([1, 2, 3], 2, mode) */
static void modes_follow_numpy(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *mode;
        double expected[7];
    } cases[] = {
        {"constant", {0, 0, 1, 2, 4, 0, 0}},  {"edge", {1, 1, 1, 2, 4, 4, 4}},
        {"replicate", {1, 1, 1, 2, 4, 4, 4}}, {"reflect", {4, 2, 1, 2, 4, 2, 1}},
        {"symmetric", {2, 1, 1, 2, 4, 4, 2}}, {"wrap", {2, 4, 1, 2, 4, 1, 2}},
        {"circular", {2, 4, 1, 2, 4, 1, 2}},  {"minimum", {1, 1, 1, 2, 4, 1, 1}},
        {"maximum", {4, 4, 1, 2, 4, 4, 4}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        b->sample = mm_sample_make(&b->arena);
        bench_put(b, "image", MM_I16, 1, 3, 1, 1, VALUES(1, 2, 4));
        bench_runs(b, mm_arena_format(
                          &b->arena,
                          "{\"name\": \"BorderPadd\", \"args\": {\"keys\": \"image\", \"spatial_border\": [2, 0, 0], "
                          "\"mode\": \"%s\"}}",
                          cases[i].mode));
        bench_expect(b, "image", MM_I16, 1, cases[i].expected, 0);
    }
}

/* A value that the type cannot hold makes the image float instead of being cut off. */
static void fills_are_not_saturated(void **state)
{
    struct bench *b = *state;
    bench_put(b, "image", MM_U8, 1, 2, 1, 1, VALUES(7, 8));
    bench_put(b, "label", MM_U8, 1, 2, 1, 1, VALUES(7, 8));
    bench_runs(b, "{\"name\": \"SpatialPadd\", \"args\": {\"keys\": \"image\", \"spatial_size\": [3, 1, 1], "
                  "\"value\": -1024}}");
    bench_expect(b, "image", MM_F32, 1, VALUES(7, 8, -1024), 0);
    bench_runs(
        b,
        "{\"name\": \"SpatialPadd\", \"args\": {\"keys\": \"label\", \"spatial_size\": [3, 1, 1], \"value\": 255}}");
    bench_expect(b, "label", MM_U8, 1, VALUES(7, 8, 255), 0);
}

static void resizing_crops_and_pads(void **state)
{
    struct bench *b = *state;
    const struct mm_volume *v = run_coded(
        b, 3, 9, 4, 6,
        "{\"name\": \"ResizeWithPadOrCropd\", \"args\": {\"keys\": \"image\", \"spatial_size\": [4, 7, -1]}}");
    assert_size(v, 4, 7, 6);
    expect_box(v, 2, -1, 0, (const int[]){9, 4, 6}, 0);
}

static void foreground_box(void **state)
{
    struct bench *b = *state;
    b->sample = make_pair(&b->arena, 3, 9, 8, 7, NULL);
    struct mm_volume *label = volume_in(b->sample, "label");
    mm_volume_set(label, 0, 2, 3, 4, 1);
    mm_volume_set(label, 0, 4, 6, 5, 1);
    bench_runs(
        b, "{\"name\": \"CropForegroundd\", \"args\": {\"keys\": [\"image\", \"label\"], \"source_key\": \"label\", "
           "\"margin\": [1, 2, 0], \"k_divisible\": [1, 1, 4]}}");
    const struct mm_volume *v = volume_in(b->sample, "image");
    assert_size(v, 4, 7, 4); /* y: 3 - 2 to 6 + 2 + 1, clipped to 8; z: 2 to 5, one more behind */
    expect_box(v, 3, 1, 2, (const int[]){9, 8, 7}, 0);
    const struct mm_field *start = mm_sample_find(b->sample, "foreground_start_coord");
    assert_int_equal(start->count, 3);
    assert_true(start->numbers[0] == 3 && start->numbers[1] == 1 && start->numbers[2] == 2);
    assert_true(mm_sample_find(b->sample, "foreground_end_coord")->numbers[1] == 8);
}

static void foreground_messages(void **state)
{
    struct bench *b = *state;
    const char *crop =
        "{\"name\": \"CropForegroundd\", \"args\": {\"keys\": [\"image\", \"label\"], \"source_key\": \"label\"}}";
    b->sample = make_pair(&b->arena, 3, 5, 5, 5, NULL);
    bench_fails(b, crop, MM_ERR_DATA, "label (label.nii): there is no foreground");
    const int smaller[3] = {5, 5, 4};
    mm_volume_set(volume_in(b->sample, "label"), 0, 0, 0, 0, 1);
    put_field(b->sample, "image", mm_volume_make(&b->arena, MM_U8, 3, 1, smaller));
    bench_fails(b, crop, MM_ERR_DATA, "image (image.nii) has 5x5x4 voxels, label (label.nii) 5x5x5");
}

static void random_crops_lie_inside_and_move(void **state)
{
    struct bench *b = *state;
    unsigned starts = 0;
    for (uint32_t epoch = 0; epoch < 60; epoch++) {
        b->sample = make_pair(&b->arena, 3, 9, 8, 4, NULL);
        if (bench_run_at(b,
                         "{\"name\": \"RandSpatialCropd\", \"args\": {\"keys\": [\"image\", \"label\"], "
                         "\"roi_size\": [6, 20, 3]}}",
                         &(struct mm_context){.epoch = epoch}))
            fail_msg("%s", b->err.text);
        const struct mm_volume *v = volume_in(b->sample, "image");
        assert_size(v, 6, 8, 3);
        assert_size(volume_in(b->sample, "label"), 6, 8, 3);
        expect_box(v, (int)v->affine[3], 0, (int)v->affine[11], (const int[]){9, 8, 4}, -1);
        starts |= 1u << (int)v->affine[3];
    }
    assert_int_equal(starts, 15); /* 0, 1, 2 and 3 all came */
}

static void random_sizes_and_fixed_ones(void **state)
{
    struct bench *b = *state;
    unsigned sizes = 0;
    for (uint32_t epoch = 0; epoch < 60; epoch++) {
        b->sample = make_pair(&b->arena, 2, 9, 8, 1, NULL);
        if (bench_run_at(b,
                         "{\"name\": \"RandSpatialCropd\", \"args\": {\"keys\": \"image\", \"roi_size\": 3, "
                         "\"max_roi_size\": 5, "
                         "\"random_size\": true, \"random_center\": false}}",
                         &(struct mm_context){.epoch = epoch}))
            fail_msg("%s", b->err.text);
        sizes |= 1u << volume_in(b->sample, "image")->size[0];
    }
    assert_int_equal(sizes, 1u << 3 | 1u << 4 | 1u << 5);
    bench_fails(b, "{\"name\": \"CropFixedSizeRandomCenter\", \"args\": {\"fields\": \"label\", \"size\": [9, 10]}}",
                MM_ERR_DATA, "crop of 9x10x1 voxels is larger than the image, 9x8x1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(spatial_crops),
        BENCH_TEST(centre_crops),
        BENCH_TEST(pads),
        BENCH_TEST(modes_follow_numpy),
        BENCH_TEST(fills_are_not_saturated),
        BENCH_TEST(resizing_crops_and_pads),
        BENCH_TEST(foreground_box),
        BENCH_TEST(foreground_messages),
        BENCH_TEST(random_crops_lie_inside_and_move),
        BENCH_TEST(random_sizes_and_fixed_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
