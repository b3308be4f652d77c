/* Whole configs: the values at the top, the stages, files that are missing or malformed, and Clara's own examples. */
#include <math.h>

#include "base/file.h"
#include "tests/config/fixture.h"

static void values_at_the_top(void **state)
{
    struct fixture f;
    read_good(&f, state,
              "{\"epochs\": 100, \"num_training_epoch_per_valid\": 5, \"learning_rate\": 1e-4, \"use_amp\": true,"
              " \"multi_gpu\": false, \"determinism\": {\"random_seed\": 7, \"tf_seed\": 1}, \"train\": {}}",
              NULL, NULL);
    assert_int_equal(f.config->epochs, 100);
    assert_int_equal(f.config->valid_interval, 5);
    assert_true(f.config->learning_rate == 1e-4);
    assert_true(f.config->use_amp);
    assert_false(f.config->multi_gpu);
    assert_int_equal(f.config->seed, 7);

    read_good(&f, state, "{\"train\": {}}", NULL, NULL);
    assert_int_equal(f.config->epochs, 0);
    assert_int_equal(f.config->valid_interval, 1);
    assert_true(isnan(f.config->learning_rate));
    assert_int_equal(f.config->seed, 0);

    read_good(&f, state,
              "{\"amp\": true, \"num_interval_per_valid\": 3, \"seed\": 5, \"determinism\": {\"random_seed\": 7}, "
              "\"train\": {}}",
              "{\"epochs\": 4}", (const char *const[]){"learning_rate=0.5", NULL});
    assert_true(f.config->use_amp);
    assert_int_equal(f.config->valid_interval, 3);
    assert_int_equal(f.config->seed, 5);
    assert_int_equal(f.config->epochs, 4);
    assert_true(f.config->learning_rate == 0.5);
}

static void bad_values_at_the_top(void **state)
{
    struct fixture f;
    read_bad(&f, state, "{\"epochs\": \"5\", \"train\": {}}", NULL, "epochs",
             "expected an integer, got string \"5\"");
    assert_int_equal(f.problems.items[0].place.line, 1);
    read_bad(&f, state, "{\"epochs\": 0, \"train\": {}}", NULL, "epochs", "must be at least 1, got 0");
    read_bad(&f, state, "{\"learning_rate\": 0, \"train\": {}}", NULL, "learning_rate", "must be above 0, got 0");
    read_bad(&f, state, "{\"determinism\": {\"random_seed\": -1}, \"train\": {}}", NULL, "determinism.random_seed",
             "must be at least 0, got -1");
    read_bad(&f, state, "{\"use_amp\": true, \"amp\": true, \"train\": {}}", NULL, "use_amp",
             "amp and use_amp are two names of one parameter");
    read_bad(&f, state, "{\"train\": []}", NULL, "train", "expected an object of sections, got an array");
    read_bad(&f, state, "[]", NULL, NULL, "expected an object, got an array");
    assert_null(f.config);
}

static void stages_have_their_sections(void **state)
{
    struct fixture f;
    read_good(
        &f, state,
        "{\"train\": {\"model\": {\"name\": \"Unet\", \"args\": {\"n\": 2}}, \"loss\": {\"name\": \"Dice\"}, "
        "\"optimizer\": {\"name\": \"Adam\"},"
        " \"lr_policy\": {\"name\": \"ReducePoly\"}, \"image_pipeline\": {\"name\": \"P\", \"args\": {\"a\": 1}},"
        " \"pre_transforms\": [{\"name\": \"A\"}, {\"name\": \"B\", \"args\": null}], \"batch_transforms\": "
        "[{\"name\": \"M\"}],"
        " \"aux_ops\": [{\"name\": \"X\"}], \"handlers\": [], \"__note\": 5},"
        " \"validate\": {\"metrics\": {\"name\": \"Alone\"}, \"inferer\": {\"name\": \"I\"}, \"post_transforms\": "
        "null}}",
        NULL, NULL);
    const struct mm_stage *train = &f.config->train, *validate = &f.config->validate;
    assert_string_equal(train->model->name, "Unet");
    assert_string_equal(mm_json_print(f.arena, train->model->args, MM_JSON_COMPACT), "{\"n\":2}");
    assert_string_equal(train->loss->name, "Dice");
    assert_null(train->loss->args);
    assert_string_equal(train->optimizer->name, "Adam");
    assert_string_equal(train->schedule->name, "ReducePoly");
    assert_string_equal(train->pipeline->name, "P");
    assert_null(train->inferer);
    assert_string_equal(names_of(&f, &train->pre_transforms), "A B");
    assert_null(train->pre_transforms.items[1].args);
    assert_string_equal(names_of(&f, &train->batch_transforms), "M");
    assert_string_equal(names_of(&f, &train->aux_ops), "X");
    assert_int_equal(train->handlers.count, 0);
    assert_string_equal(names_of(&f, &validate->metrics), "Alone");
    assert_string_equal(validate->inferer->name, "I");
    assert_int_equal(validate->post_transforms.count, 0);
    assert_ptr_equal(train->node, mm_json_get(f.config->root, "train"));
    assert_int_equal(f.problems.count, 0);
}

