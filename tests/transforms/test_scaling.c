/* Zoom, its random forms, ScaleByFactor and CenterScaleCrop. The golden vectors hold MONAI's own numbers. */
#include <math.h>

#include "chains.h"

static void zooming_keeps_the_size_by_cropping_and_padding(void **state)
{
    struct bench *b = *state;
    bench_put(b, "image", MM_F32, 1, 4, 2, 0, VALUES(1, 2, 3, 4, 5, 6, 7, 8));
    bench_runs(b, "{\"name\": \"Zoomd\", \"args\": {\"keys\": \"image\", \"zoom\": [2, 0.5], \"mode\": \"area\", "
                  "\"padding_mode\": \"constant\", \"constant_values\": 9}}");
    /* Doubled in x and averaged in y: 3 3 4 4 5 5 6 6; the middle four; one row of two is left, the other is padded. */
    bench_expect(b, "image", MM_F32, 1, VALUES(4, 4, 5, 5, 9, 9, 9, 9), 1e-6);
    const double *affine = bench_volume(b, "image")->affine;
    assert_true(affine[0] == 0.5 && affine[3] == 0.75 && affine[5] == 2);
    b->sample = mm_sample_make(&b->arena);
    bench_put(b, "image", MM_U8, 1, 2, 1, 0, VALUES(1, 2));
    bench_runs(b, "{\"name\": \"Zoomd\", \"args\": {\"keys\": \"image\", \"zoom\": [2, 1], \"mode\": \"nearest\", "
                  "\"keep_size\": false}}");
    bench_expect(b, "image", MM_U8, 1, VALUES(1, 1, 2, 2), 0);
}

static void factors_cut_sizes_off(void **state)
{
    struct bench *b = *state;
    b->sample = make_pair(&b->arena, 3, 17, 9, 5, NULL);
    bench_runs(b, "{\"name\": \"ScaleByFactor\", \"args\": {\"fields\": [\"image\", \"label\"], \"factor\": 0.5}}");
    assert_size(volume_in(b->sample, "image"), 8, 4, 2);
    assert_int_equal(volume_in(b->sample, "label")->type, MM_U8);
    bench_fails(b, "{\"name\": \"ScaleByFactor\", \"args\": {\"fields\": \"image\", \"factor\": 0.1}}", MM_ERR_DATA,
                "axis 0 of 8 voxels would have 0");
    b->sample = make_pair(&b->arena, 3, 17, 22, 13, NULL);
    bench_runs(b, "{\"name\": \"CenterScaleCropd\", \"args\": {\"keys\": \"image\", \"roi_scale\": [0.6, 0.4, "
                  "0.7]}}");
    assert_size(volume_in(b->sample, "image"), 11, 9, 10);
}

/* The factor an image was zoomed by, from its affine. */
static double factor_of(const struct mm_sample *sample, const char *name, int axis)
{
    return 1 / volume_in(sample, name)->affine[5 * axis];
}

static void random_factors(void **state)
{
    struct bench *b = *state;
    bool both[2] = {false, false};
    for (uint32_t position = 0; position < 40; position++) {
        const struct mm_context at = {.position = position};
        b->sample = make_pair(&b->arena, 3, 10, 10, 10, NULL);
        assert_int_equal(bench_run_at(b,
                                      "{\"name\": \"RandZoomd\", \"args\": {\"keys\": [\"image\", \"label\"], "
                                      "\"prob\": 1, \"min_zoom\": [0.5, 1.5], \"max_zoom\": [0.9, 2], \"mode\": "
                                      "\"nearest\"}}",
                                      &at),
                         MM_OK);
        double x = factor_of(b->sample, "image", 0), z = factor_of(b->sample, "image", 2);
        assert_true(x == factor_of(b->sample, "image", 1) && x == factor_of(b->sample, "label", 0));
        assert_true(x >= 0.5 && x <= 0.9 && z >= 1.5 && z <= 2);
        both[x > 0.7] = true;
        b->sample = make_pair(&b->arena, 3, 10, 10, 10, NULL);
        assert_int_equal(bench_run_at(b,
                                      "{\"name\": \"RandomZoom\", \"args\": {\"image_field\": \"image\", "
                                      "\"label_field\": \"label\", \"lower_limits\": [1, 0.5, 1], \"upper_limits\": "
                                      "[1, 0.8, 1]}}",
                                      &at),
                         MM_OK);
        assert_size(volume_in(b->sample, "image"), 10, 10, 10);
        assert_true(factor_of(b->sample, "image", 0) == 1 && factor_of(b->sample, "image", 1) < 0.81);
        assert_true(factor_of(b->sample, "image", 1) == factor_of(b->sample, "label", 1));
    }
    assert_true(both[0] && both[1]);
    bench_fails(b, "{\"name\": \"RandZoomd\", \"args\": {\"keys\": \"image\", \"min_zoom\": [0.5, 0.6, 0.7]}}",
                MM_ERR_CONFIG, "min_zoom has 3 values, max_zoom 1");
}

/* What was cut off is zeros afterwards, what was padded is gone. */
static void undoing_restores_the_grid(void **state)
{
    struct bench *b = *state;
    bench_put(b, "image", MM_F32, 1, 4, 2, 0, VALUES(1, 2, 3, 4, 5, 6, 7, 8));
    bench_runs(b, "{\"name\": \"Zoomd\", \"args\": {\"keys\": \"image\", \"zoom\": [2, 1], \"mode\": \"nearest\"}}");
    bench_expect(b, "image", MM_F32, 1, VALUES(2, 2, 3, 3, 6, 6, 7, 7), 0);
    struct mm_field *field = mm_sample_find(b->sample, "image");
    assert_int_equal(mm_field_invert(field, &b->arena, field->volume, true, &field->volume, &b->err), MM_OK);
    bench_expect(b, "image", MM_F32, 1, VALUES(0, 2, 3, 0, 0, 6, 7, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {BENCH_TEST(zooming_keeps_the_size_by_cropping_and_padding),
                                       BENCH_TEST(factors_cut_sizes_off), BENCH_TEST(random_factors),
                                       BENCH_TEST(undoing_restores_the_grid)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
