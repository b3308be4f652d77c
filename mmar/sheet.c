/* Contact sheets. Layout, from the top: title; for each group its title and its tiles in rows; the colours of the labels.
 *
 * Every tile has the same longest side: small slices are enlarged by a whole number (their voxels stay visible squares), large ones are
 * shrunk by averaging, and pixels that are not square are made so. */
#include "mmar/sheet.h"

#include <math.h>

#include "base/memory.h"
#include "image/affine.h"
#include "image/format.h"
#include "image/resample.h"
#include "image/slice.h"

#define TILE_SIDE    224
#define GAP          12
#define LINE         22 /* a line of text, with the space below */
#define WIDTH_MAX    1900
#define LABELS_SHOWN 12
#define ROW_SHORT    6

static const struct mm_colour paper = {250, 250, 250}, ink = {30, 30, 30}, faint = {110, 110, 110},
                              rule = {205, 205, 205};

struct tile {
    const char *caption;
    struct mm_volume *image, *labels; /* flat; labels NULL: none */
    int zoom;
    double low, high;
};

struct group {
    const char *title;
    size_t first, count, columns;
};

struct mm_sheet {
    struct mm_arena *arena;
    const char *title;
    struct tile *tiles;
    struct group *groups;
    size_t tile_count, group_count, left_out;
    bool labels[LABELS_SHOWN + 1]; /* values there are */
};

struct mm_sheet *mm_sheet_make(struct mm_arena *arena, const char *title)
{
    struct mm_sheet *sheet = mm_arena_new(arena, struct mm_sheet);
    if (!sheet)
        return NULL;
    *sheet = (struct mm_sheet){.arena = arena, .title = mm_arena_text(arena, title)};
    sheet->tiles = mm_arena_array(arena, struct tile, MM_SHEET_TILES_MAX);
    sheet->groups = mm_arena_array(arena, struct group, MM_SHEET_TILES_MAX);
    return sheet->title && sheet->tiles && sheet->groups ? sheet : NULL;
}

void mm_sheet_group(struct mm_sheet *sheet, const char *title, size_t columns)
{
    /* A group without a tile gives way to the next: there are never more groups than tiles. */
    struct group *last = sheet->group_count ? &sheet->groups[sheet->group_count - 1] : NULL;
    struct group *group = last && !last->count ? last : &sheet->groups[sheet->group_count];
    if (sheet->tile_count == MM_SHEET_TILES_MAX)
        return;
    sheet->group_count += group != last;
    *group =
        (struct group){.title = mm_arena_text(sheet->arena, title), .first = sheet->tile_count, .columns = columns};
}

/* Size on the sheet of a flat image: its longest side near TILE_SIDE, pixels square. False when the image is just enlarged by *zoom. */
static bool fit(const struct mm_volume *flat, int size[3], int *zoom)
{
    double spacing[3];
    mm_affine_spacing(flat->affine, spacing);
    double aspect = spacing[0] > 0 && spacing[1] > 0 ? spacing[1] / spacing[0] : 1;
    bool square = aspect > 0.95 && aspect < 1.05;
    double width = flat->size[0], height = flat->size[1] * (square ? 1 : fmin(fmax(aspect, 0.05), 20));
    double scale = TILE_SIDE / fmax(width, height);
    *zoom = square && scale >= 1 ? (int)scale : 1;
    size[0] = (int)fmax(1, lrint(width * scale));
    size[1] = (int)fmax(1, lrint(height * scale));
    size[2] = 1;
    return !(square && scale >= 1);
}

static struct mm_volume *scaled(struct mm_arena *arena, const struct mm_volume *flat, const int size[3],
                                bool is_label)
{
    static const double any[3] = {0};
    bool shrinks = size[0] < flat->size[0] && size[1] < flat->size[1];
    enum mm_resize mode = is_label ? MM_RESIZE_NEAREST_EXACT : shrinks ? MM_RESIZE_AREA : MM_RESIZE_LINEAR;
    return mm_volume_resize(arena, flat, size, mode, false, any, is_label ? flat->type : MM_F32);
}

