/* Files that are slow, cannot be read or never answer, under evaluate and infer: the command ends, names the file, and where it may goes on
 * with the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "tests/mmar/support/command.h"
#include "tests/support/scratch.h"

#define STOP "validate.image_pipeline.args.on_bad_item=stop"
#define SKIP "validate.image_pipeline.args.on_bad_item=skip"
#define DEADLINE                                                                                                     \
    "validate.image_pipeline.args.item_deadline=1" /* no sound item takes so long, however busy the machine */
#define NEVER 3600000

/* A small project, trained a little: four images to train on, three to evaluate. */
static int set_up(void **state)
{
    struct mm_error err;
    if (scratch_setup(state) != 0)
        return -1;
    struct scratch *s = *state;
    const char *p = scratch_path(s, "p");
    setenv("XDG_CONFIG_HOME", scratch_path(s, "config"), 1);
    return RUN(&s->arena, &err, "init", p, "--template", "phantom_2d") ||
           RUN(&s->arena, &err, "synth", scratch_path(s, "p/data"), "--size", "64,64", "--spacing", "1,1", "--count",
               "7", "--validation", "3") ||
           RUN(&s->arena, &err, "train", p, "--epochs", "1");
}

static enum mm_status evaluate(struct scratch *s, const char *set, struct mm_error *err)
{
    return RUN(&s->arena, err, "evaluate", scratch_path(s, "p"), "--overlays", "0", "--set", DEADLINE, set);
}

static const cJSON *metrics(struct scratch *s)
{
    cJSON *json = NULL;
    assert_int_equal(mm_json_read(&s->arena, scratch_path(s, "p/eval/metrics.json"), &json, NULL), MM_OK);
    return json;
}

/* The second of the three. */
static const struct row {
    struct mm_file_fault fault;
    enum mm_status status;
    const char *cause;
} rows[] = {
    {{.part = "phantom_005", .error_number = EIO}, MM_ERR_IO, "phantom_005.png: cannot open: Input/output error"},
    {{.part = "phantom_005", .size = 60}, MM_ERR_DATA, "phantom_005.png"},
    {{.part = "phantom_005", .delay_ms = NEVER}, MM_ERR_IO, "is not ready after 1 s (item_deadline)"},
};

static void test_evaluate_ends_or_scores_the_others(void **state)
{
    struct scratch *s = *state;
    struct mm_error err;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mm_file_fault_set(&rows[i].fault);
        assert_int_equal(evaluate(s, STOP, &err), rows[i].status);
        assert_non_null(strstr(err.text, "phantom_005"));
        assert_non_null(strstr(err.text, rows[i].cause));
        assert_int_equal(evaluate(s, SKIP, &err), MM_ERR_DATA);
        assert_string_equal(err.text, "the scores are of 2 of 3 cases: 1 could not be scored (see above)");
        mm_file_fault_set(NULL);
        const cJSON *json = metrics(s), *left_out = mm_json_get(json, "not_scored");
        assert_int_equal(cJSON_GetArraySize(mm_json_get(json, "cases")), 2);
        assert_int_equal(cJSON_GetArraySize(left_out), 1);
        assert_non_null(strstr(mm_json_get(left_out->child, "cause")->valuestring, rows[i].cause));
    }
}

static void test_when_no_case_can_be_scored_that_is_an_error(void **state)
{
    struct scratch *s = *state;
    struct mm_error err;
    mm_file_fault_set(&(struct mm_file_fault){.part = "phantom_", .error_number = EIO});
    assert_int_equal(evaluate(s, SKIP, &err), MM_ERR_DATA);
    mm_file_fault_set(NULL);
    assert_non_null(strstr(err.text, "none of the 3 cases of \"validation\" can be scored, the last one: "));
}

static void test_infer_predicts_the_others(void **state)
{
    struct scratch *s = *state;
    struct mm_error err;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *out = scratch_path(s, mm_arena_format(&s->arena, "out%zu", i));
        mm_file_fault_set(&rows[i].fault);
        assert_int_equal(RUN(&s->arena, &err, "infer", scratch_path(s, "p"),
                             scratch_path(s, "p/data/imagesTr/phantom_004.png"),
                             scratch_path(s, "p/data/imagesTr/phantom_005.png"),
                             scratch_path(s, "p/data/imagesTr/phantom_006.png"), "-o", out, "--set", DEADLINE),
                         rows[i].status);
        assert_string_equal(err.text, "1 of 3 images could not be predicted");
        assert_int_equal(RUN(&s->arena, &err, "infer", scratch_path(s, "p"),
                             scratch_path(s, "p/data/imagesTr/phantom_005.png"), "-o", out, "--set", DEADLINE),
                         rows[i].status);
        mm_file_fault_set(NULL);
        assert_non_null(strstr(err.text, rows[i].cause));
        char **names;
        size_t count;
        assert_int_equal(mm_file_list(&s->arena, out, &names, &count, &err), MM_OK);
        assert_int_equal(count, 2);
        assert_string_equal(names[0], "phantom_004_seg.png");
        assert_string_equal(names[1], "phantom_006_seg.png");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_evaluate_ends_or_scores_the_others),
        cmocka_unit_test(test_when_no_case_can_be_scored_that_is_an_error),
        cmocka_unit_test(test_infer_predicts_the_others),
    };
    mm_log_set(MM_LOG_QUIET);
    return cmocka_run_group_tests_name("dead_sources", tests, set_up, scratch_teardown);
}
