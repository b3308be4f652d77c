/* Spacing and ScaleByResolution on grids small enough to check by hand; MONAI's vectors (make golden) cover the rest. */
#include <math.h>

#include "chains.h"
#include "image/affine.h"
#include "image/resample.h"

static struct mm_volume *put_line(struct bench *b, const char *name, enum mm_type type, double spacing)
{
    struct mm_volume *v = bench_put(b, name, type, 1, 4, 1, 1, VALUES(0, 10, 20, 30));
    v->affine[0] = spacing;
    return v;
}

static void middles_of_the_outer_voxels_stay(void **state)
{
    struct bench *b = *state;
    put_line(b, "image", MM_I16, 2);
    bench_runs(b, "{\"name\": \"Spacingd\", \"args\": {\"keys\": \"image\", \"pixdim\": 1}}");
    bench_expect(b, "image", MM_F32, 1, VALUES(0, 5, 10, 15, 20, 25, 30), 1e-5);
    assert_true(bench_volume(b, "image")->affine[0] == 1 && bench_volume(b, "image")->affine[3] == 0);
}

/* The origin of an axis that runs against the world's stays at its first voxel: a corner is always kept. */
static void corners_stay(void **state)
{
    struct bench *b = *state;
    put_line(b, "image", MM_I16, -2)->affine[3] = 9;
    bench_runs(b,
               "{\"name\": \"ScaleByResolution\", \"args\": {\"fields\": \"image\", \"target_resolution\": [4, 1]}}");
    bench_expect(b, "image", MM_F32, 1, VALUES(0, 20, 30),
                 1e-5); /* round(3 / 2 + 1): half to even; beyond the border its value */
    assert_true(bench_volume(b, "image")->affine[0] == -4 && bench_volume(b, "image")->affine[3] == 9);
}

static void labels_keep_their_type(void **state)
{
    struct bench *b = *state;
    put_line(b, "image", MM_I16, 3);
    put_line(b, "label", MM_U8, 3);
    bench_runs(b, "{\"name\": \"Spacingd\", \"args\": {\"keys\": [\"image\", \"label\"], \"pixdim\": 1, \"mode\": "
                  "[\"bilinear\", "
                  "\"nearest\"]}}");
    bench_expect(b, "label", MM_U8, 1, VALUES(0, 0, 10, 10, 10, 20, 20, 20, 30, 30), 0);
    assert_int_equal(bench_volume(b, "image")->type, MM_F32);
}

static void axes_can_be_kept(void **state)
{
    struct bench *b = *state;
    put_line(b, "image", MM_I16, 2);
    const struct mm_volume *before = put_line(b, "label", MM_I16, 2);
    bench_runs(b, "{\"name\": \"Spacingd\", \"args\": {\"keys\": \"image\", \"pixdim\": [-1, 1, 1]}}");
    bench_expect(b, "image", MM_I16, 1, VALUES(0, 10, 20, 30), 0);
    bench_runs(b, "{\"name\": \"Spacingd\", \"args\": {\"keys\": \"label\", \"pixdim\": 1, \"min_pixdim\": [1.5], "
                  "\"max_pixdim\": [2.5]}}");
    assert_ptr_equal(bench_volume(b, "label"), before); /* nothing to do: not even a copy */
    assert_null(mm_sample_find(b->sample, "label")->applied);
    bench_fails(b,
                "{\"name\": \"Spacingd\", \"args\": {\"keys\": \"label\", \"pixdim\": 1, \"min_pixdim\": [2], "
                "\"max_pixdim\": [1]}}",
                MM_ERR_CONFIG, "min_pixdim (2) is above max_pixdim (1)");
}