/* The channels that are shown: three of a colour image, else the first. */
static int channel_of(const struct mm_volume *flat)
{
    return flat->channels == 3 ? MM_DRAW_COLOURS : 0;
}

static struct mm_volume *take(struct mm_arena *arena, struct mm_arena *scratch, const struct mm_volume *volume, int z,
                              bool is_label, int *zoom)
{
    struct mm_volume *flat = mm_slice_flat(scratch, volume, z);
    int size[3];
    if (flat && fit(flat, size, zoom))
        flat = scaled(scratch, flat, size, is_label);
    return flat ? mm_volume_copy(arena, flat) : NULL;
}

static void note_labels(struct mm_sheet *sheet, const struct mm_volume *flat)
{
    for (int y = 0; y < flat->size[1]; y++)
        for (int x = 0; x < flat->size[0]; x++) {
            double v = mm_volume_get(flat, 0, 0, y, x);
            if (v >= 1 && v <= LABELS_SHOWN && v == trunc(v))
                sheet->labels[(int)v] = true;
        }
}

enum mm_status mm_sheet_add(struct mm_sheet *sheet, const char *caption, const struct mm_volume *image,
                            const struct mm_volume *labels, struct mm_error *err)
{
    if (sheet->tile_count == MM_SHEET_TILES_MAX || !sheet->group_count) {
        sheet->left_out++;
        return MM_OK;
    }
    struct mm_arena scratch;
    if (labels && !mm_volume_same_size(image, labels))
        labels = NULL;
    int z = labels ? mm_slice_busiest(labels) : image->size[2] / 2;
    struct tile tile = {.caption = mm_arena_text(sheet->arena, caption)};
    mm_arena_init(&scratch, NULL);
    tile.image = take(sheet->arena, &scratch, image, z, false, &tile.zoom);
    if (labels)
        tile.labels = take(sheet->arena, &scratch, labels, z, true, &tile.zoom);
    mm_arena_done(&scratch);
    if (!tile.caption || !tile.image || (labels && !tile.labels))
        return mm_fail_memory(err, "the contact sheet");
    mm_slice_range(tile.image, channel_of(tile.image), 0, &tile.low, &tile.high);
    if (tile.labels)
        note_labels(sheet, tile.labels);
    sheet->tiles[sheet->tile_count++] = tile;
    sheet->groups[sheet->group_count - 1].count++;
    return MM_OK;
}

size_t mm_sheet_left_out(const struct mm_sheet *sheet)
{
    return sheet->left_out;
}

/* Drawing. ------------------------------------------------------------------------------------------------------- */

static int widest(int a, int b)
{
    return a > b ? a : b;
}

/* Cell of a group: the largest tile in it, and its caption below. */
static void cell_of(const struct mm_sheet *sheet, const struct group *group, int cell[2])
{
    cell[0] = cell[1] = 0;
    for (size_t i = 0; i < group->count; i++) {
        const struct tile *t = &sheet->tiles[group->first + i];
        cell[0] = widest(cell[0], widest(t->image->size[0] * t->zoom, mm_text_width(1, t->caption)));
        cell[1] = widest(cell[1], t->image->size[1] * t->zoom + LINE);
    }
}

/* Crops of one run stand in a row, those of several runs too while it stays short. Without columns asked for, few tiles stand in rows
 * of equal length: 6 as 3 and 3, not 5 and 1. */
static size_t columns_of(const struct group *group, int cell_width)
{
    size_t fit_in = (size_t)widest(1, (WIDTH_MAX - GAP) / (cell_width + GAP)), columns = group->columns;
    size_t rows = (group->count + fit_in - 1) / fit_in;
    if (!columns || columns > fit_in)
        columns = (group->count + rows - 1) / rows;
    else if (columns <= ROW_SHORT / 2 && fit_in >= ROW_SHORT)
        columns *= ROW_SHORT / columns;
    return columns < group->count ? columns : group->count;
}

