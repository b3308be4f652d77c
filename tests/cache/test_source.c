/* A source read from files, with real transforms, from config to batches: threads, cache, resuming change no bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "cache/disk_folder.h"
#include "cache/loader.h"
#include "cache/pipeline.h"
#include "cache/whole.h"
#include "image/format.h"
#include "tests/support/scratch.h"

#define ITEMS 7

static void write_text(struct scratch *scratch, const char *name, const char *text)
{
    scratch_file(scratch, name, text, strlen(text));
}

static void write_case(struct scratch *scratch, int i)
{
    int size[3] = {20 + i, 18, 16};
    struct mm_volume *image = mm_volume_make(&scratch->arena, MM_I16, 3, 1, size);
    struct mm_volume *label = mm_volume_make(&scratch->arena, MM_U8, 3, 1, size);
    for (int z = 0; z < size[2]; z++)
        for (int y = 0; y < size[1]; y++)
            for (int x = 0; x < size[0]; x++) {
                bool inside = (x - 9) * (x - 9) + (y - 9) * (y - 9) + (z - 8) * (z - 8) < 16 + i;
                mm_volume_set(image, 0, z, y, x, (x * 7 + y * 5 + z * 3 + i) % 100 + 100 * inside);
                mm_volume_set(label, 0, z, y, x, inside);
            }
    struct mm_error err = {0};
    char *image_path = scratch_path(scratch, mm_arena_format(&scratch->arena, "image%d.nii.gz", i));
    char *label_path = scratch_path(scratch, mm_arena_format(&scratch->arena, "label%d.nii.gz", i));
    assert_int_equal(mm_image_write(image_path, image, &err), MM_OK);
    assert_int_equal(mm_image_write(label_path, label, &err), MM_OK);
}

static void write_files(struct scratch *scratch, const char *pipeline_args)
{
    struct mm_text list;
    mm_text_init(&list, 1 << 16);
    mm_text_add(&list, "{\"training\": [");
    for (int i = 0; i < ITEMS; i++) {
        write_case(scratch, i);
        mm_text_format(&list, "%s{\"image\": \"image%d.nii.gz\", \"label\": \"label%d.nii.gz\"}", i ? ", " : "", i,
                       i);
    }
    mm_text_add(&list, "]}");
    write_text(scratch, "list.json", list.bytes);
    mm_text_done(&list);
    write_text(
        scratch, "config.json",
        mm_arena_format(
            &scratch->arena,
            "{\"epochs\": 1, \"DATASET_JSON\": \"list.json\", \"train\": {\"pre_transforms\": ["
            "{\"name\": \"LoadImaged\", \"args\": {\"keys\": [\"image\", \"label\"]}},"
            "{\"name\": \"EnsureChannelFirstd\", \"args\": {\"keys\": [\"image\", \"label\"]}},"
            "{\"name\": \"ScaleIntensityRanged\", \"args\": {\"keys\": \"image\", \"a_min\": 0, \"a_max\": 200,"
            " \"b_min\": 0, \"b_max\": 1}},"
            "{\"name\": \"RandCropByPosNegLabeld\", \"args\": {\"keys\": [\"image\", \"label\"],"
            " \"label_key\": \"label\", \"spatial_size\": [8, 8, 8], \"num_samples\": 3}},"
            "{\"name\": \"RandFlipd\", \"args\": {\"keys\": [\"image\", \"label\"], \"prob\": 0.5}},"
            "{\"name\": \"RandShiftIntensityd\", \"args\": {\"keys\": \"image\", \"offsets\": 0.1, \"prob\": 0.5}}],"
            "\"image_pipeline\": {\"name\": \"SegmentationImagePipelineWithCache\", \"args\": {%s}}}}",
            pipeline_args));
}

static enum mm_status open_source(struct scratch *scratch, struct mm_source **source, struct mm_problems *problems)
{
    struct mm_config *config;
    struct mm_error err = {0};
    const struct mm_config_sources sources = {.root = scratch->folder, .config = "config.json"};
    mm_problems_init(problems, &scratch->arena);
    if (mm_config_read(&scratch->arena, &sources, &config, problems, &err))
        fail_msg("%s %s", err.text, problems->count ? problems->items[0].text : "");
    return mm_source_open(&scratch->arena, config, &config->train, scratch->folder, source, problems, &err);
}

static struct mm_source *need_source(struct scratch *scratch)
{
    struct mm_source *source = NULL;
    struct mm_problems problems;
    if (open_source(scratch, &source, &problems))
        fail_msg("%s", problems.count ? problems.items[0].text : "no problem told");
    return source;
}

/* Digest of all batches from (epoch, step) to the end of epoch `last`. */
static void digest_batches(const struct mm_source *source, const struct mm_loader_options *options, uint32_t epoch,
                           uint32_t step, uint32_t last, unsigned char digest[32])
{
    struct mm_loader *loader;
    struct mm_error err = {0};
    struct mm_sha256 hash;
    const struct mm_batch *batch;
    assert_int_equal(mm_sha256_init(&hash, &err), MM_OK);
    if (mm_loader_open(source, options, &loader, &err))
        fail_msg("%s", err.text);
    for (; epoch <= last; epoch++, step = 0) {
        assert_int_equal(mm_loader_begin(loader, epoch, step, &err), MM_OK);
        for (;;) {
            if (mm_loader_next(loader, &batch, &err))
                fail_msg("%s", err.text);
            if (!batch)
                break;
            for (size_t i = 0; i < batch->field_count; i++) {
                const int64_t *dim = batch->fields[i].dim;
                assert_memory_equal(dim + 1, ((const int64_t[]){1, 8, 8, 8}), 4 * sizeof *dim);
                mm_sha256_add(&hash, batch->fields[i].data,
                              (size_t)dim[0] * 512 * mm_type_bytes(batch->fields[i].type), NULL);
            }
        }
    }
    assert_int_equal(mm_sha256_done(&hash, digest, NULL), MM_OK);
    struct mm_loader_stats stats;
    mm_loader_stats_get(loader, &stats);
    assert_true(!source->pipeline->cache_memory || stats.peak_bytes <= source->pipeline->cache_memory);
    mm_loader_close(loader);
}

