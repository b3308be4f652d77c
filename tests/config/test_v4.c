/* Clara 4's dialect is read into version 3's sections. */
#include "tests/config/fixture.h"

static void dataset_and_dataloader_become_the_pipeline(void **state)
{
    struct fixture f;
    read_good(&f, state,
              "{\"train\": {\"dataset\": {\"name\": \"SmartCacheDataset\", \"data_list_file_path\": \"a.json\", "
              "\"data_file_base_dir\": \"b\","
              "\n \"data_list_key\": \"training\", \"args\": {\"transform\": \"@pre_transforms\", \"cache_num\": 8, "
              "\"replace_rate\": 0.25, \"progress\": true}},"
              " \"dataloader\": {\"name\": \"DataLoader\", \"args\": {\"dataset\": \"@dataset\", \"batch_size\": 2, "
              "\"shuffle\": true, \"num_workers\": 3, \"pin_memory\": true}}}}",
              NULL, NULL);
    const struct mm_component *pipeline = f.config->train.pipeline;
    assert_string_equal(pipeline->name, "SegmentationImagePipelineWithCache");
    assert_string_equal(mm_json_print(f.arena, pipeline->args, MM_JSON_CANONICAL),
                        "{\"cache_num\":8,\"data_file_base_dir\":\"b\",\"data_list_file_path\":\"a.json\",\"data_"
                        "list_key\":\"training\","
                        "\"num_workers\":3,\"output_batch_size\":2,\"replace_rate\":0.25,\"shuffle\":true}");
    struct mm_place place = mm_json_place(f.arena, mm_json_get(pipeline->args, "cache_num"));
    assert_int_equal(place.line, 2);
    assert_int_equal(f.problems.count, 2);
    assert_string_equal(f.problems.items[0].text, "progress has no effect here");
    assert_string_equal(f.problems.items[1].text, "pin_memory has no effect here");
    assert_int_equal(f.problems.items[1].severity, MM_SEVERITY_NOTE);
}

static void dataset_classes_have_their_pipelines(void **state)
{
    static const char *const names[][2] = {
        {"Dataset", "SegmentationImagePipeline"},
        {"CacheDataset", "SegmentationImagePipelineWithCache"},
        {"PersistentDataset", "SegmentationImagePipelineWithCache"},
        {"LMDBDataset", "SegmentationImagePipelineWithCache"},
    };
    struct fixture f;
    for (size_t i = 0; i < 4; i++) {
        char text[256];
        snprintf(text, sizeof text, "{\"train\": {\"dataset\": {\"name\": \"%s\"}}}", names[i][0]);
        read_good(&f, state, text, NULL, NULL);
        assert_string_equal(f.config->train.pipeline->name, names[i][1]);
    }
}

static void schedules_and_metrics_move(void **state)
{
    struct fixture f;
    read_good(&f, state,
              "{\"train\": {\"lr_scheduler\": {\"name\": \"StepLR\", \"args\": {\"optimizer\": \"@optimizer\", "
              "\"gamma\": 0.1}}, \"dataset\": {\"name\": \"Dataset\"}},"
              " \"validate\": {\"key_metric\": {\"name\": \"MeanDice\"}, \"additional_metrics\": [{\"name\": "
              "\"Accuracy\"}, {\"name\": \"Loss\"}]}}",
              NULL, NULL);
    assert_string_equal(f.config->train.schedule->name, "StepLR");
    assert_string_equal(mm_json_print(f.arena, f.config->train.schedule->args, MM_JSON_COMPACT), "{\"gamma\":0.1}");
    const struct mm_components *metrics = &f.config->validate.metrics;
    assert_string_equal(names_of(&f, metrics), "MeanDice Accuracy Loss");
    assert_true(cJSON_IsTrue(mm_json_get(metrics->items[0].node, "is_key_metric")));
    assert_null(mm_json_get(metrics->items[1].node, "is_key_metric"));
    assert_int_equal(f.problems.count, 0);
}

#define WITH_ARGS(args)                                                                                              \
    "{\"train\": {\"dataset\": {\"name\": \"Dataset\"}, \"optimizer\": {\"name\": \"Adam\", \"args\": {" args "}}}}"

static void known_wiring_is_removed(void **state)
{
    struct fixture f;
    read_good(&f, state,
              WITH_ARGS("\"params\": \"#@model.parameters()\", \"lr\": 1, \"network\": \"@model\", \"t\": "
                        "\"#monai.handlers.from_engine(['pred', 'label'])\","
                        " \"u\": \"lambda x: None\", \"v\": \"lambda x: (x['pred'], x['label'])\""),
              NULL, NULL);
    assert_string_equal(mm_json_print(f.arena, f.config->train.optimizer->args, MM_JSON_COMPACT), "{\"lr\":1}");
}

