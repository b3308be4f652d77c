/* Reading an image pipeline's arguments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cache/pipeline.h"

struct reading {
    struct mm_arena arena;
    struct mm_problems problems;
    struct mm_pipeline *pipeline;
    enum mm_status status;
};

static int setup(void **state)
{
    struct reading *r = mm_alloc(sizeof *r);
    mm_arena_init(&r->arena, NULL);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct reading *r = *state;
    mm_arena_done(&r->arena);
    mm_free(r);
    return 0;
}

static struct mm_component component_of(struct mm_arena *arena, const char *name, const char *args)
{
    cJSON *node = NULL;
    const char *text = mm_arena_format(arena, "{\"name\": \"%s\", \"args\": %s}", name, args);
    assert_int_equal(mm_json_parse(arena, "test.json", text, strlen(text), &node, NULL), MM_OK);
    return (struct mm_component){.name = name, .args = mm_json_get(node, "args"), .node = node};
}

static void read_with(struct reading *r, const char *name, const char *args, const char *batch_transform)
{
    struct mm_component pipeline = component_of(&r->arena, name, args);
    struct mm_component batch = component_of(&r->arena, batch_transform ? batch_transform : "", "{}");
    const struct mm_stage stage = {.pipeline = &pipeline, .batch_transforms = {batch_transform ? 1 : 0, &batch}};
    mm_problems_init(&r->problems, &r->arena);
    r->pipeline = NULL;
    r->status = mm_pipeline_read(&r->arena, &stage, &r->pipeline, &r->problems);
}

static void expect_problem(struct reading *r, const char *args, const char *expected)
{
    read_with(r, "SegmentationImagePipelineWithCache", args, NULL);
    assert_int_equal(r->status, MM_ERR_CONFIG);
    assert_int_equal(r->problems.errors, 1);
    const struct mm_problem *problem = &r->problems.items[0];
    if (!strstr(problem->text, expected) && !strstr(problem->place.path, expected))
        fail_msg("\"%s\" is not in \"%s: %s\"", expected, problem->place.path, problem->text);
}

static void test_a_pipeline_of_clara_is_read(void **state)
{
    struct reading *r = *state;
    read_with(
        r, "SegmentationImagePipelineWithCache",
        "{\"data_list_file_path\": \"d.json\", \"data_file_base_dir\": \"/data\", \"data_list_key\": \"validation\","
        " \"output_crop_size\": [96, 96, 64], \"output_batch_size\": 4, \"batched_by_transforms\": false,"
        " \"num_workers\": 16, \"prefetch_size\": 8, \"num_cache_objects\": 32, \"replace_percent\": 0.25,"
        " \"output_data_format\": \"channels_last\", \"caches_data\": true, \"output_image_channels\": 3}",
        "MergeBatchDims");
    assert_int_equal(r->status, MM_OK);
    assert_int_equal(r->problems.errors, 0);
    const struct mm_pipeline *p = r->pipeline;
    assert_string_equal(p->name, "SegmentationImagePipelineWithCache");
    assert_string_equal(p->data_list_file_path, "d.json");
    assert_string_equal(p->data_list_key, "validation");
    assert_int_equal(p->output_crop_size.count, 3);
    assert_int_equal(p->output_crop_size.items[2], 64);
    assert_int_equal(p->output_batch_size, 4);
    assert_int_equal(p->num_workers, 16);
    assert_int_equal(p->prefetch_size, 8);
    assert_int_equal(p->num_cache_objects, 32);
    assert_true(p->replace_percent == 0.25);
    assert_true(p->caches && p->merges_batch_dims && !p->batched_by_transforms && p->shuffle);
    assert_string_equal(p->on_bad_item, "stop");
    assert_true(p->item_deadline == 600);
    read_with(r, "SegmentationImagePipeline", "{\"on_bad_item\": \"skip\", \"item_deadline\": 0.5}", NULL);
    assert_int_equal(r->status, MM_OK);
    assert_string_equal(r->pipeline->on_bad_item, "skip");
    assert_true(r->pipeline->item_deadline == 0.5);
}

static void test_defaults(void **state)
{
    struct reading *r = *state;
    read_with(r, "ClassificationKerasImagePipeline", "{}", NULL);
    assert_int_equal(r->status, MM_OK);
    assert_int_equal(r->problems.count, 0);
    const struct mm_pipeline *p = r->pipeline;
    assert_string_equal(p->data_list_key, "training");
    assert_null(p->data_list_file_path);
    assert_int_equal(p->output_batch_size, 1);
    assert_int_equal(p->num_workers, 2);
    assert_int_equal(p->prefetch_size, 4);
    assert_false(p->caches || p->batched_by_transforms || p->merges_batch_dims);
    assert_int_equal(p->cache_memory, 0);
    assert_int_equal(p->image_fields.count, 0);
}

static void test_a_number_of_objects_makes_any_pipeline_cache(void **state)
{
    struct reading *r = *state;
    read_with(r, "SegmentationImagePipeline", "{\"cache_num\": 8, \"replace_rate\": 0.5}", NULL);
    assert_int_equal(r->status, MM_OK);
    assert_true(r->pipeline->caches);
    assert_int_equal(r->pipeline->num_cache_objects, 8);
    read_with(r, "SegmentationImagePipeline", "{\"replace_percent\": 0.5}", NULL);
    assert_int_equal(r->status, MM_OK);
    assert_false(r->pipeline->caches);
    assert_int_equal(r->problems.count, 1); /* does nothing: a warning */
    assert_int_equal(r->problems.items[0].severity, MM_SEVERITY_WARNING);
}

