/* The slice that clicks lie in: chosen by AddGuidanceFromPoints, cut out by Fetch2DSlice. */
#ifndef MM_TRANSFORMS_SLICE_H
#define MM_TRANSFORMS_SLICE_H

#include "transforms/transform.h"

/* Axis of an image for an axis of MONAI's DeepGrow, whose volumes have z in front: 0 is z, 1 is x, 2 is y. */
int mm_slice_axis(int64_t axis);
/* Field "<guidance>:slice". */
enum mm_status mm_slice_choose(struct mm_sample *sample, const char *guidance, double slice, struct mm_error *err);
/* The slice of an image with `depth` of them across that axis; an error when none was chosen or it lies outside. */
enum mm_status mm_slice_chosen(struct mm_sample *sample, const char *guidance, int depth, int *out,
                               struct mm_error *err);

#endif
