/* PNG: images written here by libpng directly in every colour type, round trips, damage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <png.h>

#include "base/file.h"
#include "image/affine.h"
#include "image/png_internal.h"
#include "tests/image/waves.h"
#include "tests/support/scratch.h"

#define W        13
#define H        9
#define FILE_MAX 20000

static struct mm_error err;

struct buffer {
    unsigned char bytes[FILE_MAX];
    size_t size;
};

static void append(png_structp png, png_bytep bytes, size_t size)
{
    struct buffer *b = png_get_io_ptr(png);
    memcpy(b->bytes + b->size, bytes, size);
    b->size += size;
}

static void flush(png_structp png)
{
    (void)png;
}

/* A W x H image of raw rows, row_bytes apart, as libpng takes them. */
static void encode(struct buffer *b, int depth, int colour, bool interlaced, const png_color *palette,
                   const png_byte *alpha, const png_color_16 *transparent, unsigned char *rows, size_t row_bytes)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_bytep pointers[H];
    b->size = 0;
    for (int y = 0; y < H; y++)
        pointers[y] = rows + (size_t)y * row_bytes;
    png_set_write_fn(png, b, append, flush);
    png_set_IHDR(png, info, W, H, depth, colour, interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (palette)
        png_set_PLTE(png, info, palette, 4);
    if (alpha || transparent)
        png_set_tRNS(png, info, alpha, alpha ? 2 : 0, transparent);
    png_set_rows(png, info, pointers);
    png_write_png(png, info, PNG_TRANSFORM_IDENTITY, NULL);
    png_destroy_write_struct(&png, &info);
}

static struct mm_volume *decode(struct scratch *scratch, const struct buffer *b)
{
    struct mm_volume *v = NULL;
    struct mm_image_info info;
    char *path = scratch_file(scratch, "a.png", b->bytes, b->size);
    if (mm_png_from_bytes(&scratch->arena, b->bytes, b->size, &v, &err) != MM_OK)
        fail_msg("%s", err.text);
    assert_int_equal(mm_image_header(path, &info, &err), MM_OK);
    assert_true(info.type == v->type && info.channels == v->channels && info.rank == 2 && info.file_bytes == b->size);
    assert_memory_equal(info.size, v->size, sizeof v->size);
    assert_memory_equal(info.affine, v->affine, sizeof v->affine);
    assert_true(v->size[0] == W && v->size[1] == H && v->size[2] == 1 && v->rank == 2);
    return v;
}

/* 8 and 16 bits of 1 to 4 channels, plain and interlaced. 16 bits are big-endian in the file. */
static void all_colour_types_become_planes(void **state)
{
    struct scratch *scratch = *state;
    static const int colours[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                  PNG_COLOR_TYPE_RGBA};
    static unsigned char rows[H * W * 8];
    static struct buffer b;
    for (size_t i = 0; i < sizeof rows; i++)
        rows[i] = (unsigned char)(i * 37 + i / 5);
    for (int i = 0; i < 16; i++) {
        int channels = 1 + i % 4, bytes = 1 + i / 4 % 2;
        encode(&b, 8 * bytes, colours[channels], i >= 8, NULL, NULL, NULL, rows, (size_t)(W * channels * bytes));
        struct mm_volume *v = decode(scratch, &b);
        assert_int_equal(v->channels, channels);
        assert_int_equal(v->type, bytes == 2 ? MM_U16 : MM_U8);
        for (int k = 0; k < W * H * channels; k++) {
            const unsigned char *at = rows + (size_t)k * (size_t)bytes;
            double expected = bytes == 2 ? at[0] * 256 + at[1] : at[0];
            assert_true(mm_volume_get(v, k % channels, 0, k / channels / W, k / channels % W) == expected);
        }
    }
}

static void few_bits_of_grey_fill_the_range(void **state)
{
    struct scratch *scratch = *state;
    static unsigned char rows[H * 8];
    static struct buffer b;
    for (int depth = 1; depth <= 4; depth *= 2) {
        memset(rows, 0, sizeof rows);
        for (int y = 0; y < H; y++)
            rows[y * 8] = 0x6c; /* 0 1 1 0 1 1 0 0, 1 2 3 0, 6 12 */
        encode(&b, depth, PNG_COLOR_TYPE_GRAY, false, NULL, NULL, NULL, rows, 8);
        struct mm_volume *v = decode(scratch, &b);
        assert_true(v->type == MM_U8 && v->channels == 1);
        static const double expected[3][3] = {{0, 255, 255}, {85, 170, 255}, {102, 204, 0}};
        for (int x = 0; x < 3; x++)
            assert_true(mm_volume_get(v, 0, 0, 4, x) == expected[depth / 2][x]);
    }
}

