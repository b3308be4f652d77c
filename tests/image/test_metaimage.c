/* MetaImage: files of ITK, keys of the same meaning, data files beside the header, damage, round trips. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image/metaimage_internal.h"
#include "tests/image/foreign.h"
#include "tests/image/waves.h"

static struct mm_error err;

/* SimpleITK's, pynrrd's, tifffile's, Pillow's and NumPy's files. */
static void files_of_others_are_read(void **state)
{
    foreign_check(*state, "metaimage");
}

static struct mm_volume *decode(struct scratch *scratch, const char *text)
{
    struct mm_volume *v = NULL;
    if (mm_meta_from_bytes(&scratch->arena, (const unsigned char *)text, strlen(text), &v, &err) != MM_OK)
        fail_msg("%s", err.text);
    return v;
}

/* Older names of keys, ascii, big-endian, a fourth dimension, the data at the end. */
static void keys_have_several_names(void **state)
{
    struct scratch *scratch = *state;
    const double affine[16] = {0, 3, 0, -7, -2, 0, 0, -8, 0, 0, 4, 9, 0, 0, 0, 1};
    struct mm_volume *v =
        decode(scratch, "NDims = 3\nRotation = 0 1 0 -1 0 0 0 0 1\nPosition = 7 8 9\nElementSize = 2 3 4\n"
                        "DimSize = 2 1 1\nBinaryData = False\nElementType = MET_FLOAT\n"
                        "ElementDataFile = LOCAL\n1.5\n-2e1");
    assert_true(mm_affine_near(v->affine, affine, 0));
    assert_true(mm_volume_get(v, 0, 0, 0, 0) == 1.5 && mm_volume_get(v, 0, 0, 0, 1) == -20);
    v = decode(scratch,
               "ObjectType = Image\r\nNDims = 4\nDimSize = 1 1 1 2\nHeaderSize = -1\nElementByteOrderMSB = True\n"
               "ElementType = MET_USHORT\nElementDataFile = LOCAL\nsome bytes first:ABCD");
    assert_true(v->channels == 2 && v->rank == 3 && v->type == MM_U16);
    assert_true(mm_volume_get(v, 0, 0, 0, 0) == 'A' * 256 + 'B' && mm_volume_get(v, 1, 0, 0, 0) == 'C' * 256 + 'D');
}

static void data_files_lie_beside_their_header(void **state)
{
    struct scratch *scratch = *state;
    static const char *const names[] = {"a.raw", "../a.raw", "/etc/passwd", "a%03d.raw 1 2 1", "absent.raw", "LIST"};
    struct mm_volume *v;
    scratch_file(scratch, "a.raw", "abcd", 4);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *text = mm_arena_format(&scratch->arena,
                                           "ObjectType = Image\nNDims = 2\nDimSize = 2 2\nElementType = MET_UCHAR\n"
                                           "ElementDataFile = %s",
                                           names[i]);
        char *path = scratch_file(scratch, "a.mhd", text, strlen(text));
        assert_int_equal(mm_image_read(&scratch->arena, path, &v, &err), i ? MM_ERR_DATA : MM_OK);
        const char *data = mm_image_data_file(&scratch->arena, path);
        assert_true(i > 0 ? !data : strcmp(data, scratch_path(scratch, "a.raw")) == 0);
        assert_true(i > 0 || mm_volume_get(v, 0, 0, 1, 1) == 'd');
    }
}
#define CASE(text, says)                                                                                             \
    {                                                                                                                \
        text, says, sizeof text - 1                                                                                  \
    }