/* Median of the tiles' ranges: one crop with an outlier does not darken the others. */
static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void window_of(const struct mm_sheet *sheet, const struct group *group, double *low, double *high)
{
    double lows[MM_SHEET_TILES_MAX], highs[MM_SHEET_TILES_MAX];
    for (size_t i = 0; i < group->count; i++) {
        lows[i] = sheet->tiles[group->first + i].low;
        highs[i] = sheet->tiles[group->first + i].high;
    }
    qsort(lows, group->count, sizeof *lows, by_value);
    qsort(highs, group->count, sizeof *highs, by_value);
    *low = lows[group->count / 2];
    *high = highs[group->count / 2];
}

static void draw_group(const struct mm_sheet *sheet, const struct group *group, struct mm_volume *canvas, int y)
{
    int cell[2];
    double low, high;
    cell_of(sheet, group, cell);
    window_of(sheet, group, &low, &high);
    size_t columns = columns_of(group, cell[0]);
    mm_draw_text(canvas, GAP, y + 4, 2, ink, group->title);
    for (size_t i = 0; i < group->count; i++) {
        const struct tile *t = &sheet->tiles[group->first + i];
        int left = GAP + (int)(i % columns) * (cell[0] + GAP),
            top = y + LINE + 4 + (int)(i / columns) * (cell[1] + GAP);
        mm_draw_slice(canvas, left, top, t->zoom, t->image, channel_of(t->image), 0, low, high, t->labels);
        mm_draw_text(canvas, left, top + t->image->size[1] * t->zoom + 5, 1, faint, t->caption);
    }
}

static void draw_legend(const struct mm_sheet *sheet, struct mm_volume *canvas, int y)
{
    char text[32];
    int x = GAP;
    for (int value = 1; value <= LABELS_SHOWN; value++) {
        if (!sheet->labels[value])
            continue;
        snprintf(text, sizeof text, "label %d", value);
        mm_draw_box(canvas, x, y, 10, 10, mm_draw_outline_colour(value));
        x += 16 + mm_draw_text(canvas, x + 16, y + 1, 1, ink, text) + 2 * GAP;
    }
}

static bool has_labels(const struct mm_sheet *sheet)
{
    for (int value = 1; value <= LABELS_SHOWN; value++)
        if (sheet->labels[value])
            return true;
    return false;
}

static int group_height(const struct mm_sheet *sheet, const struct group *group, int *width)
{
    int cell[2];
    cell_of(sheet, group, cell);
    size_t columns = columns_of(group, cell[0]), rows = (group->count + columns - 1) / columns;
    *width = widest(*width, widest(GAP + (int)columns * (cell[0] + GAP), 2 * GAP + mm_text_width(2, group->title)));
    return LINE + 4 + (int)rows * (cell[1] + GAP);
}

enum mm_status mm_sheet_write(const struct mm_sheet *sheet, const char *path, struct mm_error *err)
{
    int width = 2 * GAP + mm_text_width(2, sheet->title), height = GAP + LINE + GAP, y = height;
    size_t groups = sheet->group_count;
    while (groups && !sheet->groups[groups - 1].count)
        groups--;
    for (size_t g = 0; g < groups; g++)
        height += group_height(sheet, &sheet->groups[g], &width) + GAP;
    struct mm_volume *canvas = mm_canvas_make(sheet->arena, width, height + (has_labels(sheet) ? LINE : 0), paper);
    if (!canvas)
        return mm_fail_memory(err, "the contact sheet");
    mm_draw_text(canvas, GAP, GAP, 2, ink, sheet->title);
    for (size_t g = 0; g < groups; g++) {
        mm_draw_box(canvas, GAP, y - GAP / 2, width - 2 * GAP, 1, rule);
        draw_group(sheet, &sheet->groups[g], canvas, y);
        y += group_height(sheet, &sheet->groups[g], &width) + GAP;
    }
    draw_legend(sheet, canvas, y - GAP / 2);
    return mm_image_write(path, canvas, err);
}
