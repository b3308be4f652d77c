/* An MMAR's data in one call: what a program of others relies on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "cache/loader.h"
#include "image/format.h"
#include "tests/support/scratch.h"

#define ITEMS 5

static const char config[] = "{\"epochs\": 3, \"DATASET_JSON\": \"dataset.json\", \"seed\": 11, \"workers\": 2,\n"
                             " \"train\": {\"pre_transforms\": [\n"
                             "   {\"name\": \"LoadImaged\", \"args\": {\"keys\": [\"image\"]}},\n"
                             "   {\"name\": \"EnsureChannelFirstd\", \"args\": {\"keys\": [\"image\"]}},\n"
                             "   {\"name\": \"RandFlipd\", \"args\": {\"keys\": [\"image\"], \"prob\": 0.5}}],\n"
                             "  \"image_pipeline\": {\"name\": \"SegmentationImagePipelineWithCache\", \"args\": "
                             "{\"data_list_key\": \"training\",\n"
                             "   \"output_batch_size\": 2, \"num_workers\": \"{workers}\"}}}}\n";

static void write(struct scratch *scratch, const char *name, const char *text)
{
    assert_int_equal(mm_file_write(scratch_path(scratch, name), text, strlen(text), NULL), MM_OK);
}

/* Volumes whose voxels are their number in the list. */
static void make_folder(struct scratch *scratch)
{
    struct mm_text list;
    mm_text_init(&list, 1 << 12);
    mm_text_add(&list, "{\"training\": [");
    for (int i = 0; i < ITEMS; i++) {
        struct mm_volume *volume = mm_volume_make(&scratch->arena, MM_I16, 3, 1, (int[3]){4, 3, 2});
        for (int v = 0; v < 24; v++)
            mm_volume_set(volume, 0, v / 12, v / 4 % 3, v % 4, i);
        const char *path = scratch_path(scratch, mm_arena_format(&scratch->arena, "%d.nii", i));
        assert_int_equal(mm_image_write(path, volume, NULL), MM_OK);
        mm_text_format(&list, "%s{\"image\": \"%d.nii\"}", i ? ", " : "", i);
    }
    mm_text_add(&list, "]}");
    write(scratch, "dataset.json", list.bytes);
    mm_text_done(&list);
    assert_int_equal(mm_file_make_folder(scratch_path(scratch, "config"), NULL), MM_OK);
    write(scratch, "config/config_train.json", config);
}

static void test_batches_of_a_folder(void **state)
{
    struct scratch *scratch = *state;
    struct mm_data *data;
    struct mm_error err = {0};
    const struct mm_batch *batch;
    bool seen[ITEMS] = {false};
    uint32_t samples = 0;
    make_folder(scratch);
    assert_int_equal(mm_data_open(scratch->folder, NULL, &data, &err), MM_OK);
    assert_int_equal(mm_data_items(data), ITEMS);
    assert_non_null(strstr(mm_data_file(data, 3, "image"), "3.nii"));
    assert_null(mm_data_file(data, 3, "label"));
    assert_null(mm_data_file(data, ITEMS, "image"));
    assert_string_equal(mm_data_warnings(data), "");
    struct mm_loader *loader = mm_data_loader(data);
    assert_int_equal(mm_loader_steps(loader), 3);
    assert_int_equal(mm_loader_begin(loader, 0, 0, &err), MM_OK);
    while (mm_loader_next(loader, &batch, &err) == MM_OK && batch) {
        assert_int_equal(batch->field_count, 1);
        assert_string_equal(batch->fields[0].name, "image");
        assert_int_equal(batch->fields[0].dim[2] * batch->fields[0].dim[3] * batch->fields[0].dim[4], 24);
        for (uint32_t i = 0; i < batch->sample_count; i++, samples++) {
            assert_true(mm_batch_value(&batch->fields[0], i * 24) == (float)batch->items[i]);
            seen[batch->items[i]] = true;
        }
    }
    assert_int_equal(samples, ITEMS);
    for (int i = 0; i < ITEMS; i++)
        assert_true(seen[i]);
    mm_data_close(data);
}

/* The caller's memory may go after the call. */
static void test_options_are_taken_over(void **state)
{
    struct scratch *scratch = *state;
    struct mm_data *data;
    const struct mm_batch *batch;
    make_folder(scratch);
    char name[] = "image", set[] = "train.image_pipeline.args.output_batch_size=5";
    const char *fields[] = {name}, *sets[] = {set};
    struct mm_data_options options = {
        .sets = sets, .set_count = 1, .loader = {.seed = 5, .fields = fields, .field_count = 1}};
    assert_int_equal(mm_data_open(scratch->folder, &options, &data, NULL), MM_OK);
    memset(name, 'x', sizeof name - 1);
    memset(set, 'x', sizeof set - 1);
    fields[0] = sets[0] = NULL;
    options = (struct mm_data_options){0};
    assert_int_equal(mm_loader_begin(mm_data_loader(data), 0, 0, NULL), MM_OK);
    assert_int_equal(mm_loader_next(mm_data_loader(data), &batch, NULL), MM_OK);
    assert_int_equal(batch->sample_count, 5);
    assert_string_equal(batch->fields[0].name, "image");
    for (uint32_t i = 0; i < ITEMS; i++)
        assert_int_equal(batch->items[i], i); /* not shuffled */
    mm_data_close(data);
}

static void test_everything_wrong_is_told_at_once(void **state)
{
    struct scratch *scratch = *state;
    struct mm_data *data;
    struct mm_error err = {0};
    make_folder(scratch);
    const char *const sets[] = {"train.image_pipeline.args.output_batch_size=-1",
                                "train.pre_transforms[2].name=RandFlop", "DATASET_JSON=other.json"};
    const struct mm_data_options options = {.sets = sets, .set_count = 2};
    assert_int_equal(mm_data_open(scratch->folder, &options, &data, &err), MM_ERR_CONFIG);
    assert_null(data);
    assert_non_null(strstr(err.text, "output_batch_size"));
    assert_non_null(strstr(err.text, "RandFlop"));
    const struct mm_data_options no_list = {.sets = sets + 2, .set_count = 1};
    assert_int_equal(mm_data_open(scratch->folder, &no_list, &data, &err), MM_ERR_IO);
    assert_non_null(strstr(err.text, "other.json"));
    const struct mm_data_options validation = {.validation = true};
    assert_int_equal(mm_data_open(scratch->folder, &validation, &data, &err), MM_ERR_CONFIG);
    assert_non_null(strstr(err.text, "validate.image_pipeline"));
    assert_int_equal(mm_data_open(scratch_path(scratch, "nowhere"), NULL, &data, &err), MM_ERR_IO);
    assert_non_null(strstr(err.text, "nowhere"));
    mm_data_close(NULL);
}

/* Memory that runs out anywhere is told, and nothing stays behind (the leak checker sees that). */
static void test_memory_that_runs_out(void **state)
{
    struct scratch *scratch = *state;
    struct mm_data *data;
    make_folder(scratch);
    for (uint64_t n = 1; n < 60; n++) {
        struct mm_error err = {0};
        mm_memory_fail_at(n);
        enum mm_status s = mm_data_open(scratch->folder, NULL, &data, &err);
        mm_memory_fail_at(0);
        assert_true((s == MM_OK) == (data != NULL));
        if (s == MM_OK)
            mm_data_close(data);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_batches_of_a_folder),
        TEST(test_options_are_taken_over),
        TEST(test_everything_wrong_is_told_at_once),
        TEST(test_memory_that_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
