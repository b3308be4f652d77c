/* Drawing into 8-bit RGB images: what people look at. A canvas is a 2D volume of type u8 with 3 channels. */
#ifndef MM_IMAGE_DRAW_H
#define MM_IMAGE_DRAW_H

#include "image/volume.h"

struct mm_colour {
    uint8_t r, g, b;
};
/* Distinct, colour-blind safe (Okabe-Ito); index wraps. */
struct mm_colour mm_colour_of(int index);

struct mm_volume *mm_canvas_make(struct mm_arena *arena, int width, int height, struct mm_colour background);
void mm_draw_pixel(struct mm_volume *canvas, int x, int y, struct mm_colour colour);
void mm_draw_line(struct mm_volume *canvas, double x0, double y0, double x1, double y1, double width,
                  struct mm_colour colour);                                                      /* anti-aliased */
void mm_draw_box(struct mm_volume *canvas, int x, int y, int w, int h, struct mm_colour colour); /* filled */
/* Built-in 5x7 ASCII font times `scale`. Returns the width drawn in pixels; `mm_text_width` without drawing. */
int mm_draw_text(struct mm_volume *canvas, int x, int y, int scale, struct mm_colour colour, const char *text);
int mm_text_width(int scale, const char *text);

/* A slice of channel `c` at `z`, window [low, high] to grey, enlarged by the integer `zoom`, at (x, y) of the canvas. In 3D the
 * image is drawn with y upward (anterior up for RAS); 2D images row by row. MM_DRAW_COLOURS for c: channels 0, 1, 2 as red, green,
 * blue. `labels` (may be NULL): outlines of each value > 0 of its first channel. */
#define MM_DRAW_COLOURS (-1)
void mm_draw_slice(struct mm_volume *canvas, int x, int y, int zoom, const struct mm_volume *image, int c, int z,
                   double low, double high, const struct mm_volume *labels);
/* The colour in which mm_draw_slice outlines that label value: the palette in the order that shows on grey. */
struct mm_colour mm_draw_outline_colour(double value);

/* Line plot: several series against one x axis, left and optional right y axis, titled, with legend; NaN breaks a line. */
struct mm_series {
    const char *name;
    const double *x, *y;
    size_t count;
    bool right_axis;
};
struct mm_plot {
    const char *title, *x_label, *left_label, *right_label;
    const struct mm_series *series;
    size_t count;
    int width, height;
};
struct mm_volume *mm_plot_draw(struct mm_arena *arena, const struct mm_plot *plot);

#endif
