/* What is found about a foreground: boxes, extreme points, slices. */
#include <math.h>

#include "chains.h"

/* Two voxels and a block: x 2..4, y 1..5, z 3..3 of 8x7x6. */
static bool in_a_shape(int x, int y, int z)
{
    return z == 3 && ((x == 2 && y == 4) || (x == 4 && (y == 1 || y == 5)) || (x == 3 && y >= 2 && y <= 4));
}

static const struct mm_field *numbers_of(struct bench *b, const char *name, size_t count)
{
    const struct mm_field *field = mm_sample_find(b->sample, name);
    assert_non_null(field);
    assert_int_equal(field->count, count);
    return field;
}

static void points_and_boxes(void **state)
{
    struct bench *b = *state;
    static const double points[6][3] = {{2, 4, 3}, {4, 1, 3}, {4, 1, 3}, {4, 5, 3}, {4, 1, 3}, {4, 1, 3}};
    static const double box[6] = {2, 1, 3, 5, 6, 4};
    b->sample = make_pair(&b->arena, 3, 8, 7, 6, in_a_shape);
    bench_runs(b, "{\"name\": \"FetchExtremePoints\", \"args\": {\"label_field\": \"label\", \"points\": \"p\"}}");
    bench_runs(b, "{\"name\": \"ExtremePointsd\", \"args\": {\"keys\": \"label\", \"points\": \"q\"}}");
    assert_memory_equal(numbers_of(b, "p", 6)->numbers, points, sizeof points);
    assert_memory_equal(numbers_of(b, "q", 6)->numbers, points, sizeof points);
    bench_runs(b, "{\"name\": \"BoundingBoxd\", \"args\": {\"keys\": \"label\"}}");
    assert_memory_equal(numbers_of(b, "bbox", 6)->numbers, box, sizeof box);
    bench_runs(b, "{\"name\": \"FindAllValidSlicesd\", \"args\": {}}");
    assert_true(numbers_of(b, "sids", 1)->numbers[0] == 3);
    b->sample = make_pair(&b->arena, 3, 8, 7, 6, NULL);
    bench_fails(b, "{\"name\": \"ExtremePointsd\", \"args\": {\"keys\": \"label\"}}", MM_ERR_DATA,
                "there is no foreground");
}

/* Without smoothing the points are ones among minus ones. */
static void points_become_a_channel(void **state)
{
    struct bench *b = *state;
    b->sample = make_pair(&b->arena, 3, 8, 7, 6, in_a_shape);
    bench_runs(b,
               "{\"name\": \"AddExtremePointsChanneld\", \"args\": {\"keys\": \"image\", \"label_key\": \"label\", "
               "\"sigma\": 0}}");
    const struct mm_volume *image = volume_in(b->sample, "image");
    assert_int_equal(image->channels, 2);
    assert_true(mm_volume_get(image, 0, 1, 2, 3) == voxel_code(0, 1, 2, 3));
    assert_true(mm_volume_get(image, 1, 3, 4, 2) == 1 && mm_volume_get(image, 1, 3, 5, 4) == 1);
    assert_true(mm_volume_get(image, 1, 3, 3, 3) == -1 && mm_volume_get(image, 1, 0, 0, 0) == -1);
    b->sample = make_pair(&b->arena, 3, 8, 7, 6, in_a_shape);
    bench_runs(b, "{\"name\": \"AddExtremePointsChanneld\", \"args\": {\"keys\": \"image\", \"label_key\": "
                  "\"label\"}}");
    double least = INFINITY, most = -INFINITY;
    image = volume_in(b->sample, "image");
    for (size_t i = 0; i < mm_volume_voxels(image); i++) {
        double x = (double)((float *)image->data)[image->stride[3] + i];
        least = fmin(least, x);
        most = fmax(most, x);
    }
    assert_true(fabs(least + 1) < 1e-6 && fabs(most - 1) < 1e-6);
}

static void crops_are_of_a_size_about_small_foregrounds(void **state)
{
    struct bench *b = *state;
    b->sample = make_pair(&b->arena, 3, 8, 7, 6, in_a_shape);
    bench_runs(b, "{\"name\": \"SpatialCropForegroundd\", \"args\": {\"keys\": \"image\", \"source_key\": \"label\", "
                  "\"spatial_size\": [4, 6, 2]}}");
    assert_size(volume_in(b->sample, "image"), 4, 6, 2);
    /* middle (3, 3, 3) */
    assert_true(mm_volume_get(volume_in(b->sample, "image"), 0, 0, 0, 0) == voxel_code(0, 2, 0, 1));
    b->sample = make_pair(&b->arena, 3, 8, 7, 6, in_a_shape);
    bench_runs(b, "{\"name\": \"SpatialCropForegroundd\", \"args\": {\"keys\": \"image\", \"source_key\": \"label\", "
                  "\"spatial_size\": [4, 5, 2]}}"); /* the foreground is as long as y: its own box */
    assert_size(volume_in(b->sample, "image"), 3, 5, 1);
}

/* As MONAI 1.6.1 has it: for each channel the ends of each axis, zeros where there is nothing. */
static void rectangles_of_channels(void **state)
{
    struct bench *b = *state;
    static const double boxes[12] = {0, 2, 1, 3, 0, 0, 0, 0, 2, 3, 0, 1};
    bench_put(b, "masks", MM_F32, 3, 3, 3, 0,
              VALUES(0, 0, 0, 0, 1, 0, 1, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0));
    bench_runs(b, "{\"name\": \"BoundingRectd\", \"args\": {\"keys\": \"masks\"}}");
    assert_memory_equal(numbers_of(b, "masks_bbox", 12)->numbers, boxes, sizeof boxes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {BENCH_TEST(points_and_boxes), BENCH_TEST(points_become_a_channel),
                                       BENCH_TEST(crops_are_of_a_size_about_small_foregrounds),
                                       BENCH_TEST(rectangles_of_channels)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
