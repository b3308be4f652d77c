/* Files: reads with a limit, atomic writes and what every failing operation leaves behind, folders, natural order. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "tests/support/scratch.h"

#define KIB ((size_t)1024)

static struct mm_error err;

static void a_file_is_read_whole_with_a_nul_behind(void **state)
{
    struct scratch *scratch = *state;
    static const size_t sizes[] = {0, 1, 100, 64 * KIB, 300 * KIB + 7};
    unsigned char *content = mm_arena_alloc(&scratch->arena, 400 * KIB);
    for (size_t i = 0; i < 400 * KIB; i++)
        content[i] = (unsigned char)(i * 31 + i / 251);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const char *path = scratch_file(scratch, "a", content, sizes[i]);
        unsigned char *bytes;
        size_t size;
        assert_int_equal(mm_file_read(&scratch->arena, path, sizes[i], &bytes, &size, &err), MM_OK);
        assert_int_equal(size, sizes[i]);
        assert_memory_equal(bytes, content, size);
        assert_int_equal(bytes[size], 0);
        uint64_t asked;
        assert_int_equal(mm_file_size(path, &asked, &err), MM_OK);
        assert_int_equal(asked, sizes[i]);
    }
}

static void more_than_the_limit_is_a_data_error(void **state)
{
    struct scratch *scratch = *state;
    const char *path = scratch_file(scratch, "a", "12345", 5);
    unsigned char *bytes;
    size_t size;
    assert_int_equal(mm_file_read(&scratch->arena, path, 4, &bytes, &size, &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "larger than 4 bytes"));
    assert_int_equal(mm_file_read(&scratch->arena, path, SIZE_MAX, &bytes, &size, &err), MM_OK);
}

/* A pipe has no size: it is read until it ends, or the limit is passed. */
static void pipes_are_read_too(void **state)
{
    struct scratch *scratch = *state;
    for (int round = 0; round < 2; round++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        fcntl(ends[1], F_SETPIPE_SZ, 256 * 1024);
        char *text = mm_arena_alloc(&scratch->arena, 200 * KIB);
        memset(text, 'x', 200 * KIB);
        assert_int_equal(write(ends[1], text, 200 * KIB), 200 * KIB);
        close(ends[1]);
        unsigned char *bytes;
        size_t size;
        const char *path = mm_arena_format(&scratch->arena, "/dev/fd/%d", ends[0]);
        size_t limit = round ? 100 * KIB : 200 * KIB;
        enum mm_status s = mm_file_read(&scratch->arena, path, limit, &bytes, &size, &err);
        assert_int_equal(s, round ? MM_ERR_DATA : MM_OK);
        if (s == MM_OK)
            assert_int_equal(size, 200 * KIB);
        close(ends[0]);
    }
}

static void reading_what_is_not_there_says_why(void **state)
{
    struct scratch *scratch = *state;
    unsigned char *bytes;
    size_t size;
    uint64_t length;
    const char *path = scratch_path(scratch, "absent");
    assert_int_equal(mm_file_read(&scratch->arena, path, 10, &bytes, &size, &err), MM_ERR_IO);
    assert_string_equal(err.text,
                        mm_arena_format(&scratch->arena, "%s: cannot open: No such file or directory", path));
    assert_int_equal(mm_file_read(&scratch->arena, scratch->folder, 10, &bytes, &size, &err), MM_ERR_IO);
    assert_string_equal(err.text,
                        mm_arena_format(&scratch->arena, "%s: cannot read: Is a directory", scratch->folder));
    assert_int_equal(mm_file_size(path, &length, &err), MM_ERR_IO);
    assert_int_equal(mm_file_size(scratch->folder, &length, &err), MM_ERR_IO);
}

struct collected {
    size_t size;
    unsigned pieces;
    unsigned char sum;
};

static enum mm_status collect(void *context, const void *bytes, size_t size, struct mm_error *error)
{
    struct collected *all = context;
    for (size_t i = 0; i < size; i++)
        all->sum ^= ((const unsigned char *)bytes)[i];
    all->size += size;
    return ++all->pieces == 100 ? mm_fail(error, MM_ERR_DATA, "enough") : MM_OK;
}

