/* Sampling at points, one voxel of the result after the other. */
#include "transforms/warp.h"

#include <math.h>
#include <string.h>

#include "image/spline.h"
#include "image/taps.h"

/* Which voxels a point takes along each axis, and how much of them. */
struct taps {
    int width, index[3][MM_TAPS_MAX];
    double weight[3][MM_TAPS_MAX];
};

static void find_taps(const struct mm_volume *image, const struct mm_warp *how, const double point[3],
                      struct taps *taps)
{
    for (int a = 0; a < 3; a++) {
        double p = point[a];
        if (how->interpolation == MM_NEAREST)
            p = image->rank == 3 ? round(p) : rint(p);
        taps->width =
            mm_taps_at(p, image->size[a], how->interpolation, how->outside, taps->index[a], taps->weight[a]);
    }
}

static void copy_voxel(const struct mm_volume *image, int c, const struct taps *taps, unsigned char *to)
{
    size_t bytes = mm_type_bytes(image->type);
    const unsigned char *row = mm_volume_row(image, c, taps->index[2][0], taps->index[1][0]);
    if (taps->weight[0][0] != 0 && taps->weight[1][0] != 0 && taps->weight[2][0] != 0)
        memcpy(to, row + taps->index[0][0] * image->stride[0] * (ptrdiff_t)bytes, bytes);
}

static float mix_voxels(const struct mm_volume *image, int c, const struct taps *taps)
{
    float sum = 0;
    for (int k = 0; k < taps->width * taps->width; k++) {
        int z = k / taps->width, y = k % taps->width;
        double plane = taps->weight[2][z] * taps->weight[1][y];
        if (plane == 0)
            continue;
        const float *row = mm_volume_row(image, c, taps->index[2][z], taps->index[1][y]);
        for (int i = 0; i < taps->width; i++)
            if (taps->weight[0][i] != 0)
                sum += row[taps->index[0][i]] * (float)(plane * taps->weight[0][i]);
    }
    return sum;
}

static void sample_row(const struct mm_volume *image, const struct mm_warp *how, double (*points)[3], int z, int y,
                       struct mm_volume *to)
{
    size_t bytes = mm_type_bytes(to->type);
    struct taps taps;
    for (int x = 0; x < to->size[0]; x++) {
        bool outside = isnan(points[x][0]);
        if (!outside)
            find_taps(image, how, points[x], &taps);
        for (int c = 0; c < to->channels; c++) {
            unsigned char *at = (unsigned char *)mm_volume_row(to, c, z, y) + (size_t)x * bytes;
            if (outside)
                mm_convert(at, to->type, &how->fill, MM_F64, 1, 1);
            else if (mm_interpolation_keeps_values(how->interpolation))
                copy_voxel(image, c, &taps, at);
            else
                *(float *)at = mix_voxels(image, c, &taps);
        }
    }
}

struct mm_volume *mm_warp(struct mm_arena *arena, const struct mm_volume *image, const struct mm_warp *how)
{
    struct mm_arena scratch;
    int margin = 0;
    mm_arena_init(&scratch, arena->budget);
    const struct mm_volume *from = image;
    if (!mm_interpolation_keeps_values(how->interpolation))
        from = mm_spline_coefficients(&scratch, image, how->interpolation, how->outside, &margin);
    double(*points)[3] = mm_arena_alloc(&scratch, sizeof *points * (size_t)how->size[0]);
    struct mm_volume *to =
        from && points ? mm_volume_make(arena, from->type, from->rank, from->channels, how->size) : NULL;
    for (int z = 0; to && z < to->size[2]; z++)
        for (int y = 0; y < to->size[1]; y++) {
            how->row(how->self, z, y, points);
            for (int i = 0; margin && i < 3 * to->size[0]; i++)
                points[i / 3][i % 3] += i % 3 < to->rank ? margin : 0;
            sample_row(from, how, points, z, y, to);
        }
    mm_arena_done(&scratch);
    if (to)
        memcpy(to->affine, image->affine, sizeof to->affine);
    return to;
}

void mm_warp_row_of_points(const void *self, int z, int y, double (*points)[3])
{
    const struct mm_warp_points *all = self;
    const bool flat = all->points->rank == 2;
    for (int a = 0; a < 3; a++) {
        const float *row = a < all->points->rank ? mm_volume_row(all->points, a, flat ? 0 : z, y) : NULL;
        for (int x = 0; x < all->points->size[0]; x++)
            points[x][a] = row ? (double)row[x] + all->shift[a] : z;
    }
}
