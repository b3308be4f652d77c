/* Local paths and cases: what is found, and what is no finding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mmar/archive/privacy.h"
#include "tests/mmar/archive/mmar_folder.h"

static struct mm_error err;

static void datalists_stay_wherever_they_are(void **state)
{
    struct scratch *scratch = *state;
    const struct {
        const char *name, *text;
        bool stays;
    } cases[] = {
        {"config/a.json", "{\"training\": [{\"image\": \"x\"}]}", true},
        {"docs/b.json", "{\"test\": [\"x.nii.gz\"]}", true},
        {"resources/c.json", "{\"validation\": [{\"fold\": 0, \"image\": [\"x\", \"y\"]}]}", true},
        {"config/d.json", "{\"training\": {\"epochs\": 3}}", false},
        {"config/e.json", "{\"training\": []}", false},
        {"resources/f.json", "this is no JSON", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = NULL;
        bool stays = false;
        put(scratch, "m", cases[i].name, cases[i].text);
        assert_int_equal(
            mm_privacy_json(&scratch->arena, scratch_path(scratch, "m"), cases[i].name, &text, &stays, &err), MM_OK);
        assert_int_equal(stays, cases[i].stays);
        assert_null(text);
    }
}

static void environments_become_templates(void **state)
{
    struct scratch *scratch = *state;
    char *text = NULL;
    bool stays;
    put(scratch, "m", "config/environment.json",
        "{\"A\": \"/data\", \"B\": \"C:\\\\data\", \"C\": \"~/data\", \"D\": \"../data\", \"E\": [\"/x/y\", {\"F\": "
        "\"\\\\\\\\server\\\\x\"}],"
        " \"G\": \"{MMAR_ROOT}/data\", \"H\": \"segmentation\", \"I\": 1, \"J\": \"/\"}");
    assert_int_equal(
        mm_privacy_json(&scratch->arena, scratch_path(scratch, "m"), "config/environment.json", &text, &stays, &err),
        MM_OK);
    cJSON *json;
    assert_int_equal(mm_json_parse(&scratch->arena, "t", text, strlen(text), &json, &err), MM_OK);
    assert_string_equal(mm_json_print(&scratch->arena, json, MM_JSON_COMPACT),
                        "{\"A\":\"\",\"B\":\"\",\"C\":\"\",\"D\":\"\",\"E\":[\"\",{\"F\":\"\"}],\"G\":\"{MMAR_ROOT}/"
                        "data\",\"H\":\"segmentation\","
                        "\"I\":1,\"J\":\"/\"}");
    put(scratch, "m", "config/environment.json", text); /* a template is its own template */
    text = NULL;
    assert_int_equal(
        mm_privacy_json(&scratch->arena, scratch_path(scratch, "m"), "config/environment.json", &text, &stays, &err),
        MM_OK);
    assert_null(text);
}

static enum mm_status scan(struct scratch *scratch, const char *name, const char *text)
{
    struct mm_archive_file file = {.name = name, .path = put(scratch, "m", name, text)};
    const struct mm_archive_list list = {.count = 1, .files = &file};
    err.text[0] = 0;
    return mm_privacy_scan(&scratch->arena, scratch_path(scratch, "m"), &list, &err);
}

static void paths_are_found_as_paths(void **state)
{
    struct scratch *scratch = *state;
    const char *own = realpath(scratch->folder, NULL);
    put(scratch, "m", "config/environment.json", "{\"DATA\": \"/root\"}");
    assert_int_equal(scan(scratch, "docs/a", "nothing\nof interest"), MM_OK);
    assert_int_equal(scan(scratch, "docs/a", "src/root.c and /roots and x/root/y"), MM_OK);
    assert_int_equal(scan(scratch, "docs/a", "one\ntwo /root/x"), MM_NO);
    assert_non_null(strstr(err.text, "docs/a:2: holds the local path /root"));
    assert_int_equal(scan(scratch, "docs/a", "src/root.c, then file:///root"), MM_NO);
    assert_int_equal(scan(scratch, "docs/a", "/root"), MM_NO);
    assert_int_equal(scan(scratch, "docs/a", mm_arena_format(&scratch->arena, "cd %s/m", own)), MM_NO);
    assert_int_equal(scan(scratch, "config/x.json", "{\"a\": {\"b\": [\"ok\", \"/mnt/x\"]}}"), MM_NO);
    assert_non_null(strstr(err.text, "a.b[1] is the local path /mnt/x"));
    assert_int_equal(scan(scratch, "config/x.json", "{\"a\": \"images/x\", \"b\": \"a / b\", \"c\": \"{DATA}/x\"}"),
                     MM_OK);
    free((void *)own);
}

/* Behind zeros, as in the metadata of a binary file. */
static void binary_files_are_searched(void **state)
{
    struct scratch *scratch = *state;
    static const char bytes[] = "\x10\0\0\0\0\0\0\0{\"from\": \"/data/secret/x\"}";
    put(scratch, "m", "config/environment.json", "{\"DATA\": \"/data/secret\"}");
    char *path = put(scratch, "m", "models/model.safetensors", "");
    assert_int_equal(mm_file_write(path, bytes, sizeof bytes, &err), MM_OK);
    struct mm_archive_file file = {.name = "models/model.safetensors", .path = path};
    const struct mm_archive_list list = {.count = 1, .files = &file};
    assert_int_equal(mm_privacy_scan(&scratch->arena, scratch_path(scratch, "m"), &list, &err), MM_NO);
}

static void cases_get_numbers(void **state)
{
    struct scratch *scratch = *state;
    char *text = NULL;
    assert_int_equal(mm_privacy_metrics(&scratch->arena, scratch_path(scratch, "m"), "ab", &text, &err), MM_OK);
    assert_null(text);
    put(scratch, "m", "eval/metrics.json",
        "{\"cases\": [{\"image\": \"a\", \"d\": 1}, {\"image\": \"b\"}, 7, {\"d\": 2}], \"weights_sha256\": \"ab\"}");
    assert_int_equal(mm_privacy_metrics(&scratch->arena, scratch_path(scratch, "m"), "ac", &text, &err), MM_OK);
    assert_null(text); /* scores of other weights */
    assert_int_equal(mm_privacy_metrics(&scratch->arena, scratch_path(scratch, "m"), NULL, &text, &err), MM_OK);
    assert_null(text);
    assert_int_equal(mm_privacy_metrics(&scratch->arena, scratch_path(scratch, "m"), "ab", &text, &err), MM_OK);
    cJSON *json;
    assert_int_equal(mm_json_parse(&scratch->arena, "t", text, strlen(text), &json, &err), MM_OK);
    assert_string_equal(
        mm_json_print(&scratch->arena, json, MM_JSON_COMPACT),
        "{\"cases\":[{\"image\":\"case 1\",\"d\":1},{\"image\":\"case 2\"},7,{\"d\":2}],\"weights_sha256\":\"ab\"}");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        T(datalists_stay_wherever_they_are),
        T(environments_become_templates),
        T(paths_are_found_as_paths),
        T(binary_files_are_searched),
        T(cases_get_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
