/* Correlation with a short row of weights along an axis, with torch's paddings. */
#ifndef MM_TRANSFORMS_LINE_FILTER_H
#define MM_TRANSFORMS_LINE_FILTER_H

#include "image/volume.h"

#define MM_LINE_PADDINGS "zeros reflect replicate circular"

struct mm_line_filter {
    int half;              /* 2 * half + 1 weights                                         */
    const double *weights; /* out(i) = sum of weights[k] * in(i + k - half)                */
    const char *padding;   /* one of the above; reflect does not repeat the outermost voxel */
};
/* Filters a dense float32 volume in place. Error: reflect or circular reaches beyond the voxels there are. */
enum mm_status mm_line_filter(struct mm_volume *v, int axis, const struct mm_line_filter *filter,
                              struct mm_error *err);

#endif