static void an_unknown_section_is_a_warning(void **state)
{
    struct fixture f;
    read_good(&f, state, "{\"train\": {\"pre_transfroms\": [], \"trainer\": {}}}", NULL, NULL);
    assert_int_equal(f.problems.count, 1);
    assert_int_equal(f.problems.items[0].severity, MM_SEVERITY_WARNING);
    assert_string_equal(f.problems.items[0].text,
                        "the section \"pre_transfroms\" is not read, did you mean pre_transforms?");
}

static void an_evaluation_file_is_the_validate_stage(void **state)
{
    struct fixture f;
    read_good(&f, state,
              "{\"batch_size\": 1, \"inferer\": {\"name\": \"I\", \"args\": {\"b\": \"{batch_size}\"}}, "
              "\"pre_transforms\": [{\"name\": \"A\"}],"
              " \"label_transforms\": [{\"name\": \"L\"}], \"val_metrics\": [{\"name\": \"M\"}], \"writers\": "
              "[{\"name\": \"W\"}],"
              " \"model\": [{\"ts_path\": \"{MMAR_TORCHSCRIPT}\"}], \"model_loader\": {\"name\": \"X\"}}",
              NULL, NULL);
    const struct mm_stage *stage = &f.config->validate;
    assert_null(f.config->train.node);
    assert_ptr_equal(stage->node, f.config->root);
    assert_string_equal(mm_json_print(f.arena, stage->inferer->args, MM_JSON_COMPACT), "{\"b\":1}");
    assert_string_equal(names_of(&f, &stage->pre_transforms), "A");
    assert_string_equal(names_of(&f, &stage->label_transforms), "L");
    assert_string_equal(names_of(&f, &stage->metrics), "M");
    assert_string_equal(names_of(&f, &stage->writers), "W");
    assert_null(stage->model);
    assert_int_equal(f.problems.count, 0);
}

static void files_are_looked_up_in_the_root_first(void **state)
{
    struct scratch *scratch = *state;
    struct mm_problems problems;
    struct mm_error err;
    struct mm_config *config;
    mm_problems_init(&problems, &scratch->arena);
    const char *outside = scratch_file(scratch, "outside.json", "{\"epochs\": 3}", 13);
    struct mm_config_sources sources = {.root = scratch->folder, .config = outside};
    assert_int_equal(mm_config_read(&scratch->arena, &sources, &config, &problems, &err), MM_OK);
    assert_string_equal(config->file, outside);
    assert_string_equal(mm_config_text(config, "MMAR_ROOT", ""), scratch->folder);
    sources.config = "outside.json";
    assert_int_equal(mm_config_read(&scratch->arena, &sources, &config, &problems, &err), MM_OK);
    assert_string_equal(config->file, outside);

    sources.environment = "environment.json";
    assert_int_equal(mm_config_read(&scratch->arena, &sources, &config, &problems, &err), MM_ERR_IO);
    assert_non_null(strstr(err.text, "environment.json: cannot open: No such file or directory"));
    sources.environment_optional = true;
    assert_int_equal(mm_config_read(&scratch->arena, &sources, &config, &problems, &err), MM_OK);
    sources.config = "absent.json";
    assert_int_equal(mm_config_read(&scratch->arena, &sources, &config, &problems, &err), MM_ERR_IO);
    assert_string_equal(
        err.text,
        mm_arena_format(&scratch->arena, "%s/absent.json: cannot open: No such file or directory", scratch->folder));
    assert_null(config);
}

static void malformed_files_are_problems(void **state)
{
    struct fixture f;
    assert_int_equal(read_config(&f, state, "{\n\"use_amp\": ture}", "{", NULL), MM_ERR_CONFIG);
    assert_int_equal(f.problems.errors, 2);
    assert_non_null(strstr(f.problems.items[0].text, "config.json:2:12: expected a value, found 't'"));
    assert_non_null(strstr(f.problems.items[1].text, "environment.json:1:2:"));
    assert_null(f.config);
}

static void a_config_with_errors_can_still_be_looked_at(void **state)
{
    struct fixture f;
    assert_int_equal(read_config(&f, state,
                                 "{\"epochs\": -1, \"train\": {\"loss\": {\"name\": \"Dice\"}, \"model\": {}}}", NULL,
                                 NULL),
                     MM_ERR_CONFIG);
    assert_int_equal(f.problems.errors, 2);
    assert_string_equal(f.config->train.loss->name, "Dice");
    assert_null(f.config->train.model);
}

