/* The contract of image formats, asked of every one in the registry: names, round trips, damage, failing memory
 * and disks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/names.h"
#include "base/text.h"
#include "image/format.h"
#include "tests/image/waves.h"
#include "tests/support/scratch.h"

#define FILE_MAX    ((size_t)1 << 20)
#define LOSSY_ERROR 6 /* of a lossy format on smooth images of 0 to 200 */

static struct mm_error err;

/* The first extension of a format. */
static char *extension_of(struct mm_arena *arena, const struct mm_format *format)
{
    return mm_arena_textn(arena, format->extensions, strcspn(format->extensions, " "));
}

/* A volume the format can write: of the first type and rank that it accepts. */
static struct mm_volume *writable(struct scratch *scratch, const struct mm_format *format, const char *path)
{
    for (int rank = 3; rank >= 2; rank--) {
        for (int type = 0; type < MM_TYPE_COUNT; type++) {
            struct mm_volume *v = wave_volume(&scratch->arena, (enum mm_type)type, rank, 1, 11, 7, rank == 3 ? 5 : 1);
            if (format->write(path, v, &err) == MM_OK)
                return v;
        }
    }
    fail_msg("%s writes nothing", format->name);
    return NULL;
}

static void names_are_sorted_and_complete(void **state)
{
    (void)state;
    for (size_t i = 0; mm_formats[i]; i++) {
        const struct mm_format *f = mm_formats[i];
        assert_true(f->name && f->extensions && f->summary && f->probe && f->header && f->read);
        assert_true(i == 0 || strcmp(mm_formats[i - 1]->name, f->name) < 0);
        assert_true(f->summary[strlen(f->summary) - 1] != '.');
    }
}

/* Each extension leads to its format in any case, and no other format has it; longer ones stand first. */
static void extensions_lead_to_their_format(void **state)
{
    struct scratch *scratch = *state;
    for (size_t i = 0; mm_formats[i]; i++) {
        size_t previous = SIZE_MAX;
        for (const char *word = mm_formats[i]->extensions; *word;) {
            size_t length = strcspn(word, " ");
            char *path = mm_arena_format(&scratch->arena, "folder.dir/some.name%.*s", (int)length, word);
            assert_true(word[0] == '.' && length <= previous);
            assert_ptr_equal(mm_format_of(path), mm_formats[i]);
            assert_string_equal(mm_format_extension(path), path + strlen(path) - length);
            for (char *c = path; *c; c++)
                *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
            assert_ptr_equal(mm_format_of(path), mm_formats[i]);
            for (size_t k = 0; mm_formats[k]; k++)
                assert_true(k == i || !mm_names_contain(mm_formats[k]->extensions,
                                                        mm_arena_textn(&scratch->arena, word, length)));
            previous = length;
            word += length + (word[length] == ' ');
        }
    }
    assert_null(mm_format_of("a.dcm.unknown"));
    assert_null(mm_format_of("nii"));
    assert_null(mm_format_of("folder.nii/file"));
    assert_null(mm_format_of("folder/.nii")); /* a hidden file without extension */
    assert_string_equal(mm_format_extension("b/a.tar.xz"), ".xz");
    assert_string_equal(mm_format_extension("b.c/a"), "");
    assert_string_equal(mm_format_extension("x/scan.v2.nii.gz"), ".nii.gz");
}

static void what_is_written_is_read_under_any_name(void **state)
{
    struct scratch *scratch = *state;
    for (size_t i = 0; mm_formats[i]; i++) {
        const struct mm_format *f = mm_formats[i];
        if (!f->write)
            continue;
        char *extension = extension_of(&scratch->arena, f);
        char *path = scratch_path(scratch, mm_arena_format(&scratch->arena, "a%s", extension));
        struct mm_volume *v = writable(scratch, f, path), *back;
        struct mm_image_info info;
        unsigned char *bytes;
        size_t size;
        assert_int_equal(mm_file_read(&scratch->arena, path, FILE_MAX, &bytes, &size, &err), MM_OK);
        const char *names[] = {path, scratch_file(scratch, "anything", bytes, size),
                               scratch_file(scratch, "a.png", bytes, size),
                               scratch_file(scratch, "a.nii", bytes, size)};
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            assert_int_equal(mm_image_read(&scratch->arena, names[k], &back, &err), MM_OK);
            assert_int_equal(back->type, v->type);
            assert_int_equal(back->rank, v->rank);
            assert_true(mm_volume_is_dense(back) && !back->shared && (uintptr_t)back->data % 64 == 0);
            assert_true(wave_difference(back, v) <= (f->is_lossy ? LOSSY_ERROR : 0));
            assert_int_equal(mm_image_header(names[k], &info, &err), MM_OK);
            assert_true(info.type == back->type && info.channels == back->channels && info.file_bytes == size);
        }
    }
}

