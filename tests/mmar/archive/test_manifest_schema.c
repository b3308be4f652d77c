/* The table of the manifest: what it takes, what it refuses and where, and the schema made of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mmar/archive/archive.h"
#include "mmar/archive/manifest_schema.h"
#include "tests/mmar/archive/mmar_folder.h"

static struct mm_error err;

#define ROW "{\"path\": \"a\", \"size\": 1, \"sha256\": \"" D "\"}"
#define D   "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static enum mm_status check(struct scratch *scratch, const char *text)
{
    cJSON *json;
    assert_int_equal(mm_json_parse(&scratch->arena, "m", text, strlen(text), &json, &err), MM_OK);
    err = (struct mm_error){.status = MM_OK};
    return mm_manifest_schema_check(&scratch->arena, json, &err);
}

static void members_are_checked_by_the_table(void **state)
{
    static const struct {
        const char *text, *told; /* NULL: sound */
    } cases[] = {
        {"{\"format\": 1, \"files\": []}", NULL},
        {"{\"format\": 1, \"files\": [" ROW "], \"of_the_future\": [1]}", NULL},
        {"{\"format\": 1, \"files\": [], \"authors\": \"A\", \"data_licences\": [\"CC0\"]}", NULL},
        {"{\"format\": 1, \"files\": [], \"metrics\": {\"a\": null, \"b\": 0.5}}", NULL},
        {"{\"format\": 1, \"files\": [], \"parent\": {\"signer\": null, \"parent\": {\"parent\": {}}}}", NULL},
        {"[]", "is no object"},
        {"{\"files\": []}", "has no format"},
        {"{\"format\": 1}", "has no files"},
        {"{\"format\": 1, \"files\": {}}", "files: expected a list of objects"},
        {"{\"format\": 1, \"files\": [{\"path\": \"a\", \"size\": 1}]}", "file: has no sha256"},
        {"{\"format\": 1, \"files\": [], \"name\": 7}", "name: expected a string, got number 7"},
        {"{\"format\": 1, \"files\": [], \"authors\": [1]}", "authors: expected a list of strings"},
        {"{\"format\": 1, \"files\": [], \"training\": []}", "training: expected an object"},
        {"{\"format\": 1, \"files\": [], \"training\": {\"epochs\": 1.5}}",
         "training.epochs: expected a whole number"},
        {"{\"format\": 1, \"files\": [], \"training\": {\"epochs\": -1}}",
         "training.epochs: expected a whole number"},
        {"{\"format\": 1, \"files\": [], \"data\": {\"datalist_sha256\": \"AB\"}}", "expected a SHA-256 digest"},
        {"{\"format\": 1, \"files\": [], \"data\": {\"labels\": {\"0\": 1}}}", "expected an object of strings"},
        {"{\"format\": 1, \"files\": [], \"metrics\": {\"a\": \"x\"}}", "metrics: expected an object of numbers"},
        {"{\"format\": 1, \"files\": [], \"inputs\": {\"spacing\": [\"1\"]}}", "inputs.spacing: expected a list"},
        {"{\"format\": 1, \"files\": [], \"parent\": {\"parent\": {\"name\": []}}}", "parent.parent.name: expected"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum mm_status s = check(*state, cases[i].text);
        if (s != (cases[i].told ? MM_ERR_DATA : MM_OK) || (cases[i].told && !strstr(err.text, cases[i].told)))
            fail_msg("%s: %s", cases[i].text, err.text);
    }
}

/* Every member of a manifest that packing makes is one that the schema knows: nothing is written that nobody described. */
static void assert_described(const cJSON *schema, const cJSON *node, const cJSON *object)
{
    const cJSON *member;
    cJSON_ArrayForEach (member, object) {
        const cJSON *row = mm_json_get(mm_json_get(node, "properties"), member->string);
        if (!row)
            fail_msg("%s is not in the schema", member->string);
        const cJSON *ref = mm_json_get(row, "$ref");
        if (ref)
            assert_described(schema, mm_json_get(mm_json_get(schema, "$defs"), ref->valuestring + strlen("#/$defs/")),
                             member);
    }
}

static void what_is_packed_is_described(void **state)
{
    struct scratch *scratch = *state;
    struct mm_archive_list *list;
    cJSON *manifest;
    const char *root = make_mmar(scratch, "m");
    put(scratch, "m", "models/parent.json", "{\"kind\": \"file\", \"sha256\": \"ab\", \"signer\": null}");
    assert_int_equal(mm_pack(&scratch->arena, root, scratch_path(scratch, "a.mmar"),
                             &(struct mm_pack_options){.level = 1}, &list, &manifest, &err),
                     MM_OK);
    const cJSON *schema = mm_manifest_schema(&scratch->arena);
    assert_string_equal(mm_json_get(schema, "$schema")->valuestring, "https://json-schema.org/draft/2020-12/schema");
    assert_described(schema, schema, manifest);
    put(scratch, "m", "docs/card.json", "{\"name\": [\"a\"]}");
    assert_int_equal(mm_pack(&scratch->arena, root, scratch_path(scratch, "a.mmar"),
                             &(struct mm_pack_options){.level = 1}, &list, &manifest, &err),
                     MM_ERR_DATA);
    assert_non_null(strstr(err.text, "name: expected a string"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {T(members_are_checked_by_the_table), T(what_is_packed_is_described)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
