/* Line plots. Layout from the top: title, legend, names of the y axes, the frame with ticks outside, the x axis's
 * name. */
#include <math.h>

#include "image/draw.h"

#define TEXT        2 /* scale of all text but the title */
#define TITLE       3
#define LINE_HEIGHT 22 /* of TEXT */
#define GAP         8
#define TICK        5
#define LINE_WIDTH  2.0
#define DASH        9.0 /* right-axis series: as long again between dashes */
#define LABEL_MAX   32

static const struct mm_colour white = {255, 255, 255}, ink = {40, 40, 40}, grid = {228, 228, 228},
                              frame = {120, 120, 120};

/* From data to pixels: value low stands at pixel start, high at end. Ticks at multiples of step. */
struct scale {
    double low, high, step;
    double start, end;
    bool used;
};

struct layout {
    const struct mm_plot *plot;
    struct mm_volume *canvas;
    struct scale x, y[2];         /* y: left, right */
    int left, right, top, bottom; /* of the frame */
};

static double place(const struct scale *s, double value)
{
    return s->start + (value - s->low) / (s->high - s->low) * (s->end - s->start);
}

static void include(struct scale *s, double value)
{
    if (!isfinite(value))
        return;
    s->low = s->used ? fmin(s->low, value) : value;
    s->high = s->used ? fmax(s->high, value) : value;
    s->used = true;
}

/* 1, 2 or 5 times a power of ten that makes about `ticks` steps. */
static double nice_step(double range, int ticks)
{
    double raw = range / ticks, power = pow(10, floor(log10(raw))), lead = raw / power;
    return power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
}

/* Never empty; with `whole`, widened to full steps. */
static void settle(struct scale *s, int ticks, bool whole)
{
    if (!s->used)
        s->high = 1;
    if (!(s->high - s->low > 1e-12 * fmax(fabs(s->low), fabs(s->high))) || !isfinite(s->high - s->low)) {
        double middle = isfinite(s->high - s->low) ? s->low / 2 + s->high / 2 : 0;
        double half = middle == 0 ? 1 : fabs(middle) / 2;
        s->low = middle - half;
        s->high = middle + half;
    }
    s->step = nice_step(s->high - s->low, ticks);
    if (whole) {
        s->low = floor(s->low / s->step + 1e-9) * s->step;
        s->high = ceil(s->high / s->step - 1e-9) * s->step;
    }
}

static void find_ranges(struct layout *l)
{
    for (size_t i = 0; i < l->plot->count; i++) {
        const struct mm_series *s = &l->plot->series[i];
        for (size_t k = 0; k < s->count; k++) {
            if (isfinite(s->x[k]) && isfinite(s->y[k])) {
                include(&l->x, s->x[k]);
                include(&l->y[s->right_axis], s->y[k]);
            }
        }
    }
    settle(&l->x, l->plot->width / 110 + 1, false);
    settle(&l->y[0], l->plot->height / 80 + 1, true);
    settle(&l->y[1], l->plot->height / 80 + 1, true);
}

static void format_tick(char *text, const struct scale *s, double value)
{
    double largest = fmax(fabs(s->low), fabs(s->high));
    int decimals = (int)fmax(0, -floor(log10(s->step) + 1e-9));
    if (fabs(value) < s->step / 2)
        snprintf(text, LABEL_MAX, "0");
    else if (largest >= 1e6 || decimals > 4)
        snprintf(text, LABEL_MAX, "%.3g", value);
    else
        snprintf(text, LABEL_MAX, "%.*f", decimals, value);
}

/* Ticks are counted, not added up: value(i) = (first + i) * step. */
static int count_ticks(const struct scale *s, double *first)
{
    *first = ceil(s->low / s->step - 1e-6);
    return (int)(floor(s->high / s->step + 1e-6) - *first) + 1;
}

