/* JPEG: files of Pillow, what is refused, damage, round trips. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image/jpeg_internal.h"
#include "tests/image/foreign.h"
#include "tests/image/waves.h"

static struct mm_error err;

/* SimpleITK's, pynrrd's, tifffile's, Pillow's and NumPy's files. */
static void files_of_others_are_read(void **state)
{
    foreign_check(*state, "jpeg");
}

static void colours_of_print_are_refused(void **state)
{
    struct scratch *scratch = *state;
    struct mm_volume *v;
    struct mm_image_info info;
    assert_int_equal(mm_image_read(&scratch->arena, "tests/fuzz/corpus/jpeg/cmyk.jpg", &v, &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "CMYK"));
    assert_int_equal(mm_image_header("tests/fuzz/corpus/jpeg/cmyk.jpg", &info, &err), MM_ERR_DATA);
}

/* libjpeg itself would fill in grey. */
static void every_cut_is_an_error(void **state)
{
    struct scratch *scratch = *state;
    static const char *const names[] = {"grey.jpg", "colour.jpg", "progressive.jpg"};
    for (int i = 0; i < 3; i++) {
        size_t size;
        struct mm_volume *v;
        unsigned char *bytes = foreign_bytes(scratch, "jpeg", names[i], &size);
        for (size_t cut = 0; cut < size; cut++) {
            if (mm_jpeg_from_bytes(&scratch->arena, bytes, cut, &v, &err) != MM_ERR_DATA)
                fail_msg("%s is read when cut to %zu bytes", names[i], cut);
        }
    }
}

/* The size is raised to 65000 x 65000. */
static void small_files_cannot_ask_for_much_memory(void **state)
{
    struct scratch *scratch = *state;
    size_t size, at = 0;
    struct mm_volume *v;
    unsigned char *bytes = foreign_bytes(scratch, "jpeg", "progressive.jpg", &size);
    while (bytes[at] != 0xff || bytes[at + 1] != 0xc2) /* SOF2: length 2, precision 1, height 2, width 2 */
        at++;
    memcpy(bytes + at + 5, "\xfd\xe8\xfd\xe8", 4);
    size_t held = scratch->arena.bytes;
    assert_int_equal(mm_jpeg_from_bytes(&scratch->arena, bytes, size, &v, &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "can hold"));
    assert_int_equal(scratch->arena.bytes, held);
}

static void images_come_back_nearly(void **state)
{
    struct scratch *scratch = *state;
    for (int i = 0; i < 4; i++) {
        struct mm_volume *v = wave_volume(&scratch->arena, MM_U8, 2, i & 1 ? 3 : 1, 70, 61, 1), *back;
        char *path = scratch_path(scratch, "x.jpg");
        assert_int_equal(mm_image_write(path, i & 2 ? wave_interleave(&scratch->arena, v) : v, &err), MM_OK);
        assert_int_equal(mm_image_read(&scratch->arena, path, &back, &err), MM_OK);
        assert_true(wave_difference(back, v) <= 8);
    }
}

static void what_jpeg_cannot_hold_is_refused(void **state)
{
    struct scratch *scratch = *state;
    char *path = scratch_path(scratch, "x.jpg");
    assert_int_equal(mm_image_write(path, wave_volume(&scratch->arena, MM_F32, 2, 1, 3, 3, 1), &err), MM_ERR_DATA);
    assert_int_equal(mm_image_write(path, wave_volume(&scratch->arena, MM_U8, 2, 2, 3, 3, 1), &err), MM_ERR_DATA);
    assert_int_equal(mm_image_write(path, wave_volume(&scratch->arena, MM_U8, 3, 1, 3, 3, 2), &err), MM_ERR_DATA);
    assert_int_equal(mm_image_write(path, wave_volume(&scratch->arena, MM_U8, 2, 1, 70000, 1, 1), &err), MM_ERR_DATA);
    assert_false(mm_file_exists(path));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_of_others_are_read), TEST(colours_of_print_are_refused),
        TEST(every_cut_is_an_error),    TEST(small_files_cannot_ask_for_much_memory),
        TEST(images_come_back_nearly),  TEST(what_jpeg_cannot_hold_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