static void a_scan_sees_every_byte(void **state)
{
    struct scratch *scratch = *state;
    static const size_t sizes[] = {0, 1, 1024 * KIB, 2500 * KIB + 3};
    unsigned char *content = mm_arena_alloc(&scratch->arena, 2600 * KIB);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        memset(content, 0, 2600 * KIB);
        if (sizes[i])
            content[sizes[i] - 1] = 0x5A;
        struct collected all = {0};
        const char *path = scratch_file(scratch, "a", content, sizes[i]);
        assert_int_equal(mm_file_scan(path, collect, &all, &err), MM_OK);
        assert_int_equal(all.size, sizes[i]);
        assert_int_equal(all.sum, sizes[i] ? 0x5A : 0);
    }
    struct collected nearly = {.pieces = 99};
    assert_int_equal(mm_file_scan(scratch_path(scratch, "a"), collect, &nearly, &err), MM_ERR_DATA);
    assert_string_equal(err.text, "enough");
}

/* Content of a file as text. */
static const char *content_of(struct scratch *scratch, const char *path)
{
    unsigned char *bytes;
    size_t size;
    if (mm_file_read(&scratch->arena, path, 1 << 20, &bytes, &size, &err) != MM_OK)
        return "(none)";
    return (const char *)bytes;
}

static size_t count_files(struct scratch *scratch)
{
    char **names;
    size_t count;
    assert_int_equal(mm_file_list(&scratch->arena, scratch->folder, &names, &count, &err), MM_OK);
    return count;
}

static void a_write_is_invisible_until_it_is_committed(void **state)
{
    struct scratch *scratch = *state;
    const char *path = scratch_file(scratch, "a.json", "old", 3);
    struct mm_file_writer writer;
    assert_int_equal(mm_file_writer_open(&writer, path, &err), MM_OK);
    assert_int_equal(mm_file_writer_write(&writer, "new ", 4), MM_OK);
    assert_int_equal(mm_file_writer_write(&writer, "text", 4), MM_OK);
    assert_string_equal(content_of(scratch, path), "old");
    assert_int_equal(count_files(scratch), 2);
    assert_int_equal(mm_file_writer_commit(&writer, &err), MM_OK);
    assert_string_equal(content_of(scratch, path), "new text");
    assert_int_equal(count_files(scratch), 1);
    mm_file_writer_abandon(&writer);
    assert_int_equal(mm_file_writer_commit(&writer, &err), MM_ERR_IO);
    assert_int_equal(mm_file_writer_write(&writer, "x", 1), MM_ERR_IO);
}

static void an_abandoned_write_leaves_nothing(void **state)
{
    struct scratch *scratch = *state;
    struct mm_file_writer writer;
    assert_int_equal(mm_file_writer_open(&writer, scratch_path(scratch, "a"), &err), MM_OK);
    mm_file_writer_write(&writer, "x", 1);
    mm_file_writer_abandon(&writer);
    mm_file_writer_abandon(&writer);
    assert_int_equal(count_files(scratch), 0);
}

static void permissions_follow_the_umask(void **state)
{
    struct scratch *scratch = *state;
    const char *path = scratch_path(scratch, "a");
    mode_t before = umask(027);
    assert_int_equal(mm_file_write(path, "x", 1, &err), MM_OK);
    umask(before);
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0640);
}

/* Whatever the umask; and without fsync there are so many operations fewer that can fail. */
static void private_files_are_for_their_owner_only(void **state)
{
    struct scratch *scratch = *state;
    struct stat about;
    struct mm_file_writer writer;
    char *path = scratch_path(scratch, "private");
    mode_t before = umask(0);
    for (int fails = 0; fails < 2; fails++) {
        assert_int_equal(mm_file_writer_open_as(&writer, path, MM_FILE_PRIVATE | MM_FILE_UNSYNCED, NULL), MM_OK);
        assert_int_equal(mm_file_writer_write(&writer, "bytes", 5), MM_OK);
        mm_file_fail_at(fails ? 2 : 3, EIO); /* flush, rename */
        assert_int_equal(mm_file_writer_commit(&writer, NULL), fails ? MM_ERR_IO : MM_OK);
        mm_file_fail_at(0, 0);
    }
    umask(before);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_equal(about.st_size, 5);
}

