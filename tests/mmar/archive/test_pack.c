/* Packing: what travels, the same bytes twice, and nothing lost when it fails. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <utime.h>

#include <cmocka.h>

#include "base/hash.h"
#include "mmar/archive/archive.h"
#include "tests/mmar/archive/mmar_folder.h"

static struct mm_error err;

static const struct mm_pack_options plain = {0};

static enum mm_status pack(struct scratch *scratch, const char *root, const char *file,
                           const struct mm_pack_options *how, struct mm_archive_list **list, cJSON **manifest)
{
    err = (struct mm_error){.status = MM_OK};
    return mm_pack(&scratch->arena, root, scratch_path(scratch, file), how, list, manifest, &err);
}

static const char *digest_of(struct scratch *scratch, const char *file)
{
    char *hex = mm_arena_alloc(&scratch->arena, MM_SHA256_HEX);
    assert_int_equal(mm_sha256_file(scratch_path(scratch, file), hex, &err), MM_OK);
    return hex;
}

static bool holds(const cJSON *manifest, const char *name)
{
    return mm_manifest_file(manifest, name) != NULL;
}

static bool is_left_out(const struct mm_archive_list *list, const char *name)
{
    for (size_t i = 0; i < list->left_out_count; i++)
        if (!strcmp(list->left_out[i], name))
            return true;
    return false;
}

static void what_may_travel_travels_and_the_rest_is_named(void **state)
{
    struct scratch *scratch = *state;
    struct mm_archive_list *list;
    cJSON *manifest;
    assert_int_equal(pack(scratch, make_mmar(scratch, "m"), "a.mmar", &plain, &list, &manifest), MM_OK);
    static const char *const there[] = {
        "commands/train.sh",        "config/config_train.json", "config/environment.json",
        "docs/README.md",           "docs/card.json",           "eval/metrics.json",
        "models/model.safetensors", "resources/empty",          "resources/\xc3\xa4pfel/tabelle.txt"};
    static const char *const not_there[] = {"config/dataset.json",
                                            "data",
                                            "docs/.git",
                                            "eval/metrics.csv",
                                            "models/checkpoint.safetensors",
                                            "models/final_model.safetensors",
                                            "models/train.jsonl",
                                            "resources/list.json"};
    const size_t n = sizeof there / sizeof *there;
    for (size_t i = 0; i < n; i++)
        assert_true(holds(manifest, there[i]));
    assert_int_equal(list->count, n);
    for (size_t i = 0; i < sizeof not_there / sizeof *not_there; i++)
        assert_true(is_left_out(list, not_there[i]));
    assert_int_equal(list->left_out_count, sizeof not_there / sizeof *not_there);
    assert_true(cJSON_IsTrue(mm_json_get(mm_manifest_file(manifest, "commands/train.sh"), "executable")));
    assert_string_equal(mm_json_get(manifest, "licence")->valuestring, "Apache-2.0");
    const struct mm_pack_options all = {.with_eval = true, .with_checkpoint = true};
    assert_int_equal(pack(scratch, scratch_path(scratch, "m"), "b.mmar", &all, &list, &manifest), MM_OK);
    assert_true(holds(manifest, "eval/metrics.csv") && holds(manifest, "models/checkpoint.safetensors"));
}

/* An evaluation of weights that are there no more must not become the new ones' fame. */
static void scores_of_other_weights_stay(void **state)
{
    struct scratch *scratch = *state;
    struct mm_archive_list *list;
    cJSON *manifest;
    const char *root = make_mmar(scratch, "m");
    assert_int_equal(pack(scratch, root, "a.mmar", &plain, &list, &manifest), MM_OK);
    assert_non_null(mm_json_get(manifest, "metrics"));
    put(scratch, "m", "models/model.safetensors", "trained once more");
    assert_int_equal(pack(scratch, root, "a.mmar", &plain, &list, &manifest), MM_OK);
    assert_null(mm_json_get(manifest, "metrics"));
    assert_false(holds(manifest, "eval/metrics.json"));
    assert_true(is_left_out(list, "eval/metrics.json (of other weights)"));
}

struct collected {
    struct mm_text text;
    bool inside;
    const char *wanted;
};
static enum mm_status begin(void *context, const char *name, uint64_t size, bool executable, struct mm_error *e)
{
    struct collected *c = context;
    (void)size, (void)executable, (void)e;
    c->inside = !strcmp(name, c->wanted);
    return MM_OK;
}
static enum mm_status piece(void *context, const void *bytes, size_t size, struct mm_error *e)
{
    struct collected *c = context;
    (void)e;
    if (c->inside)
        mm_text_addn(&c->text, bytes, size);
    return MM_OK;
}