/* Rounding of 3.5 and 2.5 would give other sizes for spacings that differ by less than 1e-3. */
static void fields_that_are_alike_get_one_size(void **state)
{
    struct bench *b = *state;
    for (int same = 0; same < 2; same++) {
        b->sample = mm_sample_make(&b->arena);
        put_line(b, "image", MM_F32, 1.4999);
        put_line(b, "label", MM_F32, 1.5003);
        bench_runs(
            b, mm_arena_format(&b->arena,
                               "{\"name\": \"Spacingd\", \"args\": {\"keys\": [\"image\", \"label\"], \"pixdim\": 1, "
                               "\"ensure_same_shape\": %s}}",
                               same ? "true" : "false"));
        assert_int_equal(bench_volume(b, "image")->size[0], 5);
        assert_int_equal(bench_volume(b, "label")->size[0], same ? 5 : 6);
    }
}

static void impossible_grids_are_refused(void **state)
{
    struct bench *b = *state;
    put_line(b, "image", MM_F32, 2);
    bench_fails(b, "{\"name\": \"Spacingd\", \"args\": {\"keys\": \"image\", \"pixdim\": 1e-5}}", MM_ERR_DATA,
                "axis 0 would have 600001 voxels");
    bench_fails(b, "{\"name\": \"ScaleByResolution\", \"args\": {\"fields\": \"image\", \"target_resolution\": 0}}",
                MM_ERR_CONFIG, "target_resolution");
    put_line(b, "image", MM_F32, 0);
    bench_fails(b, "{\"name\": \"Spacingd\", \"args\": {\"keys\": \"image\", \"pixdim\": 1}}", MM_ERR_DATA,
                "singular");
    put_line(b, "image", MM_F32, NAN);
    bench_fails(b, "{\"name\": \"Spacingd\", \"args\": {\"keys\": \"image\", \"pixdim\": 1}}", MM_ERR_DATA,
                "singular or not finite");
}

/* A smooth image carried to another oblique grid and back is itself again but for interpolation, and has its grid exactly. */
static void spacing_is_undone(void **state)
{
    struct bench *b = *state;
    const int size[3] = {16, 15, 14};
    struct mm_volume *v = mm_volume_make(&b->arena, MM_F32, 3, 1, size), *out;
    static const double affine[16] = {1.2, 0.3, 0, -40, -0.3, 1.2, 0.1, 7, 0, -0.1, 2, 3, 0, 0, 0, 1};
    memcpy(v->affine, affine, sizeof affine);
    for (int z = 0; z < 14; z++)
        for (int y = 0; y < 15; y++)
            for (int x = 0; x < 16; x++)
                mm_volume_set(v, 0, z, y, x, 3 * x - 2 * y + z);
    struct mm_field *field = put_field(b->sample, "image", v);
    bench_runs(b, "{\"name\": \"Spacingd\", \"args\": {\"keys\": \"image\", \"pixdim\": [1, 0.9, 1.5]}}");
    assert_true(!mm_volume_same_size(field->volume, v));
    assert_int_equal(mm_field_invert(field, &b->arena, field->volume, false, &out, &b->err), MM_OK);
    assert_true(mm_volume_same_size(out, v));
    assert_memory_equal(out->affine, affine, sizeof affine);
    for (int z = 3; z < 11; z++)
        for (int y = 3; y < 12; y++)
            for (int x = 3; x < 13; x++)
                assert_true(fabs(mm_volume_get(out, 0, z, y, x) - mm_volume_get(v, 0, z, y, x)) < 1e-3);
}

/* Voxels half-way between two, as PyTorch 1.13 decided them in MONAI's vectors (Spacingd/image_label, Invertd/orient_spacing_crop_nearest):
 * 8.5 of 12 voxels became 9; of 11 voxels 1.5 became 1, 4.5 became 5 and 7.5 became 7. */
static void halves_fall_as_in_torch(void **state)
{
    struct bench *b = *state;
    static const struct {
        int n, m, output, expected;
        double slope;
    } cases[] = {{12, 14, 10, 9, 0.85}, {11, 14, 2, 1, 0.75},  {11, 14, 6, 5, 0.75},
                 {11, 14, 10, 7, 0.75}, {12, 18, 4, 3, 0.625}, {12, 18, 12, 8, 0.625}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int size[3] = {cases[i].n, 1, 1};
        struct mm_resample how = {
            .size = {cases[i].m, 1, 1}, .interpolation = MM_NEAREST, .outside = MM_OUTSIDE_BORDER};
        mm_affine_identity(how.matrix);
        how.matrix[0] = cases[i].slope;
        const struct mm_volume *out =
            mm_volume_resample(&b->arena, coded_volume(&b->arena, MM_U8, 3, size), &how, MM_U8);
        assert_int_equal((int)mm_volume_get(out, 0, 0, 0, cases[i].output), cases[i].expected);
    }
}