static void a_relative_path_and_a_long_name_can_be_written(void **state)
{
    struct scratch *scratch = *state;
    char before[4096];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(scratch->folder), 0);
    char name[256];
    memset(name, 'n', 255);
    name[255] = '\0';
    assert_int_equal(mm_file_write("plain", "x", 1, &err), MM_OK);
    assert_int_equal(mm_file_write(name, "y", 1, &err), MM_OK);
    assert_string_equal(content_of(scratch, name), "y");
    assert_int_equal(chdir(before), 0);
    assert_int_equal(count_files(scratch), 2);
}

static void writing_into_no_folder_says_why(void **state)
{
    struct scratch *scratch = *state;
    const char *path = scratch_path(scratch, "absent/a");
    assert_int_equal(mm_file_write(path, "x", 1, &err), MM_ERR_IO);
    assert_string_equal(err.text,
                        mm_arena_format(&scratch->arena, "%s: cannot create: No such file or directory", path));
}

/* What killed programs left under every name that this process would take next is passed over, and stays. */
static void what_killed_programs_left_stops_no_write(void **state)
{
    struct scratch *scratch = *state;
    struct mm_arena *arena = &scratch->arena;
    const char *path = scratch_path(scratch, "left");
    struct mm_file_writer first;
    long process, counter;
    assert_int_equal(mm_file_writer_open(&first, path, &err), MM_OK);
    assert_int_equal(sscanf(strstr(first.temporary, ".tmp-"), ".tmp-%ld-%ld", &process, &counter), 2);
    mm_file_writer_abandon(&first);
    for (long n = 1; n <= 20; n++) {
        FILE *left =
            fopen(mm_arena_format(arena, "%s/.left.tmp-%ld-%ld", scratch->folder, process, counter + n), "we");
        assert_non_null(left);
        fclose(left);
    }
    assert_int_equal(mm_file_write(path, "whole", 5, &err), MM_OK);
    assert_true(mm_file_exists(path));
    for (long n = 1; n <= 20; n++)
        assert_true(
            mm_file_exists(mm_arena_format(arena, "%s/.left.tmp-%ld-%ld", scratch->folder, process, counter + n)));
}

/* Each operation of a replacing write fails in turn: the old content stays, no temporary file does. Only when the folder
 * cannot be synced the new content is there already, and still it is an error. */
static void any_operation_may_fail(void **state)
{
    struct scratch *scratch = *state;
    const char *path = scratch_path(scratch, "a");
    enum mm_status s = MM_ERR_IO;
    unsigned failures = 0;
    for (uint64_t n = 1; s != MM_OK; n++) {
        scratch_file(scratch, "a", "old", 3);
        mm_file_fail_at(n, ENOSPC);
        s = mm_file_write(path, "new", 3, &err);
        mm_file_fail_at(0, 0);
        assert_int_equal(count_files(scratch), 1);
        if (s == MM_OK)
            break;
        failures++;
        assert_int_equal(s, MM_ERR_IO);
        assert_non_null(strstr(err.text, "No space left on device"));
        const char *content = content_of(scratch, path);
        assert_true(strcmp(content, "old") == 0 || n > 5);
    }
    assert_string_equal(content_of(scratch, path), "new");
    assert_int_equal(failures, 7); /* open, write, flush, fsync, rename, open folder, fsync folder */

    s = MM_ERR_IO;
    for (uint64_t n = 1; s != MM_OK; n++) {
        unsigned char *bytes;
        size_t size;
        mm_file_fail_at(n, EIO);
        s = mm_file_read(&scratch->arena, path, 100, &bytes, &size, &err);
        mm_file_fail_at(0, 0);
        assert_true(s == MM_OK || (s == MM_ERR_IO && strstr(err.text, "Input/output error")));
        assert_true(s != MM_OK || n == 4); /* open, read, read that meets the end */
    }
}

