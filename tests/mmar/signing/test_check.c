/* Signed archives and folders: what a signature covers, and whose it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "mmar/archive/archive.h"
#include "mmar/parent.h"
#include "mmar/signing/vouch.h"
#include "tests/mmar/archive/mmar_folder.h"

static struct mm_error err;
static const struct mm_vouch nothing; /* is asked for */

struct signed_archive {
    struct mm_key key;
    char *file;
    cJSON *manifest;
    char *signature;
};

/* Packed, signed in place, its head read; nobody is trusted. */
static struct signed_archive make_signed(struct scratch *scratch)
{
    struct signed_archive a;
    struct mm_archive_list *list;
    char before[MM_SHA256_HEX], after[MM_SHA256_HEX];
    struct mm_arena *arena = &scratch->arena;
    setenv("XDG_CONFIG_HOME", scratch_path(scratch, "config"), 1);
    a.file = scratch_path(scratch, "a.mmar");
    assert_int_equal(mm_key_make(arena, scratch_path(scratch, "lab"), &a.key, &err), MM_OK);
    put(scratch, "m", "models/parent.json", "{\"kind\": \"archive\", \"name\": \"older\"}\n");
    assert_int_equal(mm_pack(arena, make_mmar(scratch, "m"), a.file, &(struct mm_pack_options){.level = 1}, &list,
                             &a.manifest, &err),
                     MM_OK);
    assert_int_equal(mm_manifest_digest(arena, a.manifest, before, &err), MM_OK);
    assert_int_equal(mm_sign_archive(arena, a.file, &a.key, a.file, 1, NULL, &err), MM_OK);
    assert_int_equal(mm_archive_head(arena, a.file, &a.manifest, &a.signature, &err), MM_OK);
    assert_int_equal(mm_manifest_digest(arena, a.manifest, after, &err), MM_OK);
    assert_string_equal(before, after);
    assert_non_null(a.signature);
    return a;
}

static void trust(struct scratch *scratch, const char *name)
{
    unsigned char *bytes;
    size_t size;
    assert_int_equal(mm_file_read(&scratch->arena, scratch_path(scratch, "lab.pub"), 4096, &bytes, &size, &err),
                     MM_OK);
    put(scratch, "config/mmar/trusted", name, (char *)bytes);
}

static void an_archive_says_who_signed_it(void **state)
{
    struct scratch *scratch = *state;
    struct mm_arena *arena = &scratch->arena;
    struct signed_archive a = make_signed(scratch);
    struct mm_signer signer;
    cJSON *manifest;
    assert_int_equal(mm_archive_read(arena, a.file, NULL, &manifest, &err), MM_OK);
    assert_int_equal(mm_vouch_head(arena, &(struct mm_vouch){.key = NULL}, a.manifest, a.signature, &signer, &err),
                     MM_OK);
    assert_null(signer.name);
    assert_string_equal(signer.key_id, a.key.id);
    assert_true(signer.covers_manifest);
    trust(scratch, "hospital north.pub");
    assert_int_equal(mm_vouch_head(arena, &(struct mm_vouch){.key = NULL}, a.manifest, a.signature, &signer, &err),
                     MM_OK);
    assert_string_equal(signer.name, "hospital north");
    assert_int_equal(mm_vouch_head(arena, &(struct mm_vouch){.key = scratch_path(scratch, "lab.pub")}, a.manifest,
                                   a.signature, &signer, &err),
                     MM_OK);
    assert_string_equal(signer.name, "lab");
    mm_key_close(&a.key);
}

/* Not only the files: whoever changes the licence in the manifest is found too. */
static void the_manifest_is_signed(void **state)
{
    struct scratch *scratch = *state;
    struct mm_arena *arena = &scratch->arena;
    struct signed_archive a = make_signed(scratch);
    struct mm_signer signer;
    mm_json_replace((cJSON *)mm_json_get(a.manifest, "licence"), mm_json_text(arena, "none needed"));
    assert_int_equal(mm_vouch_head(arena, &(struct mm_vouch){.key = NULL}, a.manifest, a.signature, &signer, &err),
                     MM_NO);
    assert_string_equal(err.text, "manifest.json was changed after it was signed");
    mm_key_close(&a.key);
}