static void test_percentages_are_explained(void **state)
{
    struct reading *r = *state;
    expect_problem(r, "{\"replace_percent\": 25}", "for 25 percent write 0.25");
    expect_problem(r, "{\"replace_rate\": -0.1}", "a fraction from 0 to 1 or \"auto\", got number -0.1");
    expect_problem(r, "{\"replace_percent\": \"much\"}", "got string \"much\"");
}

/* Every name that a config may write, and each example. */
static void test_each_kind_is_read_by_all_its_names(void **state)
{
    struct reading *r = *state;
    for (const struct mm_pipeline_kind *kind = mm_pipeline_kinds; kind->name; kind++) {
        const char *names = mm_arena_format(&r->arena, "%s %s", kind->name, kind->aliases);
        for (size_t length; *names; names += length + (names[length] != 0)) {
            length = strcspn(names, " ");
            read_with(r, mm_arena_format(&r->arena, "%.*s", (int)length, names), "{}", NULL);
            assert_int_equal(r->status, MM_OK);
            assert_int_equal(r->pipeline->caches, kind->caches);
        }
        cJSON *example = cJSON_Parse(kind->example);
        char *args = cJSON_PrintUnformatted(cJSON_GetObjectItem(example, "args"));
        read_with(r, cJSON_GetObjectItem(example, "name")->valuestring, args, NULL);
        assert_int_equal(r->status, MM_OK);
        assert_int_equal(r->problems.count, 0);
        cJSON_free(args);
        cJSON_Delete(example);
    }
}

static void expect_warning(struct reading *r, const char *args, const char *words)
{
    read_with(r, "SegmentationImagePipelineWithCache", args, NULL);
    assert_int_equal(r->status, MM_OK);
    assert_int_equal(r->problems.count, 1);
    assert_int_equal(r->problems.items[0].severity, MM_SEVERITY_WARNING);
    assert_non_null(strstr(r->problems.items[0].text, words));
}

static void test_epochs_between_replacements_are_counted(void **state)
{
    struct reading *r = *state;
    read_with(r, "SegmentationImagePipelineWithCache", "{\"replace_percent\": 0.5, \"replace_every\": 5}", NULL);
    assert_int_equal(r->status, MM_OK);
    assert_int_equal(r->problems.count, 0);
    assert_int_equal(r->pipeline->replace_every, 5);
    read_with(r, "SegmentationImagePipelineWithCache", "{\"replace_percent\": 0.5}", NULL);
    assert_int_equal(r->pipeline->replace_every, 1);
    expect_problem(r, "{\"replace_percent\": 0.5, \"replace_every\": 0}", "at least 1");
    expect_problem(r, "{\"replace_percent\": 0.5, \"replace_every\": 1.5}", "integer");
    expect_warning(r, "{\"replace_every\": 5}", "replace_every does nothing: replace_percent is 0");
    expect_warning(r, "{\"replace_percent\": \"auto\", \"replace_every\": 5}", "\"auto\" chooses it");
}

static void test_memory_has_units(void **state)
{
    struct reading *r = *state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } rows[] = {{"\"8GiB\"", 8ull << 30}, {"\"1.5 MiB\"", 3ull << 19},
                {"\"2GB\"", 2000000000},  {"123456", 123456},
                {"\"4096\"", 4096},       {"0", 0},
                {"\"17 B\"", 17},         {"null", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        read_with(r, "SegmentationImagePipelineWithCache",
                  mm_arena_format(&r->arena, "{\"cache_memory\": %s}", rows[i].text), NULL);
        assert_int_equal(r->status, MM_OK);
        assert_int_equal(r->pipeline->cache_memory, rows[i].bytes);
    }
    read_with(r, "SegmentationImagePipeline", "{\"cache_dir\": \"kept\", \"cache_dir_limit\": \"20 GiB\"}", NULL);
    assert_string_equal(r->pipeline->cache_dir, "kept");
    assert_int_equal(r->pipeline->cache_dir_limit, 20ull << 30);
    assert_false(r->pipeline->caches);
    expect_problem(r, "{\"cache_dir\": \"kept\", \"cache_dir_limit\": \"auto\"}", "number of bytes or text such as");
    static const char *const bad[] = {"\"8 gigabytes\"", "\"-1GiB\"", "-5", "\"\"", "true", "\"nan\"", "1e30", "[1]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_problem(r, mm_arena_format(&r->arena, "{\"cache_memory\": %s}", bad[i]), "text such as \"8GiB\"");
}