/* An output_transform that is of parts of prediction and label says which, as version 3's arguments do. */
static void parts_are_named(void **state)
{
    static const char *const codes[][2] = {
        {"#monai.handlers.from_engine(['pred_tc', 'label_tc'])",
         "{\"field\":\"pred_tc\",\"label_field\":\"label_tc\"}"},
        {"lambda x: (x['pred_wt'], x['label_wt'])", "{\"field\":\"pred_wt\",\"label_field\":\"label_wt\"}"},
        {"#monai.handlers.from_engine(['pred', 'label'])", "{}"},
        {"#monai.handlers.from_engine(['loss'], first=True)", "{}"},
    };
    struct fixture f;
    for (size_t i = 0; i < 4; i++) {
        char text[256];
        snprintf(text, sizeof text, WITH_ARGS("\"output_transform\": \"%s\""), codes[i][0]);
        read_good(&f, state, text, NULL, NULL);
        assert_string_equal(mm_json_print(f.arena, f.config->train.optimizer->args, MM_JSON_COMPACT), codes[i][1]);
    }
}

static void other_code_is_an_error_that_quotes_it(void **state)
{
    struct fixture f;
    read_bad(&f, state, WITH_ARGS("\"x\": \"lambda x: __import__('os')\""), NULL, "train.optimizer.args.x",
             "Python code cannot run here, got string \"lambda x: __import__('os')\"");
    read_bad(&f, state, WITH_ARGS("\"x\": {\"y\": [\"#1 + 1\"]}"), NULL, "train.optimizer.args.x.y[0]",
             "Python code cannot run here, got string \"#1 + 1\"");
}

static void version_3_keeps_such_strings(void **state)
{
    struct fixture f;
    read_good(&f, state,
              "{\"train\": {\"loss\": {\"name\": \"L\", \"args\": {\"colour\": \"#ff0000\", \"mail\": \"@x\"}}}}",
              NULL, NULL);
    assert_string_equal(mm_json_print(f.arena, f.config->train.loss->args, MM_JSON_COMPACT),
                        "{\"colour\":\"#ff0000\",\"mail\":\"@x\"}");
}

static void odd_shapes_do_no_harm(void **state)
{
    static const char *const texts[] = {
        "{\"train\": {\"dataset\": {}}}",
        "{\"train\": {\"dataset\": {\"name\": 5, \"args\": 3}, \"dataloader\": []}}",
        "{\"train\": {\"dataset\": [], \"key_metric\": 5, \"additional_metrics\": [null]}}",
        "{\"train\": {\"metrics\": {\"name\": \"A\"}, \"key_metric\": {\"name\": \"B\"}}}",
        "{\"train\": {\"lr_scheduler\": 5, \"lr_policy\": {\"name\": \"A\"}}}",
        "{\"train\": {\"dataset\": {\"name\": \"Dataset\"}, \"image_pipeline\": {\"name\": \"P\"}}}",
        "{\"train\": 5, \"validate\": []}",
        "{\"dataset\": {\"name\": \"Dataset\"}, \"key_metric\": []}",
    };
    struct fixture f;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        read_config(&f, state, texts[i], NULL, NULL);
        assert_non_null(f.config);
    }
}

static void arguments_that_are_a_list_are_refused(void **state)
{
    static const char *const texts[] = {
        "{\"train\": {\"dataset\": {\"name\": \"CacheDataset\", \"args\": [{\"cache_num\": 1}]}, "
        "\"dataloader\": {\"name\": \"DataLoader\"}}}",
        "{\"train\": {\"dataset\": {\"name\": \"CacheDataset\"}, "
        "\"dataloader\": {\"name\": \"DataLoader\", \"args\": [[\"batch_size\"]]}}}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct fixture f;
        read_bad(&f, state, texts[i], NULL, i ? "train.dataloader.args" : "train.dataset.args",
                 "expected an object of arguments, got an array");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(dataset_and_dataloader_become_the_pipeline),
        TEST(dataset_classes_have_their_pipelines),
        TEST(schedules_and_metrics_move),
        TEST(known_wiring_is_removed),
        TEST(parts_are_named),
        TEST(other_code_is_an_error_that_quotes_it),
        TEST(version_3_keeps_such_strings),
        TEST(odd_shapes_do_no_harm),
        TEST(arguments_that_are_a_list_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
