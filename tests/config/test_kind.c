/* What kind of file a config is, and that those not used here are not resolved: their variables and Python classes are their own. */
#include "tests/config/fixture.h"

static void kinds_are_told_by_sections(void **state)
{
    static const struct {
        const char *text;
        enum mm_config_kind kind;
    } rows[] = {
        {"{\"epochs\": 3, \"train\": {}, \"validate\": {}}", MM_CONFIG_TRAINING},
        {"{\"epochs\": 3}", MM_CONFIG_TRAINING},
        {"{\"pre_transforms\": [], \"inferer\": {\"name\": \"TFScanWindowInferer\"}}", MM_CONFIG_EVALUATION},
        {"{\"validate\": {\"pre_transforms\": []}}", MM_CONFIG_EVALUATION},
        {"{\"model\": [{\"ts_path\": \"{MMAR_TORCHSCRIPT}\"}], \"handlers\": []}", MM_CONFIG_EVALUATION},
        {"{\"handlers\": [{\"path\": \"my.Handler\"}], \"controller\": {\"name\": \"X\", \"args\": {\"a\": "
         "\"{nowhere}\"}}}",
         MM_CONFIG_AUTOML},
        {"{\"servers\": [], \"client\": {\"local_epochs\": 5}}", MM_CONFIG_FEDERATED_CLIENT},
        {"{\"servers\": [], \"aggregator\": {\"path\": \"my.Aggregator\"}}", MM_CONFIG_FEDERATED_SERVER},
        {"{\"version\": 3, \"type\": \"segmentation\", \"labels\": [\"a\"], \"pre_transforms\": [{\"name\": \"x\"}], "
         "\"inference\": {\"image\": \"image\"}}",
         MM_CONFIG_AIAA},
        {"{\"DATA_ROOT\": \"/data\", \"MMAR_CKPT_DIR\": \"models\"}", MM_CONFIG_ENVIRONMENT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        read_good(&f, state, rows[i].text, NULL, NULL);
        if (f.config->kind != rows[i].kind)
            fail_msg("%s is taken for %s", rows[i].text, mm_config_kind_text(f.config->kind));
    }
}

static void models_by_file_name_none(void **state)
{
    struct fixture f;
    read_good(&f, state, "{\"model\": {\"ckpt_path\": \"{MMAR_CKPT}\"}, \"pre_transforms\": []}", NULL, NULL);
    assert_null(f.config->validate.model);
}

/* Version 4 says at its trainer and ValidationHandler how long and how often; --set may use either version's name. */
static void trainer_and_handler_decide(void **state)
{
    static const char text[] =
        "{\"epochs\": 9, \"num_interval_per_valid\": 7, \"train\": {\"dataset\": {\"name\": \"Dataset\"}, "
        "\"handlers\": "
        "[{\"name\": \"ValidationHandler\", \"args\": {\"interval\": \"{num_interval_per_valid}\", \"epoch_level\": "
        "true}}], \"trainer\": {\"name\": \"SupervisedTrainer\", \"args\": {\"max_epochs\": 4}}}}";
    struct fixture f;
    read_good(&f, state, text, NULL, NULL);
    assert_int_equal(f.config->epochs, 4);
    assert_int_equal(f.config->valid_interval, 7);
    read_good(&f, state, text, NULL, (const char *const[]){"num_training_epoch_per_valid=2", NULL});
    assert_int_equal(f.config->valid_interval, 2);
}

static void the_first_alternative_counts(void **state)
{
    struct fixture f;
    read_good(
        &f, state,
        "{\"train\": {\"loss\": [{\"name\": \"A\", \"disabled\": true}, {\"name\": \"B\"}, {\"name\": \"C\"}]}}",
        NULL, NULL);
    assert_string_equal(f.config->train.loss->name, "B");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(kinds_are_told_by_sections),
        TEST(models_by_file_name_none),
        TEST(trainer_and_handler_decide),
        TEST(the_first_alternative_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
