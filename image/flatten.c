/* The voxels of a volume of any strides as one dense run, in another type where that is wanted. Where x is not
 * contiguous in the input but another axis is, the two go through square tiles, so that both sides stay in the
 * cache. */
#include "image/packed.h"
#include "image/past.h"
#include "image/rescale.h"
#include "image/rows.h"

#define SMALL 4096 /* bytes of a channel of the output */

/* How a plane is written: rows of x along the axis v. */
struct plane {
    unsigned char *to;
    const unsigned char *from, *after; /* the next plane's, NULL for the last */
    ptrdiff_t to_step;                 /* bytes from row to row of the output */
    int v;
    bool is_past; /* as of struct mm_rows */
};

static int least(int a, int b)
{
    return a < b ? a : b;
}

static bool is_unit(ptrdiff_t stride)
{
    return stride == 1 || stride == -1;
}

/* Rows of any two types. */
static void convert_rows(const struct mm_rows *rows, enum mm_type type, enum mm_type from)
{
    if (type == from)
        mm_rows_copy(rows, mm_type_bytes(type));
    else if (type == MM_F32)
        mm_rows_float(rows, from);
    else
        for (size_t i = 0; i < rows->count; i++)
            mm_convert((char *)rows->to + (ptrdiff_t)i * rows->to_step, type,
                       (const char *)rows->from + (ptrdiff_t)i * rows->from_step, from, rows->n, rows->stride);
}

/* Rows along x. */
static void flatten_rows(const struct plane *plane, enum mm_type type, const struct mm_volume *input)
{
    ptrdiff_t width = (ptrdiff_t)mm_type_bytes(input->type);
    const struct mm_rows rows = {.to = plane->to,
                                 .from = plane->from,
                                 .to_step = plane->to_step,
                                 .from_step = input->stride[plane->v] * width,
                                 .n = (size_t)input->size[0],
                                 .count = (size_t)input->size[plane->v],
                                 .stride = input->stride[0],
                                 .after = plane->after,
                                 .rescale = input->rescale,
                                 .is_past = plane->is_past};
    convert_rows(&rows, type, input->type);
}

/* The part of a plane that is at work: columns from x0 on, rows from v0 on. */
struct tile {
    int x0, v0, columns, rows;
};

/* What the tile becomes, from input rows along v at `from`. */
static struct mm_rows across(const struct plane *plane, size_t to_width, const struct tile *tile, const void *from)
{
    return (struct mm_rows){.to = plane->to + tile->v0 * plane->to_step + tile->x0 * (ptrdiff_t)to_width,
                            .from = from,
                            .to_step = plane->to_step,
                            .n = (size_t)tile->columns,
                            .count = (size_t)tile->rows,
                            .is_past = plane->is_past};
}

/* Where the input rows of a tile begin, at their lowest address. */
static ptrdiff_t corner_of(const struct mm_volume *input, int v, const struct tile *tile)
{
    const ptrdiff_t *stride = input->stride;
    return tile->x0 * stride[0] + (tile->v0 + (stride[v] < 0 ? tile->rows - 1 : 0)) * stride[v];
}

/* Of one type: input rows that run against v give the last row of the output first. */
static void turn_tile(const struct plane *plane, const struct mm_volume *input, const struct tile *tile)
{
    size_t width = mm_type_bytes(input->type);
    ptrdiff_t corner = corner_of(input, plane->v, tile) * (ptrdiff_t)width;
    struct mm_rows rows = across(plane, width, tile, plane->from + corner);
    rows.from_step = input->stride[0] * (ptrdiff_t)width;
    rows.after = plane->after ? plane->after + corner : NULL;
    if (input->stride[plane->v] < 0) {
        rows.to = (char *)rows.to + (tile->rows - 1) * rows.to_step;
        rows.to_step = -rows.to_step;
    }
    mm_rows_transpose(&rows, width);
}

/* Of two types: the input rows are brought into the type, then turned. */
static void convert_tile(const struct plane *plane, enum mm_type type, const struct mm_volume *input,
                         const struct tile *tile)
{
    double room[MM_ROWS_TILE * MM_ROWS_TILE]; /* for every type */
    ptrdiff_t width = (ptrdiff_t)mm_type_bytes(input->type), to_width = (ptrdiff_t)mm_type_bytes(type);
    const ptrdiff_t *stride = input->stride;
    ptrdiff_t corner = (tile->x0 * stride[0] + tile->v0 * stride[plane->v]) * width;
    const struct mm_rows along = {.to = room,
                                  .from = plane->from + corner,
                                  .to_step = MM_ROWS_TILE * to_width,
                                  .from_step = stride[0] * width,
                                  .n = (size_t)tile->rows,
                                  .count = (size_t)tile->columns,
                                  .stride = stride[plane->v],
                                  .after = plane->after ? plane->after + corner : NULL};
    convert_rows(&along, type, input->type);
    struct mm_rows rows = across(plane, (size_t)to_width, tile, room);
    rows.from_step = along.to_step;
    mm_rows_transpose(&rows, (size_t)to_width);
}

static void flatten_plane(const struct plane *plane, enum mm_type type, const struct mm_volume *input)
{
    for (int v0 = 0; v0 < input->size[plane->v]; v0 += MM_ROWS_TILE) {
        for (int x0 = 0; x0 < input->size[0]; x0 += MM_ROWS_TILE) {
            const struct tile tile = {.x0 = x0,
                                      .v0 = v0,
                                      .columns = least(MM_ROWS_TILE, input->size[0] - x0),
                                      .rows = least(MM_ROWS_TILE, input->size[plane->v] - v0)};
            if (type == input->type)
                turn_tile(plane, input, &tile);
            else
                convert_tile(plane, type, input, &tile);
        }
    }
}

