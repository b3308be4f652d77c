/* Images sampled at any points: what no single affine map can do. Rows of points come from a function, so that none has
 * to hold them all. */
#ifndef MM_TRANSFORMS_WARP_H
#define MM_TRANSFORMS_WARP_H

#include "image/resample.h"

struct mm_warp {
    int size[3]; /* of the result */
    enum mm_interpolation interpolation;
    enum mm_outside outside;
    double fill; /* value where the first coordinate of a point is NaN */
    /* The points in the image, as voxel indices, of the results (0, y, z) to (size[0] - 1, y, z). */
    void (*row)(const void *self, int z, int y, double (*points)[3]);
    const void *self;
};

/* Nearest keeps the type (halves as mm_volume_resample rounds them), all else is float32. The affine is the image's
 * and the caller's to correct. NULL when memory is out. */
struct mm_volume *mm_warp(struct mm_arena *arena, const struct mm_volume *image, const struct mm_warp *how);

/* Points that are the first `rank` channels of a float32 volume of the size of the result, plus a shift; for `row`. Points of
 * rank 2 serve every slice z. */
struct mm_warp_points {
    const struct mm_volume *points;
    double shift[3];
};
void mm_warp_row_of_points(const void *self, int z, int y, double (*points)[3]);

#endif
