/* Members that only Clara v3 has. */
#include "chains.h"
#include "image/format.h"
#include "tests/support/scratch.h"

static void labels_and_channels_become_fields(void **state)
{
    struct bench *b = *state;
    bench_put(b, "label", MM_U8, 1, 3, 1, 0, VALUES(0, 2, 1));
    bench_runs(b, "{\"name\": \"SplitBasedOnLabel\", \"args\": {\"field\": \"label\", \"label_names\": [\"none\", "
                  "\"one\", \"two\"]}}");
    bench_expect(b, "none", MM_U8, 1, VALUES(1, 0, 0), 0);
    bench_expect(b, "one", MM_U8, 1, VALUES(0, 0, 1), 0);
    bench_expect(b, "two", MM_U8, 1, VALUES(0, 1, 0), 0);
    bench_expect(b, "label", MM_U8, 1, VALUES(0, 2, 1), 0);
    bench_put(b, "model", MM_F32, 2, 2, 1, 0, VALUES(1, 2, 3, 4));
    bench_runs(b, "{\"name\": \"SplitAcrossChannels\", \"args\": {\"field\": \"model\", \"channel_names\": [\"a\", "
                  "\"b\"]}}");
    bench_expect(b, "b", MM_F32, 1, VALUES(3, 4), 0);
    bench_runs(b, "{\"name\": \"SplitDimd\", \"args\": {\"keys\": \"model\"}}");
    bench_expect(b, "model_1", MM_F32, 1, VALUES(3, 4), 0);
    bench_fails(b, "{\"name\": \"SplitBasedOnLabel\", \"args\": {\"field\": \"model\", \"label_names\": \"x\"}}",
                MM_ERR_DATA, "model: the label has 2 channels: SplitAcrossChannels is for those");
    bench_fails(b,
                "{\"name\": \"SplitAcrossChannels\", \"args\": {\"field\": \"model\", \"channel_names\": "
                "\"x\"}}",
                MM_ERR_DATA, "model has 2 channels, channel_names 1 names");
}

/* A prediction on the grid of the transformed image goes back to that of the file, with all its properties. */
static void predictions_go_back(void **state)
{
    struct bench *b = *state;
    const struct mm_context at = {.seed = 1};
    static const char *const names[] = {"RestoreOriginalShape\", \"args\": {\"field\": \"pred\", \"src_field\"",
                                        "RestoreLabeld\", \"args\": {\"keys\": \"pred\", \"ref_image\""};
    for (size_t i = 0; i < 2; i++) {
        b->sample = make_pair(&b->arena, 3, 12, 10, 8, NULL);
        struct mm_chain *chain = chain_of(
            &b->arena, "[{\"name\": \"ScaleByFactor\", \"args\": {\"fields\": \"image\", \"factor\": 0.5}}, "
                       "{\"name\": \"SymmetricPadderDiv\", \"args\": {\"fields\": \"image\", \"div_int\": 8}}, "
                       "{\"name\": \"CropSubVolumeCenter\", \"args\": {\"fields\": \"image\", \"size\": [8, 6, "
                       "8]}}]");
        run_all(chain, b->sample, &at);
        assert_size(volume_in(b->sample, "image"), 8, 6, 8);
        put_field(b->sample, "pred", mm_volume_copy(&b->arena, volume_in(b->sample, "image")))->source = NULL;
        bench_runs(b, mm_arena_format(&b->arena, "{\"name\": \"%s: \"image\"}}", names[i]));
        assert_size(volume_in(b->sample, "pred"), 12, 10, 8);
        assert_string_equal(mm_sample_find(b->sample, "pred")->source, "image.nii");
    }
}

static void properties_are_copied(void **state)
{
    struct bench *b = *state;
    bench_put(b, "image", MM_F32, 1, 1, 1, 1, VALUES(1))->affine[3] = 7;
    struct mm_volume *pred = bench_put(b, "pred", MM_U8, 1, 1, 1, 1, VALUES(2));
    bench_runs(b, "{\"name\": \"CopyProperties\", \"args\": {\"fields\": \"pred\", \"from_field\": \"image\", "
                  "\"properties\": [\"affine\"]}}");
    assert_true(bench_volume(b, "pred")->affine[3] == 7 && pred->affine[3] == 0);
    bench_expect(b, "pred", MM_U8, 1, VALUES(2), 0);
}

static void crops_have_random_sizes_about_the_middle(void **state)
{
    struct bench *b = *state;
    bool seen[11] = {false}, moved = false;
    for (uint32_t position = 0; position < 100; position++) {
        b->sample = make_pair(&b->arena, 3, 10, 10, 4, NULL);
        assert_int_equal(bench_run_at(b,
                                      "{\"name\": \"CropRandomSizeWithDisplacement\", \"args\": {\"fields\": "
                                      "\"image\", \"lower_size\": [6, 6, 6], \"max_displacement\": [1, 0, 1]}}",
                                      &(struct mm_context){.position = position}),
                         MM_OK);
        const struct mm_volume *image = volume_in(b->sample, "image");
        assert_in_range(image->size[0], 6, 10);
        assert_int_equal(image->size[2], 4);
        assert_true(image->affine[7] == 10 / 2 - image->size[1] / 2);
        moved = moved || image->affine[3] != 10 / 2 - image->size[0] / 2;
        seen[image->size[0]] = true;
    }
    for (int n = 6; n <= 10; n++)
        assert_true(seen[n]);
    assert_true(moved);
}

static void images_are_written(void **state)
{
    struct bench *b = *state;
    struct scratch *files;
    assert_int_equal(scratch_setup((void **)&files), 0);
    const char *folder = scratch_path(files, "debug");
    bench_put(b, "image", MM_I16, 1, 2, 1, 1, VALUES(-3, 4));
    bench_runs(b,
               mm_arena_format(&b->arena,
                               "{\"name\": \"SaveAsNifti\", \"args\": {\"fields\": \"image\", \"out_dir\": \"%s\", "
                               "\"interrupt\": false}}",
                               folder));
    struct mm_volume *read;
    assert_int_equal(
        mm_image_read(&b->arena, mm_arena_format(&b->arena, "%s/image_0_0_0.nii.gz", folder), &read, &b->err), MM_OK);
    assert_true(same_voxels(read, bench_volume(b, "image")));
    scratch_teardown((void **)&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {BENCH_TEST(labels_and_channels_become_fields), BENCH_TEST(predictions_go_back),
                                       BENCH_TEST(properties_are_copied),
                                       BENCH_TEST(crops_have_random_sizes_about_the_middle),
                                       BENCH_TEST(images_are_written)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
