/* The bound on a prepared item, held against what real chains make of real files: never below, and not far above. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cache/bound.h"
#include "image/format.h"
#include "tests/support/scratch.h"
#include "tests/transforms/chains.h"

static const char *write_volume(struct scratch *scratch, const char *name, enum mm_type type, int channels,
                                int values)
{
    struct mm_volume *v = mm_volume_make(&scratch->arena, type, 3, channels, (int[3]){40, 36, 32});
    const char *path = scratch_path(scratch, name);
    for (int c = 0; c < channels; c++)
        for (int z = 0; z < 32; z++)
            for (int y = 0; y < 36; y++)
                for (int x = 0; x < 40; x++)
                    mm_volume_set(v, c, z, y, x, (x + y + z) % values);
    assert_int_equal(mm_image_write(path, v, NULL), MM_OK);
    return path;
}

/* `slack`: how many times what is made the bound may be, for types are not followed. */
static void expect(struct scratch *scratch, const char *image, const char *steps, double slack)
{
    struct mm_error err = {0};
    uint64_t bound = 0;
    uint32_t largest = 0;
    struct mm_sample *sample;
    const char *paths[2][1] = {{image}, {scratch_path(scratch, "label.nii")}};
    struct mm_entry entries[] = {{.key = "image", .kind = MM_ENTRY_PATHS, .count = 1, .paths = paths[0]},
                                 {.key = "label", .kind = MM_ENTRY_PATHS, .count = 1, .paths = paths[1]}};
    struct mm_item item = {.count = 2, .entries = entries};
    const struct mm_datalist list = {.file = "list.json", .count = 1, .items = &item};
    const struct mm_pipeline pipeline = {.name = "SegmentationImagePipelineWithCache", .data_list_key = "training"};
    const struct mm_chain *chain = chain_of(
        &scratch->arena,
        mm_arena_format(&scratch->arena,
                        "[{\"name\": \"LoadImage\", \"args\": {\"keys\": [\"image\", \"label\"]}}, %s]", steps));
    const struct mm_source source = {
        .pipeline = &pipeline, .list = &list, .chain = chain, .prefix = mm_chain_prefix(chain)};
    assert_int_equal(source.prefix, chain->count);
    if (mm_bound_items(&source, 1, &bound, &largest, &err) ||
        mm_source_run(&source, 0, 1, NULL, &scratch->arena, &sample, &err))
        fail_msg("%s: %s", steps, err.text);
    size_t made = mm_sample_bytes(sample);
    if (bound < made || (double)bound > slack * (double)made + 65536)
        fail_msg("%s: bound %llu, made %zu", steps, (unsigned long long)bound, made);
}

static void what_steps_make_is_within_the_bound(void **state)
{
    static const struct {
        int channels;
        double slack;
        const char *steps;
    } rows[] = {
        {1, 2, "{\"name\": \"AsDiscreted\", \"args\": {\"keys\": \"label\", \"to_onehot\": 40}}"},
        {1, 2,
         "{\"name\": \"AsDiscreted\", \"args\": {\"keys\": \"label\", \"to_onehot\": true, \"n_classes\": 33}}"},
        {1, 2, "{\"name\": \"AsDiscreted\", \"args\": {\"keys\": [\"image\", \"label\"], \"to_onehot\": [100, 40]}}"},
        {1, 1.5,
         "{\"name\": \"AsDiscreted\", \"args\": {\"keys\": \"label\", \"to_onehot\": 20}},"
         "{\"name\": \"ScaleIntensityd\", \"args\": {\"keys\": \"label\"}}"},
        {1, 1.5, "{\"name\": \"RepeatChanneld\", \"args\": {\"keys\": \"image\", \"repeats\": 30}}"},
        {2, 1.5,
         "{\"name\": \"RepeatChanneld\", \"args\": {\"keys\": \"image\", \"repeats\": 5}},"
         "{\"name\": \"CopyItemsd\", \"args\": {\"keys\": \"image\", \"times\": 3}},"
         "{\"name\": \"RepeatChanneld\", \"args\": {\"keys\": \"image_2\", \"repeats\": 4}}"},
        {1, 1.5,
         "{\"name\": \"CopyItemsd\", \"args\": {\"keys\": [\"image\", \"label\"], \"times\": 2,"
         " \"names\": [\"a\", \"b\", \"c\", \"d\"]}},"
         "{\"name\": \"ScaleIntensityd\", \"args\": {\"keys\": [\"b\", \"d\", \"label\"]}},"
         "{\"name\": \"ConcatItemsd\", \"args\": {\"keys\": [\"a\", \"b\", \"c\", \"d\"], \"name\": \"all\"}},"
         "{\"name\": \"RepeatChanneld\", \"args\": {\"keys\": \"all\", \"repeats\": 8}}"},
        {3, 1.5,
         "{\"name\": \"ScaleIntensityd\", \"args\": {\"keys\": [\"image\", \"label\"]}},"
         "{\"name\": \"ConcatItemsd\", \"args\": {\"keys\": [\"image\", \"image\", \"label\"], \"name\": "
         "\"image\"}}"},
        {4, 1.5,
         "{\"name\": \"SplitDimd\", \"args\": {\"keys\": \"image\", \"output_postfixes\": [\"p\", \"q\", \"r\","
         " \"s\"]}}, {\"name\": \"RepeatChanneld\", \"args\": {\"keys\": [\"image_p\", \"image_s\"],"
         " \"repeats\": 9}}"},
        {4, 1.5, "{\"name\": \"SplitDimd\", \"args\": {\"keys\": \"image\"}}"},
        {2, 1.5,
         "{\"name\": \"SplitAcrossChannels\", \"args\": {\"field\": \"image\", \"channel_names\": [\"u\","
         " \"v\"]}}, {\"name\": \"RepeatChanneld\", \"args\": {\"keys\": \"v\", \"repeats\": 9}}"},
        {1, 4,
         "{\"name\": \"SplitBasedOnLabel\", \"args\": {\"field\": \"label\", \"label_names\": [\"l0\", \"l1\","
         " \"l2\", \"l3\"]}}"},
        {1, 4, "{\"name\": \"ConvertToMultiChannelBasedOnBratsClassesd\", \"args\": {\"keys\": \"label\"}}"},
    };
    struct scratch *scratch = *state;
    write_volume(scratch, "label.nii", MM_U8, 1, 4);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(scratch, write_volume(scratch, "image.nii", MM_F32, rows[i].channels, 100), rows[i].steps,
               rows[i].slack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_steps_make_is_within_the_bound, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
