/* Resizing against torch.nn.functional.interpolate 1.13 (values printed by it) and against its formulas in plain
 * double. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image/resample.h"
#include "tests/image/waves.h"

static struct mm_arena arena;

static int reset(void **state)
{
    (void)state;
    mm_arena_done(&arena);
    mm_arena_init(&arena, NULL);
    return 0;
}

static void resize_line(const float *line, int in, float *out, int n, enum mm_resize mode, bool align_corners)
{
    const int from[3] = {in, 1, 1}, to[3] = {n, 1, 1};
    struct mm_volume *v = mm_volume_make(&arena, MM_F32, 3, 1, from);
    memcpy(v->data, line, (size_t)in * sizeof *line);
    struct mm_volume *r = mm_volume_resize(&arena, v, to, mode, align_corners, NULL, MM_F32);
    memcpy(out, r->data, (size_t)n * sizeof *out);
}

static void check_line(const float *line, int in, const float *expected, int n, enum mm_resize mode,
                       bool align_corners)
{
    float out[16];
    resize_line(line, in, out, n, mode, align_corners);
    for (int i = 0; i < n; i++) {
        if (!(fabsf(out[i] - expected[i]) < 1e-5f))
            fail_msg("mode %d, output %d: %g, not %g", mode, i, out[i], expected[i]);
    }
}

static void lines_follow_torch(void **state)
{
    (void)state;
    const float line[4] = {1, 2, 4, 8};
    const float nearest[6] = {1, 1, 2, 4, 4, 8}, exact[6] = {1, 2, 2, 4, 8, 8}, down[3] = {1, 2, 4};
    const float linear[8] = {1, 1.25f, 1.75f, 2.5f, 3.5f, 5, 7, 8}, aligned[7] = {1, 1.5f, 2, 3, 4, 6, 8};
    const float area[3] = {1.5f, 3, 6}, area_up[6] = {1, 1.5f, 2, 4, 6, 8};
    check_line(line, 4, nearest, 6, MM_RESIZE_NEAREST, false);
    check_line(line, 4, exact, 6, MM_RESIZE_NEAREST_EXACT, false);
    check_line(line, 4, down, 3, MM_RESIZE_NEAREST, false);
    check_line(line, 4, linear, 8, MM_RESIZE_LINEAR, false);
    check_line(line, 4, aligned, 7, MM_RESIZE_LINEAR, true);
    check_line(line, 4, area, 3, MM_RESIZE_AREA, false);
    check_line(line, 4, area_up, 6, MM_RESIZE_AREA, false);
    check_line(line, 4, line, 4, MM_RESIZE_CUBIC, false);
    check_line(line, 4, line, 1, MM_RESIZE_LINEAR, true);
}

/* Twice the size, cubic: coordinates -0.25, 0.25 ... weights at 0.25 and 0.75 of Keys' kernel with A = -0.75. */
static void cubic_repeats_the_edges(void **state)
{
    (void)state;
    const float line[3] = {0, 1, 0};
    const double w[4] = {-0.10546875, 0.87890625, 0.26171875, -0.03515625}; /* t = 0.25 */
    const float expected[6] = {(float)w[0], (float)w[2], (float)w[1], (float)w[1], (float)w[2], (float)w[0]};
    check_line(line, 3, expected, 6, MM_RESIZE_CUBIC, false);
}

static void every_axis_and_channel_is_resized(void **state)
{
    (void)state;
    struct mm_volume *v = wave_volume(&arena, MM_F32, 3, 2, 6, 5, 4);
    const int size[3] = {9, 4, 7};
    struct mm_volume *r = mm_volume_resize(&arena, v, size, MM_RESIZE_LINEAR, false, NULL, MM_F32);
    for (int i = 0; i < 9 * 4 * 7; i++) {
        const int at[3] = {i % 9, i / 9 % 4, i / 36};
        int low[3], high[3];
        double f[3], expected = 0;
        for (int a = 0; a < 3; a++) {
            double p = fmax((at[a] + 0.5) * v->size[a] / size[a] - 0.5, 0);
            low[a] = (int)p;
            high[a] = low[a] + 1 < v->size[a] ? low[a] + 1 : low[a];
            f[a] = p - low[a];
        }
        for (int k = 0; k < 8; k++) {
            double weight = (k & 1 ? f[0] : 1 - f[0]) * (k & 2 ? f[1] : 1 - f[1]) * (k & 4 ? f[2] : 1 - f[2]);
            expected += weight * mm_volume_get(v, 1, k & 4 ? high[2] : low[2], k & 2 ? high[1] : low[1],
                                               k & 1 ? high[0] : low[0]);
        }
        assert_true(fabs(mm_volume_get(r, 1, at[2], at[1], at[0]) - expected) < 1e-4);
    }
}

