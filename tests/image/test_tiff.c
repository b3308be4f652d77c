/* TIFF: files of tifffile and Pillow, real pyramids, damage, round trips, stacks of floats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image/tiff_internal.h"
#include "tests/image/foreign.h"
#include "tests/image/waves.h"

static struct mm_error err;

/* SimpleITK's, pynrrd's, tifffile's, Pillow's and NumPy's files. */
static void files_of_others_are_read(void **state)
{
    foreign_check(*state, "tiff");
}

static void every_cut_is_an_error(void **state)
{
    struct scratch *scratch = *state;
    static const char *const names[] = {"float-stack-lzw.tif", "tiles-big-endian.tif", "jpeg.tif", "fax4.tif"};
    for (int i = 0; i < 4; i++) {
        size_t size;
        struct mm_volume *v, *whole;
        unsigned char *bytes = foreign_bytes(scratch, "tiff", names[i], &size);
        assert_int_equal(mm_tiff_from_bytes(&scratch->arena, bytes, size, &whole, &err), MM_OK);
        for (size_t cut = 0; cut < size; cut++) { /* the end of a file may be padding */
            if (mm_tiff_from_bytes(&scratch->arena, bytes, cut, &v, &err) == MM_OK && wave_difference(v, whole) != 0)
                fail_msg("%s is read otherwise when cut to %zu bytes", names[i], cut);
        }
    }
}

/* A smaller copy that does not say that it is one. */
static void pages_must_agree(void **state)
{
    struct scratch *scratch = *state;
    size_t size;
    struct mm_volume *v;
    unsigned char *bytes = foreign_bytes(scratch, "tiff", "pyramid.tif", &size);
    for (size_t at = 8; at + 12 < size; at += 2) { /* NewSubfileType, LONG, one: not a smaller copy any more */
        if (memcmp(bytes + at, "\xfe\x00\x04\x00\x01\x00\x00\x00\x01", 9) == 0)
            bytes[at + 8] = 0;
    }
    assert_int_equal(mm_tiff_from_bytes(&scratch->arena, bytes, size, &v, &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "page 2"));
}

/* Width and height raised to 65536. */
static void small_files_cannot_ask_for_much_memory(void **state)
{
    struct scratch *scratch = *state;
    size_t size;
    struct mm_volume *v;
    unsigned char *bytes = foreign_bytes(scratch, "tiff", "float-predictor.tif", &size);
    for (size_t at = 8; at + 12 < size; at += 2) {
        if ((bytes[at] == 0 || bytes[at] == 1) && bytes[at + 1] == 1 && bytes[at + 3] == 0 && bytes[at + 4] == 1) {
            bytes[at + 2] = 4; /* LONG */
            memcpy(bytes + at + 8, "\0\0\1\0", 4);
        }
    }
    size_t held = scratch->arena.bytes;
    assert_int_equal(mm_tiff_from_bytes(&scratch->arena, bytes, size, &v, &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "can hold"));
    assert_int_equal(scratch->arena.bytes, held);
}

static void images_come_back_exactly(void **state)
{
    struct scratch *scratch = *state;
    for (int i = 0; i < 16 * MM_TYPE_COUNT; i++) {
        int rank = i & 1 ? 2 : 3, channels = 1 + (i >> 1 & 3);
        struct mm_volume *v =
            wave_volume(&scratch->arena, (enum mm_type)(i / 16), rank, channels, 7, 5, rank == 3 ? 4 : 1);
        struct mm_volume *back;
        char *path = scratch_path(scratch, "x.tif");
        if (mm_image_write(path, i & 8 ? wave_interleave(&scratch->arena, v) : v, &err) != MM_OK)
            fail_msg("%s", err.text);
        if (mm_image_read(&scratch->arena, path, &back, &err) != MM_OK)
            fail_msg("%s", err.text);
        assert_true(back->type == v->type && back->rank == rank && wave_difference(back, v) == 0);
    }
}

/* What the challenge ISBI 2012 asks for: 32-bit floats, one page a slice, as libtiff itself sees them. */
static void stacks_of_floats_are_plain_pages(void **state)
{
    struct scratch *scratch = *state;
    char *path = scratch_path(scratch, "probability.tif");
    struct mm_volume *v = wave_volume(&scratch->arena, MM_F32, 3, 1, 64, 48, 30);
    assert_int_equal(mm_image_write(path, v, &err), MM_OK);
    TIFF *tiff = TIFFOpen(path, "r");
    assert_non_null(tiff);
    for (int z = 0; z < 30; z++) {
        uint16_t bits = 0, format = 0, compression = 0;
        float row[64];
        assert_true(TIFFSetDirectory(tiff, (tdir_t)z));
        TIFFGetField(tiff, TIFFTAG_BITSPERSAMPLE, &bits);
        TIFFGetField(tiff, TIFFTAG_SAMPLEFORMAT, &format);
        TIFFGetField(tiff, TIFFTAG_COMPRESSION, &compression);
        assert_true(bits == 32 && format == SAMPLEFORMAT_IEEEFP && compression == COMPRESSION_NONE);
        assert_int_equal(TIFFReadScanline(tiff, row, 47, 0), 1);
        assert_memory_equal(row, mm_volume_row(v, 0, z, 47), sizeof row);
    }
    assert_true(TIFFLastDirectory(tiff));
    TIFFClose(tiff);
}

/* A pyramid in JPEG tiles, made by other hands: the first level counts. */
static void real_pyramids_are_read(void **state)
{
    struct scratch *scratch = *state;
    const char *root = getenv("MMAR_TEST_DATA");
    char *path = mm_file_join(&scratch->arena, root && *root ? root : "../shared/data", "wsi/boxes.tiff");
    struct mm_volume *v;
    if (!mm_file_exists(path)) {
        printf("skipped: real_pyramids_are_read: no %s\n", path);
        return;
    }
    if (mm_image_read(&scratch->arena, path, &v, &err) != MM_OK)
        fail_msg("%s", err.text);
    assert_true(v->rank == 2 && v->channels == 3 && v->size[0] == 300 && v->size[1] == 250);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_of_others_are_read), TEST(every_cut_is_an_error),
        TEST(pages_must_agree),         TEST(small_files_cannot_ask_for_much_memory),
        TEST(images_come_back_exactly), TEST(stacks_of_floats_are_plain_pages),
        TEST(real_pyramids_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