static void a_fault_slows_breaks_or_cuts_the_files_it_names(void **state)
{
    struct scratch *scratch = *state;
    unsigned char *bytes, start[8];
    size_t size;
    scratch_file(scratch, "good", "0123456789", 10);
    scratch_file(scratch, "bad", "0123456789", 10);
    const char *good = scratch_path(scratch, "good"), *bad = scratch_path(scratch, "bad");
    mm_file_fault_set(&(struct mm_file_fault){.part = "/bad", .error_number = EIO});
    assert_int_equal(mm_file_read(&scratch->arena, good, 100, &bytes, &size, &err), MM_OK);
    assert_int_equal(mm_file_read(&scratch->arena, bad, 100, &bytes, &size, &err), MM_ERR_IO);
    assert_string_equal(err.text, mm_arena_format(&scratch->arena, "%s: cannot open: Input/output error", bad));
    assert_int_equal(mm_file_read_start(bad, start, 8, &size, &err), MM_ERR_IO);
    mm_file_fault_set(&(struct mm_file_fault){.part = "/bad", .delay_ms = 1, .size = 3});
    assert_int_equal(mm_file_read(&scratch->arena, bad, 100, &bytes, &size, &err), MM_OK);
    assert_int_equal(size, 3);
    assert_string_equal((char *)bytes, "012");
    assert_int_equal(mm_file_read_start(bad, start, 8, &size, &err), MM_OK);
    assert_int_equal(size, 3);
    mm_file_fault_set(NULL);
    assert_int_equal(mm_file_read(&scratch->arena, bad, 100, &bytes, &size, &err), MM_OK);
    assert_int_equal(size, 10);
    assert_int_equal(mm_file_read_start(bad, start, 8, &size, &err), MM_OK);
    assert_int_equal(size, 8);
    assert_memory_equal(start, "01234567", 8);
}

static void the_first_failure_stays(void **state)
{
    struct scratch *scratch = *state;
    struct mm_file_writer writer;
    assert_int_equal(mm_file_writer_open(&writer, scratch_path(scratch, "a"), &err), MM_OK);
    mm_file_fail_at(1, EDQUOT);
    assert_int_equal(mm_file_writer_write(&writer, "x", 1), MM_ERR_IO);
    assert_int_equal(mm_file_writer_write(&writer, "y", 1), MM_ERR_IO);
    assert_int_equal(mm_file_writer_commit(&writer, &err), MM_ERR_IO);
    assert_non_null(strstr(err.text, "Disk quota exceeded"));
    assert_int_equal(count_files(scratch), 0);
}

static void folders_are_made_with_their_parents(void **state)
{
    struct scratch *scratch = *state;
    const char *path = scratch_path(scratch, "a//b/c/");
    assert_int_equal(mm_file_make_folder(path, &err), MM_OK);
    assert_int_equal(mm_file_make_folder(path, &err), MM_OK);
    assert_true(mm_file_is_folder(scratch_path(scratch, "a/b/c")));
    const char *file = scratch_file(scratch, "file", "", 0);
    assert_true(mm_file_exists(file));
    assert_false(mm_file_is_folder(file));
    assert_int_equal(mm_file_make_folder(file, &err), MM_ERR_IO);
    assert_int_equal(mm_file_make_folder(scratch_path(scratch, "file/x"), &err), MM_ERR_IO);
    assert_non_null(strstr(err.text, "Not a directory"));
    assert_int_equal(mm_file_make_folder("/", &err), MM_OK);
}

static void a_tree_is_removed_without_following_links(void **state)
{
    struct scratch *scratch = *state;
    mm_file_make_folder(scratch_path(scratch, "keep"), &err);
    scratch_file(scratch, "keep/file", "x", 1);
    mm_file_make_folder(scratch_path(scratch, "tree/a/b"), &err);
    scratch_file(scratch, "tree/a/file", "x", 1);
    assert_int_equal(symlink(scratch_path(scratch, "keep"), scratch_path(scratch, "tree/a/link")), 0);
    assert_int_equal(symlink("nowhere", scratch_path(scratch, "tree/dangling")), 0);
    assert_int_equal(mm_file_remove_tree(scratch_path(scratch, "tree"), &err), MM_OK);
    assert_false(mm_file_exists(scratch_path(scratch, "tree")));
    assert_true(mm_file_exists(scratch_path(scratch, "keep/file")));
    assert_int_equal(symlink(scratch_path(scratch, "keep"), scratch_path(scratch, "link")), 0);
    assert_int_equal(mm_file_remove_tree(scratch_path(scratch, "link"), &err), MM_OK);
    assert_true(mm_file_exists(scratch_path(scratch, "keep/file")));
    assert_int_equal(mm_file_remove_tree(scratch_path(scratch, "keep/file"), &err), MM_OK);
    assert_int_equal(mm_file_remove_tree(scratch_path(scratch, "absent"), &err), MM_OK);
    assert_int_equal(mm_file_remove_tree(scratch_path(scratch, "absent/x"), &err), MM_OK);
    assert_int_equal(count_files(scratch), 1);
}