static void no_path_and_no_case_travels(void **state)
{
    struct scratch *scratch = *state;
    struct mm_archive_list *list;
    cJSON *manifest;
    static const char *const files[] = {"config/environment.json", "eval/metrics.json"};
    static const char *const expected[] = {"\"DATA_ROOT\": \"\"", "\"image\": \"case 1\""};
    assert_int_equal(pack(scratch, make_mmar(scratch, "m"), "a.mmar", &plain, &list, &manifest), MM_OK);
    for (size_t i = 0; i < 2; i++) {
        struct collected c = {.wanted = files[i]};
        const struct mm_archive_visitor visitor = {.begin = begin, .piece = piece, .context = &c};
        mm_text_init(&c.text, 1 << 16);
        assert_int_equal(mm_archive_read(&scratch->arena, scratch_path(scratch, "a.mmar"), &visitor, &manifest, &err),
                         MM_OK);
        assert_non_null(strstr(c.text.bytes, expected[i]));
        assert_null(strstr(c.text.bytes, "/data/secret"));
        assert_null(strstr(c.text.bytes, "miller"));
        mm_text_done(&c.text);
    }
    assert_null(strstr(mm_json_print(&scratch->arena, manifest, MM_JSON_COMPACT), "miller"));
}

static void the_same_content_gives_the_same_bytes(void **state)
{
    struct scratch *scratch = *state;
    struct mm_archive_list *list;
    cJSON *manifest;
    char digest[2][MM_SHA256_HEX];
    assert_int_equal(pack(scratch, make_mmar(scratch, "m"), "a.mmar", &plain, &list, &manifest), MM_OK);
    assert_int_equal(mm_manifest_digest(&scratch->arena, manifest, digest[0], &err), MM_OK);
    const char *other = make_mmar(scratch, "elsewhere/under another name");
    assert_int_equal(utime(mm_file_join(&scratch->arena, other, "docs/README.md"), &(struct utimbuf){1, 1}), 0);
    assert_int_equal(chmod(mm_file_join(&scratch->arena, other, "docs/README.md"), 0600), 0);
    assert_int_equal(pack(scratch, other, "b.mmar", &plain, &list, &manifest), MM_OK);
    assert_int_equal(mm_manifest_digest(&scratch->arena, manifest, digest[1], &err), MM_OK);
    assert_string_equal(digest_of(scratch, "a.mmar"), digest_of(scratch, "b.mmar"));
    assert_string_equal(digest[0], digest[1]);
    /* another level: other bytes, the same identity */
    assert_int_equal(pack(scratch, other, "c.mmar", &(struct mm_pack_options){.level = 1}, &list, &manifest), MM_OK);
    assert_int_equal(mm_manifest_digest(&scratch->arena, manifest, digest[1], &err), MM_OK);
    assert_string_equal(digest[0], digest[1]);
    put(scratch, "m", "docs/README.md", "# Small\n");
    assert_int_equal(pack(scratch, scratch_path(scratch, "m"), "a.mmar", &plain, &list, &manifest), MM_OK);
    assert_string_not_equal(digest_of(scratch, "a.mmar"), digest_of(scratch, "b.mmar"));
}

static void only_archives_are_overwritten(void **state)
{
    struct scratch *scratch = *state;
    struct mm_archive_list *list;
    cJSON *manifest;
    const char *root = make_mmar(scratch, "m");
    scratch_file(scratch, "thesis.txt", "years of work", 13);
    assert_int_equal(pack(scratch, root, "thesis.txt", &plain, &list, &manifest), MM_ERR_USAGE);
    assert_non_null(strstr(err.text, "is no archive: it is not overwritten"));
    assert_int_equal(pack(scratch, root, "m", &plain, &list, &manifest), MM_ERR_USAGE);
    scratch_file(scratch, "empty", "", 0);
    assert_int_equal(pack(scratch, root, "empty", &plain, &list, &manifest), MM_OK);
    assert_int_equal(pack(scratch, root, "empty", &plain, &list, &manifest), MM_OK);
    uint64_t size;
    assert_int_equal(mm_file_size(scratch_path(scratch, "thesis.txt"), &size, &err), MM_OK);
    assert_int_equal(size, 13);
}

static void an_archive_does_not_swallow_itself(void **state)
{
    struct scratch *scratch = *state;
    struct mm_archive_list *list;
    cJSON *manifest;
    const char *root = make_mmar(scratch, "m");
    assert_int_equal(pack(scratch, root, "m/resources/self.mmar", &plain, &list, &manifest), MM_OK);
    const char *first = digest_of(scratch, "m/resources/self.mmar");
    assert_int_equal(pack(scratch, root, "m/resources/self.mmar", &plain, &list, &manifest), MM_OK);
    assert_false(holds(manifest, "resources/self.mmar"));
    assert_string_equal(digest_of(scratch, "m/resources/self.mmar"), first);
}

