/* Unpacking: the same files again, or nothing at all. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash.h"
#include "mmar/archive/archive.h"
#include "tests/mmar/archive/mmar_folder.h"

static struct mm_error err;

static const char *packed(struct scratch *scratch, const char *root, const char *file)
{
    struct mm_archive_list *list;
    cJSON *manifest;
    const char *path = scratch_path(scratch, file);
    if (mm_pack(&scratch->arena, root, path, &(struct mm_pack_options){.level = 1}, &list, &manifest, &err) != MM_OK)
        fail_msg("%s", err.text);
    return path;
}

static size_t count_in(struct scratch *scratch, const char *folder)
{
    char **names;
    size_t count;
    assert_int_equal(mm_file_list(&scratch->arena, folder, &names, &count, &err), MM_OK);
    return count;
}

static void assert_same_bytes(struct scratch *scratch, const char *a, const char *b)
{
    char x[MM_SHA256_HEX], y[MM_SHA256_HEX];
    (void)scratch;
    assert_int_equal(mm_sha256_file(a, x, &err), MM_OK);
    assert_int_equal(mm_sha256_file(b, y, &err), MM_OK);
    assert_string_equal(x, y);
}

static void an_unpacked_archive_packs_to_the_same_bytes(void **state)
{
    struct scratch *scratch = *state;
    cJSON *manifest;
    char weights[MM_SHA256_HEX];
    const char *root = make_mmar(scratch, "m"), *there = scratch_path(scratch, "there");
    assert_int_equal(mm_sha256_file(scratch_path(scratch, "m/models/model.safetensors"), weights, &err), MM_OK);
    put(scratch, "m", "models/run.json",
        mm_arena_format(&scratch->arena, "{\"model\": {\"name\": \"UNet\"}, \"weights_sha256\": \"%s\"}\n", weights));
    put(scratch, "m", "models/parent.json", "{\"kind\": \"archive\", \"name\": \"older\"}\n");
    const char *file = packed(scratch, root, "a.mmar");
    assert_int_equal(mm_unpack(&scratch->arena, file, there, NULL, &manifest, &err), MM_OK);
    assert_string_equal(mm_json_get(mm_json_get(manifest, "parent"), "name")->valuestring, "older");
    assert_string_equal(mm_json_get(mm_json_get(manifest, "model"), "name")->valuestring, "UNet");
    assert_same_bytes(scratch, file, packed(scratch, there, "b.mmar"));
    assert_same_bytes(scratch, scratch_path(scratch, "m/docs/README.md"),
                      scratch_path(scratch, "there/docs/README.md"));
    assert_same_bytes(scratch, scratch_path(scratch, "m/resources/\xc3\xa4pfel/tabelle.txt"),
                      scratch_path(scratch, "there/resources/\xc3\xa4pfel/tabelle.txt"));
    assert_int_equal(access(scratch_path(scratch, "there/commands/train.sh"), X_OK), 0);
    struct stat info;
    assert_int_equal(stat(scratch_path(scratch, "there/docs/README.md"), &info), 0);
    assert_int_equal(info.st_mode & 0111, 0);
    assert_false(mm_file_exists(scratch_path(scratch, "there/manifest.json")));
}

struct told {
    const char *doing;
    uint64_t done, total;
    bool falls;
};

static void hear(void *context, const char *doing, uint64_t done, uint64_t total)
{
    struct told *told = context;
    told->falls |= done < told->done;
    *told = (struct told){doing, done, total, told->falls};
}

/* Whoever asks hears of every byte that the manifest lists, and how many there will be. */
static void progress_is_told_up_to_the_whole(void **state)
{
    struct scratch *scratch = *state;
    cJSON *manifest;
    struct told told = {.doing = NULL};
    struct mm_archive_progress progress = {.tell = hear, .context = &told};
    const char *file = packed(scratch, make_mmar(scratch, "m"), "a.mmar");
    assert_int_equal(mm_unpack(&scratch->arena, file, scratch_path(scratch, "there"), &progress, &manifest, &err),
                     MM_OK);
    assert_string_equal(told.doing, "unpacking");
    assert_false(told.falls);
    assert_true(told.done > 0);
    assert_int_equal(told.done, told.total);
    const struct mm_archive_visitor visitor = {.progress = &progress, .doing = "verifying"};
    uint64_t unpacked = told.done;
    told = (struct told){.doing = NULL};
    assert_int_equal(mm_archive_read(&scratch->arena, file, &visitor, &manifest, &err), MM_OK);
    assert_string_equal(told.doing, "verifying");
    assert_false(told.falls);
    assert_int_equal(told.done, unpacked);
    assert_int_equal(told.total, unpacked);
}

