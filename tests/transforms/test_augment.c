/* Random changes of intensities and boxes: what they leave alone, and how far they go. */
#include <math.h>

#include "chains.h"

static const struct mm_context somewhere = {.seed = 3, .position = 9};

static void run_at(struct bench *b, const char *component)
{
    if (bench_run_at(b, component, &somewhere))
        fail_msg("%s: %s", component, b->err.text);
}

static int changed(const struct mm_volume *a, const struct mm_volume *b)
{
    int n = 0;
    for (size_t i = 0; i < mm_volume_voxels(a); i++)
        n += ((float *)a->data)[i] != ((float *)b->data)[i];
    return n;
}

static void boxes_are_filled_or_kept(void **state)
{
    struct bench *b = *state;
    const struct mm_sample *before = make_pair(&b->arena, 3, 8, 7, 6, NULL);
    const struct mm_volume *old = volume_in(before, "image");
    b->sample = make_pair(&b->arena, 3, 8, 7, 6, NULL);
    run_at(b, "{\"name\": \"RandCoarseDropoutd\", \"args\": {\"keys\": \"image\", \"prob\": 1, \"holes\": 1, "
              "\"spatial_size\": [3, 2, 4], \"fill_value\": -1}}");
    assert_int_equal(changed(old, volume_in(b->sample, "image")), 3 * 2 * 4);
    b->sample = make_pair(&b->arena, 3, 8, 7, 6, NULL);
    run_at(b, "{\"name\": \"CutOut\", \"args\": {\"keys\": \"image\", \"prob\": 1, \"holes\": 1, \"spatial_size\": "
              "[3, 2, 4], \"fill_value\": -1, \"dropout_holes\": false}}");
    assert_int_equal(changed(old, volume_in(b->sample, "image")), 8 * 7 * 6 - 3 * 2 * 4);
    b->sample = make_pair(&b->arena, 3, 8, 7, 6, NULL);
    run_at(b, "{\"name\": \"RandCoarseShuffled\", \"args\": {\"keys\": \"image\", \"prob\": 1, \"holes\": 1, "
              "\"spatial_size\": -1}}");
    const struct mm_volume *shuffled = volume_in(b->sample, "image");
    double sum = 0;
    for (size_t i = 0; i < mm_volume_voxels(old); i++)
        sum += (double)((float *)old->data)[i] - (double)((float *)shuffled->data)[i];
    assert_true(sum == 0 && changed(old, shuffled) > 300);
}

static void curves_rise_and_keep_the_ends(void **state)
{
    struct bench *b = *state;
    double ramp[50];
    for (int i = 0; i < 50; i++)
        ramp[i] = 2 * i + 10;
    bench_put(b, "image", MM_F32, 1, 50, 1, 0, ramp);
    run_at(b, "{\"name\": \"RandHistogramShiftd\", \"args\": {\"keys\": \"image\", \"prob\": 1, "
              "\"num_control_points\": [5, 8]}}");
    const float *x = bench_volume(b, "image")->data;
    double most = 0;
    for (int i = 1; i < 50; i++) {
        assert_true(x[i] >= x[i - 1]);
        most = fmax(most, fabs((double)x[i] - ramp[i]));
    }
    assert_true(x[0] == 10 && fabs((double)x[49] - 108) < 1e-4 && most > 1);
}

/* A coefficient for the constant alone would be a factor; a pinned one makes the field known. */
static void bias_fields_are_exponentials_of_polynomials(void **state)
{
    struct bench *b = *state;
    bench_put(b, "image", MM_F32, 1, 3, 1, 0, VALUES(1, 1, 1));
    run_at(b, "{\"name\": \"RandBiasFieldd\", \"args\": {\"keys\": \"image\", \"prob\": 1, \"degree\": 2, "
              "\"coeff_range\": [0.1, 0.1]}}");
    /* y has one voxel, at -1: L_0 + L_1(y) + L_2(y) = 1; with L_1(x): 1 - 1 = 0; with L_2(x): 1 */
    double expected[3];
    for (int i = 0; i < 3; i++)
        expected[i] = exp(0.1 * (1 + (3.0 * (i - 1) * (i - 1) - 1) / 2));
    bench_expect(b, "image", MM_F32, 1, expected, 1e-6);
}

static void random_sharpening_is_the_fixed_one_when_pinned(void **state)
{
    struct bench *b = *state;
    b->sample = make_pair(&b->arena, 2, 9, 8, 1, NULL);
    run_at(b, "{\"name\": \"GaussianSharpend\", \"args\": {\"keys\": \"image\", \"sigma1\": 1.5, \"sigma2\": 0.5, "
              "\"alpha\": 20}}");
    const struct mm_volume *fixed = volume_in(b->sample, "image");
    b->sample = make_pair(&b->arena, 2, 9, 8, 1, NULL);
    run_at(b, "{\"name\": \"RandGaussianSharpend\", \"args\": {\"keys\": \"image\", \"prob\": 1, \"sigma1_x\": [1.5, "
              "1.5], \"sigma1_y\": [1.5, 1.5], \"sigma2_x\": [0.5, 0.5], \"sigma2_y\": [0.5, 0.5], \"alpha\": [20, "
              "20]}}");
    assert_true(same_voxels(fixed, volume_in(b->sample, "image")));
}

static void slices_become_flat_and_come_back(void **state)
{
    struct bench *b = *state;
    b->sample = make_pair(&b->arena, 3, 3, 2, 1, NULL);
    bench_runs(b, "{\"name\": \"SqueezeDimd\", \"args\": {\"keys\": \"image\", \"dim\": -1}}");
    struct mm_field *field = mm_sample_find(b->sample, "image");
    struct mm_volume *back;
    assert_int_equal(field->volume->rank, 2);
    assert_int_equal(mm_field_invert(field, &b->arena, field->volume, true, &back, NULL), MM_OK);
    assert_int_equal(back->rank, 3);
    b->sample = make_pair(&b->arena, 3, 3, 2, 2, NULL);
    bench_fails(b, "{\"name\": \"SqueezeDimd\", \"args\": {\"keys\": \"image\", \"dim\": 3}}", MM_ERR_DATA,
                "axis z has 2 voxels");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(boxes_are_filled_or_kept), BENCH_TEST(curves_rise_and_keep_the_ends),
        BENCH_TEST(bias_fields_are_exponentials_of_polynomials),
        BENCH_TEST(random_sharpening_is_the_fixed_one_when_pinned), BENCH_TEST(slices_become_flat_and_come_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