/* An image of 8 x 4, for the numbers that MONAI 1.6.1 gives of it. */
static struct mm_volume *put_digits(struct bench *b)
{
    struct mm_volume *v = bench_put(
        b, "image", MM_U8, 1, 8, 4, 0,
        VALUES(3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4, 6, 2, 6, 4, 3, 3, 8, 3, 2, 7, 9, 5));
    v->affine[5] = 2;
    return v;
}

static void a_number_is_the_order_of_a_spline(void **state)
{
    struct bench *b = *state;
    put_digits(b);
    bench_runs(b, "{\"name\": \"Affined\", \"args\": {\"keys\": \"image\", \"rotate_params\": 0.3, \"scale_params\": "
                  "[1.2, 0.9], \"translate_params\": [0.4, -0.3], \"mode\": 3, \"padding_mode\": \"zeros\"}}");
    bench_expect(b, "image", MM_F32, 1,
                 VALUES(0, 0, 0, 0, 9.1118, 5.5793, 0, 0, 0, 1.5257, 3.8429, 7.2115, 6.8059, 8.1214, 3.5597, 0, 0,
                        2.7916, 6.0292, 7.121, 4.5398, 5.2212, 5.4557, 0, 0, 2.5649, 7.9281, 2.9575, 2.6875, 0, 0, 0),
                 1e-4);
    b->sample = mm_sample_make(&b->arena);
    put_digits(b);
    bench_runs(b, "{\"name\": \"Spacingd\", \"args\": {\"keys\": \"image\", \"pixdim\": [1.5, 1.2], \"mode\": 4}}");
    bench_expect(b, "image", MM_F32, 1,
                 VALUES(3, 2.6721, 1, 8.5859, 2, 6.7648, 4.6449, 2.8585, 5.7765, 8.4111, 6.825, 3.8248, 4.6503,
                        4.0597, 8.0568, 6.8531, 9.0293, 1.9438, 2.4926, 5.8527, 5.0857, 4.4353, 6.542, 3.0026, 1.9316,
                        6.4263, 2.8357, 3.6548, 6.4811, 4.2672, 3, 5.9739, 3, 4.2716, 9, 4.5297),
                 1e-4);
    b->sample = mm_sample_make(&b->arena);
    put_digits(b);
    bench_runs(b,
               "{\"name\": \"GridDistortiond\", \"args\": {\"keys\": \"image\", \"num_cells\": 2, \"distort_steps\": "
               "[[1.2, 0.9, 1], [0.8, 1.1, 1]], \"mode\": 5, \"padding_mode\": \"mirror\"}}");
    bench_expect(b, "image", MM_F32, 1,
                 VALUES(3, 2.8838, 0.77316, 9.5963, 9.5963, 2, 5.6021, 3.9685, 3.2375, 5.8104, 7.184, 3.1056, 3.1056,
                        7.5713, 3.4868, 6.02, 3.2375, 5.8104, 7.184, 3.1056, 3.1056, 7.5713, 3.4868, 6.02, 1.8962,
                        6.9834, 2.9764, 2.8736, 2.8736, 6.1331, 4.6122, 4.8501),
                 2e-4);
}

