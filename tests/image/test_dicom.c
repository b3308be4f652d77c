/* DICOM by way of dcm2niix: a program of that name made here, and the real one where it is installed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "image/format.h"
#include "tests/image/waves.h"
#include "tests/support/scratch.h"

static struct mm_error err;

/* A folder first on PATH with a program dcm2niix: a shell script that gets the arguments of the real one. */
static void install(struct scratch *scratch, const char *script)
{
    const char *text = mm_arena_format(&scratch->arena, "#!/bin/sh\nPATH=/usr/bin:/bin\n%s\n", script);
    char *path = scratch_file(scratch, "dcm2niix", text, strlen(text));
    assert_int_equal(chmod(path, 0700), 0);
    setenv("PATH", scratch->folder, 1);
    setenv("TMPDIR", scratch->folder, 1);
}

static bool is_clean(struct scratch *scratch)
{
    char **names;
    size_t count;
    assert_int_equal(mm_file_list(&scratch->arena, scratch->folder, &names, &count, &err), MM_OK);
    for (size_t i = 0; i < count; i++) {
        if (strstr(names[i], "mmar-dicom-"))
            return false;
    }
    return true;
}

/* The last two arguments of the program are its output folder and the source, which is absolute. */
#define LAST "for i; do out=$before; before=$i; done; case $i in /*) ;; *) exit 9;; esac\n"

static void a_series_becomes_a_volume(void **state)
{
    struct scratch *scratch = *state;
    struct mm_volume *v = wave_volume(&scratch->arena, MM_I16, 3, 1, 5, 4, 3), *back;
    struct mm_image_info info;
    char *folder = scratch_path(scratch, "series");
    assert_int_equal(mm_file_make_folder(folder, &err), MM_OK);
    assert_int_equal(mm_image_write(mm_file_join(&scratch->arena, folder, "hidden.nii"), v, &err), MM_OK);
    install(scratch, LAST "cp \"$i/hidden.nii\" \"$out/i.nii\"");
    if (mm_image_read(&scratch->arena, folder, &back, &err) != MM_OK)
        fail_msg("%s", err.text);
    assert_true(back->type == MM_I16 && wave_difference(back, v) == 0);
    assert_int_equal(mm_image_header(folder, &info, &err), MM_OK);
    assert_true(info.size[0] == 5 && info.size[2] == 3);
    install(scratch, LAST "echo x >\"$out/i.nii\"; cp \"$i/hidden.nii\" \"$out/i_Tilt_1.nii\"");
    assert_int_equal(mm_image_read(&scratch->arena, folder, &back, &err), MM_OK);
    assert_true(is_clean(scratch));
}

static void failures_are_reported(void **state)
{
    struct scratch *scratch = *state;
    static const char *const cases[][2] = {{"exit 2", "no DICOM image"},
                                           {"echo first; echo the reason >&2; exit 5", "exit status 5): the reason"},
                                           {"kill -9 $$", "signal 9"},
                                           {"exit 0", "no image"},
                                           {LAST "echo x >\"$out/a.nii\"; echo x >\"$out/b.nii\"", "2 images"},
                                           {LAST "echo x >\"$out/i.nii\"", "NIfTI"}};
    struct mm_volume *v;
    char *path = scratch_file(scratch, "a.dcm", "x", 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        install(scratch, cases[i][0]);
        assert_int_equal(mm_image_read(&scratch->arena, path, &v, &err), MM_ERR_DATA);
        if (!strstr(err.text, cases[i][1]) || !strstr(err.text, path))
            fail_msg("%s: %s", cases[i][0], err.text);
        assert_true(is_clean(scratch));
    }
    setenv("PATH", "/nonexistent", 1);
    assert_int_equal(mm_image_read(&scratch->arena, path, &v, &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "install the package dcm2niix"));
    assert_true(is_clean(scratch));
    assert_int_equal(mm_image_write(path, wave_volume(&scratch->arena, MM_U8, 2, 1, 3, 3, 1), &err), MM_ERR_DATA);
}