static void folders_are_listed_in_natural_order(void **state)
{
    struct scratch *scratch = *state;
    static const char *const names[] = {"IMG_2.nii", "a", "b1", "b1a", "b01a", "b2", "b10", "b10.5", "b10.12"};
    enum { COUNT = sizeof names / sizeof *names };
    for (size_t i = COUNT; i > 0; i--)
        scratch_file(scratch, names[i - 1], "", 0);
    char **found;
    size_t count;
    assert_int_equal(mm_file_list(&scratch->arena, scratch->folder, &found, &count, &err), MM_OK);
    assert_int_equal(count, COUNT);
    static const char *const expected[] = {"IMG_2.nii", "a", "b1", "b01a", "b1a", "b2", "b10", "b10.5", "b10.12"};
    for (size_t i = 0; i < COUNT; i++)
        assert_string_equal(found[i], expected[i]);
    assert_int_equal(mm_file_list(&scratch->arena, scratch_path(scratch, "absent"), &found, &count, &err), MM_ERR_IO);
    mm_file_fail_at(2, EIO);
    assert_int_equal(mm_file_list(&scratch->arena, scratch->folder, &found, &count, &err), MM_ERR_IO);
}

static void natural_order_compares_numbers_by_value(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        int order;
    } cases[] = {
        {"n2", "n10", -1},    {"n10", "n2", 1},
        {"n2", "n2", 0},      {"n02", "n2", -1},
        {"n2x", "n02y", -1},  {"", "a", -1},
        {"a", "a1", -1},      {"1", "a", -1},
        {"0", "00", -1},      {"n99999999999999999999", "n100000000000000000000", -1},
        {"a0", "a1", -1},     {"x1y2", "x1y10", -1},
        {"\xC3\xA9", "z", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int order = mm_file_compare(cases[i].a, cases[i].b);
        assert_int_equal((order > 0) - (order < 0), cases[i].order);
        order = mm_file_compare(cases[i].b, cases[i].a);
        assert_int_equal((order > 0) - (order < 0), -cases[i].order);
    }
}

static void paths_are_joined_and_split(void **state)
{
    struct scratch *scratch = *state;
    struct mm_arena *arena = &scratch->arena;
    assert_string_equal(mm_file_join(arena, "a", "b"), "a/b");
    assert_string_equal(mm_file_join(arena, "a/", "b/c"), "a/b/c");
    assert_string_equal(mm_file_join(arena, "a", "/b"), "/b");
    assert_string_equal(mm_file_join(arena, "", "b"), "b");
    assert_string_equal(mm_file_join(arena, NULL, "b"), "b");
    assert_string_equal(mm_file_join(arena, "/", "b"), "/b");
    static const struct {
        const char *path, *folder, *name;
    } cases[] = {
        {"a/b.json", "a", "b.json"}, {"/a", "/", "a"}, {"a", ".", "a"},   {"/a/b/c", "/a/b", "c"},
        {"a//b", "a", "b"},          {"a/", "a", ""},  {"//a", "/", "a"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(mm_file_folder(arena, cases[i].path), cases[i].folder);
        assert_string_equal(mm_file_name(cases[i].path), cases[i].name);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_read_whole_with_a_nul_behind),
        TEST(more_than_the_limit_is_a_data_error),
        TEST(pipes_are_read_too),
        TEST(reading_what_is_not_there_says_why),
        TEST(a_scan_sees_every_byte),
        TEST(a_write_is_invisible_until_it_is_committed),
        TEST(an_abandoned_write_leaves_nothing),
        TEST(permissions_follow_the_umask),
        TEST(private_files_are_for_their_owner_only),
        TEST(a_relative_path_and_a_long_name_can_be_written),
        TEST(writing_into_no_folder_says_why),
        TEST(what_killed_programs_left_stops_no_write),
        TEST(any_operation_may_fail),
        TEST(a_fault_slows_breaks_or_cuts_the_files_it_names),
        TEST(the_first_failure_stays),
        TEST(folders_are_made_with_their_parents),
        TEST(a_tree_is_removed_without_following_links),
        TEST(folders_are_listed_in_natural_order),
        TEST(natural_order_compares_numbers_by_value),
        TEST(paths_are_joined_and_split),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
