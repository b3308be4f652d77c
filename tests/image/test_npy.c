/* NumPy arrays: files of NumPy, versions, damage, round trips. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image/npy_internal.h"
#include "tests/image/foreign.h"
#include "tests/image/waves.h"

static struct mm_error err;

/* SimpleITK's, pynrrd's, tifffile's, Pillow's and NumPy's files. */
static void files_of_others_are_read(void **state)
{
    foreign_check(*state, "npy");
}

/* Version 2 and 3 have four bytes for the length of the header; other spacing of the dictionary is as good. */
static void later_versions_are_read(void **state)
{
    struct scratch *scratch = *state;
    static const char dictionary[] = "{'shape':(2,1,1,2,),'fortran_order':False,'descr':'|u1'}\n";
    for (char version = 1; version <= 3; version++) {
        char bytes[128] = "\x93NUMPY";
        size_t start = version == 1 ? 10 : 12;
        struct mm_volume *v;
        bytes[6] = version;
        bytes[8] = sizeof dictionary - 1;
        memcpy(bytes + start, dictionary, sizeof dictionary - 1);
        memcpy(bytes + start + sizeof dictionary - 1, "abcd", 4);
        assert_int_equal(
            mm_npy_from_bytes(&scratch->arena, (unsigned char *)bytes, start + sizeof dictionary + 3, &v, &err),
            MM_OK);
        assert_true(v->rank == 3 && v->channels == 2 && mm_volume_get(v, 1, 0, 0, 0) == 'b');
        assert_true(mm_volume_get(v, 0, 0, 0, 1) == 'c');
    }
}

/* An array that NumPy wrote, its dictionary replaced by another of the same length. */
static void broken_headers_say_what_is_wrong(void **state)
{
    struct scratch *scratch = *state;
    static const char *const cases[][2] = {
        {"{'fortran_order': False, 'shape': (4, 3, 2), }", "descr"},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (4, 3, 2), }", "objects"},
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (4, 3, 2), }", "complex"},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (4, 3, 2), }", "records"},
        {"{'descr': '<i2', 'shape': (4, 3, 2), }", "fortran_order"},
        {"{'descr': '<i2', 'fortran_order': 0, 'shape': (4, 3, 2), }", "fortran_order"},
        {"{'descr': '<i2', 'fortran_order': False, }", "shape"},
        {"{'descr': '<i2', 'fortran_order': False, 'shape': (24,), }", "2 to 4 axes"},
        {"{'descr': '<i2', 'fortran_order': False, 'shape': (4, 3, 2, 1, 1), }", "2 to 4 axes"},
        {"{'descr': '<i2', 'fortran_order': False, 'shape': (4, 3, 0), }", "axis 2"},
        {"{'descr': '<i2', 'fortran_order': False, 'shape': (4, 3, 3), }", "cut short"},
        {"{'descr': '<i2', 'fortran_order': False, 'shape': (99999, 99999, 99999), }", "at most"},
        {"{'descr': '<i2', 'fortran_order': False, 'shape': (99999999999999999999, 2), }", "no such form"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size, length = strlen(cases[i][0]);
        struct mm_volume *v;
        unsigned char *bytes = foreign_bytes(scratch, "npy", "c-order.npy", &size);
        memset(bytes + 10, ' ', 117);
        memcpy(bytes + 10, cases[i][0], length);
        assert_int_equal(mm_npy_from_bytes(&scratch->arena, bytes, size, &v, &err), MM_ERR_DATA);
        if (!strstr(err.text, cases[i][1]))
            fail_msg("%s: %s", cases[i][0], err.text);
    }
}

static void every_cut_is_an_error(void **state)
{
    struct scratch *scratch = *state;
    size_t size;
    struct mm_volume *v;
    unsigned char *bytes = foreign_bytes(scratch, "npy", "c-order.npy", &size);
    for (size_t cut = 0; cut < size; cut++)
        assert_int_equal(mm_npy_from_bytes(&scratch->arena, bytes, cut, &v, &err), MM_ERR_DATA);
}

/* Every type, 2D and 3D, one channel and three, dense and not; the identity is the only affine. */
static void images_come_back_exactly(void **state)
{
    struct scratch *scratch = *state;
    const double affine[16] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
    for (int i = 0; i < 8 * MM_TYPE_COUNT; i++) {
        int rank = i & 1 ? 2 : 3, channels = i & 2 ? 3 : 1;
        struct mm_volume *v =
            wave_volume(&scratch->arena, (enum mm_type)(i / 8), rank, channels, 7, 5, rank == 3 ? 4 : 1);
        struct mm_volume *back;
        for (int k = 0; rank == 3 && k < 16; k++)
            v->affine[k] = affine[k];
        char *path = scratch_path(scratch, "x.npy");
        if (mm_image_write(path, i & 4 ? wave_interleave(&scratch->arena, v) : v, &err) != MM_OK)
            fail_msg("%s", err.text);
        assert_int_equal(mm_image_read(&scratch->arena, path, &back, &err), MM_OK);
        assert_true(back->type == v->type && back->rank == (channels > 1 ? 3 : rank) &&
                    wave_difference(back, v) == 0);
        assert_true(mm_affine_near(back->affine, v->affine, 1e-14));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_of_others_are_read), TEST(later_versions_are_read),  TEST(broken_headers_say_what_is_wrong),
        TEST(every_cut_is_an_error),    TEST(images_come_back_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