static int widest_tick(const struct scale *s)
{
    char text[LABEL_MAX];
    double first;
    int count = count_ticks(s, &first), widest = 0;
    for (int i = 0; i < count; i++) {
        format_tick(text, s, (first + i) * s->step);
        int width = mm_text_width(TEXT, text);
        widest = width > widest ? width : widest;
    }
    return widest;
}

static bool has_right(const struct layout *l)
{
    return l->y[1].used;
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

/* Draws the legend from (x, y) on, wrapped at the plot's width; or measures only. Returns the y below it. */
static int legend(const struct layout *l, int y, bool draw)
{
    int x = l->left, line = 36;
    for (size_t i = 0; i < l->plot->count; i++) {
        const struct mm_series *s = &l->plot->series[i];
        int width = line + GAP + mm_text_width(TEXT, or_empty(s->name)) + 3 * GAP;
        if (x > l->left && x + width > l->plot->width - GAP) {
            x = l->left;
            y += LINE_HEIGHT;
        }
        if (draw) {
            struct mm_colour colour = mm_colour_of((int)i);
            double middle = y + 7, cut = s->right_axis ? line * 0.4 : line;
            mm_draw_line(l->canvas, x, middle, x + cut, middle, LINE_WIDTH + 1, colour);
            mm_draw_line(l->canvas, x + line - cut, middle, x + line, middle, LINE_WIDTH + 1, colour);
            mm_draw_text(l->canvas, x + line + GAP, y, TEXT, ink, or_empty(s->name));
        }
        x += width;
    }
    return l->plot->count ? y + LINE_HEIGHT : y;
}

static void arrange(struct layout *l)
{
    const struct mm_plot *plot = l->plot;
    int legend_top = plot->title && *plot->title ? 10 * TITLE + 2 * GAP : GAP;
    l->left = widest_tick(&l->y[0]) + 2 * GAP + TICK;
    l->right = plot->width - 1 - (has_right(l) ? widest_tick(&l->y[1]) + 2 * GAP + TICK : 3 * GAP);
    l->top = legend(l, legend_top, false) + LINE_HEIGHT + 2 * GAP;
    l->bottom = plot->height - 1 - 2 * LINE_HEIGHT - GAP;
    l->x.start = l->left;
    l->x.end = l->right;
    for (int side = 0; side < 2; side++) {
        l->y[side].start = l->bottom;
        l->y[side].end = l->top;
    }
    legend(l, legend_top, true);
}

static void draw_y_ticks(const struct layout *l, int side)
{
    const struct scale *s = &l->y[side];
    char text[LABEL_MAX];
    double first;
    int count = count_ticks(s, &first);
    for (int i = 0; i < count; i++) {
        double value = (first + i) * s->step, y = place(s, value);
        int row = (int)lrint(y) - 7;
        format_tick(text, s, value);
        if (side == 0) {
            mm_draw_line(l->canvas, l->left, y, l->right, y, 1, grid);
            mm_draw_line(l->canvas, l->left - TICK, y, l->left, y, 1, frame);
            mm_draw_text(l->canvas, l->left - TICK - GAP / 2 - mm_text_width(TEXT, text), row, TEXT, ink, text);
        } else {
            mm_draw_line(l->canvas, l->right, y, l->right + TICK, y, 1, frame);
            mm_draw_text(l->canvas, l->right + TICK + GAP / 2, row, TEXT, ink, text);
        }
    }
}

static void draw_x_ticks(const struct layout *l)
{
    char text[LABEL_MAX];
    double first;
    int count = count_ticks(&l->x, &first);
    for (int i = 0; i < count; i++) {
        double value = (first + i) * l->x.step, x = place(&l->x, value);
        format_tick(text, &l->x, value);
        mm_draw_line(l->canvas, x, l->top, x, l->bottom, 1, grid);
        mm_draw_line(l->canvas, x, l->bottom, x, l->bottom + TICK, 1, frame);
        mm_draw_text(l->canvas, (int)lrint(x) - mm_text_width(TEXT, text) / 2, l->bottom + TICK + GAP / 2, TEXT, ink,
                     text);
    }
}

static void draw_texts(const struct layout *l)
{
    const struct mm_plot *plot = l->plot;
    const char *title = or_empty(plot->title), *x_label = or_empty(plot->x_label);
    const char *right = has_right(l) ? or_empty(plot->right_label) : "";
    int above = l->top - LINE_HEIGHT - GAP;
    mm_draw_text(l->canvas, (plot->width - mm_text_width(TITLE, title)) / 2, GAP, TITLE, ink, title);
    mm_draw_text(l->canvas, GAP, above, TEXT, ink, or_empty(plot->left_label));
    mm_draw_text(l->canvas, plot->width - GAP - mm_text_width(TEXT, right), above, TEXT, ink, right);
    mm_draw_text(l->canvas, (l->left + l->right - mm_text_width(TEXT, x_label)) / 2, plot->height - LINE_HEIGHT, TEXT,
                 ink, x_label);
}

static void draw_frame(const struct layout *l)
{
    mm_draw_line(l->canvas, l->left, l->top, l->left, l->bottom, 1, frame);
    mm_draw_line(l->canvas, l->left, l->bottom, l->right, l->bottom, 1, frame);
    if (has_right(l))
        mm_draw_line(l->canvas, l->right, l->top, l->right, l->bottom, 1, frame);
}

/* A segment in dashes; `walked` is the length of the line so far, so that dashes go on across its points. */
static void draw_dashes(const struct layout *l, const double a[2], const double b[2], double *walked,
                        struct mm_colour colour)
{
    double length = hypot(b[0] - a[0], b[1] - a[1]), at = 0;
    while (at < length) {
        double phase = fmod(*walked + at, 2 * DASH), rest = phase < DASH ? DASH - phase : 2 * DASH - phase;
        double to = fmin(at + fmax(rest, 0.01), length);
        if (phase < DASH)
            mm_draw_line(l->canvas, a[0] + (b[0] - a[0]) * at / length, a[1] + (b[1] - a[1]) * at / length,
                         a[0] + (b[0] - a[0]) * to / length, a[1] + (b[1] - a[1]) * to / length, LINE_WIDTH, colour);
        at = to;
    }
    *walked += length;
}

static void draw_series(const struct layout *l, const struct mm_series *s, struct mm_colour colour)
{
    const struct scale *y = &l->y[s->right_axis];
    double last[2] = {0, 0}, walked = 0;
    bool open = false;
    for (size_t i = 0; i < s->count; i++) {
        const double at[2] = {place(&l->x, s->x[i]), place(y, s->y[i])};
        bool known = isfinite(at[0]) && isfinite(at[1]);
        bool alone = known && !open && (i + 1 == s->count || !isfinite(s->y[i + 1]) || !isfinite(s->x[i + 1]));
        if (alone)
            mm_draw_line(l->canvas, at[0], at[1], at[0], at[1], 3 * LINE_WIDTH, colour);
        else if (known && open && s->right_axis)
            draw_dashes(l, last, at, &walked, colour);
        else if (known && open)
            mm_draw_line(l->canvas, last[0], last[1], at[0], at[1], LINE_WIDTH, colour);
        open = known;
        memcpy(last, at, sizeof last);
    }
}

struct mm_volume *mm_plot_draw(struct mm_arena *arena, const struct mm_plot *plot)
{
    struct layout l = {.plot = plot, .canvas = mm_canvas_make(arena, plot->width, plot->height, white)};
    if (!l.canvas)
        return NULL;
    find_ranges(&l);
    arrange(&l);
    if (l.right <= l.left || l.bottom <= l.top)
        return l.canvas; /* too small for a frame: the texts are all there is */
    draw_x_ticks(&l);
    draw_y_ticks(&l, 0);
    if (has_right(&l))
        draw_y_ticks(&l, 1);
    draw_frame(&l);
    draw_texts(&l);
    for (size_t i = 0; i < plot->count; i++)
        draw_series(&l, &plot->series[i], mm_colour_of((int)i));
    return l.canvas;
}
