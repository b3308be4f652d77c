/* Rows are copied whole where their indices follow one another, voxel by voxel elsewhere. */
#include "image/gather.h"

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
            target[x] = index[x] == MM_GATHER_OUTSIDE ? filler : source[(size_t)index[x] * stride];                  \
    } while (0)

static void copy_voxels(void *to, const void *from, const int *index, int start, int end, size_t stride, size_t width,
                        const void *fill)
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
                     size_t stride, size_t width, const void *fill)
{
    if (stride != 1)
        whole.start = whole.end = 0;
    copy_voxels(to, from, index, 0, whole.start, stride, width, fill);
    if (whole.end > whole.start)
        memcpy(to + (size_t)whole.start * width, from + (size_t)index[whole.start] * width,
               (size_t)(whole.end - whole.start) * width);
    copy_voxels(to, from, index, whole.end, n, stride, width, fill);
}

struct mm_volume *mm_volume_gather(struct mm_arena *arena, const struct mm_volume *from, const int size[3],
                                   int *const index[3], double fill)
{
    struct mm_volume *to = mm_volume_make(arena, from->type, from->rank, from->channels, size);
    if (!to)
        return NULL;
    memcpy(to->affine, from->affine, sizeof to->affine);
    size_t width = mm_type_bytes(from->type);
    struct stretch whole = longest_stretch(index[0], size[0]);
    unsigned char filler[8];
    mm_convert(filler, from->type, &fill, MM_F64, 1, 1);
    for (int c = 0; c < to->channels; c++) {
        for (int z = 0; z < size[2]; z++) {
            for (int y = 0; y < size[1]; y++) {
                unsigned char *row = mm_volume_row(to, c, z, y);
                if (index[2][z] != MM_GATHER_OUTSIDE && index[1][y] != MM_GATHER_OUTSIDE)
                    copy_row(row, mm_volume_row(from, c, index[2][z], index[1][y]), index[0], size[0], whole,
                             from->stride[0], width, filler);
                else
                    mm_convert(row, from->type, &fill, MM_F64, (size_t)size[0], 0);
            }
        }
    }
    return to;
}
