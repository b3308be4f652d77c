/* Elastic deformation with offsets handed in. The golden vectors hold MONAI's own numbers. */
#include <math.h>

#include "chains.h"

static void put_numbers(struct bench *b, const char *name, size_t count, double value)
{
    struct mm_field *field;
    double *numbers = mm_arena_array(&b->arena, double, count);
    assert_int_equal(mm_sample_add(b->sample, name, MM_FIELD_NUMBER, &field, NULL), MM_OK);
    for (size_t i = 0; i < count; i++)
        numbers[i] = value;
    field->numbers = numbers;
    field->count = count;
}

/* The same offset at every node is a shift. Nodes of 5 voxels: 2 * ceil(4 / 2) + 3 = 7. */
static void a_constant_offset_is_a_shift(void **state)
{
    struct bench *b = *state;
    double values[25], expected[25];
    for (int i = 0; i < 25; i++) {
        values[i] = i % 5 + 10 * (i / 5);
        expected[i] = i % 5 < 4 && i / 5 < 4 ? values[i] + 11 : 0;
    }
    bench_put(b, "image", MM_F32, 1, 5, 5, 0, values);
    put_numbers(b, "random_offset", 2 * 7 * 7, 0.5);
    bench_runs(b, "{\"name\": \"Rand2DElasticd\", \"args\": {\"keys\": \"image\", \"prob\": 1, \"spacing\": 1, "
                  "\"magnitude_range\": [2, 2], \"padding_mode\": \"zeros\"}}");
    bench_expect(b, "image", MM_F32, 1, expected, 1e-4);
    put_numbers(b, "random_offset", 7, 0);
    bench_fails(b,
                "{\"name\": \"Rand2DElasticd\", \"args\": {\"keys\": \"image\", \"prob\": 1, \"spacing\": 1, "
                "\"magnitude_range\": [2, 2]}}",
                MM_ERR_DATA, "\"random_offset\" has 7 numbers, 2 x 7 x 7 x 1 are needed");
}

static void without_magnitude_nothing_moves(void **state)
{
    struct bench *b = *state;
    b->sample = make_pair(&b->arena, 3, 6, 5, 4, NULL);
    const struct mm_volume *before = volume_in(b->sample, "image");
    bench_runs(b, "{\"name\": \"Rand3DElasticd\", \"args\": {\"keys\": \"image\", \"prob\": 1, \"sigma_range\": [1, "
                  "2], \"magnitude_range\": [0, 0]}}");
    assert_true(same_voxels(before, volume_in(b->sample, "image")));
    bench_runs(b, "{\"name\": \"Rand3DElasticd\", \"args\": {\"keys\": \"image\", \"prob\": 1, \"sigma_range\": [1, "
                  "2], \"magnitude_range\": [0, 0], \"spatial_size\": [4, 5, 2]}}");
    assert_size(volume_in(b->sample, "image"), 4, 5, 2);
    assert_true(mm_volume_get(volume_in(b->sample, "image"), 0, 0, 0, 0) == voxel_code(0, 1, 0, 1));
    assert_true(volume_in(b->sample, "image")->affine[3] == 1);
}

static void image_and_label_move_together(void **state)
{
    struct bench *b = *state;
    b->sample = make_pair(&b->arena, 3, 9, 8, 7, NULL);
    put_field(b->sample, "label", coded_volume(&b->arena, MM_F32, 3, (const int[]){9, 8, 7}));
    bench_runs(b, "{\"name\": \"Rand3DElasticd\", \"args\": {\"keys\": [\"image\", \"label\"], \"prob\": 1, "
                  "\"sigma_range\": [1, 2], \"magnitude_range\": [20, 30], \"rotate_range\": 0.3}}");
    assert_true(same_voxels(volume_in(b->sample, "image"), volume_in(b->sample, "label")));
    assert_true(fabs(mm_volume_get(volume_in(b->sample, "image"), 0, 3, 4, 4) - voxel_code(0, 3, 4, 4)) > 1e-3);
}

static void it_cannot_be_undone(void **state)
{
    struct bench *b = *state;
    b->sample = make_pair(&b->arena, 2, 9, 8, 1, NULL);
    bench_runs(b, "{\"name\": \"Rand2DElasticd\", \"args\": {\"keys\": \"image\", \"prob\": 1, \"spacing\": [3, 4], "
                  "\"magnitude_range\": [1, 2]}}");
    const struct mm_field *field = mm_sample_find(b->sample, "image");
    struct mm_volume *out;
    assert_int_equal(mm_field_invert(field, &b->arena, field->volume, true, &out, &b->err), MM_ERR_DATA);
    assert_non_null(strstr(b->err.text, "Rand2DElastic cannot be undone"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {BENCH_TEST(a_constant_offset_is_a_shift),
                                       BENCH_TEST(without_magnitude_nothing_moves),
                                       BENCH_TEST(image_and_label_move_together), BENCH_TEST(it_cannot_be_undone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