static void a_target_in_use_is_left_alone(void **state)
{
    struct scratch *scratch = *state;
    cJSON *manifest;
    const char *file = packed(scratch, make_mmar(scratch, "m"), "a.mmar");
    put(scratch, "full", "mine", "precious");
    assert_int_equal(mm_unpack(&scratch->arena, file, scratch_path(scratch, "full"), NULL, &manifest, &err),
                     MM_ERR_USAGE);
    assert_int_equal(count_in(scratch, scratch_path(scratch, "full")), 1);
    assert_int_equal(mm_unpack(&scratch->arena, file, scratch_path(scratch, "full/mine"), NULL, &manifest, &err),
                     MM_ERR_USAGE);
    assert_int_equal(symlink("m", scratch_path(scratch, "link")), 0);
    assert_int_equal(mm_unpack(&scratch->arena, file, scratch_path(scratch, "link"), NULL, &manifest, &err),
                     MM_ERR_USAGE);
    assert_int_equal(mm_unpack(&scratch->arena, file, ".", NULL, &manifest, &err), MM_ERR_USAGE);
    assert_int_equal(mm_unpack(&scratch->arena, file, "", NULL, &manifest, &err), MM_ERR_USAGE);
    assert_int_equal(mm_unpack(&scratch->arena, file, scratch_path(scratch, "no/such/place"), NULL, &manifest, &err),
                     MM_ERR_IO);
    assert_int_equal(mkdir(scratch_path(scratch, "empty"), 0777), 0);
    assert_int_equal(mm_unpack(&scratch->arena, file, scratch_path(scratch, "empty/"), NULL, &manifest, &err), MM_OK);
    assert_true(mm_file_exists(scratch_path(scratch, "empty/docs/README.md")));
    assert_int_equal(count_in(scratch, scratch->folder), 5); /* m, a.mmar, full, link, empty: nothing temporary */
}

/* Broken in its last file: everything before has been written by then. */
static void a_broken_archive_leaves_nothing(void **state)
{
    struct scratch *scratch = *state;
    cJSON *manifest;
    unsigned char *bytes;
    size_t size;
    const char *file = packed(scratch, make_mmar(scratch, "m"), "a.mmar");
    assert_int_equal(mm_file_read(&scratch->arena, file, 1 << 20, &bytes, &size, &err), MM_OK);
    for (size_t cut = 1; cut < size; cut += 37) {
        const char *bad = scratch_file(scratch, "bad.mmar", bytes, size - cut);
        assert_int_equal(mm_unpack(&scratch->arena, bad, scratch_path(scratch, "there"), NULL, &manifest, &err),
                         MM_ERR_DATA);
        assert_int_equal(count_in(scratch, scratch->folder), 3);
    }
    bytes[size - 1] ^= 1; /* the frame's checksum */
    const char *bad = scratch_file(scratch, "bad.mmar", bytes, size);
    assert_int_equal(mm_unpack(&scratch->arena, bad, scratch_path(scratch, "there"), NULL, &manifest, &err),
                     MM_ERR_DATA);
    assert_int_equal(count_in(scratch, scratch->folder), 3);
}

static void failing_disks_leave_nothing(void **state)
{
    struct scratch *scratch = *state;
    cJSON *manifest;
    const char *file = packed(scratch, make_mmar(scratch, "m"), "a.mmar"), *there = scratch_path(scratch, "there");
    for (int kind = 0; kind < 2; kind++) {
        enum mm_status s = MM_ERR_IO;
        for (uint64_t n = 1; s != MM_OK; n++) {
            struct mm_arena inner;
            mm_arena_init(&inner, NULL);
            kind ? mm_memory_fail_at(n) : mm_file_fail_at(n, ENOSPC);
            s = mm_unpack(&inner, file, there, NULL, &manifest, &err);
            mm_memory_fail_at(0);
            mm_file_fail_at(0, 0);
            mm_arena_done(&inner);
            assert_true(n < 2000);
            /* The last step tells the disk of the new name: whole it is there by then, though it is not sure to stay. */
            bool placed = mm_file_exists(there);
            assert_int_equal(count_in(scratch, scratch->folder), placed ? 3 : 2);
            assert_true(placed ? mm_file_exists(scratch_path(scratch, "there/models/model.safetensors"))
                               : s != MM_OK);
            if (placed && s != MM_OK)
                assert_int_equal(mm_file_remove_tree(there, &err), MM_OK);
        }
        assert_int_equal(mm_file_remove_tree(there, &err), MM_OK);
    }
}

static void temporary_unpacking_is_private(void **state)
{
    struct scratch *scratch = *state;
    cJSON *manifest;
    const char *folder;
    struct stat info;
    const char *file = packed(scratch, make_mmar(scratch, "m"), "a.mmar");
    assert_int_equal(mm_unpack_temporary(&scratch->arena, file, NULL, &folder, &manifest, &err), MM_OK);
    assert_int_equal(stat(folder, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    assert_true(mm_file_exists(mm_file_join(&scratch->arena, folder, "model/models/model.safetensors")));
    assert_int_equal(mm_file_remove_tree(folder, &err), MM_OK);
    assert_int_equal(
        mm_unpack_temporary(&scratch->arena, scratch_file(scratch, "bad", "x", 1), NULL, &folder, &manifest, &err),
        MM_ERR_DATA);
    assert_null(folder);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        T(an_unpacked_archive_packs_to_the_same_bytes),
        T(progress_is_told_up_to_the_whole),
        T(a_target_in_use_is_left_alone),
        T(a_broken_archive_leaves_nothing),
        T(failing_disks_leave_nothing),
        T(temporary_unpacking_is_private),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
