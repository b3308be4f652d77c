/* NRRD: files of ITK and pynrrd, axes and spaces, data files beside the header, damage, round trips. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image/nrrd_internal.h"
#include "tests/image/foreign.h"
#include "tests/image/waves.h"

static struct mm_error err;

/* SimpleITK's, pynrrd's, tifffile's, Pillow's and NumPy's files. */
static void files_of_others_are_read(void **state)
{
    foreign_check(*state, "nrrd");
}

static struct mm_volume *decode(struct scratch *scratch, const char *text)
{
    struct mm_volume *v = NULL;
    if (mm_nrrd_from_bytes(&scratch->arena, (const unsigned char *)text, strlen(text), &v, &err) != MM_OK)
        fail_msg("%s", err.text);
    return v;
}

#define FOUR "NRRD0005\r\n# a comment\nkey:=value\ntype: uint8\ndimension: 4\nsizes: 2 1 1 2\nencoding: ascii\n"

/* The axis without direction, else the axis whose kind is not in space, else the fourth. */
static void channels_are_found(void **state)
{
    struct scratch *scratch = *state;
    static const struct {
        const char *text;
        int channels, second; /* value of the second channel */
    } cases[] = {{FOUR "\n1 2 3 4", 2, 3},
                 {FOUR "kinds: vector domain domain domain\n\n1 2 3 4", 2, 2},
                 {FOUR "kinds: domain domain domain time\n\n1 2 3 4", 2, 3},
                 {FOUR "space directions: none (1,0,0) (0,1,0) (0,0,1)\n\n1 2 3 4", 2, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mm_volume *v = decode(scratch, cases[i].text);
        assert_true(v->channels == cases[i].channels && v->rank == 3);
        assert_true(mm_volume_get(v, 1, 0, 0, 0) == cases[i].second);
    }
}

/* A slice with a direction in space gets its unit normal; spacings that are not known are 1. */
static void flat_images_have_an_affine(void **state)
{
    struct scratch *scratch = *state;
    const double slice[16] = {0, 0, 1, 7, 2, 0, 0, 8, 0, 3, 0, 9, 0, 0, 0, 1};
    const double spaced[16] = {-1, 0, 0, 0, 0, -0.5, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
    struct mm_volume *v =
        decode(scratch, "NRRD0004\ntype: uchar\ndimension: 2\nsizes: 1 1\nencoding: text\nspace: RAS\n"
                        "space directions: (0,2,0) (0,0,3)\nspace origin: (7,8,9)\n\n5");
    assert_true(v->rank == 2 && mm_affine_near(v->affine, slice, 0));
    v = decode(scratch, "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 3 1 1\nkinds: RGB-color domain domain\n"
                        "spacings: nan nan 0.5\nencoding: raw\nbyte skip: -1\n\nskipped:abc");
    assert_true(v->rank == 2 && v->channels == 3 && mm_affine_near(v->affine, spaced, 0));
    assert_true(mm_volume_get(v, 2, 0, 0, 0) == 'c');
}

static void data_files_lie_beside_their_header(void **state)
{
    struct scratch *scratch = *state;
    static const char *const names[] = {"a.raw", "../a.raw", "/etc/passwd", ".a.raw", "absent.raw", "LIST"};
    struct mm_volume *v;
    scratch_file(scratch, "a.raw", "one\nlinexyz!", 12);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *text = mm_arena_format(&scratch->arena,
                                           "NRRD0004\ntype: uchar\ndimension: 2\nsizes: 2 2\nencoding: raw\n"
                                           "line skip: 1\nbyte skip: 4\ndata file: %s\n",
                                           names[i]);
        char *path = scratch_file(scratch, "a.nhdr", text, strlen(text));
        assert_int_equal(mm_image_read(&scratch->arena, path, &v, &err), i ? MM_ERR_DATA : MM_OK);
        const char *data = mm_image_data_file(&scratch->arena, path);
        assert_true(i > 0 ? !data : strcmp(data, scratch_path(scratch, "a.raw")) == 0);
        assert_true(i > 0 || mm_volume_get(v, 0, 0, 1, 1) == '!');
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
    CASE("NRRD0009\n\n", "not an NRRD"),
    CASE("NRRD0004\ntype: float\n", "no empty line"),
    CASE("NRRD0004\nsizes: 2 2\n\n", "\"type\""),
    CASE("NRRD0004\ntype: float\ndimension: 2\nsizes: 2 2\nencoding: bzip2\n\n", "raw, gzip and ascii"),
    CASE("NRRD0004\ntype: block\ndimension: 2\nsizes: 2 2\nencoding: raw\n\n", "\"block\""),
    CASE("NRRD0004\ntype: short\ndimension: 2\nsizes: 2 2\nencoding: raw\n\n", "little or big"),
    CASE("NRRD0004\ntype: uchar\ndimension: 5\nsizes: 1 1 1 1 1\nencoding: raw\n\n", "2 to 4"),
    CASE("NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 2\nencoding: raw\n\n", "3 whole numbers"),
    CASE("NRRD0004\ntype: uchar\ndimension: 2\nsizes: 0 2\nencoding: raw\n\n", "a size is"),
    CASE("NRRD0004\ntype: uchar\ndimension: 2\nsizes: 3 2\nencoding: raw\n\n", "cut short"),
    CASE("NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2147483647 2147483647 2147483647\nencoding: raw\n\n",
         "too large"),
    CASE("NRRD0004\ntype: uchar\ndimension: 3\nsizes: 9999 9999 999\nencoding: raw\n\n", "at most"),
    CASE("NRRD0004\ntype: uchar\ndimension: 3\nsizes: 999 999 999\nencoding: gzip\n\n", "can hold"),
    CASE("NRRD0004\ntype: uchar\ndimension: 2\nsizes: 2 2\nencoding: ascii\n\n\n1 2 x 4", "number 3"),
    CASE("NRRD0004\ntype: uchar\ndimension: 2\nsizes: 2 2\nencoding: ascii\n\n\n1 2 3", "cut short"),
    CASE("NRRD0004\ntype: uchar\ndimension: 2\nsizes: 2 2\nencoding: raw\nspace: left-posterior-superior-time\n\n",
         "without time"),
    CASE("NRRD0004\ntype: uchar\ndimension: 2\nsizes: 2 2\nencoding: raw\nspace directions: (1,0) (0,1)\n\n",
         "for each axis"),
    CASE("NRRD0004\ntype: uchar\ndimension: 2\nsizes: 2 2\nencoding: raw\nspace directions: (1,0,0) (2,0,0)\n\n",
         "affine"),
    CASE("NRRD0004\ntype: uchar\ndimension: 2\nsizes: 2 2\nencoding: raw\nspace origin: (nan,0,0)\n\n", "not finite"),
    CASE("NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 2 2\nencoding: raw\nspace directions: none none (1,0,0)\n\n",
         "1 axes in space"),
    CASE("NRRD0004\ntype: uchar\ndimension: 2\nsizes: 2 2\nencoding: gzip\nbyte skip: -1\n\n", "byte skip"),
    CASE("NRRD0004\ntype: uchar\ndimension: 2\nsizes: 2 2\nencoding: raw\nbyte skip: 9223372036854775807\n\n\nabcd",
         "cut short"),
    CASE("NRRD0004\ntype: uchar\ndimension: 2\nsizes: 2 2\nencoding: raw\ndata file: a.raw\n\n", "another file"),
};

/* Each broken header is refused with a message that says what is wrong. */
static void broken_headers_say_what_is_wrong(void **state)
{
    struct scratch *scratch = *state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct mm_volume *v;
        size_t held = scratch->arena.bytes;
        if (mm_nrrd_from_bytes(&scratch->arena, (const unsigned char *)broken[i].text, broken[i].length, &v, &err) !=
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
        char *path = scratch_path(scratch, "x.nrrd");
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
        TEST(files_of_others_are_read),         TEST(channels_are_found),
        TEST(flat_images_have_an_affine),       TEST(data_files_lie_beside_their_header),
        TEST(broken_headers_say_what_is_wrong), TEST(images_come_back_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
