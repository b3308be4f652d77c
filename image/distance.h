/* Distances inside masks. */
#ifndef MM_IMAGE_DISTANCE_H
#define MM_IMAGE_DISTANCE_H

#include <stdint.h>

#include "base/error.h"

/* For each set voxel of `mask` (one byte a voxel, x fastest) the chessboard distance in voxels to the nearest one that is not
 * set, diagonals counting 1; 0 elsewhere. What lies outside the image is not looked at; where no voxel is unset, all get
 * MM_DISTANCE_NONE. scipy.ndimage.distance_transform_cdt. */
#define MM_DISTANCE_NONE INT32_MAX
void mm_distance_chessboard(const uint8_t *mask, const int size[3], int32_t *distance);

/* For each set voxel the Euclidean distance to the nearest one that is not set, in units of `spacing`; 0 elsewhere, infinite where no
 * voxel is unset. scipy.ndimage.distance_transform_edt. */
enum mm_status mm_distance_euclidean(const uint8_t *mask, const int size[3], const double spacing[3], float *distance,
                                     struct mm_error *err);

#endif
