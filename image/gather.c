/* Rows are copied whole where their indices follow one another, voxel by voxel elsewhere. */
#include "image/gather.h"

#include "image/packed_internal.h"

/* The stretch of outputs whose inputs are consecutive, the first longest one. */
struct stretch {
    int start, end;
};

static struct stretch longest_stretch(const int *index, int n)
{
    struct stretch best = {0, 0};
    for (int start = 0, end; start < n; start = end) {
        end = start + 1;
        if (index[start] == MM_GATHER_OUTSIDE)
            continue;
        while (end < n && index[end] == index[end - 1] + 1)
            end++;
        if (end - start > best.end - best.start)
            best = (struct stretch){start, end};
    }
    return best;
}

#define COPY_VOXELS(type)                                                                                            \
    do {                                                                                                             \
        const type *source = from;                                                                                   \
        type *target = to, filler;                                                                                   \
        memcpy(&filler, fill, sizeof filler);                                                                        \
        for (int x = start; x < end; x++)                                                                            \
            target[x] = index[x] == MM_GATHER_OUTSIDE ? filler : source[index[x] * stride];                          \
    } while (0)

static void copy_voxels(void *to, const void *from, const int *index, int start, int end, ptrdiff_t stride,
                        size_t width, const void *fill)
{
    if (width == 1)
        COPY_VOXELS(uint8_t);
    else if (width == 2)
        COPY_VOXELS(uint16_t);
    else if (width == 4)
        COPY_VOXELS(uint32_t);
    else
        COPY_VOXELS(uint64_t);
}

static void copy_row(unsigned char *to, const unsigned char *from, const int *index, int n, struct stretch whole,
                     ptrdiff_t stride, size_t width, const void *fill)
{
    if (stride != 1)
        whole.start = whole.end = 0;
    copy_voxels(to, from, index, 0, whole.start, stride, width, fill);
    if (whole.end > whole.start)
        memcpy(to + (size_t)whole.start * width, from + (size_t)index[whole.start] * width,
               (size_t)(whole.end - whole.start) * width);
    copy_voxels(to, from, index, whole.end, n, stride, width, fill);
}

/* What outputs are made of: the volume's rows, packed or not, and the value outside. */
struct inputs {
    const struct mm_volume *from;
    struct mm_packed_reader reader; /* where `from` is packed */
    double fill;
};

/* Row (c, z, y); NULL where it cannot be decoded. */
static const unsigned char *input_row(struct inputs *inputs, int c, int z, int y)
{
    const unsigned char *row = NULL;
    if (!inputs->from->packed)
        return mm_volume_row(inputs->from, c, z, y);
    return mm_packed_row(&inputs->reader, c, z, y, &row, NULL) ? NULL : row;
}

static bool gather_rows(struct inputs *inputs, struct mm_volume *to, int *const index[3])
{
    size_t width = mm_type_bytes(to->type), plane = (size_t)to->size[0] * (size_t)to->size[1] * width;
    struct stretch whole = longest_stretch(index[0], to->size[0]);
    ptrdiff_t stride = inputs->from->packed ? 1 : inputs->from->stride[0];
    unsigned char filler[8];
    mm_convert(filler, to->type, &inputs->fill, MM_F64, 1, 1);
    for (int c = 0; c < to->channels; c++) {
        for (int z = 0; z < to->size[2]; z++) {
            if (z > 0 && index[2][z] == index[2][z - 1]) { /* as when thick slices are resampled */
                memcpy(mm_volume_row(to, c, z, 0), mm_volume_row(to, c, z - 1, 0), plane);
                continue;
            }
            for (int y = 0; y < to->size[1]; y++) {
                unsigned char *row = mm_volume_row(to, c, z, y);
                if (index[2][z] == MM_GATHER_OUTSIDE || index[1][y] == MM_GATHER_OUTSIDE) {
                    mm_convert(row, to->type, &inputs->fill, MM_F64, (size_t)to->size[0], 0);
                    continue;
                }
                const unsigned char *from = input_row(inputs, c, index[2][z], index[1][y]);
                if (!from)
                    return false;
                copy_row(row, from, index[0], to->size[0], whole, stride, width, filler);
            }
        }
    }
    return true;
}

struct mm_volume *mm_volume_gather(struct mm_arena *arena, const struct mm_volume *from, const int size[3],
                                   int *const index[3], double fill)
{
    struct mm_arena scratch; /* of a block */
    struct inputs inputs = {.from = from, .fill = fill};
    mm_arena_init(&scratch, arena->budget);
    if (from->packed && mm_packed_open(&scratch, from, &inputs.reader, NULL))
        return NULL;
    struct mm_volume *to = mm_volume_make_raw(arena, from->type, from->rank, from->channels, size);
    if (!to)
        return NULL;
    memcpy(to->affine, from->affine, sizeof to->affine);
    bool is_done = gather_rows(&inputs, to, index);
    mm_arena_done(&scratch);
    return is_done ? to : NULL;
}