static void cut_files_are_refused_with_their_path(void **state)
{
    struct scratch *scratch = *state;
    for (size_t i = 0; mm_formats[i]; i++) {
        const struct mm_format *f = mm_formats[i];
        if (!f->write)
            continue;
        char *extension = extension_of(&scratch->arena, f);
        char *path = scratch_path(scratch, mm_arena_format(&scratch->arena, "whole%s", extension));
        const char *name = mm_arena_format(&scratch->arena, "cut%s", extension);
        struct mm_volume *v;
        unsigned char *bytes;
        size_t size;
        writable(scratch, f, path);
        assert_int_equal(mm_file_read(&scratch->arena, path, FILE_MAX, &bytes, &size, &err), MM_OK);
        for (size_t cut = 0; cut < size; cut += 1 + size / 40) {
            assert_int_equal(mm_image_read(&scratch->arena, scratch_file(scratch, name, bytes, cut), &v, &err),
                             MM_ERR_DATA);
            assert_non_null(strstr(err.text, name));
        }
    }
}

static void other_files_list_what_can_be_read(void **state)
{
    struct scratch *scratch = *state;
    static const char text[] = "{\"this\": \"is no image\"}";
    struct mm_volume *v = wave_volume(&scratch->arena, MM_U8, 2, 1, 2, 2, 1);
    struct mm_image_info info;
    const char *paths[2] = {scratch_file(scratch, "a.json", text, sizeof text),
                            scratch_file(scratch, "empty", "", 0)};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(mm_image_read(&scratch->arena, paths[i], &v, &err), MM_ERR_DATA);
        assert_non_null(strstr(err.text, ".nii.gz"));
        assert_non_null(strstr(err.text, paths[i]));
        assert_int_equal(mm_image_header(paths[i], &info, &err), MM_ERR_DATA);
    }
    assert_int_equal(mm_image_write(scratch_path(scratch, "a.txt"), v, &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, ".png"));
    assert_int_equal(mm_image_read(&scratch->arena, scratch_path(scratch, "absent.nii"), &v, &err), MM_ERR_IO);
    assert_non_null(strstr(err.text, "absent.nii"));
    assert_int_equal(mm_image_header(scratch->folder, &info, &err), MM_ERR_DATA); /* no DICOM series */
}

/* Each allocation fails in turn: reading and writing report it, and the old file stays. */
static void failing_memory_is_reported(void **state)
{
    struct scratch *scratch = *state;
    for (size_t i = 0; mm_formats[i]; i++) {
        const struct mm_format *f = mm_formats[i];
        if (!f->write)
            continue;
        char *path = scratch_path(scratch, mm_arena_format(&scratch->arena, "a%s", extension_of(&scratch->arena, f)));
        struct mm_volume *v = writable(scratch, f, path), *back;
        enum mm_status s = MM_ERR_MEMORY;
        for (uint64_t n = 1; s != MM_OK; n++) {
            struct mm_arena own;
            mm_arena_init(&own, NULL);
            mm_memory_fail_at(n);
            s = mm_image_read(&own, path, &back, &err);
            mm_memory_fail_at(0);
            assert_true(s == MM_OK || s == MM_ERR_MEMORY);
            mm_arena_done(&own);
            assert_in_range(n, 1, 50);
        }
        s = MM_ERR_MEMORY;
        for (uint64_t n = 1; s != MM_OK; n++) {
            mm_memory_fail_at(n);
            s = mm_image_write(path, v, &err);
            mm_memory_fail_at(0);
            assert_true(s == MM_OK || s == MM_ERR_MEMORY);
            assert_int_equal(mm_image_read(&scratch->arena, path, &back, &err), MM_OK);
            assert_in_range(n, 1, 50);
        }
    }
}

/* Each operation on files fails in turn: the old file stays, nothing is left beside it. */
static void failing_disks_leave_the_old_file(void **state)
{
    struct scratch *scratch = *state;
    size_t written = 0;
    for (size_t i = 0; mm_formats[i]; i++) {
        const struct mm_format *f = mm_formats[i];
        if (!f->write)
            continue;
        written++;
        char *name = mm_arena_format(&scratch->arena, "%zu%s", i, extension_of(&scratch->arena, f)), **names;
        char *path = scratch_path(scratch, name);
        struct mm_volume *v = writable(scratch, f, path), *back;
        enum mm_status s = MM_ERR_IO;
        size_t count;
        for (uint64_t n = 1; s != MM_OK; n++) {
            mm_file_fail_at(n, 28); /* ENOSPC */
            s = mm_image_write(path, v, &err);
            mm_file_fail_at(0, 0);
            assert_true(s == MM_OK || s == MM_ERR_IO);
            assert_int_equal(mm_image_read(&scratch->arena, path, &back, &err), MM_OK);
            assert_true(wave_difference(back, v) <= (f->is_lossy ? LOSSY_ERROR : 0));
            assert_int_equal(mm_file_list(&scratch->arena, scratch->folder, &names, &count, &err), MM_OK);
            assert_int_equal(count, written);
            assert_in_range(n, 1, 60);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_are_sorted_and_complete),          TEST(extensions_lead_to_their_format),
        TEST(what_is_written_is_read_under_any_name), TEST(cut_files_are_refused_with_their_path),
        TEST(other_files_list_what_can_be_read),      TEST(failing_memory_is_reported),
        TEST(failing_disks_leave_the_old_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
