/* Copying voxels by one index list an axis: what crop, pad, flip and nearest resampling along axes have in common. */
#ifndef MM_IMAGE_GATHER_H
#define MM_IMAGE_GATHER_H

#include "image/volume.h"

#define MM_GATHER_OUTSIDE (-1)

/* Output voxel (x, y, z) = from (index[0][x], index[1][y], index[2][z]), or `fill` where any of them is
 * MM_GATHER_OUTSIDE. Same type, channels and affine; `from` may be packed. NULL when memory is out or packed voxels are damaged. */
struct mm_volume *mm_volume_gather(struct mm_arena *arena, const struct mm_volume *from, const int size[3],
                                   int *const index[3], double fill);

#endif
