/* What a model was fine-tuned from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/log.h"
#include "mmar/archive/archive.h"
#include "mmar/parent.h"
#include "tests/mmar/archive/mmar_folder.h"

static struct mm_error err;
static const struct mm_vouch nothing; /* is asked for */

static const char *text_of(const cJSON *json, const char *name)
{
    const cJSON *value = mm_json_get(json, name);
    return cJSON_IsString(value) ? value->valuestring : NULL;
}

static const char *packed(struct scratch *scratch, const char *root, char digest[65])
{
    struct mm_archive_list *list;
    cJSON *manifest;
    const char *file = scratch_path(scratch, "a.mmar");
    if (mm_pack(&scratch->arena, root, file, &(struct mm_pack_options){.level = 1}, &list, &manifest, &err) != MM_OK)
        fail_msg("%s", err.text);
    assert_int_equal(mm_manifest_digest(&scratch->arena, manifest, digest, &err), MM_OK);
    return file;
}

static void an_archive_is_a_parent(void **state)
{
    struct scratch *scratch = *state;
    struct mm_parent parent;
    char digest[65];
    const char *root = make_mmar(scratch, "m");
    put(scratch, "m", "models/parent.json",
        "{\"kind\": \"archive\", \"name\": \"grandmother\", \"secret\": \"x\", \"parent\": {\"kind\": \"file\", "
        "\"sha256\": \"ab\"}}");
    const char *file = packed(scratch, root, digest);
    assert_int_equal(mm_parent_open(&scratch->arena, file, &nothing, NULL, &parent, &err), MM_OK);
    assert_true(mm_file_exists(parent.weights));
    assert_string_equal(text_of(parent.record, "kind"), "archive");
    assert_string_equal(text_of(parent.record, "manifest_sha256"), digest);
    assert_string_equal(text_of(parent.record, "name"), "small");
    assert_string_equal(text_of(parent.record, "licence"), "Apache-2.0");
    assert_true(cJSON_IsNull(mm_json_get(parent.record, "signer")));
    const cJSON *older = mm_json_get(parent.record, "parent");
    assert_string_equal(text_of(older, "name"), "grandmother");
    assert_null(mm_json_get(older, "secret"));
    assert_string_equal(text_of(mm_json_get(older, "parent"), "sha256"), "ab");
    const char *folder = parent.folder;
    mm_parent_close(&parent);
    assert_false(mm_file_exists(folder));
}

static void a_folder_and_a_file_are_parents_too(void **state)
{
    struct scratch *scratch = *state;
    struct mm_parent parent;
    const char *root = make_mmar(scratch, "m"), *weights = scratch_path(scratch, "m/models/model.safetensors");
    assert_int_equal(mm_parent_open(&scratch->arena, root, &nothing, NULL, &parent, &err), MM_OK);
    assert_string_equal(text_of(parent.record, "kind"), "folder");
    assert_string_equal(text_of(parent.record, "name"), "small");
    assert_int_equal(strlen(text_of(parent.record, "sha256")), 64);
    assert_string_equal(parent.weights, weights);
    mm_parent_close(&parent);
    assert_true(mm_file_exists(weights));
    assert_int_equal(mm_parent_open(&scratch->arena, weights, &nothing, NULL, &parent, &err), MM_OK);
    assert_string_equal(text_of(parent.record, "kind"), "file");
    assert_null(mm_json_get(parent.record, "parent"));
    assert_null(strstr(mm_json_print(&scratch->arena, parent.record, MM_JSON_COMPACT), "models"));
    mm_parent_close(&parent);
    put(scratch, "m", "models/parent.json", "{\"kind\": \"archive\", \"name\": \"older\"}");
    assert_int_equal(mm_parent_open(&scratch->arena, weights, &nothing, NULL, &parent, &err), MM_OK);
    assert_string_equal(text_of(mm_json_get(parent.record, "parent"), "name"), "older");
    mm_parent_close(&parent);
}

static void parents_without_weights_are_refused(void **state)
{
    struct scratch *scratch = *state;
    struct mm_parent parent;
    char digest[65];
    const char *root = make_mmar(scratch, "m");
    assert_int_equal(remove(scratch_path(scratch, "m/models/model.safetensors")), 0);
    assert_int_equal(mm_parent_open(&scratch->arena, packed(scratch, root, digest), &nothing, NULL, &parent, &err),
                     MM_ERR_DATA);
    assert_non_null(strstr(err.text, "holds no weights"));
    assert_int_equal(mm_parent_open(&scratch->arena, root, &nothing, NULL, &parent, &err), MM_ERR_DATA);
    assert_int_equal(mm_parent_open(&scratch->arena, scratch_path(scratch, "no.mmar"), &nothing, NULL, &parent, &err),
                     MM_ERR_IO);
    assert_int_equal(
        mm_parent_open(&scratch->arena, scratch_path(scratch, "no.safetensors"), &nothing, NULL, &parent, &err),
        MM_ERR_IO);
    assert_int_equal(
        mm_parent_open(&scratch->arena, scratch_file(scratch, "x.mmar", "x", 1), &nothing, NULL, &parent, &err),
        MM_ERR_DATA);
}

/* Fine-tuning may go on for ever; the chain that is carried along stays short enough for a manifest. */
static void long_chains_are_cut(void **state)
{
    struct scratch *scratch = *state;
    struct mm_config config = {.file = ""};
    const struct mm_project project = {.root = scratch_path(scratch, "m"), .config = &config};
    const char *root = make_mmar(scratch, "m");
    struct mm_parent parent;
    for (int i = 0; i < 40; i++) {
        char digest[65];
        assert_int_equal(
            mm_parent_open(&scratch->arena, packed(scratch, root, digest), &nothing, NULL, &parent, &err), MM_OK);
        assert_int_equal(mm_parent_record(&scratch->arena, &project, &parent, &err), MM_OK);
        mm_parent_close(&parent);
    }
    cJSON *record;
    assert_int_equal(mm_json_read(&scratch->arena, scratch_path(scratch, "m/models/parent.json"), &record, &err),
                     MM_OK);
    int depth = 1;
    const cJSON *at = record;
    for (; mm_json_get(at, "parent"); depth++)
        at = mm_json_get(at, "parent");
    assert_int_equal(depth, 25);
    assert_true(cJSON_IsTrue(mm_json_get(at, "older_left_out")));
    put(scratch, "m", "models/run.json", "{}");
    assert_int_equal(mm_parent_record(&scratch->arena, &project, &(struct mm_parent){.weights = NULL}, &err), MM_OK);
    assert_false(mm_file_exists(scratch_path(scratch, "m/models/parent.json")));
    assert_false(mm_file_exists(scratch_path(scratch, "m/models/run.json")));
}

int main(void)
{
    mm_log_set(MM_LOG_QUIET);
#define T(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        T(an_archive_is_a_parent),
        T(a_folder_and_a_file_are_parents_too),
        T(parents_without_weights_are_refused),
        T(long_chains_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
