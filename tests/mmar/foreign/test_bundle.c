/* A bundle's config: what references stand for, what is Python and stays unread, and what a config of the model zoo's kind becomes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mmar/foreign/bundle.h"
#include "tests/support/scratch.h"

struct fixture {
    struct scratch *scratch;
    struct mm_notes notes;
    struct mm_bundle train, none;
};

static void read(struct fixture *f, void **state, const char *text)
{
    cJSON *root;
    struct mm_error err;
    *f = (struct fixture){.scratch = *state};
    struct mm_arena *arena = f->notes.arena = &f->scratch->arena;
    if (mm_json_parse(arena, "train.json", text, strlen(text), &root, &err) != MM_OK)
        fail_msg("%s", err.text);
    f->train = (struct mm_bundle){.arena = arena, .notes = &f->notes, .root = root};
    f->none = (struct mm_bundle){.arena = arena, .notes = &f->notes};
}

static const char *value(struct fixture *f, const char *id)
{
    const cJSON *node = mm_bundle_find(&f->train, id);
    const cJSON *copy = node ? mm_bundle_literal(&f->train, node) : NULL;
    return copy ? mm_json_print(&f->scratch->arena, copy, MM_JSON_CANONICAL) : "none";
}

static bool says(const struct mm_notes *notes, enum mm_note_kind kind, const char *words)
{
    for (size_t i = 0; i < notes->count; i++)
        if (notes->items[i].kind == kind && strstr(notes->items[i].text, words))
            return true;
    return false;
}

static void test_references_and_constants(void **state)
{
    struct fixture f;
    read(&f, state,
         "{\"a\": 3, \"b\": {\"c\": [1, 2], \"d\": \"@a\"}, \"e\": \"@b#c#1\", \"f\": \"%b::c\", "
         "\"g\": \"$@b#c + @h\", \"h\": [\"@a\"], \"i\": \"$True\", \"j\": \"$None\", "
         "\"k\": \"$[1, 2.5]\", \"l\": \"$@b.to(@device)\", \"m\": \"$-4\"}");
    static const char *const cases[][2] = {{"a", "3"},
                                           {"b", "{\"c\":[1,2],\"d\":3}"},
                                           {"e", "2"},
                                           {"f", "[1,2]"},
                                           {"g", "[1,2,3]"},
                                           {"i", "true"},
                                           {"j", "null"},
                                           {"k", "[1,2.5]"},
                                           {"l", "{\"c\":[1,2],\"d\":3}"},
                                           {"m", "-4"},
                                           {"b#d", "3"},
                                           {"b::c::0", "1"},
                                           {"none", "none"},
                                           {"b#c#7", "none"},
                                           {"b#c#x", "none"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(value(&f, cases[i][0]), cases[i][1]);
}

/* Expected values are what Python 3 prints for them. */
static void test_constants_in_python(void **state)
{
    static const char *const cases[][2] = {
        {"1 + 2 * 3", "7"},
        {"(1 + 2) * 3", "9"},
        {"-7 // 2", "-4"},
        {"-7 % 3", "2"},
        {"7 / 2", "3.5"},
        {"6 / 2", "3"},
        {"-2.5 + .5", "-2"},
        {"1e-4", "0.0001"},
        {"@n // 10 - 1", "4"},
        {"int(@n * 0.55)", "27"},
        {"float(3)", "3"},
        {"len(@labels) + @one", "3"},
        {"len(@l)", "2"},
        {"(3, 4)", "[3,4]"},
        {"(3,)", "[3]"},
        {"(3)", "3"},
        {"()", "[]"},
        {"[1, (2, 3), 'x']", "[1,[2,3],\"x\"]"},
        {"[0, 1] * 2 + @l", "[0,1,0,1,5,6]"},
        {"list((1, 2))", "[1,2]"},
        {"@l[-1]", "6"},
        {"@labels['b']", "1"},
        {"@dir + '/models'", "\"here/models\""},
        {"not @yes", "false"},
        {"@one == 1", "true"},
        {"[1.5, 2] if @yes else [3, 3]", "[1.5,2]"},
        {"'a' if @one != 1 else 'b'", "\"b\""},
        {"np.float32", "\"float32\""},
        {"torch.long", "\"int64\""},
        {"(np.float32, np.uint8)", "[\"float32\",\"uint8\"]"},
        {"monai.utils.GridSampleMode.NEAREST", "\"nearest\""},
        {"monai.utils.enums.CommonKeys.LABEL", "\"label\""},
        {"@net.to('cpu')", "{\"a\":1}"},
        {"@net.to(torch.device('cpu'))", "{\"a\":1}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[400];
        snprintf(text, sizeof text,
                 "{\"n\": 50, \"one\": 1, \"yes\": true, \"l\": [5, 6], \"labels\": {\"a\": 0, \"b\": 1}, \"dir\": "
                 "\"here\", \"net\": {\"a\": \"@one\"}, \"x\": \"$%s\"}",
                 cases[i][0]);
        struct fixture f;
        read(&f, state, text);
        if (strcmp(value(&f, "x"), cases[i][1]) != 0)
            fail_msg("%s is %s, expected %s", cases[i][0], value(&f, "x"), cases[i][1]);
    }
}

static void test_pi(void **state)
{
    struct fixture f;
    read(&f, state, "{\"x\": \"$[np.pi / 12, -math.pi]\"}");
    const cJSON *x = mm_bundle_literal(&f.train, mm_bundle_find(&f.train, "x"));
    assert_true(fabs(cJSON_GetArrayItem(x, 0)->valuedouble - 0.2617993877991494) < 1e-15);
    assert_true(fabs(cJSON_GetArrayItem(x, 1)->valuedouble + 3.141592653589793) < 1e-15);
}

static void test_python_is_not_run(void **state)
{
    static const char *const python[] = {"$__import__('os')",
                                         "$@l.to(@a).x()",
                                         "$@l + @a",
                                         "$@l +",
                                         "$import os",
                                         "$@missing",
                                         "@missing",
                                         "@l.x",
                                         "$",
                                         "$@l.to(@a) + @l",
                                         "@",
                                         "%file.json::a",
                                         "$True or x",
                                         "$'text",
                                         "$1 / 0",
                                         "$1 // 0",
                                         "$5 % 0",
                                         "$2 ** 9",
                                         "$9223372036854775807 + 1",
                                         "$[1",
                                         "$(1 2)",
                                         "$int('3')",
                                         "$len(3)",
                                         "$@l[2]",
                                         "$@l[0:1]",
                                         "$open('x')",
                                         "$lambda x: x",
                                         "$[i for i in @l]",
                                         "$os.path.join('a', 'b')",
                                         "$np.e",
                                         "$monai.utils.misc.FIRST",
                                         "$1 if 1",
                                         "$[0] * 1000000000",
                                         "$-'a'",
                                         "$((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))",
                                         "$0x10",
                                         "$1_000"};
    for (size_t i = 0; i < sizeof python / sizeof *python; i++) {
        char text[256];
        snprintf(text, sizeof text, "{\"a\": 3, \"l\": [1], \"x\": \"%s\"}", python[i]);
        struct fixture f;
        read(&f, state, text);
        if (strcmp(value(&f, "x"), "none") != 0)
            fail_msg("%s is %s", python[i], value(&f, "x"));
        assert_true(says(&f.notes, MM_NOTE_LEFT, "train.json:1: x: is Python or refers to it"));
    }
}

static void test_circles_end(void **state)
{
    struct fixture f;
    read(&f, state, "{\"a\": \"@b\", \"b\": \"$@a\", \"c\": {\"d\": \"@c\"}, \"e\": \"@e#f\"}");
    assert_string_equal(value(&f, "a"), "none");
    assert_string_equal(value(&f, "c"), "none");
    assert_string_equal(value(&f, "e"), "none");
}

static const char *path_of(struct fixture *f, const cJSON *config, const char *path)
{
    struct mm_bundle b = {.arena = &f->scratch->arena, .notes = &f->notes, .root = config};
    const cJSON *node = mm_bundle_find(&b, path);
    return node ? mm_json_print(&f->scratch->arena, node, MM_JSON_CANONICAL) : "none";
}

static const char zoo[] =
    "{\"val_interval\": 5, \"epochs\": 40, \"device\": \"$torch.device('cpu')\",\n"
    "\"network_def\": {\"_target_\": \"monai.networks.nets.Unet\", \"spatial_dims\": 3, \"in_channels\": 1,"
    " \"out_channels\": 2, \"channels\": [4, 8], \"strides\": [2], \"gills\": 1},\n"
    "\"network\": \"$@network_def.to(@device)\", \"loss\": {\"_target_\": \"DiceCELoss\", \"softmax\": true},\n"
    "\"optimizer\": {\"_target_\": \"torch.optim.Adam\", \"params\": \"$@network.parameters()\", \"lr\": 0.01},\n"
    "\"lr_scheduler\": {\"_target_\": \"torch.optim.lr_scheduler.StepLR\", \"optimizer\": \"@optimizer\","
    " \"step_size\": \"@epochs\"},\n"
    "\"train\": {\"all\": [{\"_target_\": \"LoadImaged\", \"keys\": [\"image\", \"label\"]}],\n"
    "\"more\": [{\"_target_\": \"Compose\", \"transforms\": [{\"_target_\": \"RandFlipd\", \"keys\": \"image\"}]},"
    " {\"_target_\": \"RandFlipd\", \"keys\": \"label\", \"_disabled_\": true}],\n"
    "\"preprocessing\": {\"_target_\": \"Compose\", \"transforms\": \"$@train#all + @train#more\"},\n"
    "\"dataset\": {\"_target_\": \"CacheDataset\", \"data\": \"$x\"}, \"dataloader\": {\"batch_size\": 2},\n"
    "\"handlers\": [{\"_target_\": \"ValidationHandler\", \"interval\": \"@val_interval\"}],\n"
    "\"trainer\": {\"max_epochs\": \"@epochs\"}},\n"
    "\"validate\": {\"preprocessing\": \"%train#all\", \"postprocessing\": [{\"_target_\": \"Activationsd\","
    " \"keys\": \"pred\", \"softmax\": true}, {\"_target_\": \"AsDiscreted\", \"keys\": \"pred\", \"argmax\": true,"
    " \"to_onehot\": 2}, {\"_target_\": \"SaveImaged\", \"keys\": \"pred\"}],\n"
    "\"inferer\": {\"_target_\": \"SlidingWindowInferer\", \"roi_size\": [8, 8, 8], \"device\": \"@device\"},\n"
    "\"key_metric\": {\"dice\": {\"_target_\": \"MeanDice\", \"output_transform\": "
    "\"$monai.handlers.from_engine(['pred', 'label'])\"}},\n"
    "\"additional_metrics\": {\"part\": {\"_target_\": \"MeanDice\", \"output_transform\": "
    "\"$monai.handlers.from_engine(['pred_tc', 'label_tc'])\"}}},\n"
    "\"initialize\": [\"$monai.utils.set_determinism(seed=123)\"]}";

static void test_a_config_of_the_zoo(void **state)
{
    struct fixture f;
    read(&f, state, zoo);
    const cJSON *config = mm_bundle_config(&f.train, &f.none);
    static const char *const cases[][2] = {
        {"epochs", "40"},
        {"num_training_epoch_per_valid", "5"},
        {"seed", "123"},
        {"learning_rate", "0.01"},
        {"train#model#name", "\"UNet\""},
        {"train#model#args#channels", "[4,8]"},
        {"train#model#args#gills", "none"},
        {"train#optimizer", "{\"args\":{},\"name\":\"Adam\"}"},
        {"train#lr_policy", "{\"args\":{\"step_size\":40},\"name\":\"StepLR\"}"},
        {"train#pre_transforms#1", "{\"args\":{\"keys\":\"image\"},\"name\":\"RandFlipd\"}"},
        {"train#pre_transforms#2", "none"},
        {"train#image_pipeline#name", "\"SegmentationImagePipelineWithCache\""},
        {"train#image_pipeline#args#output_batch_size", "2"},
        {"train#image_pipeline#args#data_list_key", "\"training\""},
        {"validate#image_pipeline#args#data_list_key", "\"validation\""},
        {"validate#post_transforms#1", "{\"args\":{\"argmax\":true,\"keys\":\"pred\"},\"name\":\"AsDiscreted\"}"},
        {"validate#post_transforms#2", "none"},
        {"validate#inferer#args", "{\"roi_size\":[8,8,8]}"},
        {"validate#metrics#0#args", "{\"is_key_metric\":true,\"name\":\"dice\"}"},
        {"validate#metrics#1", "none"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strcmp(path_of(&f, config, cases[i][0]), cases[i][1]) != 0)
            fail_msg("%s: %s, expected %s", cases[i][0], path_of(&f, config, cases[i][0]), cases[i][1]);
    assert_true(says(&f.notes, MM_NOTE_TAKEN, "train.json:2: model UNet"));
    assert_true(says(&f.notes, MM_NOTE_LEFT, "gills: UNet has no such parameter here"));
    assert_true(says(&f.notes, MM_NOTE_LEFT, "RandFlipd: is disabled"));
    assert_true(says(&f.notes, MM_NOTE_LEFT, "SaveImaged: mmar infer writes predictions"));
    assert_true(says(&f.notes, MM_NOTE_LEFT, "part: is of a part of the prediction"));
}

/* Parts under names of the author's own are found from what the engines were given. */
static const char engines[] =
    "{\"seed\": 7, \"net\": {\"_target_\": \"UNet\", \"spatial_dims\": 2, \"in_channels\": 1, \"out_channels\": 2,"
    " \"channels\": \"$(4, 8)\", \"strides\": \"$[2] * 1\"},\n"
    "\"on_device\": \"$@net.to('cpu')\", \"lossfn\": {\"_target_\": \"DiceLoss\", \"sigmoid\": \"$not @no\"},\n"
    "\"no\": false, \"opt\": {\"_target_\": \"Adam\", \"params\": \"$@on_device.parameters()\", \"lr\": \"$1e-3\"},\n"
    "\"my_steps\": {\"_target_\": \"Compose\", \"transforms\": [{\"_target_\": \"LoadImaged\", \"keys\": "
    "\"image\"}]},\n"
    "\"my_loader\": {\"_target_\": \"ThreadDataLoader\", \"batch_size\": 3, \"dataset\": {\"_target_\": "
    "\"CacheDataset\","
    " \"data\": \"$x\", \"transform\": \"@my_steps\"}},\n"
    "\"trainer\": {\"_target_\": \"SupervisedTrainer\", \"network\": \"@on_device\", \"loss_function\": \"@lossfn\","
    " \"optimizer\": \"@opt\", \"train_data_loader\": \"@my_loader\", \"max_epochs\": \"$2 * 3\"},\n"
    "\"evaluator\": {\"_target_\": \"SupervisedEvaluator\", \"val_data_loader\": \"@my_loader\", \"key_val_metric\": "
    "{\"d\": {\"_target_\": \"MeanDice\"}}, \"inferer\": {\"_target_\": \"SimpleInferer\"}},\n"
    "\"training\": [\"$monai.utils.set_determinism(seed=@seed, additional_settings=None)\", \"$@trainer.run()\"]}";

static void test_parts_are_found_by_the_engines(void **state)
{
    struct fixture f;
    read(&f, state, engines);
    const cJSON *config = mm_bundle_config(&f.train, &f.none);
    static const char *const cases[][2] = {
        {"epochs", "6"},
        {"seed", "7"},
        {"learning_rate", "0.001"},
        {"train#model#args#channels", "[4,8]"},
        {"train#model#args#strides", "[2]"},
        {"train#loss", "{\"args\":{\"sigmoid\":true},\"name\":\"DiceLoss\"}"},
        {"train#optimizer#name", "\"Adam\""},
        {"train#pre_transforms#0#name", "\"LoadImaged\""},
        {"train#image_pipeline#args#output_batch_size", "3"},
        {"validate#pre_transforms#0#name", "\"LoadImaged\""},
        {"validate#metrics#0#name", "\"MeanDice\""},
        {"validate#inferer#name", "\"SimpleInferer\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strcmp(path_of(&f, config, cases[i][0]), cases[i][1]) != 0)
            fail_msg("%s: %s, expected %s", cases[i][0], path_of(&f, config, cases[i][0]), cases[i][1]);
}

/* Where validation splits channels off, metrics of them are taken as metrics of a part, and the splitting comes with them. */
static void test_metrics_of_channels(void **state)
{
    struct fixture f;
    read(&f, state,
         "{\"net\": {\"_target_\": \"UNet\", \"spatial_dims\": 2, \"in_channels\": 1, \"out_channels\": 2, "
         "\"channels\": [4, 8],"
         " \"strides\": [2]}, \"post\": {\"_target_\": \"Compose\", \"transforms\": [{\"_target_\": "
         "\"Activationsd\", \"keys\": "
         "\"pred\", \"sigmoid\": true}, {\"_target_\": \"SplitChanneld\", \"keys\": [\"pred\", \"label\"], "
         "\"output_postfixes\": "
         "[\"a\", \"b\"]}]}, \"evaluator\": {\"postprocessing\": \"@post\", \"key_val_metric\": {\"all\": "
         "{\"_target_\": "
         "\"MeanDice\", \"output_transform\": \"$monai.handlers.from_engine(['pred', 'label'])\"}}, "
         "\"additional_metrics\": {\"b\": "
         "{\"_target_\": \"MeanDice\", \"output_transform\": \"$monai.handlers.from_engine(['pred_b', "
         "'label_b'])\"}, \"c\": "
         "{\"_target_\": \"MeanDice\", \"output_transform\": \"$lambda x: x\"}}}}");
    const cJSON *config = mm_bundle_config(&f.train, &f.none);
    assert_string_equal(path_of(&f, config, "validate#metrics#0#args"), "{\"is_key_metric\":true,\"name\":\"all\"}");
    assert_string_equal(path_of(&f, config, "validate#metrics#1#args"),
                        "{\"field\":\"pred_b\",\"is_key_metric\":false,\"label_field\":\"label_b\",\"name\":\"b\"}");
    assert_string_equal(path_of(&f, config, "validate#metrics#2"), "none");
    assert_string_equal(path_of(&f, config, "validate#post_transforms#1#name"), "\"SplitChanneld\"");
    assert_true(says(&f.notes, MM_NOTE_LEFT, "c: is of a part of the prediction"));
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_references_and_constants),
        TEST(test_constants_in_python),
        TEST(test_pi),
        TEST(test_python_is_not_run),
        TEST(test_circles_end),
        TEST(test_a_config_of_the_zoo),
        TEST(test_parts_are_found_by_the_engines),
        TEST(test_metrics_of_channels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