static const struct {
    const char *text, *says;
    size_t length;
} broken[] = {
    CASE("ObjectType = Scene\nNDims = 3\nElementDataFile = LOCAL\nx", "only images"),
    CASE("NDims = 3\n", "ElementDataFile"),
    CASE("hello\n", "Key = value"),
    CASE("ObjectType = Image\nNDims = 3\nElementType = MET_FLOAT\nElementDataFile = LOCAL\nx", "DimSize"),
    CASE("ObjectType = Image\nNDims = 2\nDimSize = 2 2\nElementDataFile = LOCAL\nx", "no ElementType"),
    CASE("ObjectType = Image\nNDims = 2\nDimSize = 2 2\nElementType = MET_STRING\nElementDataFile = LOCAL\nx",
         "MET_STRING"),
    CASE("ObjectType = Image\nNDims = 5\nDimSize = 1 1 1 1 1\nElementType = MET_UCHAR\nElementDataFile = LOCAL\nx",
         "NDims is"),
    CASE("ObjectType = Image\nNDims = 2\nDimSize = 2 -2\nElementType = MET_UCHAR\nElementDataFile = LOCAL\nx",
         "a size"),
    CASE("ObjectType = Image\nNDims = 2\nDimSize = 2 2\nElementType = MET_UCHAR\nElementDataFile = LOCAL\nabc",
         "cut short"),
    CASE("ObjectType = Image\nNDims = 2\nDimSize = 2 2\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n",
         "cut short"),
    CASE("ObjectType = Image\nNDims = 2\nDimSize = 2 2\nElementType = MET_UCHAR\nCompressedData = "
         "True\nElementDataFile = LOCAL\nabcdefg",
         "zlib"),
    CASE("ObjectType = Image\nNDims = 2\nDimSize = 2 2\nElementType = MET_UCHAR\nCompressedData = "
         "maybe\nElementDataFile = LOCAL\nabcd",
         "True or False"),
    CASE("ObjectType = Image\nNDims = 3\nDimSize = 999 999 999\nElementType = MET_UCHAR\nCompressedData = "
         "True\nElementDataFile = LOCAL\nabcd",
         "can hold"),
    CASE("ObjectType = Image\nNDims = 3\nDimSize = 99999 99999 99999\nElementType = MET_UCHAR\nElementDataFile = "
         "LOCAL\nabcd",
         "at most"),
    CASE("ObjectType = Image\nNDims = 2\nDimSize = 2 2\nElementType = MET_UCHAR\nElementSpacing = 1\nElementDataFile "
         "= LOCAL\nabcd",
         "ElementSpacing"),
    CASE("ObjectType = Image\nNDims = 2\nDimSize = 2 2\nElementType = MET_UCHAR\nElementSpacing = 0 "
         "1\nElementDataFile = LOCAL\nabcd",
         "affine"),
    CASE("ObjectType = Image\nNDims = 2\nDimSize = 2 2\nElementType = MET_UCHAR\nTransformMatrix = 1 0 0 0 1 0 0 0 "
         "1\nElementDataFile = LOCAL\nabcd",
         "TransformMatrix"),
    CASE("ObjectType = Image\nNDims = 2\nDimSize = 2 2\nElementType = MET_UCHAR\nOffset = nan 0\nElementDataFile = "
         "LOCAL\nabcd",
         "not finite"),
    CASE("ObjectType = Image\nNDims = 2\nDimSize = 2 2\nElementType = MET_UCHAR\nElementNumberOfChannels = "
         "0\nElementDataFile = LOCAL\nabcd",
         "number of channels"),
    CASE("ObjectType = Image\nNDims = 2\nDimSize = 2 2\nElementType = MET_UCHAR\nHeaderSize = "
         "9223372036854775807\nElementDataFile = LOCAL\nabcd",
         "cut short"),
    CASE("ObjectType = Image\nNDims = 2\nDimSize = 2 2\nElementType = MET_UCHAR\nBinaryData = False\nElementDataFile "
         "= LOCAL\n1 2 3",
         "cut short"),
    CASE("ObjectType = Image\nNDims = 4\nDimSize = 1 1 1 2\nElementNumberOfChannels = 2\nElementType = "
         "MET_UCHAR\nElementDataFile = LOCAL\nabcd",
         "channels already"),
    CASE("ObjectType = Image\nNDims = 2\nDimSize = 2 2\nElementType = MET_UCHAR\nElementDataFile = a.raw\n",
         "another file"),
};

/* Each broken header is refused with a message that says what is wrong. */
static void broken_headers_say_what_is_wrong(void **state)
{
    struct scratch *scratch = *state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct mm_volume *v;
        size_t held = scratch->arena.bytes;
        if (mm_meta_from_bytes(&scratch->arena, (const unsigned char *)broken[i].text, broken[i].length, &v, &err) !=
            MM_ERR_DATA)
            fail_msg("case %zu is read", i);
        if (!strstr(err.text, broken[i].says))
            fail_msg("case %zu: \"%s\" has no \"%s\"", i, err.text, broken[i].says);
        assert_int_equal(scratch->arena.bytes, held);
    }
}

/* Every type, 2D and 3D, one channel and three, dense and not, with an affine that has rotation and shear. */
static void images_come_back_exactly(void **state)
{
    struct scratch *scratch = *state;
    const double affine[16] = {-1.4, 0.4, 0.6, -12, 0.1, -1.9, 0.8, 8.25, -0.4, 0.6, 2.3, 30, 0, 0, 0, 1};
    for (int i = 0; i < 8 * MM_TYPE_COUNT; i++) {
        int rank = i & 1 ? 2 : 3, channels = i & 2 ? 3 : 1;
        struct mm_volume *v =
            wave_volume(&scratch->arena, (enum mm_type)(i / 8), rank, channels, 7, 5, rank == 3 ? 4 : 1);
        struct mm_volume *back;
        for (int k = 0; rank == 3 && k < 16; k++)
            v->affine[k] = affine[k];
        char *path = scratch_path(scratch, "x.mha");
        if (mm_image_write(path, i & 4 ? wave_interleave(&scratch->arena, v) : v, &err) != MM_OK)
            fail_msg("%s", err.text);
        assert_int_equal(mm_image_read(&scratch->arena, path, &back, &err), MM_OK);
        assert_true(back->type == v->type && back->rank == rank && wave_difference(back, v) == 0);
        assert_true(mm_affine_near(back->affine, v->affine, 1e-14));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_of_others_are_read),           TEST(keys_have_several_names),
        TEST(data_files_lie_beside_their_header), TEST(broken_headers_say_what_is_wrong),
        TEST(images_come_back_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