static void test_threads_cache_and_resuming_change_no_bit(void **state)
{
    struct scratch *scratch = *state;
    write_files(scratch, "\"output_batch_size\": 2, \"num_cache_objects\": 4, \"replace_percent\": 0.5,"
                         "\"output_crop_size\": [8, 8, 8]");
    const struct mm_source *source = need_source(scratch);
    assert_int_equal(source->list->count, ITEMS);
    assert_int_equal(source->prefix, 3);
    unsigned char first[32], other[32], rest[32];
    struct mm_loader_options options = {.seed = 5, .threads = 1, .shuffle = true};
    digest_batches(source, &options, 0, 0, 5, first);
    digest_batches(source, &options, 3, 1, 5, rest);
    for (int variant = 0; variant < 4; variant++) {
        options.threads = variant % 2 ? 1 : 4;
        options.no_cache = variant / 2;
        digest_batches(source, &options, 0, 0, 5, other);
        assert_memory_equal(first, other, 32);
        digest_batches(source, &options, 3, 1, 5, other); /* a run resumed in the middle of epoch 3 */
        assert_memory_equal(rest, other, 32);
    }
    options.seed = 6;
    digest_batches(source, &options, 0, 0, 5, other);
    assert_memory_not_equal(first, other, 32);
}

/* Whatever the limit: no byte above it, and no bit of a batch changes while N and R are the same. */
static void test_limits_of_memory_hold_and_change_no_bit(void **state)
{
    struct scratch *scratch = *state;
    write_files(scratch, "\"output_batch_size\": 2, \"num_cache_objects\": 4, \"replace_percent\": 0.5");
    struct mm_source source = *need_source(scratch);
    struct mm_pipeline pipeline = *source.pipeline;
    struct mm_cache_plan plan;
    unsigned char first[32], other[32];
    struct mm_loader_options options = {.seed = 5, .threads = 3, .shuffle = true};
    digest_batches(&source, &options, 0, 0, 5, first);
    source.pipeline = &pipeline;
    pipeline.is_resolved = true;
    assert_int_equal(mm_cache_plan_make(&source, SIZE_MAX, 1, &plan, NULL), MM_OK);
    for (uint64_t places = 0; places < 8; places++) {
        pipeline.cache_memory = places * plan.bytes_per_item + 1;
        digest_batches(&source, &options, 0, 0, 5, other);
        assert_memory_equal(first, other, 32);
    }
    pipeline.is_resolved = false;
    for (uint64_t places = 1; places < 8; places++) {
        pipeline.cache_memory = places * plan.bytes_per_item;
        struct mm_loader *loader;
        struct mm_loader_stats stats = {0};
        const struct mm_batch *batch;
        assert_int_equal(mm_loader_open(&source, &options, &loader, NULL), MM_OK);
        assert_true(mm_loader_steps(loader) <= 2);
        for (uint32_t epoch = 0; epoch < 5; epoch++) {
            assert_int_equal(mm_loader_begin(loader, epoch, 0, NULL), MM_OK);
            do
                assert_int_equal(mm_loader_next(loader, &batch, NULL), MM_OK);
            while (batch);
            mm_loader_stats_get(loader, &stats);
            assert_true(places < 2 || !stats.not_kept); /* N was lowered until all fit */
            assert_true(stats.bytes > 0 && stats.peak_bytes <= pipeline.cache_memory);
        }
        mm_loader_close(loader);
    }
}

