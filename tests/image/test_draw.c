/* Drawing on canvases: what is covered, what is left alone, and that nothing outside is touched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image/draw.h"
#include "tests/image/waves.h"

static struct mm_arena arena;
static const struct mm_colour white = {255, 255, 255}, red = {200, 0, 0};

static int reset(void **state)
{
    (void)state;
    mm_arena_done(&arena);
    mm_arena_init(&arena, NULL);
    return 0;
}

static bool is_colour(const struct mm_volume *canvas, int x, int y, struct mm_colour c)
{
    return mm_volume_get(canvas, 0, 0, y, x) == c.r && mm_volume_get(canvas, 1, 0, y, x) == c.g &&
           mm_volume_get(canvas, 2, 0, y, x) == c.b;
}

/* How much of a pixel is drawn, from the green channel of red on white. */
static double cover(const struct mm_volume *canvas, int x, int y)
{
    return 1 - mm_volume_get(canvas, 1, 0, y, x) / 255;
}

static double total_cover(const struct mm_volume *canvas)
{
    double sum = 0;
    for (int y = 0; y < canvas->size[1]; y++) {
        for (int x = 0; x < canvas->size[0]; x++)
            sum += cover(canvas, x, y);
    }
    return sum;
}

static void boxes_fill_their_part_and_no_more(void **state)
{
    (void)state;
    struct mm_volume *canvas = mm_canvas_make(&arena, 20, 10, white);
    mm_draw_box(canvas, 3, 2, 5, 4, red);
    assert_true(fabs(total_cover(canvas) - 20) < 1e-9);
    assert_true(is_colour(canvas, 3, 2, red) && is_colour(canvas, 7, 5, red));
    assert_true(is_colour(canvas, 8, 5, white) && is_colour(canvas, 7, 6, white) && is_colour(canvas, 2, 2, white));
    mm_draw_box(canvas, -5, -5, 6, 6, red);
    mm_draw_box(canvas, 19, 9, 1000, INT32_MAX, red);
    mm_draw_box(canvas, 50, 50, 5, 5, red);
    mm_draw_box(canvas, 10, 5, -3, 2, red);
    assert_true(fabs(total_cover(canvas) - 22) < 1e-9);
}

static void lines_cover_length_times_width(void **state)
{
    (void)state;
    static const double ends[][4] = {{20, 20, 80, 20}, {20, 15, 20, 70}, {20, 20, 80, 65}, {80.3, 11.7, 21.2, 49.9}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct mm_volume *canvas = mm_canvas_make(&arena, 100, 80, white);
        const double *e = ends[i], length = hypot(e[2] - e[0], e[3] - e[1]);
        mm_draw_line(canvas, e[0], e[1], e[2], e[3], 3, red);
        assert_true(fabs(total_cover(canvas) / (3 * length + 7) - 1) < 0.03); /* 7: the round ends */
        assert_true(cover(canvas, (int)lrint((e[0] + e[2]) / 2), (int)lrint((e[1] + e[3]) / 2)) > 0.99);
    }
}

static void lines_outside_or_unknown_draw_nothing(void **state)
{
    (void)state;
    struct mm_volume *canvas = mm_canvas_make(&arena, 30, 30, white);
    mm_draw_line(canvas, NAN, 0, 10, 10, 2, red);
    mm_draw_line(canvas, 0, 0, INFINITY, 10, 2, red);
    mm_draw_line(canvas, 100, -50, 200, -1, 2, red);
    mm_draw_pixel(canvas, -1, 5, red);
    mm_draw_pixel(canvas, 5, 30, red);
    assert_true(total_cover(canvas) == 0);
    mm_draw_line(canvas, -1e12, 15, 1e12, 15, 1, red);
    assert_true(fabs(total_cover(canvas) - 30) < 1);
    mm_draw_pixel(canvas, 3, 4, red);
    assert_true(is_colour(canvas, 3, 4, red));
}

static void palette_colours_differ_and_wrap(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        for (int k = 0; k < i; k++) {
            struct mm_colour a = mm_colour_of(i), b = mm_colour_of(k);
            assert_true(abs(a.r - b.r) + abs(a.g - b.g) + abs(a.b - b.b) > 80);
        }
        struct mm_colour a = mm_colour_of(i), b = mm_colour_of(i + 8), c = mm_colour_of(i - 8);
        assert_memory_equal(&a, &b, sizeof a);
        assert_memory_equal(&a, &c, sizeof a);
    }
}

