/* Where the foreground of an image lies: the voxels above 0. */
#ifndef MM_TRANSFORMS_FOREGROUND_H
#define MM_TRANSFORMS_FOREGROUND_H

#include "base/params.h"
#include "base/random.h"
#include "image/volume.h"

struct mm_foreground {
    int low[3], high[3]; /* first and last voxel of it along each axis */
};
/* In those channels, or in all when the list is empty. Errors: no voxel is above 0, no such channel. */
enum mm_status mm_foreground_find(const struct mm_volume *v, const struct mm_ints *channels,
                                  struct mm_foreground *out, struct mm_error *err);
/* The box about it: `margin` more on each side, clipped to the image when `clip`. */
struct mm_box mm_foreground_box(const struct mm_foreground *foreground, const struct mm_volume *v,
                                const int margin[3], bool clip);

#define MM_FOREGROUND_POINTS 6
/* Voxels of the first channel that are as far as possible to either side: x least, x greatest, y least ... (4 of a 2D
 * image). Among equals one is drawn, then `pert` > 0 adds 2 * pert * [0, 1) to each coordinate, inside the image;
 * without `random` the first in memory is taken. */
enum mm_status mm_foreground_points(const struct mm_volume *v, struct mm_random *random, double pert,
                                    double points[MM_FOREGROUND_POINTS][3], struct mm_error *err);

#endif