static void test_numbers_may_be_automatic(void **state)
{
    struct reading *r = *state;
    read_with(r, "SegmentationImagePipeline", "{\"num_cache_objects\": \"auto\", \"replace_percent\": \"auto\"}",
              NULL);
    assert_int_equal(r->status, MM_OK);
    const struct mm_pipeline *p = r->pipeline;
    assert_true(p->auto_objects && p->auto_replace && p->auto_memory && p->caches && mm_pipeline_is_open(p));
    read_with(r, "SegmentationImagePipelineWithCache", "{\"num_cache_objects\": \"auto\", \"cache_memory\": 4096}",
              NULL);
    assert_true(r->pipeline->auto_objects && !r->pipeline->auto_memory && r->pipeline->cache_memory == 4096);
    read_with(r, "SegmentationImagePipelineWithCache", "{\"cache_memory\": \"auto\"}", NULL);
    assert_true(r->pipeline->auto_memory && !r->pipeline->auto_objects && mm_pipeline_is_open(r->pipeline));
    read_with(r, "SegmentationImagePipelineWithCache", "{}", NULL);
    assert_false(mm_pipeline_is_open(r->pipeline));
    expect_problem(r, "{\"num_cache_objects\": \"all\"}", "or \"auto\", got string \"all\"");
    expect_problem(r, "{\"num_cache_objects\": 2.5}", "num_cache_objects");
}

static void test_what_cannot_be_is_refused(void **state)
{
    struct reading *r = *state;
    expect_problem(r, "{\"on_bad_item\": \"ignore\"}", "skip");
    expect_problem(r, "{\"item_deadline\": -1}", "item_deadline");
    expect_problem(r, "{\"num_cache_object\": 3}", "num_cache_objects");
    expect_problem(r, "{\"num_cache_objects\": -1}", "num_cache_objects");
    expect_problem(r, "{\"output_batch_size\": 1.5}", "output_batch_size");
    expect_problem(r, "{\"duplicate_count\": 4}", "duplicate_count");
    read_with(r, "SegmentationImagePipelineWithCash", "{}", NULL);
    assert_int_equal(r->status, MM_ERR_CONFIG);
    assert_non_null(strstr(r->problems.items[0].text, "SegmentationImagePipelineWithCache"));
    read_with(r, "SegmentationImagePipeline", "{}", "SomethingElse");
    assert_int_equal(r->status, MM_ERR_CONFIG);
    assert_non_null(strstr(r->problems.items[0].text, "only MergeBatchDims"));
    const struct mm_stage empty = {0};
    mm_problems_init(&r->problems, &r->arena);
    assert_int_equal(mm_pipeline_read(&r->arena, &empty, &r->pipeline, &r->problems), MM_ERR_CONFIG);
    assert_non_null(strstr(r->problems.items[0].text, "image_pipeline"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void test_compression_is_a_choice(void **state)
{
    struct reading *r = *state;
    read_with(r, "SegmentationImagePipelineWithCache", "{}", NULL);
    assert_int_equal(r->pipeline->compression, MM_COMPRESSION_AUTO);
    read_with(r, "SegmentationImagePipelineWithCache", "{\"cache_compression\": \"auto\"}", NULL);
    assert_int_equal(r->pipeline->compression, MM_COMPRESSION_AUTO);
    read_with(r, "SegmentationImagePipelineWithCache", "{\"cache_compression\": \"none\"}", NULL);
    assert_int_equal(r->pipeline->compression, MM_COMPRESSION_NONE);
    read_with(r, "SegmentationImagePipelineWithCache", "{\"cache_compression\": \"lz4\"}", NULL);
    assert_int_equal(r->pipeline->compression, MM_COMPRESSION_LZ4);
    expect_problem(r, "{\"cache_compression\": \"gzip\"}", "gzip");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_compression_is_a_choice, setup, teardown),
        TEST(test_a_pipeline_of_clara_is_read),
        TEST(test_defaults),
        TEST(test_a_number_of_objects_makes_any_pipeline_cache),
        TEST(test_percentages_are_explained),
        TEST(test_each_kind_is_read_by_all_its_names),
        TEST(test_epochs_between_replacements_are_counted),
        TEST(test_memory_has_units),
        TEST(test_numbers_may_be_automatic),
        TEST(test_what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
