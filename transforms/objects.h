/* Connected objects of masks: which to keep, which holes to close. Semantics of scikit-image and scipy as MONAI calls them. */
#ifndef MM_TRANSFORMS_OBJECTS_H
#define MM_TRANSFORMS_OBJECTS_H

#include "transforms/voxels.h"

/* The connectivity for an image of that rank: 0 means full; more than `rank` is an error. */
enum mm_status mm_objects_connectivity(int64_t given, int rank, int *out, struct mm_error *err);

/* Leaves the `keep` largest objects of the mask. Equal sizes: the one that comes last in MONAI's voxel order (x slowest). */
enum mm_status mm_objects_keep_largest(uint8_t *mask, const int size[3], int connectivity, int64_t keep,
                                       struct mm_error *err);
/* Sets to 1 the unset voxels that are not connected with the border of the image. */
enum mm_status mm_objects_fill(uint8_t *mask, const int size[3], int rank, int connectivity, struct mm_error *err);

#endif
