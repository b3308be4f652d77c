/* Affine maths. Orientation codes from nibabel 5.4.2 (aff2axcodes), zoomed affines from numpy by the formula of
 * MONAI 1.3.0 (zoom_affine: Cholesky factor). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "image/affine.h"

static const struct {
    double m[9];
    const char *codes;
    double zoomed[9]; /* to spacing 1.5, 0.5, 2 */
} cases[] = {
    {{1, 0, 0, 0, 1, 0, 0, 0, 1}, "RAS", {1.5, 0, 0, 0, 0.5, 0, 0, 0, 2}},
    {{-1, 0, 0, 0, 2, 0, 0, 0, -3}, "LAI", {-1.5, 0, 0, 0, 0.5, 0, 0, 0, -2}},
    {{0, 0, 1, 1, 0, 0, 0, -1, 0}, "AIR", {0, 0, 2, 1.5, 0, 0, 0, -0.5, 0}},
    {{1, 1, 0, 1, -1, 0, 0, 0, 1}, "RPS", {1.060660172, 0.3535533906, 0, 1.060660172, -0.3535533906, 0, 0, 0, 2}},
    {{0.6, 0.5, 0.7, 0.5, 0.6, -0.7, -0.7, 0.65, 0.1},
     "IAR",
     {0.8581163303, 0.2090599211, 1.41124494, 0.7150969419, 0.2652758178, -1.401773498, -1.001135719, 0.3686769451,
      0.2083717361}},
    {{0, 0.3, -0.27, -0.89, -0.45, -0.99, 0.06, 1.34, -0.49},
     "PSL",
     {0, 0.1118824662, -1.949286285, -1.496602915, 0.03277873635, 0.03010222471, 0.1008945785, 0.4862179225,
      0.4465163333}},
    {{-0.62, 0.49, 0.36, 0.11, -0.93, -0.03, 0.7, -1.34, -0.46},
     "LPI",
     {-0.9877421312, -0.2422642262, -1.151723643, 0.1752445717, -0.4108576159, 1.115589343, 1.115192729,
      -0.1500135464, -1.195404981}},
    {{-1.9, -1.29, -1.84, -0.24, -1.27, 0.27, 0.16, -0.19, -2.52},
     "LPI",
     {-1.483007839, 0.04912630933, -0.2269300511, -0.1873273059, -0.4789169686, 0.5175245618, 0.1248848706,
      -0.1350005295, -1.918507514}},
    {{-0.54, -0.05, 0.11, -1.53, -0.48, -0.98, -0.81, 1.06, -0.81},
     "LSP",
     {-0.4466625003, -0.02834686427, 1.905902275, -1.265543751, -0.2257164054, -0.5809845341, -0.6699937504,
      0.4452511197, -0.1731862855}},
    {{-0.03, 0.88, -0.58, -0.11, 0.11, 0.06, -1.23, 0.08, 1.36},
     "IRA",
     {-0.03642918685, 0.4964815797, -0.2318132716, -0.1335736851, 0.05666562377, 1.97911726, -1.493596661,
      -0.01717696423, -0.1713402442}},
    {{-1.55, 0.86, 0.12, -0.64, 2, 0.76, -1.2, 0.07, 0.58},
     "LAS",
     {-1.127512129, -0.03534450447, -1.311469603, -0.4655533952, 0.4575915159, 0.5142417539, -0.872912616,
      -0.1983954902, 1.419719302}},
    {{-0.19, 0.68, -0.07, 0.67, 1.44, -0.68, 0.2, -0.46, 0.13},
     "ARS",
     {-0.3933373688, 0.364571191, 1.264261811, 1.387031774, 0.188611471, -0.1030579068, 0.4140393356, -0.2855057962,
      1.546292708}},
    {{-1.19, -0.58, -0.2, 0.9, 1.15, -1.32, -0.79, 0.65, -1.99},
     "ILP",
     {-1.057305649, -0.02960332891, -1.413721677, 0.7996429278, 0.3065840297, -1.165906253, -0.7019087922,
      0.3938653014, 0.8012824904}},
};
#define CASES (sizeof cases / sizeof *cases)

static void spread(double out[16], const double m[9])
{
    mm_affine_identity(out);
    for (int i = 0; i < 9; i++)
        out[4 * (i / 3) + i % 3] = m[i];
}