static void area_keeps_the_mean_of_whole_windows(void **state)
{
    (void)state;
    struct mm_volume *v = wave_volume(&arena, MM_F64, 3, 1, 12, 6, 4);
    const int size[3] = {3, 2, 1};
    struct mm_volume *r = mm_volume_resize(&arena, v, size, MM_RESIZE_AREA, false, NULL, MM_F64);
    double before = 0, after = 0;
    for (int i = 0; i < 288; i++)
        before += ((double *)v->data)[i] / 288;
    for (int i = 0; i < 6; i++)
        after += ((double *)r->data)[i] / 6;
    assert_true(fabs(before - after) < 1e-4);
}

static void given_scale_moves_the_coordinates(void **state)
{
    (void)state;
    struct mm_volume *v = wave_volume(&arena, MM_U8, 2, 1, 10, 3, 1);
    const int size[3] = {7, 3, 1};
    const double scale[3] = {1 / 0.75, 0, 0};
    struct mm_volume *r = mm_volume_resize(&arena, v, size, MM_RESIZE_NEAREST, false, scale, MM_U8);
    static const int source[7] = {0, 1, 2, 4, 5, 6, 8};
    for (int i = 0; i < 7; i++)
        assert_true(mm_volume_get(r, 0, 0, 1, i) == mm_volume_get(v, 0, 0, 1, source[i]));
}

static void fields_of_view_coincide(void **state)
{
    (void)state;
    struct mm_volume *v = wave_volume(&arena, MM_U8, 3, 1, 10, 4, 6);
    const int size[3] = {5, 8, 6};
    v->affine[0] = -2;
    v->affine[3] = 30;
    struct mm_volume *r = mm_volume_resize(&arena, v, size, MM_RESIZE_AREA, false, NULL, MM_F32);
    assert_true(fabs(r->affine[0] + 4) < 1e-12 && fabs(r->affine[3] - 29) < 1e-12);
    assert_true(fabs(r->affine[5] - 0.5) < 1e-12 && fabs(r->affine[7] + 0.25) < 1e-12);
    assert_true(r->affine[10] == 1 && r->affine[11] == 0);
}

static void flat_images_keep_their_one_slice(void **state)
{
    (void)state;
    struct mm_volume *v = wave_volume(&arena, MM_U8, 2, 3, 10, 4, 1);
    const int size[3] = {5, 8, 99}, bad[3] = {5, 0, 1};
    for (int mode = MM_RESIZE_NEAREST; mode <= MM_RESIZE_AREA; mode++) {
        struct mm_volume *r = mm_volume_resize(&arena, v, size, (enum mm_resize)mode, false, NULL, MM_F32);
        assert_true(r->size[0] == 5 && r->size[1] == 8 && r->size[2] == 1 && r->rank == 2 && r->channels == 3);
        assert_null(mm_volume_resize(&arena, v, bad, (enum mm_resize)mode, false, NULL, MM_F32));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(lines_follow_torch, reset),
        cmocka_unit_test_setup(cubic_repeats_the_edges, reset),
        cmocka_unit_test_setup(every_axis_and_channel_is_resized, reset),
        cmocka_unit_test_setup(area_keeps_the_mean_of_whole_windows, reset),
        cmocka_unit_test_setup(given_scale_moves_the_coordinates, reset),
        cmocka_unit_test_setup(fields_of_view_coincide, reset),
        cmocka_unit_test_setup(flat_images_keep_their_one_slice, reset),
    };
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    mm_arena_done(&arena);
    return failures;
}