/* What the disk did in three epochs. */
static struct mm_loader_stats count_disk(const struct mm_source *source, const struct mm_loader_options *options)
{
    struct mm_loader *loader;
    struct mm_loader_stats sum = {0}, stats;
    const struct mm_batch *batch;
    assert_int_equal(mm_loader_open(source, options, &loader, NULL), MM_OK);
    for (uint32_t epoch = 0; epoch < 3; epoch++) {
        assert_int_equal(mm_loader_begin(loader, epoch, 0, NULL), MM_OK);
        do
            assert_int_equal(mm_loader_next(loader, &batch, NULL), MM_OK);
        while (batch);
        mm_loader_stats_get(loader, &stats);
        sum.disk_hits += stats.disk_hits;
        sum.disk_written += stats.disk_written;
        sum.disk_damaged += stats.disk_damaged;
    }
    mm_loader_close(loader);
    return sum;
}

static void cut_one(struct scratch *scratch, const char *folder)
{
    struct mm_disk_entry *entries;
    size_t count;
    assert_int_equal(mm_disk_folder_list(&scratch->arena, folder, &entries, &count, NULL), MM_OK);
    assert_int_equal(count, ITEMS);
    assert_int_equal(truncate(entries[3].path, (off_t)entries[3].bytes / 2), 0);
}

/* Nothing kept, memory, disk cold, disk warm, disk without memory, disk damaged: the same batches. */
static void test_tiers_change_no_bit(void **state)
{
    struct scratch *scratch = *state;
    write_files(scratch, "\"output_batch_size\": 2, \"num_cache_objects\": 5, \"replace_percent\": 0.4,"
                         "\"cache_dir\": \"kept\"");
    struct mm_source source = *need_source(scratch);
    struct mm_pipeline pipeline = *source.pipeline;
    const char *folder = pipeline.cache_dir;
    unsigned char first[32], other[32];
    struct mm_loader_options options = {.seed = 5, .threads = 3, .shuffle = true, .no_cache = true};
    assert_string_equal(folder, scratch_path(scratch, "kept"));
    source.pipeline = &pipeline;
    pipeline.is_resolved = true; /* N stays whatever the memory */
    digest_batches(&source, &options, 0, 0, 2, first);
    assert_false(mm_file_exists(folder)); /* no_cache is without the disk too */
    options.no_cache = false;
    for (int tier = 0; tier < 5;
         tier++) { /* memory; cold, which writes; warm; warm without room in memory; one damaged */
        pipeline.cache_dir = tier == 0 ? NULL : folder;
        pipeline.cache_memory = tier < 3 ? 0 : 1;
        if (tier == 4)
            cut_one(scratch, folder);
        digest_batches(&source, &options, 0, 0, 2, other);
        assert_memory_equal(first, other, 32);
    }
    struct mm_loader_stats stats = count_disk(&source, &options);
    assert_true(stats.disk_hits >= ITEMS && stats.disk_written == 0 && stats.disk_damaged == 0);
    cut_one(scratch, folder);
    stats = count_disk(&source, &options);
    assert_true(stats.disk_written == 1 && stats.disk_damaged == 1);
}

