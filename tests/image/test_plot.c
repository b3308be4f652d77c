/* Plots: what must be on them, and data that has no picture. How they look is judged by eye. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "image/draw.h"

#define POINTS 50

static struct mm_arena arena;

static int reset(void **state)
{
    (void)state;
    mm_arena_done(&arena);
    mm_arena_init(&arena, NULL);
    return 0;
}

/* Pixels of exactly that colour in rows from top to bottom. */
static int count_colour(const struct mm_volume *canvas, struct mm_colour c, int top, int bottom)
{
    int count = 0;
    for (int y = top; y < bottom; y++) {
        const uint8_t *r = mm_volume_row(canvas, 0, 0, y), *g = mm_volume_row(canvas, 1, 0, y),
                      *b = mm_volume_row(canvas, 2, 0, y);
        for (int x = 0; x < canvas->size[0]; x++)
            count += r[x] == c.r && g[x] == c.g && b[x] == c.b;
    }
    return count;
}

static struct mm_volume *draw(const struct mm_series *series, size_t count)
{
    const struct mm_plot plot = {.title = "a title",
                                 .x_label = "epoch",
                                 .left_label = "loss",
                                 .right_label = "Dice",
                                 .series = series,
                                 .count = count,
                                 .width = 400,
                                 .height = 300};
    struct mm_volume *canvas = mm_plot_draw(&arena, &plot);
    assert_non_null(canvas);
    assert_true(canvas->type == MM_U8 && canvas->channels == 3 && canvas->size[0] == 400 && canvas->size[1] == 300);
    return canvas;
}

static void fill(double *x, double *y, double slope)
{
    for (int i = 0; i < POINTS; i++) {
        x[i] = i;
        y[i] = slope * i + 1;
    }
}

static void every_series_is_drawn_in_its_colour(void **state)
{
    (void)state;
    double x[POINTS], up[POINTS], down[POINTS];
    fill(x, up, 2);
    fill(x, down, -0.01);
    const struct mm_series series[] = {{"up", x, up, POINTS, false}, {"down", x, down, POINTS, true}};
    struct mm_volume *canvas = draw(series, 2);
    assert_true(count_colour(canvas, mm_colour_of(0), 90, 300) > 150);
    assert_true(count_colour(canvas, mm_colour_of(1), 90, 300) > 60); /* dashed */
    assert_true(count_colour(canvas, mm_colour_of(0), 0, 60) > 30);   /* legend */
    assert_int_equal(count_colour(canvas, mm_colour_of(2), 0, 300), 0);
    assert_memory_equal(canvas->data, draw(series, 2)->data, mm_volume_bytes(canvas));
}

static void unknown_values_break_the_line(void **state)
{
    (void)state;
    double x[POINTS], y[POINTS];
    fill(x, y, 0);
    const struct mm_series series[] = {{"s", x, y, POINTS, false}};
    int whole = count_colour(draw(series, 1), mm_colour_of(0), 70, 300);
    for (int i = 10; i < 40; i++)
        y[i] = i % 2 ? NAN : INFINITY;
    int broken = count_colour(draw(series, 1), mm_colour_of(0), 70, 300);
    assert_in_range(broken, whole / 5, whole / 2);
    for (int i = 0; i < POINTS; i++)
        y[i] = i == 25 ? 3 : NAN;
    assert_in_range(count_colour(draw(series, 1), mm_colour_of(0), 70, 300), 5, 60); /* a lone point is a dot */
}

static void any_data_has_a_plot(void **state)
{
    (void)state;
    static const double values[][3] = {
        {0, 0, 0},          {5, 5, 5},           {NAN, NAN, NAN},     {-INFINITY, 1, INFINITY},
        {1e308, -1e308, 0}, {1e-300, 2e-300, 0}, {1e9, 1e9 + 1, 1e9}, {-1e-12, 1e12, 3}};
    const double x[3] = {0, 1, 2}, same[3] = {7, 7, 7};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const struct mm_series series[] = {{"left", x, values[i], 3, false}, {NULL, same, values[i], 3, true}};
        draw(series, 2);
        draw(series, 1);
    }
    draw(NULL, 0);
    const struct mm_series empty = {"none", NULL, NULL, 0, false};
    draw(&empty, 1);
    for (int side = 1; side < 120; side += 17) {
        const struct mm_plot tiny = {.series = &empty, .count = 1, .width = side, .height = side};
        assert_non_null(mm_plot_draw(&arena, &tiny));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_series_is_drawn_in_its_colour, reset),
        cmocka_unit_test_setup(unknown_values_break_the_line, reset),
        cmocka_unit_test_setup(any_data_has_a_plot, reset),
    };
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    mm_arena_done(&arena);
    return failures;
}
