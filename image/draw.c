/* Pixels, lines, boxes and slices of volumes on 8-bit RGB canvases. Whatever falls outside the canvas is not
 * drawn. */
#include "image/draw.h"

#include <math.h>

/* Okabe and Ito, "Color Universal Design" (2008): told apart by all kinds of colour vision. Yellow last: it is
 * weak on white. */
static const struct mm_colour palette[] = {{0, 114, 178}, {213, 94, 0},   {0, 158, 115}, {204, 121, 167},
                                           {230, 159, 0}, {86, 180, 233}, {0, 0, 0},     {240, 228, 66}};
#define PALETTE_SIZE ((int)(sizeof palette / sizeof *palette))

struct mm_colour mm_colour_of(int index)
{
    int wrapped = index % PALETTE_SIZE;
    return palette[wrapped < 0 ? wrapped + PALETTE_SIZE : wrapped];
}

struct mm_volume *mm_canvas_make(struct mm_arena *arena, int width, int height, struct mm_colour background)
{
    const int size[3] = {width, height, 1};
    struct mm_volume *canvas = mm_volume_make(arena, MM_U8, 2, 3, size);
    if (canvas)
        mm_draw_box(canvas, 0, 0, width, height, background);
    return canvas;
}

/* Mixes `share` of the colour (0 to 1) with what is there. */
static void blend(struct mm_volume *canvas, int x, int y, struct mm_colour colour, double share)
{
    const uint8_t channels[3] = {colour.r, colour.g, colour.b};
    if (x < 0 || y < 0 || x >= canvas->size[0] || y >= canvas->size[1])
        return;
    for (int c = 0; c < 3; c++) {
        uint8_t *at = (uint8_t *)mm_volume_row(canvas, c, 0, y) + x;
        *at = (uint8_t)lrint(*at + (channels[c] - *at) * share);
    }
}

void mm_draw_pixel(struct mm_volume *canvas, int x, int y, struct mm_colour colour)
{
    blend(canvas, x, y, colour, 1);
}

/* Whole number from low to high. */
static int limit(double value, int low, int high)
{
    return value > low ? value < high ? (int)value : high : low;
}

/* From the middle of pixel (x, y) to the segment. */
static double distance(double x, double y, double x0, double y0, double x1, double y1)
{
    double dx = x1 - x0, dy = y1 - y0, square = dx * dx + dy * dy;
    double t = square > 0 ? ((x - x0) * dx + (y - y0) * dy) / square : 0;
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    return hypot(x - x0 - t * dx, y - y0 - t * dy);
}

void mm_draw_line(struct mm_volume *canvas, double x0, double y0, double x1, double y1, double width,
                  struct mm_colour colour)
{
    if (!isfinite(x0) || !isfinite(y0) || !isfinite(x1) || !isfinite(y1))
        return;
    double reach = width / 2 + 0.5;
    int left = limit(fmin(x0, x1) - reach, 0, canvas->size[0] - 1),
        top = limit(fmin(y0, y1) - reach, 0, canvas->size[1] - 1);
    int right = limit(fmax(x0, x1) + reach + 1, 0, canvas->size[0] - 1);
    int bottom = limit(fmax(y0, y1) + reach + 1, 0, canvas->size[1] - 1);
    for (int y = top; y <= bottom; y++) {
        for (int x = left; x <= right; x++) {
            double cover = reach - distance(x, y, x0, y0, x1, y1);
            if (cover > 0)
                blend(canvas, x, y, colour, cover < 1 ? cover : 1);
        }
    }
}

void mm_draw_box(struct mm_volume *canvas, int x, int y, int w, int h, struct mm_colour colour)
{
    const uint8_t channels[3] = {colour.r, colour.g, colour.b};
    int left = limit(x, 0, canvas->size[0]), right = limit((double)x + w, 0, canvas->size[0]);
    int top = limit(y, 0, canvas->size[1]), bottom = limit((double)y + h, 0, canvas->size[1]);
    for (int c = 0; c < 3 && right > left; c++) {
        for (int row = top; row < bottom; row++)
            memset((uint8_t *)mm_volume_row(canvas, c, 0, row) + left, channels[c], (size_t)(right - left));
    }
}

/* Where voxel row j of a slice stands on the canvas: volumes have y upward, flat images are read downward. */
static int slice_row(const struct mm_volume *image, int j)
{
    return image->rank == 2 ? j : image->size[1] - 1 - j;
}

static double label_at(const struct mm_volume *labels, int z, int j, int i)
{
    bool inside = i >= 0 && j >= 0 && i < labels->size[0] && j < labels->size[1];
    return inside ? mm_volume_get(labels, 0, z, j, i) : 0;
}

/* The colours that show on grey, brightest first. */
static const uint8_t outline_order[] = {4, 5, 7, 2, 1, 3, 0};
#define OUTLINES ((int)sizeof outline_order)

struct mm_colour mm_draw_outline_colour(double value)
{
    return palette[outline_order[(limit(value, 1, 1 << 30) - 1) % OUTLINES]];
}

/* The sides of voxel (i, j) that face another label, drawn inside the voxel. */
static void outline(struct mm_volume *canvas, int x, int y, int zoom, const struct mm_volume *labels, int z, int j,
                    int i)
{
    double own = label_at(labels, z, j, i);
    if (!(own > 0))
        return;
    struct mm_colour colour = mm_draw_outline_colour(own);
    int thick = zoom >= 4 ? 2 : 1;
    int up = labels->rank == 2 ? -1 : 1; /* the row drawn above */
    if (label_at(labels, z, j + up, i) != own)
        mm_draw_box(canvas, x, y, zoom, thick, colour);
    if (label_at(labels, z, j - up, i) != own)
        mm_draw_box(canvas, x, y + zoom - thick, zoom, thick, colour);
    if (label_at(labels, z, j, i - 1) != own)
        mm_draw_box(canvas, x, y, thick, zoom, colour);
    if (label_at(labels, z, j, i + 1) != own)
        mm_draw_box(canvas, x + zoom - thick, y, thick, zoom, colour);
}

static uint8_t brightness(double value, double low, double high)
{
    double share = high > low ? (value - low) / (high - low) : value > low;
    return (uint8_t)lrint(255 * (share > 0 ? share < 1 ? share : 1 : 0));
}

static struct mm_colour colour_at(const struct mm_volume *image, int c, int z, int j, int i, double low, double high)
{
    uint8_t level[3];
    for (int k = 0; k < 3; k++)
        level[k] = k && c >= 0 ? level[0] : brightness(mm_volume_get(image, c < 0 ? k : c, z, j, i), low, high);
    return (struct mm_colour){level[0], level[1], level[2]};
}

void mm_draw_slice(struct mm_volume *canvas, int x, int y, int zoom, const struct mm_volume *image, int c, int z,
                   double low, double high, const struct mm_volume *labels)
{
    for (int j = 0; j < image->size[1]; j++) {
        int top = y + slice_row(image, j) * zoom;
        for (int i = 0; i < image->size[0]; i++)
            mm_draw_box(canvas, x + i * zoom, top, zoom, zoom, colour_at(image, c, z, j, i, low, high));
        for (int i = 0; labels && i < image->size[0]; i++)
            outline(canvas, x + i * zoom, top, zoom, labels, z, j, i);
    }
}
