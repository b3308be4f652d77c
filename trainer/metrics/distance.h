/* Distance transforms on a box of voxels: for each voxel the distance to the nearest seed. */
#ifndef MM_TRAINER_METRICS_DISTANCE_H
#define MM_TRAINER_METRICS_DISTANCE_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Exact squared Euclidean distance (Felzenszwalb and Huttenlocher 2012: one lower envelope of parabolas a line and axis). At least
 * one voxel must be a seed. out: size[0] * size[1] * size[2], x fastest. */
enum mm_status mm_distance_euclidean(struct mm_arena *arena, const uint8_t *seeds, const int size[3],
                                     const double spacing[3], double *out, struct mm_error *err);
/* Steps over faces (taxicab) or over faces, edges and corners (chessboard). */
enum mm_status mm_distance_steps(struct mm_arena *arena, const uint8_t *seeds, const int size[3], bool corners,
                                 double *out, struct mm_error *err);

#endif
