/* Affine, Rotate and their random forms, on moves whose result is known without interpolation. The golden vectors hold
 * MONAI's own numbers. */
#include <math.h>

#include "chains.h"
#include "image/affine.h"

/* A 3x3 image of value 3y + x + 1. */
static struct mm_volume *put_square(struct bench *b, enum mm_type type)
{
    b->sample = mm_sample_make(&b->arena);
    return bench_put(b, "image", type, 1, 3, 3, 0, VALUES(1, 2, 3, 4, 5, 6, 7, 8, 9));
}

/* Result voxel o takes image voxel M o about the middle: a quarter turn takes (x, y) from (-y, x). */
static void quarter_turns_need_no_interpolation(void **state)
{
    struct bench *b = *state;
    put_square(b, MM_F32);
    bench_runs(b, "{\"name\": \"Rotated\", \"args\": {\"keys\": \"image\", \"angle\": 1.5707963267948966}}");
    bench_expect(b, "image", MM_F32, 1, VALUES(3, 6, 9, 2, 5, 8, 1, 4, 7), 1e-5);
    put_square(b, MM_U8);
    bench_runs(b, "{\"name\": \"Affined\", \"args\": {\"keys\": \"image\", \"mode\": \"nearest\", \"affine\": "
                  "[[0, -1, 0], [1, 0, 0], [0, 0, 1]]}}");
    bench_expect(b, "image", MM_U8, 1, VALUES(3, 6, 9, 2, 5, 8, 1, 4, 7), 0);
}

static void shifts_scales_and_shears(void **state)
{
    struct bench *b = *state;
    put_square(b, MM_F32);
    bench_runs(b, "{\"name\": \"Affined\", \"args\": {\"keys\": \"image\", \"translate_params\": [1, 0], "
                  "\"padding_mode\": \"zeros\"}}");
    bench_expect(b, "image", MM_F32, 1, VALUES(2, 3, 0, 5, 6, 0, 8, 9, 0), 1e-6);
    assert_true(bench_volume(b, "image")->affine[3] == 1);
    put_square(b, MM_F32);
    bench_runs(b, "{\"name\": \"Affined\", \"args\": {\"keys\": \"image\", \"scale_params\": [0.5, 1]}}");
    bench_expect(b, "image", MM_F32, 1, VALUES(1.5, 2, 2.5, 4.5, 5, 5.5, 7.5, 8, 8.5), 1e-6);
    put_square(b, MM_F32); /* x' = x + y about the middle */
    bench_runs(b, "{\"name\": \"Affined\", \"args\": {\"keys\": \"image\", \"shear_params\": [1, 0], "
                  "\"padding_mode\": \"border\"}}");
    bench_expect(b, "image", MM_F32, 1, VALUES(1, 1, 2, 4, 5, 6, 8, 9, 9), 1e-6);
    put_square(b, MM_F32);
    bench_runs(b, "{\"name\": \"Affined\", \"args\": {\"keys\": \"image\", \"spatial_size\": [1, -1]}}");
    bench_expect(b, "image", MM_F32, 1, VALUES(2, 5, 8), 1e-6);
}

/* All 15 numbers of a motion in 3D, against R S T Z multiplied out by numpy. */
static void the_matrix_is_rotate_shear_translate_scale(void **state)
{
    struct bench *b = *state;
    static const double expected[12] = {1.05660184,  -0.18807372, -0.06276627, 0.62106337, 0.31949409, 0.85450962,
                                        -0.22097128, 2.46557354,  0.06013385,  0.24625513, 1.17933544, -0.87226855};
    const int size[3] = {5, 5, 5};
    put_field(b->sample, "image", coded_volume(&b->arena, MM_F32, 3, size));
    bench_runs(b, "{\"name\": \"Affined\", \"args\": {\"keys\": \"image\", \"rotate_params\": [0.2, -0.1, 0.3], "
                  "\"shear_params\": [0.1, 0.05, 0, 0, -0.1, 0.1], \"translate_params\": [1, 2, -1.5], "
                  "\"scale_params\": [1.1, 0.9, 1.2]}}");
    const double *affine = bench_volume(b, "image")->affine;
    double middle[3];
    mm_affine_point(middle, affine, (double[]){2, 2, 2});
    for (int r = 0; r < 3; r++) {
        for (int c = 0; c < 3; c++)
            assert_true(fabs(affine[4 * r + c] - expected[4 * r + c]) < 1e-7);
        assert_true(fabs(middle[r] - 2 - expected[4 * r + 3]) < 1e-7);
    }
}

static void grids_grow_with_the_turned_image(void **state)
{
    struct bench *b = *state;
    b->sample = make_pair(&b->arena, 3, 14, 18, 9, NULL);
    bench_runs(b, "{\"name\": \"Rotated\", \"args\": {\"keys\": \"image\", \"angle\": [0, 0, 0.6], \"keep_size\": "
                  "false}}");
    assert_size(volume_in(b->sample, "image"), 22, 23, 9);
    double middle[3]; /* stays where it was */
    mm_affine_point(middle, volume_in(b->sample, "image")->affine, (double[]){10.5, 11, 4});
    assert_true(fabs(middle[0] - 6.5) < 1e-9 && fabs(middle[1] - 8.5) < 1e-9 && fabs(middle[2] - 4) < 1e-9);
}

static bool in_a_ball(int x, int y, int z)
{
    return (x - 9) * (x - 9) + (y - 8) * (y - 8) + (z - 7) * (z - 7) < 30;
}

