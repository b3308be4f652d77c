/* Distances between the surfaces of two masks, as MONAI 1.3 and scipy define them: a mask's edge is what one erosion by faces takes
 * away (the image's border counts as outside); distances go from edge voxels to the nearest edge voxel of the other mask. */
#ifndef MM_TRAINER_METRICS_SURFACE_H
#define MM_TRAINER_METRICS_SURFACE_H

#include "trainer/metrics/reduce.h"

struct mm_surface {
    bool include_background;
    const char *distance_metric, *reduction;
};
#define MM_SURFACE_METRICS "euclidean chessboard taxicab"

/* One class of a case: distances from the prediction's edge to the truth's and back. Count 0 on a side without edge. */
struct mm_surface_distances {
    size_t forward_count, backward_count;
    double *forward, *backward;
};
/* Euclidean ones are in the case's spacing, the others in voxels. Results live in the arena. Nothing is measured, and the counts say
 * it, when either mask is empty. */
enum mm_status mm_surface_measure(struct mm_arena *arena, const struct mm_metric_case *item, int class,
                                  const char *metric, struct mm_surface_distances *out, struct mm_error *err);

/* Value of one class from its distances; both counts are positive. */
typedef double mm_surface_value(const void *self, struct mm_surface_distances *distances);
/* Values of all classes that count: NaN where both masks are empty, infinity where one is. */
enum mm_status mm_surface_values(const struct mm_surface *surface, const void *self,
                                 const struct mm_metric_case *item, mm_surface_value *value, double *values,
                                 struct mm_error *err);

#endif