/* While it is in the processor's cache. */
static void rescale_plane(const struct plane *plane, const struct mm_volume *input)
{
    size_t width = (size_t)input->size[0], rows = (size_t)input->size[plane->v];
    bool is_run = plane->to_step == (ptrdiff_t)(width * sizeof(float));
    for (size_t i = 0; input->rescale && i < (is_run ? 1 : rows); i++)
        mm_rescale_run_all(input->rescale, (float *)(plane->to + (ptrdiff_t)i * plane->to_step),
                           is_run ? rows * width : width);
}

/* Asks the processor for all bytes from one address to another. */
static void expect_run(const unsigned char *from, ptrdiff_t bytes)
{
    for (ptrdiff_t at = 0; at < bytes; at += MM_PAST_LINE)
        __builtin_prefetch(from + at);
    __builtin_prefetch(from + bytes - 1);
}

/* Many lines together come hardly later than one, so those of a small volume are all asked for before the first is read.
 * Rows that lie close together are one run. */
static void expect_channel(const struct mm_volume *from, int c)
{
    ptrdiff_t width = (ptrdiff_t)mm_type_bytes(from->type), row = from->size[0] * width;
    ptrdiff_t step = from->stride[1] * width;
    bool is_run = step >= 0 && step <= MM_PAST_LINE;
    int rows = is_run ? 1 : from->size[1];
    for (int z = 0; z < from->size[2]; z++)
        for (int y = 0; y < rows; y++)
            expect_run(mm_volume_row(from, c, z, y), is_run ? (from->size[1] - 1) * step + row : row);
}

static void flatten_channel(unsigned char *to, enum mm_type type, const struct mm_volume *from, int c, bool past)
{
    const int *size = from->size;
    ptrdiff_t width = (ptrdiff_t)mm_type_bytes(from->type);
    ptrdiff_t row = size[0] * (ptrdiff_t)mm_type_bytes(type), step[3] = {0, row, row * size[1]};
    bool crosses = !is_unit(from->stride[0]) && size[0] > 1;
    bool crosses_z = crosses && !is_unit(from->stride[1]) && is_unit(from->stride[2]);
    int v = crosses_z ? 2 : 1, outer = 3 - v;
    crosses = crosses && is_unit(from->stride[v]);
    bool is_small = from->stride[0] == 1 && row * size[1] * size[2] <= SMALL;
    if (is_small)
        expect_channel(from, c);
    for (int o = 0; o < size[outer]; o++) {
        const unsigned char *start = mm_volume_row(from, c, outer == 2 ? o : 0, outer == 1 ? o : 0);
        const struct plane plane = {.to = to + o * step[outer],
                                    .from = start,
                                    .after =
                                        !is_small && o + 1 < size[outer] ? start + from->stride[outer] * width : NULL,
                                    .to_step = step[v],
                                    .v = v,
                                    .is_past = past && !(crosses && from->rescale)}; /* which reads it at once */
        if (crosses) {
            flatten_plane(&plane, type, from);
            rescale_plane(&plane, from);
        } else {
            flatten_rows(&plane, type, from);
        }
    }
}

static void flatten(void *to, enum mm_type type, const struct mm_volume *from, bool past)
{
    size_t voxels = mm_volume_voxels(from);
    if (mm_volume_is_dense(from)) {
        mm_convert(to, type, from->data, from->type, voxels * (size_t)from->channels, 1);
        return;
    }
    for (int c = 0; c < from->channels; c++)
        flatten_channel((unsigned char *)to + (size_t)c * voxels * mm_type_bytes(type), type, from, c, past);
}

void mm_volume_flatten(void *to, enum mm_type type, const struct mm_volume *from)
{
    flatten(to, type, from, false);
}

void mm_volume_flatten_past(void *to, enum mm_type type, const struct mm_volume *from)
{
    flatten(to, type, from, true);
    mm_past_end();
}

/* Of a packed volume, which is unpacked on the way; into the arena at once where the type stays. */
static struct mm_volume *convert_packed(struct mm_arena *arena, const struct mm_volume *from, enum mm_type type)
{
    struct mm_arena scratch;
    struct mm_volume *to = NULL, *dense;
    mm_arena_init(&scratch, arena->budget);
    bool is_same = type == from->type;
    if (!mm_volume_unpack(is_same ? arena : &scratch, from, &dense, NULL))
        to = is_same ? dense : mm_volume_convert(arena, dense, type);
    mm_arena_done(&scratch);
    return to;
}

/* The change is one of floats. */
static struct mm_volume *convert_rescaled(struct mm_arena *arena, const struct mm_volume *from, enum mm_type type)
{
    struct mm_arena scratch;
    mm_arena_init(&scratch, arena->budget);
    struct mm_volume *floats = mm_volume_convert(&scratch, from, MM_F32);
    struct mm_volume *to = floats ? mm_volume_convert(arena, floats, type) : NULL;
    mm_arena_done(&scratch);
    return to;
}

struct mm_volume *mm_volume_convert(struct mm_arena *arena, const struct mm_volume *from, enum mm_type type)
{
    if (from->packed)
        return convert_packed(arena, from, type);
    if (from->rescale && type != MM_F32)
        return convert_rescaled(arena, from, type);
    struct mm_volume *to = mm_volume_make_raw(arena, type, from->rank, from->channels, from->size);
    if (!to)
        return NULL;
    memcpy(to->affine, from->affine, sizeof to->affine);
    mm_volume_flatten(to->data, type, from);
    return to;
}

struct mm_volume *mm_volume_copy(struct mm_arena *arena, const struct mm_volume *from)
{
    return mm_volume_convert(arena, from, from->type);
}
