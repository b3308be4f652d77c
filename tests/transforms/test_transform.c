/* Look-up by every spelling, streams of draws, arguments for each axis, undoing. */
#include "chains.h"

static void every_spelling_finds_the_transform(void **state)
{
    (void)state;
    const struct mm_transform *flip = mm_transform_find("Flip"), *pad = mm_transform_find("SpatialPad");
    assert_non_null(flip);
    assert_ptr_equal(mm_transform_find("Flipd"), flip);
    assert_ptr_equal(mm_transform_find("FlipD"), flip);
    assert_ptr_equal(mm_transform_find("FlipDict"), flip);
    assert_ptr_equal(mm_transform_find("SpatialPadd"), pad); /* the name itself ends in d */
    assert_ptr_equal(mm_transform_find("CropByPosNegRatio"), mm_transform_find("FastCropByPosNegRatio"));
    assert_ptr_equal(mm_transform_find("AddChanneld"), mm_transform_find("EnsureChannelFirst"));
    assert_null(mm_transform_find("flip"));
    assert_null(mm_transform_find("Flipdd"));
    assert_null(mm_transform_find("d"));
    assert_null(mm_transform_find(""));
}

static uint32_t first_draw(uint32_t index, const struct mm_context *context)
{
    const struct mm_step step = {.index = index};
    struct mm_random random;
    mm_step_random(&step, context, &random);
    return mm_random_u32(&random);
}

static void every_part_of_the_place_counts(void **state)
{
    (void)state;
    const struct mm_context at = {.seed = 1, .epoch = 2, .position = 3, .visit = 4, .output = 5};
    struct mm_context moved[5] = {at, at, at, at, at};
    moved[0].seed++, moved[1].epoch++, moved[2].position++, moved[3].visit++, moved[4].output++;
    assert_int_equal(first_draw(6, &at), first_draw(6, &at));
    assert_int_not_equal(first_draw(6, &at), first_draw(7, &at));
    for (int i = 0; i < 5; i++)
        assert_int_not_equal(first_draw(6, &at), first_draw(6, &moved[i]));
}

static void chances_are_kept(void **state)
{
    (void)state;
    const struct mm_step step = {.index = 0};
    const struct mm_context context = {.seed = 9};
    struct mm_random random;
    mm_step_random(&step, &context, &random);
    int happened = 0;
    for (int i = 0; i < 10000; i++) {
        happened += mm_step_happens(&random, 0.3);
        assert_false(mm_step_happens(&random, 0));
        assert_true(mm_step_happens(&random, 1));
    }
    assert_in_range(happened, 2860, 3140); /* 3 standard deviations */
}

static void lists_are_spread_over_the_axes(void **state)
{
    (void)state;
    const int64_t three[] = {4, 5, 6};
    const double two[] = {1.5, 2.5};
    const struct mm_ints ints = {3, three}, one = {1, three};
    const struct mm_doubles doubles = {2, two};
    struct mm_error err = {0};
    int out[3];
    double values[3];
    assert_int_equal(mm_spatial_ints(&ints, "size", 3, 1, out, &err), MM_OK);
    assert_memory_equal(out, ((int[]){4, 5, 6}), sizeof out);
    assert_int_equal(mm_spatial_ints(&one, "size", 2, 1, out, &err), MM_OK);
    assert_memory_equal(out, ((int[]){4, 4, 1}), sizeof out);
    assert_int_equal(mm_spatial_ints(&ints, "size", 2, 1, out, &err), MM_ERR_CONFIG);
    assert_string_equal(err.text, "size has 3 values: give 1 or 2, the axes of the image");
    assert_int_equal(mm_spatial_doubles(&doubles, "scale", 2, 9, values, &err), MM_OK);
    assert_true(values[0] == 1.5 && values[1] == 2.5 && values[2] == 9);
}

static void axes_count_from_both_ends(void **state)
{
    (void)state;
    const int64_t items[] = {0, -1}, far[] = {2};
    const struct mm_ints both = {2, items}, none = {0}, beyond = {1, far};
    struct mm_error err = {0};
    unsigned mask;
    assert_int_equal(mm_spatial_axes(&both, 3, &mask, &err), MM_OK);
    assert_int_equal(mask, 5);
    assert_int_equal(mm_spatial_axes(&both, 2, &mask, &err), MM_OK);
    assert_int_equal(mask, 3);
    assert_int_equal(mm_spatial_axes(&none, 2, &mask, &err), MM_OK);
    assert_int_equal(mask, 3);
    assert_int_equal(mm_spatial_axes(&beyond, 2, &mask, &err), MM_ERR_CONFIG);
    assert_non_null(strstr(err.text, "allows -2 to 1"));
}

static void predictions_must_lie_on_the_grid_after_the_chain(void **state)
{
    struct bench *b = *state;
    bench_put(b, "image", MM_U8, 1, 2, 1, 1, VALUES(1, 2));
    struct mm_volume *other = bench_put(b, "other", MM_U8, 1, 1, 1, 1, VALUES(1)), *out;
    assert_int_equal(mm_field_invert(mm_sample_find(b->sample, "image"), &b->arena, other, true, &out, &b->err),
                     MM_ERR_DATA);
    assert_non_null(strstr(b->err.text, "1x1x1 voxels, \"image\" after its transforms 2x1x1"));
}

/* Crop, turn and pad: undone together, voxels return to where they were and the cropped ones are 0. */
static void a_chain_is_undone_newest_first(void **state)
{
    struct bench *b = *state;
    struct mm_sample *sample = make_pair(&b->arena, 3, 7, 6, 5, NULL);
    struct mm_field *field = mm_sample_find(sample, "image");
    struct mm_volume *before = field->volume, *out;
    before->affine[0] = -1.5, before->affine[3] = 20;
    run_all(chain_of(&b->arena,
                     "[{\"name\": \"SpatialCropd\", \"args\": {\"keys\": \"image\", \"roi_start\": [1, 2, 0], "
                     "\"roi_end\": [6, 6, 4]}},"
                     " {\"name\": \"Rotate90d\", \"args\": {\"keys\": \"image\", \"spatial_axes\": [0, 2]}},"
                     " {\"name\": \"Flipd\", \"args\": {\"keys\": \"image\", \"spatial_axis\": 1}},"
                     " {\"name\": \"BorderPadd\", \"args\": {\"keys\": \"image\", \"spatial_border\": [1, 0, 2]}}]"),
            sample, NULL);
    assert_size(field->volume, 6, 4, 9);
    assert_int_equal(mm_field_invert(field, &b->arena, field->volume, true, &out, &b->err), MM_OK);
    assert_size(out, 7, 6, 5);
    assert_memory_equal(out->affine, before->affine, sizeof before->affine);
    for (int z = 0; z < 5; z++)
        for (int y = 0; y < 6; y++)
            for (int x = 0; x < 7; x++) {
                bool kept = x >= 1 && x < 6 && y >= 2 && z < 4;
                assert_true(mm_volume_get(out, 0, z, y, x) == (kept ? voxel_code(0, z, y, x) : 0));
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_spelling_finds_the_transform),
        cmocka_unit_test(every_part_of_the_place_counts),
        cmocka_unit_test(chances_are_kept),
        cmocka_unit_test(lists_are_spread_over_the_axes),
        cmocka_unit_test(axes_count_from_both_ends),
        BENCH_TEST(predictions_must_lie_on_the_grid_after_the_chain),
        BENCH_TEST(a_chain_is_undone_newest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