static void orientation_is_nibabels(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        double m[16];
        char codes[4];
        spread(m, cases[i].m);
        mm_affine_codes(m, 3, codes);
        assert_string_equal(codes, cases[i].codes);
    }
}

static void zooming_is_monais(void **state)
{
    (void)state;
    const double spacing[3] = {1.5, 0.5, 2};
    for (size_t i = 0; i < CASES; i++) {
        double m[16], expected[16], length[3];
        spread(m, cases[i].m);
        spread(expected, cases[i].zoomed);
        m[3] = expected[3] = 12;
        mm_affine_zoom(m, m, spacing, 3, false);
        assert_true(mm_affine_near(m, expected, 1e-8));
        mm_affine_spacing(m, length);
        for (int a = 0; a < 3; a++)
            assert_true(fabs(length[a] - spacing[a]) < 1e-12);
    }
}

static void diagonal_zoom_drops_the_directions(void **state)
{
    (void)state;
    const double spacing[3] = {1.5, 0.5, 2};
    double m[16];
    spread(m, cases[4].m);
    m[7] = -3;
    mm_affine_zoom(m, m, spacing, 3, true);
    const double expected[16] = {1.5, 0, 0, 0, 0, 0.5, 0, -3, 0, 0, 2, 0, 0, 0, 0, 1};
    assert_true(mm_affine_near(m, expected, 0));
}

static void flat_images_have_two_letters(void **state)
{
    (void)state;
    double m[16];
    char codes[4];
    int axis[3], sign[3];
    mm_affine_identity(m);
    m[0] = m[5] = 0;
    m[1] = -2;
    m[4] = 3;
    mm_affine_codes(m, 2, codes);
    assert_string_equal(codes, "AL");
    mm_affine_orientation(m, 2, axis, sign);
    assert_true(axis[0] == 1 && axis[1] == 0 && axis[2] == 2);
    assert_true(sign[0] == 1 && sign[1] == -1 && sign[2] == 1);
}

static void the_inverse_undoes(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        double m[16], inverse[16], product[16], identity[16];
        spread(m, cases[i].m);
        m[3] = 100;
        m[11] = -7;
        mm_affine_identity(identity);
        assert_true(mm_affine_invert(inverse, m));
        mm_affine_multiply(product, inverse, m);
        assert_true(mm_affine_near(product, identity, 1e-9));
        mm_affine_invert(m, m);
        assert_true(mm_affine_near(m, inverse, 0));
    }
}

static void singular_and_unknown_have_no_inverse(void **state)
{
    (void)state;
    double m[16], out[16];
    mm_affine_identity(m);
    m[10] = 0;
    assert_false(mm_affine_invert(out, m));
    m[10] = 1e-7; /* thin, but sound */
    assert_true(mm_affine_invert(out, m));
    m[1] = 1;
    m[4] = 1; /* x and y alike */
    assert_false(mm_affine_invert(out, m));
    mm_affine_identity(m);
    m[3] = NAN;
    assert_false(mm_affine_is_finite(m));
    assert_false(mm_affine_invert(out, m));
    assert_false(mm_affine_near(m, m, 1));
}

static void shifting_moves_the_origin_by_voxels(void **state)
{
    (void)state;
    double m[16] = {0, -2, 0, 10, 3, 0, 0, 20, 0, 0, 5, 30, 0, 0, 0, 1}, moved[3], point[3];
    const double offset[3] = {1, 2, -1}, zero[3] = {0, 0, 0};
    mm_affine_point(point, m, offset);
    mm_affine_shift(m, offset);
    mm_affine_point(moved, m, zero);
    assert_memory_equal(point, moved, sizeof point);
    assert_true(m[3] == 6 && m[7] == 23 && m[11] == 25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orientation_is_nibabels),
        cmocka_unit_test(zooming_is_monais),
        cmocka_unit_test(diagonal_zoom_drops_the_directions),
        cmocka_unit_test(flat_images_have_two_letters),
        cmocka_unit_test(the_inverse_undoes),
        cmocka_unit_test(singular_and_unknown_have_no_inverse),
        cmocka_unit_test(shifting_moves_the_origin_by_voxels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
