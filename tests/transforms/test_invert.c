/* Invert as a step: predictions return to the grid of the file, with the type and values that nearest and linear give. */
#include "chains.h"

static void predictions_return_to_the_file(void **state)
{
    struct bench *b = *state;
    b->sample = make_pair(&b->arena, 3, 6, 5, 4, NULL);
    struct mm_field *image = mm_sample_find(b->sample, "image");
    assert_int_equal(mm_field_set_file(b->sample, image, NULL), MM_OK);
    image->volume->affine[3] = 8;
    bench_runs(b, "{\"name\": \"SpatialCropd\", \"args\": {\"keys\": \"image\", \"roi_start\": [1, 1, 1], "
                  "\"roi_end\": [5, 4, 3]}}");
    struct mm_volume *pred = mm_volume_like(&b->arena, image->volume, MM_U8, 2);
    mm_volume_set(pred, 1, 0, 0, 0, 9);
    put_field(b->sample, "pred", pred);
    bench_runs(
        b,
        "{\"name\": \"Invertd\", \"args\": {\"keys\": [\"pred\"], \"transform\": \"@pre_transforms\", \"orig_keys\": "
        "\"image\", "
        "\"meta_keys\": \"pred_meta_dict\", \"nearest_interp\": [true], \"to_tensor\": true, \"device\": \"cuda\"}}");
    const struct mm_field *back = mm_sample_find(b->sample, "pred");
    assert_size(back->volume, 6, 5, 4);
    assert_int_equal(back->volume->channels, 2);
    assert_int_equal(back->volume->type, MM_U8);
    assert_true(mm_volume_get(back->volume, 1, 1, 1, 1) == 9);
    assert_true(back->volume->affine[3] == 8);
    assert_null(back->applied);
    assert_int_equal(back->file->size[0], 6);
    assert_size(volume_in(b->sample, "image"), 4, 3, 2);
}

static void a_key_without_original_undoes_itself(void **state)
{
    struct bench *b = *state;
    b->sample = make_pair(&b->arena, 3, 6, 5, 4, NULL);
    const struct mm_volume *before = volume_in(b->sample, "image");
    bench_runs(b, "{\"name\": \"Rotate90d\", \"args\": {\"keys\": \"image\", \"k\": 3}}");
    bench_runs(b, "{\"name\": \"Invertd\", \"args\": {\"keys\": \"image\"}}");
    assert_true(same_voxels(volume_in(b->sample, "image"), before));
}

static void messages(void **state)
{
    struct bench *b = *state;
    b->sample = make_pair(&b->arena, 3, 6, 5, 4, NULL);
    put_field(b->sample, "pred", mm_volume_make(&b->arena, MM_U8, 3, 1, (const int[]){2, 2, 2}));
    bench_fails(b, "{\"name\": \"Invertd\", \"args\": {\"keys\": \"pred\", \"orig_keys\": \"image\"}}", MM_ERR_DATA,
                "the prediction has 2x2x2 voxels, \"image\" after its transforms 6x5x4");
    bench_fails(b, "{\"name\": \"Invertd\", \"args\": {\"keys\": \"pred\", \"orig_keys\": \"picture\"}}", MM_ERR_DATA,
                "there is no field \"picture\"");
    bench_fails(b, "{\"name\": \"Invertd\", \"args\": {\"keys\": \"pred\", \"nearest_interp\": \"no\"}}",
                MM_ERR_CONFIG, "nearest_interp");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(predictions_return_to_the_file),
        BENCH_TEST(a_key_without_original_undoes_itself),
        BENCH_TEST(messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