static void what_must_not_or_cannot_travel_stops_it(void **state)
{
    struct scratch *scratch = *state;
    struct mm_archive_list *list;
    cJSON *manifest;
    const char *root = make_mmar(scratch, "m");
    const struct {
        const char *name, *text, *why;
        enum mm_status status;
    } cases[] = {
        {"docs/notes.txt", "first\nsee /data/secret/patients/x\n",
         "docs/notes.txt:2: holds the local path /data/secret/patients", MM_NO},
        {"config/config_b.json", "{\n \"train\": {\"list\": \"/mnt/lists/a.json\"}}",
         "config/config_b.json:2: train.list is the local path", MM_NO},
        {"docs/a:b", "x", "a colon", MM_ERR_DATA},
        {"docs/Readme.md", "x", "upper and lower case", MM_ERR_DATA},
        {"config/broken.json", "{", "broken.json:1", MM_ERR_CONFIG},
        {"models/run.json", "{\"weights_sha256\": \"00\"}", "tells of other weights", MM_ERR_DATA},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = put(scratch, "m", cases[i].name, cases[i].text);
        enum mm_status s = pack(scratch, root, "a.mmar", &plain, &list, &manifest);
        if (s != cases[i].status || !strstr(err.text, cases[i].why))
            fail_msg("%s: got status %d, \"%s\"", cases[i].name, (int)s, err.text);
        assert_false(mm_file_exists(scratch_path(scratch, "a.mmar")));
        assert_int_equal(remove(path), 0);
    }
    assert_int_equal(symlink("/etc/passwd", mm_file_join(&scratch->arena, root, "docs/link")), 0);
    assert_int_equal(pack(scratch, root, "a.mmar", &plain, &list, &manifest), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "is a link"));
    assert_int_equal(mm_file_make_folder(scratch_path(scratch, "no"), &err), MM_OK);
    assert_int_equal(pack(scratch, scratch_path(scratch, "no"), "a.mmar", &plain, &list, &manifest), MM_ERR_USAGE);
    assert_non_null(strstr(err.text, "is no MMAR"));
}

/* Whichever operation fails, the archive that was there stays and nothing lies beside it. */
static void failing_disks_and_memory_leave_the_old_archive(void **state)
{
    struct scratch *scratch = *state;
    struct mm_archive_list *list;
    cJSON *manifest;
    char **names;
    size_t count;
    const char *root = make_mmar(scratch, "m");
    assert_int_equal(mm_file_make_folder(scratch_path(scratch, "out"), &err), MM_OK);
    assert_int_equal(pack(scratch, root, "out/a.mmar", &(struct mm_pack_options){.level = 1}, &list, &manifest),
                     MM_OK);
    const char *before = digest_of(scratch, "out/a.mmar");
    for (int kind = 0; kind < 6; kind++) {
        static const struct mm_pack_options ways[] = {
            {0}, {.kind = MM_ARCHIVE_ZIP}, {.kind = MM_ARCHIVE_ZIP, .level = 9}};
        const bool memory = kind % 2;
        enum mm_status s = MM_ERR_IO;
        for (uint64_t n = 1; s != MM_OK; n++) {
            struct scratch inner = {.folder = scratch->folder};
            mm_arena_init(&inner.arena, NULL);
            const char *path = scratch_path(&inner, "out/a.mmar");
            memory ? mm_memory_fail_at(n) : mm_file_fail_at(n, ENOSPC);
            s = mm_pack(&inner.arena, root, path, &ways[kind / 2], &list, &manifest, &err);
            mm_memory_fail_at(0);
            mm_file_fail_at(0, 0);
            mm_arena_done(&inner.arena);
            assert_true(n < 2000);
            assert_int_equal(mm_file_list(&scratch->arena, scratch_path(scratch, "out"), &names, &count, &err),
                             MM_OK);
            assert_int_equal(count, 1);
            if (s != MM_OK)
                assert_true(s == (memory ? MM_ERR_MEMORY : MM_ERR_IO));
        }
    }
    assert_string_not_equal(digest_of(scratch, "out/a.mmar"), before);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        T(what_may_travel_travels_and_the_rest_is_named),
        T(scores_of_other_weights_stay),
        T(no_path_and_no_case_travels),
        T(the_same_content_gives_the_same_bytes),
        T(only_archives_are_overwritten),
        T(an_archive_does_not_swallow_itself),
        T(what_must_not_or_cannot_travel_stops_it),
        T(failing_disks_and_memory_leave_the_old_archive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
