/* Flips and permutations of axes: a walk over the input with signed strides. Transposes go through square tiles,
 * so that both sides stay in the cache. */
#include "image/affine.h"
#include "image/volume.h"

#define TILE 32

/* Element strides of the input along the output's axes, from the voxel that becomes the output's first. */
struct walk {
    ptrdiff_t stride[3], first;
    int size[3];
};

#define COPY_TILE(type)                                                                                              \
    do {                                                                                                             \
        type *target = to;                                                                                           \
        const type *source = from;                                                                                   \
        for (int v = v0; v < v1; v++) {                                                                              \
            for (int x = x0; x < x1; x++)                                                                            \
                target[(size_t)v * to_stride + (size_t)x] = source[x * walk->stride[0] + v * from_stride];           \
        }                                                                                                            \
    } while (0)

/* Outputs x in [x0, x1) and v in [v0, v1) of a plane of x and another axis. */
static void copy_tile(void *to, size_t to_stride, const void *from, ptrdiff_t from_stride, const struct walk *walk,
                      int x0, int x1, int v0, int v1, size_t width)
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

/* One channel. The plane is x and the output axis along which the input is contiguous, or y when that is x itself. */
static void copy_channel(struct mm_volume *to, unsigned char *target, const unsigned char *source,
                         const struct walk *walk)
{
    size_t width = mm_type_bytes(to->type);
    int v = walk->stride[2] == 1 || walk->stride[2] == -1 ? 2 : 1, outer = 3 - v;
    int x_step = walk->stride[0] == 1 || walk->stride[0] == -1 ? walk->size[0] : TILE;
    for (int o = 0; o < walk->size[outer]; o++) {
        void *to_plane = target + (size_t)o * to->stride[outer] * width;
        const void *from_plane = source + o * walk->stride[outer] * (ptrdiff_t)width;
        for (int v0 = 0; v0 < walk->size[v]; v0 += TILE) {
            for (int x0 = 0; x0 < walk->size[0]; x0 += x_step)
                copy_tile(to_plane, to->stride[v], from_plane, walk->stride[v], walk, x0,
                          least(x0 + x_step, walk->size[0]), v0, least(v0 + TILE, walk->size[v]), width);
        }
    }
}

struct mm_volume *mm_volume_reorient(struct mm_arena *arena, const struct mm_volume *from, const int permutation[3],
                                     unsigned flips)
{
    struct walk walk = {.first = 0};
    double matrix[16] = {[15] = 1}; /* output voxel -> input voxel */
    for (int a = 0; a < 3; a++) {
        int in = permutation[a];
        bool flipped = flips >> in & 1;
        int last = from->size[in] - 1;
        walk.size[a] = from->size[in];
        walk.stride[a] = (ptrdiff_t)from->stride[in] * (flipped ? -1 : 1);
        walk.first += flipped ? last * (ptrdiff_t)from->stride[in] : 0;
        matrix[4 * in + a] = flipped ? -1 : 1;
        matrix[4 * in + 3] = flipped ? last : 0;
    }
    struct mm_volume *to = mm_volume_make(arena, from->type, from->rank, from->channels, walk.size);
    if (!to)
        return NULL;
    ptrdiff_t width = (ptrdiff_t)mm_type_bytes(from->type);
    for (int c = 0; c < from->channels; c++) {
        const unsigned char *source = mm_volume_row(from, c, 0, 0);
        copy_channel(to, mm_volume_row(to, c, 0, 0), source + walk.first * width, &walk);
    }
    mm_affine_multiply(to->affine, from->affine, matrix);
    return to;
}