static void palettes_become_colours(void **state)
{
    struct scratch *scratch = *state;
    static unsigned char rows[H * W];
    static struct buffer b;
    static const png_color palette[4] = {{1, 2, 3}, {40, 50, 60}, {255, 0, 9}, {7, 7, 7}};
    static const png_byte alpha[2] = {0, 128};
    for (int i = 0; i < H * W; i++)
        rows[i] = (unsigned char)(i % 4);
    for (int with_alpha = 0; with_alpha < 2; with_alpha++) {
        encode(&b, 8, PNG_COLOR_TYPE_PALETTE, with_alpha, palette, with_alpha ? alpha : NULL, NULL, rows, W);
        struct mm_volume *v = decode(scratch, &b);
        assert_int_equal(v->channels, with_alpha ? 4 : 3);
        assert_true(mm_volume_get(v, 0, 0, 0, 1) == 40 && mm_volume_get(v, 2, 0, 0, 2) == 9);
        if (with_alpha)
            assert_true(mm_volume_get(v, 3, 0, 0, 1) == 128 && mm_volume_get(v, 3, 0, 0, 2) == 255);
    }
}

static void a_transparent_colour_becomes_alpha(void **state)
{
    struct scratch *scratch = *state;
    static unsigned char rows[H * W];
    static struct buffer b;
    const png_color_16 grey = {.gray = 5};
    for (int i = 0; i < H * W; i++)
        rows[i] = (unsigned char)i;
    encode(&b, 8, PNG_COLOR_TYPE_GRAY, false, NULL, NULL, &grey, rows, W);
    struct mm_volume *v = decode(scratch, &b);
    assert_int_equal(v->channels, 2);
    assert_true(mm_volume_get(v, 1, 0, 0, 5) == 0 && mm_volume_get(v, 1, 0, 0, 6) == 255);
}

static void every_cut_and_most_damage_is_an_error(void **state)
{
    struct scratch *scratch = *state;
    static unsigned char rows[H * W * 3];
    static struct buffer b;
    struct mm_volume *v;
    for (size_t i = 0; i < sizeof rows; i++)
        rows[i] = (unsigned char)(i * i);
    encode(&b, 8, PNG_COLOR_TYPE_RGB, true, NULL, NULL, NULL, rows, W * 3);
    for (size_t cut = 0; cut < b.size; cut++)
        assert_int_equal(mm_png_from_bytes(&scratch->arena, b.bytes, cut, &v, &err), MM_ERR_DATA);
    for (size_t at = 0; at < b.size - 12; at++) { /* the end chunk is all ignored but its name */
        b.bytes[at] ^= 0x55;
        assert_int_equal(mm_png_from_bytes(&scratch->arena, b.bytes, b.size, &v, &err), MM_ERR_DATA);
        b.bytes[at] ^= 0x55;
    }
}

/* A header of 65 bytes that says 900000 x 900000. */
static void small_files_cannot_ask_for_much_memory(void **state)
{
    struct scratch *scratch = *state;
    static unsigned char rows[H * W];
    static struct buffer b;
    struct mm_volume *v;
    encode(&b, 8, PNG_COLOR_TYPE_GRAY, false, NULL, NULL, NULL, rows, W);
    memcpy(b.bytes + 16, "\0\x0d\xbb\xa0\0\x0d\xbb\xa0", 8);
    png_save_uint_32(b.bytes + 29, (png_uint_32)0xf5d6ce53u); /* CRC-32 of the chunk, made by zlib's crc32 */
    size_t held = scratch->arena.bytes;
    assert_int_equal(mm_png_from_bytes(&scratch->arena, b.bytes, b.size, &v, &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "can hold"));
    assert_int_equal(scratch->arena.bytes, held);
}

static void images_come_back_exactly(void **state)
{
    struct scratch *scratch = *state;
    for (int channels = 1; channels <= 4; channels++) {
        for (int type = MM_U8; type <= MM_U16; type += MM_U16 - MM_U8) {
            struct mm_volume *v = wave_volume(&scratch->arena, (enum mm_type)type, 2, channels, 31, 17, 1), *back;
            for (int strided = 0; strided < 2; strided++) {
                char *path = scratch_path(scratch, "x.PNG");
                assert_int_equal(mm_image_write(path, strided ? wave_interleave(&scratch->arena, v) : v, &err),
                                 MM_OK);
                assert_int_equal(mm_image_read(&scratch->arena, path, &back, &err), MM_OK);
                assert_int_equal(back->type, type);
                assert_true(wave_difference(back, v) == 0);
            }
        }
    }
}

static void what_png_cannot_hold_is_refused(void **state)
{
    struct scratch *scratch = *state;
    char *path = scratch_path(scratch, "x.png");
    const struct {
        struct mm_volume *volume;
        const char *says;
    } cases[] = {{wave_volume(&scratch->arena, MM_F32, 2, 1, 3, 3, 1), "only uint8 and uint16"},
                 {wave_volume(&scratch->arena, MM_U8, 2, 5, 3, 3, 1), "only 1 to 4"},
                 {wave_volume(&scratch->arena, MM_U8, 3, 1, 3, 3, 2), "only 2D"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(mm_image_write(path, cases[i].volume, &err), MM_ERR_DATA);
        assert_non_null(strstr(err.text, cases[i].says));
        assert_false(mm_file_exists(path));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_colour_types_become_planes),
        TEST(few_bits_of_grey_fill_the_range),
        TEST(palettes_become_colours),
        TEST(a_transparent_colour_becomes_alpha),
        TEST(every_cut_and_most_damage_is_an_error),
        TEST(small_files_cannot_ask_for_much_memory),
        TEST(images_come_back_exactly),
        TEST(what_png_cannot_hold_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