/* Pinned ranges are the fixed transform; a label moves as its image does. */
static void pinned_ranges_are_the_fixed_transform(void **state)
{
    struct bench *b = *state;
    b->sample = make_pair(&b->arena, 3, 18, 17, 16, in_a_ball);
    bench_runs(b, "{\"name\": \"Affined\", \"args\": {\"keys\": [\"image\", \"label\"], \"rotate_params\": [0.1, "
                  "0.2, -0.3], \"scale_params\": [1.1, 0.9, 1], \"mode\": [\"bilinear\", \"nearest\"]}}");
    const struct mm_volume *image = volume_in(b->sample, "image"), *label = volume_in(b->sample, "label");
    b->sample = make_pair(&b->arena, 3, 18, 17, 16, in_a_ball);
    bench_runs(b, "{\"name\": \"RandAffined\", \"args\": {\"keys\": [\"image\", \"label\"], \"prob\": 1, "
                  "\"rotate_range\": [[0.1, 0.1], [0.2, 0.2], [-0.3, -0.3]], \"scale_range\": [[0.1, 0.1], [-0.1, "
                  "-0.1]], \"mode\": [\"bilinear\", \"nearest\"]}}");
    assert_true(same_voxels(image, volume_in(b->sample, "image")));
    assert_true(same_voxels(label, volume_in(b->sample, "label")));
    assert_int_equal(label->type, MM_U8);
}

/* Angles are spread over the range, and image and label get the same one. */
static void random_angles_fill_their_range(void **state)
{
    struct bench *b = *state;
    int counts[4] = {0};
    for (uint32_t position = 0; position < 400; position++) {
        b->sample = make_pair(&b->arena, 2, 4, 4, 1, NULL);
        assert_int_equal(bench_run_at(b,
                                      "{\"name\": \"RandRotated\", \"args\": {\"keys\": [\"image\", \"label\"], "
                                      "\"prob\": 1, \"range_x\": 0.4}}",
                                      &(struct mm_context){.position = position}),
                         MM_OK);
        const double *affine = volume_in(b->sample, "image")->affine;
        assert_memory_equal(affine, volume_in(b->sample, "label")->affine, 16 * sizeof *affine);
        double angle = atan2(affine[4], affine[0]);
        assert_true(fabs(angle) <= 0.4);
        counts[(int)((angle + 0.4) / 0.2001)]++;
    }
    for (int i = 0; i < 4; i++)
        assert_in_range(counts[i], 65, 140); /* 100 +- 4 standard deviations */
}

/* There and back again: a ball in the middle is where it was. */
static void undoing_brings_labels_back(void **state)
{
    struct bench *b = *state;
    b->sample = make_pair(&b->arena, 3, 18, 17, 16, in_a_ball);
    const struct mm_volume *before = volume_in(b->sample, "label");
    bench_runs(b, "{\"name\": \"Rotated\", \"args\": {\"keys\": [\"image\", \"label\"], \"angle\": [0.3, 0.2, -0.4], "
                  "\"keep_size\": false, \"mode\": [\"bilinear\", \"nearest\"]}}");
    struct mm_field *field = mm_sample_find(b->sample, "label");
    struct mm_volume *back;
    assert_int_equal(mm_field_invert(field, &b->arena, field->volume, true, &back, &b->err), MM_OK);
    int both = 0, either = 0;
    for (size_t i = 0; i < mm_volume_voxels(before); i++) {
        int was = ((uint8_t *)before->data)[i], is = ((uint8_t *)back->data)[i];
        both += was && is;
        either += was || is;
    }
    assert_true(both > 0.85 * either);
    assert_memory_equal(back->affine, before->affine, sizeof back->affine);
}

static void wrong_arguments_are_refused(void **state)
{
    struct bench *b = *state;
    put_square(b, MM_F32);
    bench_fails(b, "{\"name\": \"Affined\", \"args\": {\"keys\": \"image\", \"scale_params\": [0, 1]}}",
                MM_ERR_CONFIG, "singular");
    bench_fails(b, "{\"name\": \"Affined\", \"args\": {\"keys\": \"image\", \"affine\": [[1, 0], [0, 1]]}}",
                MM_ERR_CONFIG, "affine: an image of 3 axes needs 4 rows of 4 numbers");
    bench_fails(b, "{\"name\": \"Rotated\", \"args\": {\"keys\": \"image\", \"angle\": [1, 2, 3]}}", MM_ERR_CONFIG,
                "angle has 3 values");
    bench_fails(b, "{\"name\": \"RandAffined\", \"args\": {\"keys\": \"image\", \"shear_range\": [[1, 2, 3]]}}",
                MM_ERR_CONFIG, "shear_range: expected a number");
    bench_fails(b, "{\"name\": \"RandAffined\", \"args\": {\"keys\": \"image\", \"rotate_range\": [1, 2, 3, 4]}}",
                MM_ERR_CONFIG, "rotate_range: more than 3 ranges");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(quarter_turns_need_no_interpolation),
        BENCH_TEST(shifts_scales_and_shears),
        BENCH_TEST(the_matrix_is_rotate_shear_translate_scale),
        BENCH_TEST(grids_grow_with_the_turned_image),
        BENCH_TEST(pinned_ranges_are_the_fixed_transform),
        BENCH_TEST(random_angles_fill_their_range),
        BENCH_TEST(undoing_brings_labels_back),
        BENCH_TEST(wrong_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