/* Order 1 and "bilinear" differ where the image ends in zeros; both as MONAI has them. */
static void zeros_of_scipy_and_of_torch(void **state)
{
    struct bench *b = *state;
    static const char *const modes[2] = {"1", "\"bilinear\""};
    static const double first[2][9] = {{0, 3.6, 3.32, 5.18, 6.66, 7.72, 7.32, 5.7, 0},
                                       {1.76, 3.6, 3.32, 5.18, 6.66, 7.72, 7.32, 5.7, 1.16}};
    for (int i = 0; i < 2; i++) {
        char text[256];
        b->sample = mm_sample_make(&b->arena);
        put_digits(b);
        snprintf(text, sizeof text,
                 "{\"name\": \"Affined\", \"args\": {\"keys\": \"image\", \"translate_params\": [-0.6, 0.7], "
                 "\"mode\": %s, \"padding_mode\": \"constant\"}}",
                 modes[i]);
        bench_runs(b, text);
        for (int k = 0; k < 9; k++)
            assert_float_equal(mm_volume_get(bench_volume(b, "image"), 0, 0, k / 8, k % 8), first[i][k], 1e-5);
    }
}

static void splines_are_undone(void **state)
{
    struct bench *b = *state;
    const int size[3] = {16, 15, 14};
    struct mm_volume *v = coded_volume(&b->arena, MM_I32, 3, size), *out;
    struct mm_field *field = put_field(b->sample, "image", v);
    bench_runs(b,
               "{\"name\": \"Spacingd\", \"args\": {\"keys\": \"image\", \"pixdim\": [0.8, 0.9, 0.7], \"mode\": 3, "
               "\"padding_mode\": \"mirror\"}}");
    assert_int_equal(mm_field_invert(field, &b->arena, field->volume, false, &out, &b->err), MM_OK);
    assert_true(mm_volume_same_size(out, v));
    assert_float_equal(mm_volume_get(out, 0, 7, 8, 9), mm_volume_get(v, 0, 7, 8, 9), 0.1);
    struct mm_volume *labels = mm_volume_convert(&b->arena, field->volume, MM_U16);
    assert_int_equal(mm_field_invert(field, &b->arena, labels, true, &out, &b->err), MM_OK);
    assert_true(mm_volume_same_size(out, v) && out->type == MM_U16);
}

static void impossible_modes_are_refused(void **state)
{
    struct bench *b = *state;
    put_digits(b);
    bench_fails(b,
                "{\"name\": \"Affined\", \"args\": {\"keys\": \"image\", \"mode\": [3, \"bilinear\"], "
                "\"padding_mode\": \"mirror\"}}",
                MM_ERR_CONFIG, "padding_mode mirror goes with the modes 0 to 5, mode bilinear takes");
    bench_fails(b, "{\"name\": \"Spacingd\", \"args\": {\"keys\": \"image\", \"pixdim\": 1, \"mode\": 6}}",
                MM_ERR_CONFIG, "mode");
    bench_fails(b, "{\"name\": \"Rotated\", \"args\": {\"keys\": \"image\", \"angle\": 1, \"mode\": 2}}",
                MM_ERR_CONFIG, "mode");
    bench_fails(b, "{\"name\": \"Zoomd\", \"args\": {\"keys\": \"image\", \"zoom\": 1.1, \"mode\": 4}}",
                MM_ERR_CONFIG, "mode");
    bench_runs(b, "{\"name\": \"Zoomd\", \"args\": {\"keys\": \"image\", \"zoom\": 1.1, \"mode\": 3}}");
    bench_runs(b, "{\"name\": \"Rotated\", \"args\": {\"keys\": \"image\", \"angle\": 1, \"mode\": 3}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(middles_of_the_outer_voxels_stay),
        BENCH_TEST(corners_stay),
        BENCH_TEST(labels_keep_their_type),
        BENCH_TEST(axes_can_be_kept),
        BENCH_TEST(fields_that_are_alike_get_one_size),
        BENCH_TEST(impossible_grids_are_refused),
        BENCH_TEST(spacing_is_undone),
        BENCH_TEST(halves_fall_as_in_torch),
        BENCH_TEST(a_number_is_the_order_of_a_spline),
        BENCH_TEST(zeros_of_scipy_and_of_torch),
        BENCH_TEST(splines_are_undone),
        BENCH_TEST(impossible_modes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