/* A CT slice of 2 x 2 pixels: little-endian elements with explicit types, PS3.5. */
static size_t make_slice(unsigned char bytes[1024])
{
    static const struct {
        uint16_t group, element;
        const char *type, *value;
    } elements[] = {{0x0002, 0x0010, "UI", "1.2.840.10008.1.2.1"},
                    {0x0008, 0x0016, "UI", "1.2.840.10008.5.1.4.1.1.2"},
                    {0x0008, 0x0060, "CS", "CT"},
                    {0x0008, 0x0070, "LO", "SIEMENS "},
                    {0x0018, 0x0050, "DS", "2 "},
                    {0x0020, 0x000d, "UI", "1.2"},
                    {0x0020, 0x000e, "UI", "1.3"},
                    {0x0020, 0x0011, "IS", "1 "},
                    {0x0020, 0x0013, "IS", "1 "},
                    {0x0020, 0x0032, "DS", "-10\\-20\\30 "},
                    {0x0020, 0x0037, "DS", "1\\0\\0\\0\\1\\0 "},
                    {0x0028, 0x0002, "US", "\1"},
                    {0x0028, 0x0004, "CS", "MONOCHROME2 "},
                    {0x0028, 0x0010, "US", "\2"},
                    {0x0028, 0x0011, "US", "\2"},
                    {0x0028, 0x0030, "DS", "0.5\\0.75"},
                    {0x0028, 0x0100, "US", "\20"},
                    {0x0028, 0x0101, "US", "\20"},
                    {0x0028, 0x0102, "US", "\17"},
                    {0x0028, 0x0103, "US", "\1"},
                    {0x7fe0, 0x0010, "OW", "a\0b\0c\0d"}};
    size_t at = 132;
    memset(bytes, 0, 1024);
    memcpy(bytes + 128, "DICM", 4);
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
        bool is_wide = elements[i].type[0] == 'O';
        size_t length = is_wide                                                    ? 8
                        : elements[i].type[0] == 'U' && elements[i].type[1] == 'S' ? 2
                                                                                   : strlen(elements[i].value);
        length += length % 2;
        memcpy(bytes + at, &elements[i].group, 2);
        memcpy(bytes + at + 2, &elements[i].element, 2);
        memcpy(bytes + at + 4, elements[i].type, 2);
        bytes[at + (is_wide ? 8 : 6)] = (unsigned char)length;
        at += is_wide ? 12 : 8;
        if (is_wide)
            memcpy(bytes + at, elements[i].value, 8);
        else
            memcpy(bytes + at, elements[i].value, strlen(elements[i].value));
        at += length;
    }
    return at;
}

static void the_real_program_is_understood(void **state)
{
    struct scratch *scratch = *state;
    unsigned char bytes[1024];
    struct mm_volume *v;
    char *path = scratch_file(scratch, "slice.dcm", bytes, make_slice(bytes));
    enum mm_status s = mm_image_read(&scratch->arena, path, &v, &err);
    if (s && strstr(err.text, "not installed")) {
        printf("skipped: the_real_program_is_understood: no dcm2niix\n");
        return;
    }
    if (s)
        fail_msg("%s", err.text);
    assert_true(v->size[0] == 2 && v->size[1] == 2 && v->channels == 1);
    assert_true(mm_volume_get(v, 0, 0, 1, 0) == 'a' && mm_volume_get(v, 0, 0, 0, 1) == 'd'); /* rows upward */
    assert_true(fabs(v->affine[0] + 0.75) < 1e-6 && fabs(v->affine[3] - 10) < 1e-5 &&
                fabs(v->affine[11] - 30) < 1e-5);
}

/* A conversion that hangs is stopped, in words that say what was run, and leaves nothing. */
static void one_that_does_not_end_is_stopped(void **state)
{
    struct scratch *scratch = *state;
    struct mm_volume *v;
    char *path = scratch_file(scratch, "a.dcm", "x", 1);
    const char *note = scratch_path(scratch, "pid");
    install(scratch, mm_arena_format(&scratch->arena, "echo $$ >%s; exec sleep 1000", note));
    setenv("MMAR_DICOM_SECONDS", "0.5", 1);
    assert_int_equal(mm_image_read(&scratch->arena, path, &v, &err), MM_ERR_DATA);
    unsetenv("MMAR_DICOM_SECONDS");
    assert_non_null(strstr(err.text, path));
    assert_non_null(strstr(err.text, "did not end within 0.5 s and was stopped"));
    assert_non_null(strstr(err.text, "it ran as: dcm2niix -b n "));
    assert_true(is_clean(scratch));
    unsigned char *text;
    size_t size;
    assert_int_equal(mm_file_read(&scratch->arena, note, 100, &text, &size, &err), MM_OK);
    assert_true(kill((pid_t)strtol((const char *)text, NULL, 10), 0) != 0 && errno == ESRCH);
}

static char old_path[4096], old_folder[4096];

static void keep(const char *name, char *value, size_t size)
{
    const char *now = getenv(name);
    snprintf(value, size, "%s", now ? now : "");
}

static int setup(void **state)
{
    keep("PATH", old_path, sizeof old_path);
    keep("TMPDIR", old_folder, sizeof old_folder);
    return scratch_setup(state);
}

static int teardown(void **state)
{
    setenv("PATH", old_path, 1);
    setenv("TMPDIR", old_folder, 1); /* empty is as good as none */
    return scratch_teardown(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_series_becomes_a_volume),
        TEST(failures_are_reported),
        TEST(one_that_does_not_end_is_stopped),
        TEST(the_real_program_is_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