static void slices_are_windowed_and_volumes_stand_upright(void **state)
{
    (void)state;
    for (int rank = 2; rank <= 3; rank++) {
        const int size[3] = {3, 2, 1};
        struct mm_volume *image = mm_volume_make(&arena, MM_I16, rank, 1, size);
        struct mm_volume *canvas = mm_canvas_make(&arena, 20, 20, white);
        static const int16_t values[6] = {-500, 0, 50, 100, 150, 900};
        memcpy(image->data, values, sizeof values);
        mm_draw_slice(canvas, 2, 3, 4, image, 0, 0, 0, 200, NULL);
        int first = rank == 2 ? 3 : 7, second = rank == 2 ? 7 : 3; /* canvas rows of y = 0 and 1 */
        static const int expected[6] = {0, 0, 64, 128, 191, 255};
        for (int i = 0; i < 3; i++) {
            assert_true(mm_volume_get(canvas, 0, 0, first + 3, 2 + 4 * i) == expected[i]);
            assert_true(mm_volume_get(canvas, 2, 0, second, 5 + 4 * i) == expected[3 + i]);
        }
        assert_true(is_colour(canvas, 1, 3, white) && is_colour(canvas, 14, 3, white) &&
                    is_colour(canvas, 2, 11, white));
    }
}

static void labels_are_outlined_only(void **state)
{
    (void)state;
    const int size[3] = {5, 5, 1};
    struct mm_volume *image = mm_volume_make(&arena, MM_U8, 3, 1, size),
                     *labels = mm_volume_make(&arena, MM_U8, 3, 1, size);
    struct mm_volume *canvas = mm_canvas_make(&arena, 30, 30, white);
    for (int i = 0; i < 9; i++)
        mm_volume_set(labels, 0, 0, 1 + i / 3, 1 + i % 3, 1);
    mm_draw_slice(canvas, 0, 0, 6, image, 0, 0, 0, 1, labels);
    const struct mm_colour black = {0, 0, 0};
    assert_true(is_colour(canvas, 15, 15, black));  /* middle of the middle voxel */
    assert_true(is_colour(canvas, 3, 3, black));    /* outside */
    assert_false(is_colour(canvas, 6, 15, black));  /* left side */
    assert_false(is_colour(canvas, 23, 15, black)); /* right side */
    assert_false(is_colour(canvas, 15, 6, black));
    assert_false(is_colour(canvas, 15, 23, black));
    assert_true(is_colour(canvas, 12, 15, black)); /* between two voxels of the label */
}

static void slices_show_colours(void **state)
{
    (void)state;
    const int size[3] = {1, 1, 1};
    struct mm_volume *image = mm_volume_make(&arena, MM_U8, 2, 3, size),
                     *canvas = mm_canvas_make(&arena, 4, 4, white);
    mm_volume_set(image, 0, 0, 0, 0, 200);
    mm_volume_set(image, 2, 0, 0, 0, 100);
    mm_draw_slice(canvas, 1, 1, 2, image, MM_DRAW_COLOURS, 0, 0, 200, NULL);
    assert_true(is_colour(canvas, 1, 1, (struct mm_colour){255, 0, 128}));
    assert_true(is_colour(canvas, 2, 2, (struct mm_colour){255, 0, 128}));
    assert_true(is_colour(canvas, 3, 3, white));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(boxes_fill_their_part_and_no_more, reset),
        cmocka_unit_test_setup(lines_cover_length_times_width, reset),
        cmocka_unit_test_setup(lines_outside_or_unknown_draw_nothing, reset),
        cmocka_unit_test_setup(palette_colours_differ_and_wrap, reset),
        cmocka_unit_test_setup(slices_are_windowed_and_volumes_stand_upright, reset),
        cmocka_unit_test_setup(labels_are_outlined_only, reset),
        cmocka_unit_test_setup(slices_show_colours, reset),
    };
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    mm_arena_done(&arena);
    return failures;
}
