/* BMP: files of Pillow, headers made here, damage, round trips. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image/bmp_internal.h"
#include "tests/image/foreign.h"
#include "tests/image/waves.h"

static struct mm_error err;

/* SimpleITK's, pynrrd's, tifffile's, Pillow's and NumPy's files. */
static void files_of_others_are_read(void **state)
{
    foreign_check(*state, "bmp");
}

static void put(unsigned char *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(value >> 8 * i);
}

/* 1 x 2 pixels of 32 bits behind an INFO header, or a longer one with masks. Returns the size. */
static size_t make(unsigned char bytes[200], uint32_t header, uint32_t compression, int32_t height)
{
    static const unsigned char pixels[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint32_t offset = 14 + header;
    memset(bytes, 0, 200);
    memcpy(bytes, "BM", 2);
    put(bytes + 10, offset);
    put(bytes + 14, header);
    put(bytes + 18, 1);
    put(bytes + 22, (uint32_t)height);
    bytes[26] = 1;
    bytes[28] = 32;
    put(bytes + 30, compression);
    if (compression) {
        put(bytes + 54, 0xff0000);
        put(bytes + 58, 0xff00);
        put(bytes + 62, 0xff);
        put(bytes + 66, 0xff000000);
    }
    memcpy(bytes + offset, pixels, sizeof pixels);
    return offset + sizeof pixels;
}

static void rows_go_up_or_down_and_alpha_needs_a_mask(void **state)
{
    struct scratch *scratch = *state;
    unsigned char bytes[200];
    struct mm_volume *v;
    size_t size = make(bytes, 40, 0, 2);
    assert_int_equal(mm_bmp_from_bytes(&scratch->arena, bytes, size, &v, &err), MM_OK);
    assert_true(v->channels == 3 && mm_volume_get(v, 0, 0, 0, 0) == 7 && mm_volume_get(v, 2, 0, 1, 0) == 1);
    size = make(bytes, 108, 3, -2);
    assert_int_equal(mm_bmp_from_bytes(&scratch->arena, bytes, size, &v, &err), MM_OK);
    assert_true(v->channels == 4 && mm_volume_get(v, 0, 0, 0, 0) == 3 && mm_volume_get(v, 3, 0, 1, 0) == 8);
}

static void broken_headers_say_what_is_wrong(void **state)
{
    struct scratch *scratch = *state;
    static const struct {
        size_t at;
        uint32_t value;
        const char *says;
    } cases[] = {{14, 13, "header of 13"},      {14, 200, "cut short"},        {18, 0, "a side"},
                 {18, 2000000, "a side"},       {22, 0x80000000, "a side"},    {22, 900000, "cut short"},
                 {28, 16, "16 bits"},           {28, 8, "inside the header"},  {30, 1, "compression 1"},
                 {10, 20, "inside the header"}, {10, 0xfffffff0, "cut short"}, {30, 3, "compression 3"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char bytes[200];
        struct mm_volume *v;
        size_t size = make(bytes, 40, 0, 2);
        put(bytes + cases[i].at, cases[i].value);
        assert_int_equal(mm_bmp_from_bytes(&scratch->arena, bytes, size, &v, &err), MM_ERR_DATA);
        if (!strstr(err.text, cases[i].says))
            fail_msg("case %zu: %s", i, err.text);
    }
}

/* A palette of five colours, and indices of four bits beyond it. */
static void indices_outside_the_palette_are_refused(void **state)
{
    struct scratch *scratch = *state;
    size_t size;
    struct mm_volume *v;
    unsigned char *bytes = foreign_bytes(scratch, "bmp", "palette.bmp", &size);
    assert_int_equal(mm_bmp_from_bytes(&scratch->arena, bytes, size, &v, &err), MM_OK);
    put(bytes + 46, 2);
    assert_int_equal(mm_bmp_from_bytes(&scratch->arena, bytes, size, &v, &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "palette"));
}

static void images_come_back_exactly(void **state)
{
    struct scratch *scratch = *state;
    for (int i = 0; i < 8; i++) {
        struct mm_volume *v = wave_volume(&scratch->arena, MM_U8, 2, i & 1 ? 3 : 1, 13 + (i >> 2), 7, 1), *back;
        char *path = scratch_path(scratch, "x.bmp");
        assert_int_equal(mm_image_write(path, i & 2 ? wave_interleave(&scratch->arena, v) : v, &err), MM_OK);
        assert_int_equal(mm_image_read(&scratch->arena, path, &back, &err), MM_OK);
        assert_true(wave_difference(back, v) == 0);
    }
}

static void what_bmp_cannot_hold_is_refused(void **state)
{
    struct scratch *scratch = *state;
    char *path = scratch_path(scratch, "x.bmp");
    assert_int_equal(mm_image_write(path, wave_volume(&scratch->arena, MM_U16, 2, 1, 3, 3, 1), &err), MM_ERR_DATA);
    assert_int_equal(mm_image_write(path, wave_volume(&scratch->arena, MM_U8, 2, 4, 3, 3, 1), &err), MM_ERR_DATA);
    assert_int_equal(mm_image_write(path, wave_volume(&scratch->arena, MM_U8, 3, 1, 3, 3, 2), &err), MM_ERR_DATA);
    assert_false(mm_file_exists(path));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_of_others_are_read),         TEST(rows_go_up_or_down_and_alpha_needs_a_mask),
        TEST(broken_headers_say_what_is_wrong), TEST(indices_outside_the_palette_are_refused),
        TEST(images_come_back_exactly),         TEST(what_bmp_cannot_hold_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
