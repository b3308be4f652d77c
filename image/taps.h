/* Interpolation along one axis: which voxels an output takes and with what weight. And the pass over a volume
 * whose axes are interpolated one after the other, which is how axis-aligned resampling and resizing are fast. */
#ifndef MM_IMAGE_TAPS_H
#define MM_IMAGE_TAPS_H

#include "image/resample.h"

#define MM_TAPS_MAX 6 /* of the interpolations; area windows are wider */

/* The taps of coordinate p on an axis of n voxels; returns how many: nearest 1 (of weight 1 or 0), linear 2, cubic
 * 4, splines order + 1 (image/spline.h: of coefficients). Taps outside have weight 0 and a valid index. */
int mm_taps_at(double p, int n, enum mm_interpolation interpolation, enum mm_outside outside, int *index,
               double *weight);

/* Taps of every output along an axis: output i takes width taps at [i * width]. */
struct mm_taps {
    int outputs, width;
    int *index;
    float *weight;
    int begin, end; /* outputs outside of it have no weight at all */
};
bool mm_taps_make(struct mm_arena *arena, struct mm_taps *taps, int outputs, int width);
/* After the tables are filled: finds begin and end, and lets taps without weight repeat one that has some, so that
 * a NaN that is not asked for does not come through. */
void mm_taps_finish(struct mm_taps *taps);

/* All three axes; weights in float. The affine is copied and is the caller's to correct. NULL when memory is out. */
struct mm_volume *mm_taps_apply(struct mm_arena *arena, const struct mm_volume *from, const struct mm_taps taps[3],
                                enum mm_type type);

#endif