/* Validation's samples are the entries that a training wrote. */
static void test_whole_samples_share_the_disk(void **state)
{
    struct scratch *scratch = *state;
    write_files(scratch, "\"num_cache_objects\": 5, \"cache_dir\": \"kept\", \"replace_percent\": 1");
    const struct mm_source *source = need_source(scratch);
    const struct mm_loader_options options = {.seed = 5, .threads = 2};
    struct mm_loader *loader;
    struct mm_sample *sample;
    struct mm_loader_stats stats;
    count_disk(source, &options);
    assert_int_equal(mm_loader_open(source, &options, &loader, NULL), MM_OK);
    for (uint32_t i = 0; i < ITEMS; i++) {
        assert_int_equal(mm_loader_sample(loader, i, &scratch->arena, &sample, NULL), MM_OK);
        assert_non_null(mm_sample_find(sample, "label:foreground")); /* made from what was read */
        mm_loader_release(loader, i);
    }
    mm_loader_stats_get(loader, &stats);
    assert_int_equal(stats.disk_hits, ITEMS);
    assert_int_equal(stats.disk_written, 0);
    mm_loader_close(loader);
}

static void test_bound_of_the_plan_holds(void **state)
{
    struct scratch *scratch = *state;
    write_files(scratch, "\"output_batch_size\": 2");
    const struct mm_source *source = need_source(scratch);
    struct mm_cache_plan plan;
    assert_int_equal(mm_cache_plan_make(source, SIZE_MAX, 1, &plan, NULL), MM_OK);
    struct mm_loader *loader;
    const struct mm_loader_options options = {.seed = 1};
    assert_int_equal(mm_loader_open(source, &options, &loader, NULL), MM_OK);
    assert_int_equal(mm_loader_begin(loader, 0, 0, NULL), MM_OK);
    const struct mm_batch *batch;
    do
        assert_int_equal(mm_loader_next(loader, &batch, NULL), MM_OK);
    while (batch);
    struct mm_loader_stats stats;
    mm_loader_stats_get(loader, &stats);
    assert_true(stats.bytes > 0 && stats.bytes <= plan.bytes_per_item * ITEMS);
    mm_loader_close(loader);
}

static void test_everything_wrong_is_found_in_one_run(void **state)
{
    struct scratch *scratch = *state;
    write_text(scratch, "list.json", "{\"validation\": [{\"image\": \"a.nii\"}]}");
    write_text(scratch, "config.json",
               "{\"train\": {\"pre_transforms\": [{\"name\": \"LoadImagge\"}],"
               "\"image_pipeline\": {\"name\": \"SegmentationImagePipeline\", \"args\": {"
               "\"data_list_file_path\": \"list.json\", \"replace_percent\": 20}}}}");
    struct mm_source *source;
    struct mm_problems problems;
    assert_int_equal(open_source(scratch, &source, &problems), MM_ERR_CONFIG);
    assert_int_equal(problems.errors, 2);
    write_text(scratch, "config.json",
               "{\"train\": {\"pre_transforms\": [],"
               "\"image_pipeline\": {\"name\": \"SegmentationImagePipeline\"}}}");
    assert_int_equal(open_source(scratch, &source, &problems), MM_ERR_CONFIG);
    assert_non_null(strstr(problems.items[0].text, "DATASET_JSON"));
}

static void test_missing_file_ends_the_batch_that_needs_it(void **state)
{
    struct scratch *scratch = *state;
    write_files(scratch, "\"output_batch_size\": 1");
    assert_int_equal(remove(scratch_path(scratch, "label2.nii.gz")), 0);
    const struct mm_source *source = need_source(scratch);
    struct mm_loader *loader;
    struct mm_error err = {0};
    const struct mm_batch *batch;
    const struct mm_loader_options options = {.seed = 1, .shuffle = false};
    assert_int_equal(mm_loader_open(source, &options, &loader, NULL), MM_OK);
    assert_int_equal(mm_loader_begin(loader, 0, 0, NULL), MM_OK);
    assert_int_equal(mm_loader_next(loader, &batch, &err), MM_OK);
    assert_int_equal(mm_loader_next(loader, &batch, &err), MM_OK);
    assert_int_not_equal(mm_loader_next(loader, &batch, &err), MM_OK);
    assert_non_null(strstr(err.text, "transform 1 (LoadImage)"));
    assert_non_null(strstr(err.text, "label2.nii.gz"));
    mm_loader_close(loader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_threads_cache_and_resuming_change_no_bit),
        TEST(test_limits_of_memory_hold_and_change_no_bit),
        TEST(test_tiers_change_no_bit),
        TEST(test_whole_samples_share_the_disk),
        TEST(test_bound_of_the_plan_holds),
        TEST(test_everything_wrong_is_found_in_one_run),
        TEST(test_missing_file_ends_the_batch_that_needs_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