static void signing_again_replaces_the_signature(void **state)
{
    struct scratch *scratch = *state;
    struct mm_arena *arena = &scratch->arena;
    struct signed_archive a = make_signed(scratch);
    struct mm_key second;
    struct mm_signer signer;
    assert_int_equal(mm_key_make(arena, scratch_path(scratch, "second"), &second, &err), MM_OK);
    assert_int_equal(mm_sign_archive(arena, a.file, &second, a.file, 1, NULL, &err), MM_OK);
    assert_int_equal(mm_archive_head(arena, a.file, &a.manifest, &a.signature, &err), MM_OK);
    assert_int_equal(mm_vouch_head(arena, &(struct mm_vouch){.key = NULL}, a.manifest, a.signature, &signer, &err),
                     MM_OK);
    assert_string_equal(signer.key_id, second.id);
    mm_key_close(&a.key);
    mm_key_close(&second);
}

/* The unpacked folder, its records included, is what was signed; then everything that can happen to it. */
static void a_folder_is_held_against_its_signature(void **state)
{
    struct scratch *scratch = *state;
    struct mm_arena *arena = &scratch->arena;
    struct signed_archive a = make_signed(scratch);
    struct mm_bundle b;
    struct mm_statement now;
    struct mm_signer signer;
    cJSON *manifest;
    const char *there = scratch_path(scratch, "there"), *ours = scratch_path(scratch, "lab.pub");
    assert_int_equal(mm_unpack(arena, a.file, there, NULL, &manifest, &err), MM_OK);
    assert_true(mm_file_exists(scratch_path(scratch, "there/model.sig")));
    assert_true(mm_file_exists(scratch_path(scratch, "there/models/parent.json")));
    assert_int_equal(mm_bundle_parse(arena, a.signature, strlen(a.signature), &b, &err), MM_OK);
#define CHECK()                                                                                                      \
    (assert_int_equal(                                                                                               \
         mm_signing_of_folder(arena, there, b.statement.ignored, b.statement.ignored_count, NULL, NULL, &now, &err), \
         MM_OK),                                                                                                     \
     mm_signing_check(arena, &b, &now, ours, &signer, &err))
    assert_int_equal(CHECK(), MM_OK);
    assert_false(signer.covers_manifest);
    put(scratch, "there", "docs/README.md", "# other\n");
    assert_int_equal(CHECK(), MM_NO);
    assert_string_equal(err.text, "docs/README.md was changed after it was signed");
    assert_int_equal(unlink(scratch_path(scratch, "there/docs/README.md")), 0);
    assert_int_equal(CHECK(), MM_NO);
    assert_string_equal(err.text, "docs/README.md was signed and is missing");
    put(scratch, "there", "docs/README.md", "# small\n");
    put(scratch, "there", ".git/config", "");
    assert_int_equal(CHECK(), MM_OK);
    put(scratch, "there", "custom/evil.sh", "");
    assert_int_equal(CHECK(), MM_NO);
    assert_string_equal(err.text, "custom/evil.sh was added and is not signed");
    assert_int_equal(symlink("x", scratch_path(scratch, "there/link")), 0);
    assert_int_equal(mm_signing_of_folder(arena, there, NULL, 0, NULL, NULL, &now, &err), MM_ERR_DATA);
    mm_key_close(&a.key);
}

static void a_child_records_its_parents_signer(void **state)
{
    struct scratch *scratch = *state;
    struct signed_archive a = make_signed(scratch);
    struct mm_parent parent;
    assert_int_equal(mm_parent_open(&scratch->arena, a.file, &nothing, NULL, &parent, &err), MM_OK);
    assert_true(cJSON_IsNull(mm_json_get(parent.record, "signer")));
    mm_parent_close(&parent);
    trust(scratch, "lab_b.pub");
    assert_int_equal(mm_parent_open(&scratch->arena, a.file, &nothing, NULL, &parent, &err), MM_OK);
    assert_string_equal(mm_json_get(parent.record, "signer")->valuestring, "lab_b");
    mm_parent_close(&parent);
    mm_key_close(&a.key);
}

int main(void)
{
    mm_log_set(MM_LOG_QUIET);
#define T(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        T(an_archive_says_who_signed_it),        T(the_manifest_is_signed),
        T(signing_again_replaces_the_signature), T(a_folder_is_held_against_its_signature),
        T(a_child_records_its_parents_signer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