static void memory_may_run_out_anywhere(void **state)
{
    static const char text[] =
        "{\"epochs\": \"{n}\", \"train\": {\"pre_transforms\": [{\"name\": \"A#x\"}, {\"ref\": \"x\"}],"
        " \"dataset\": {\"name\": \"Dataset\"}}}";
    struct scratch *scratch = *state;
    const char *path = scratch_file(scratch, "config.json", text, sizeof text - 1);
    const struct mm_config_sources sources = {.config = path, .sets = (const char *const[]){"n=5"}, .set_count = 1};
    enum mm_status s = MM_ERR_MEMORY;
    for (uint64_t n = 1; s != MM_OK; n++) {
        struct mm_arena arena;
        struct mm_problems problems;
        struct mm_config *config;
        struct mm_error err = {0};
        mm_arena_init(&arena, NULL);
        arena.chunk_size = 256;
        mm_problems_init(&problems, &arena);
        mm_memory_fail_at(n);
        s = mm_config_read(&arena, &sources, &config, &problems, &err);
        mm_memory_fail_at(0);
        if (s == MM_OK)
            assert_int_equal(config->epochs, 5);
        else
            assert_true(*err.text || problems.errors);
        mm_arena_done(&arena);
    }
}

/* Clara's own files, where they are at hand: each is read, with the environment beside it. */
static void claras_examples_are_read(void **state)
{
    static const struct {
        const char *file;
        const char *sets[4];
        const char *transforms; /* of train, else of validate */
    } cases[] = {
        {"v3/performance/trn_BT_cache.json",
         {0},
         "LoadNifti ConvertToChannelsFirst ScaleByResolution ScaleByResolution ScaleIntensityRange "
         "FastCropByPosNegRatio ScaleIntensityOscillation"},
        {"v3/getting_started/config_validation.json",
         {0},
         "LoadNifti ConvertToChannelsFirst ScaleByResolution ScaleIntensityRange"},
        {"v3/automl/trn_autoML_LR_LP.json",
         {"DATASET_JSON=a", "DATA_ROOT=b"},
         "LoadNifti ConvertToChannelsFirst ScaleByResolution ScaleByResolution ScaleIntensityRange "
         "CropFixedSizeRandomCenter RandomSpatialFlip ScaleShiftIntensity ScaleIntensityOscillation "
         "AddGaussianNoise"},
        {"v4/federated/config_train.json",
         {0},
         "LoadImaged EnsureChannelFirstd Spacingd ScaleIntensityRanged CropForegroundd RandCropByPosNegLabeld "
         "RandShiftIntensityd ToTensord"},
        {"v4/federated/config_validation.json",
         {0},
         "LoadImaged EnsureChannelFirstd Spacingd ScaleIntensityRanged CropForegroundd ToTensord"},
        {"v4/automl/trn_autoML_Enum.json",
         {0},
         "LoadImaged EnsureChannelFirstd Spacingd ScaleIntensityRanged CropForegroundd RandCropByPosNegLabeld "
         "RandShiftIntensityd ToTensord"},
    };
    struct fixture f = {.scratch = *state, .arena = &((struct scratch *)*state)->arena};
    const char *folder = getenv("MMAR_CLARA_CONFIGS");
    folder = folder ? folder : "../shared/clara-configs";
    if (!mm_file_is_folder(folder)) {
        print_message("skipped: claras_examples_are_read: no folder %s\n", folder);
        return;
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = mm_file_join(f.arena, folder, cases[i].file);
        struct mm_config_sources sources = {.config = path, .sets = cases[i].sets};
        sources.environment = mm_file_join(f.arena, mm_file_folder(f.arena, path), "environment.json");
        while (cases[i].sets[sources.set_count])
            sources.set_count++;
        mm_problems_init(&f.problems, f.arena);
        if (mm_config_read(f.arena, &sources, &f.config, &f.problems, &f.err) != MM_OK) {
            mm_problems_fail(&f.problems, MM_ERR_CONFIG, &f.err);
            fail_msg("%s: %s", path, f.err.text);
        }
        const struct mm_stage *stage = f.config->train.node ? &f.config->train : &f.config->validate;
        assert_string_equal(names_of(&f, &stage->pre_transforms), cases[i].transforms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(values_at_the_top),
        TEST(bad_values_at_the_top),
        TEST(stages_have_their_sections),
        TEST(an_unknown_section_is_a_warning),
        TEST(an_evaluation_file_is_the_validate_stage),
        TEST(files_are_looked_up_in_the_root_first),
        TEST(malformed_files_are_problems),
        TEST(a_config_with_errors_can_still_be_looked_at),
        TEST(memory_may_run_out_anywhere),
        TEST(claras_examples_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
