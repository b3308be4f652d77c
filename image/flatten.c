/* The voxels of a volume of any strides as one dense run, in another type where that is wanted. Where x is not
 * contiguous in the input but another axis is, the two go through square tiles, so that both sides stay in the
 * cache. */
#include "image/packed.h"

#define TILE 32

#define COPY_TILE(type)                                                                                              \
    do {                                                                                                             \
        type *target = to;                                                                                           \
        const type *source = from;                                                                                   \
        for (int v = 0; v < rows; v++) {                                                                             \
            for (int x = 0; x < columns; x++)                                                                        \
                target[v * TILE + x] = source[x * dx + v * dv];                                                      \
        }                                                                                                            \
    } while (0)

/* Rows of TILE elements. */
static void copy_tile(void *to, const void *from, ptrdiff_t dx, ptrdiff_t dv, int columns, int rows, size_t width)
{
    if (width == 1)
        COPY_TILE(uint8_t);
    else if (width == 2)
        COPY_TILE(uint16_t);
    else if (width == 4)
        COPY_TILE(uint32_t);
    else
        COPY_TILE(uint64_t);
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Outputs of a plane of x and the axis v of the input, which begins at `from`; rows along v are to_step bytes apart. */
static void flatten_plane(unsigned char *to, size_t to_step, enum mm_type type, const struct mm_volume *input, int v,
                          const unsigned char *from)
{
    uint64_t tile[TILE * TILE];
    size_t width = mm_type_bytes(input->type), to_width = mm_type_bytes(type);
    ptrdiff_t dx = input->stride[0], dv = input->stride[v];
    for (int v0 = 0; v0 < input->size[v]; v0 += TILE) {
        int rows = least(TILE, input->size[v] - v0);
        for (int x0 = 0; x0 < input->size[0]; x0 += TILE) {
            int columns = least(TILE, input->size[0] - x0);
            copy_tile(tile, from + (x0 * dx + v0 * dv) * (ptrdiff_t)width, dx, dv, columns, rows, width);
            for (int r = 0; r < rows; r++)
                mm_convert(to + (size_t)(v0 + r) * to_step + (size_t)x0 * to_width, type,
                           (const unsigned char *)tile + (size_t)(r * TILE) * width, input->type, (size_t)columns, 1);
        }
    }
}

static bool is_unit(ptrdiff_t stride)
{
    return stride == 1 || stride == -1;
}

static void flatten_channel(unsigned char *to, enum mm_type type, const struct mm_volume *from, int c)
{
    const int *size = from->size;
    size_t row = (size_t)size[0] * mm_type_bytes(type), plane = row * (size_t)size[1];
    bool crosses = !is_unit(from->stride[0]) && size[0] > 1;
    if (crosses && is_unit(from->stride[1])) {
        for (int z = 0; z < size[2]; z++)
            flatten_plane(to + (size_t)z * plane, row, type, from, 1, mm_volume_row(from, c, z, 0));
    } else if (crosses && is_unit(from->stride[2])) {
        for (int y = 0; y < size[1]; y++)
            flatten_plane(to + (size_t)y * row, plane, type, from, 2, mm_volume_row(from, c, 0, y));
    } else {
        for (int z = 0; z < size[2]; z++) {
            for (int y = 0; y < size[1]; y++)
                mm_convert(to + (size_t)z * plane + (size_t)y * row, type, mm_volume_row(from, c, z, y), from->type,
                           (size_t)size[0], from->stride[0]);
        }
    }
}

void mm_volume_flatten(void *to, enum mm_type type, const struct mm_volume *from)
{
    size_t voxels = mm_volume_voxels(from);
    if (mm_volume_is_dense(from)) {
        mm_convert(to, type, from->data, from->type, voxels * (size_t)from->channels, 1);
        return;
    }
    for (int c = 0; c < from->channels; c++)
        flatten_channel((unsigned char *)to + (size_t)c * voxels * mm_type_bytes(type), type, from, c);
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

struct mm_volume *mm_volume_convert(struct mm_arena *arena, const struct mm_volume *from, enum mm_type type)
{
    if (from->packed)
        return convert_packed(arena, from, type);
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
