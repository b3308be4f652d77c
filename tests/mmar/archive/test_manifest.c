/* The manifest: made from an MMAR's records, checked, and its digest. What checking refuses is in test_reader.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mmar/archive/archive.h"
#include "tests/mmar/archive/mmar_folder.h"

static struct mm_error err;

/* Made by Python: hashlib.sha256(json.dumps(m, sort_keys=True, separators=(",", ":")).encode()). */
static void the_digest_is_that_of_the_canonical_text(void **state)
{
    struct scratch *scratch = *state;
    static const char text[] = "{\"name\": \"m\", \"format\": 1,\n \"files\": [{\"size\": 3, \"path\": \"docs/a\", "
                               "\"sha256\": \"00\"}], \"metrics\": {\"dice\": 0.25}}";
    cJSON *json;
    char hex[65];
    assert_int_equal(mm_json_parse(&scratch->arena, "m", text, strlen(text), &json, &err), MM_OK);
    assert_int_equal(mm_manifest_digest(&scratch->arena, json, hex, &err), MM_OK);
    assert_string_equal(hex, "08ecf1de7d525085fb004f2d861c50a811cf0fe476763149d74584682526089e");
}

static void records_of_the_mmar_become_facts(void **state)
{
    struct scratch *scratch = *state;
    struct mm_archive_list *list;
    cJSON *manifest;
    const char *root = make_mmar(scratch, "m");
    const struct mm_pack_options plain = {0};
    assert_int_equal(mm_layout_collect(&scratch->arena, root, &plain, &list, &err), MM_OK);
    assert_int_equal(mm_manifest_make(&scratch->arena, root, list, &manifest, &err), MM_OK);
    assert_int_equal(mm_manifest_check(&scratch->arena, manifest, &err), MM_OK);
    assert_string_equal(manifest->child->string, "format");
    assert_string_equal(mm_json_get(manifest, "version")->valuestring, "1.2");
    assert_string_equal(mm_json_get(manifest, "data_licences")->child->valuestring, "CC-BY-4.0");
    assert_true(mm_json_get(mm_json_get(manifest, "metrics"), "mean_dice")->valuedouble == 0.9);
    assert_null(mm_json_get(manifest, "training"));
    assert_null(mm_json_get(manifest, "parent"));
    const cJSON *row = mm_manifest_file(manifest, "resources/empty");
    assert_string_equal(mm_json_get(row, "sha256")->valuestring,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    put(scratch, "m", "docs/card.json", "{");
    assert_int_equal(mm_manifest_make(&scratch->arena, root, list, &manifest, &err), MM_ERR_CONFIG);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        T(the_digest_is_that_of_the_canonical_text),
        T(records_of_the_mmar_become_facts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
