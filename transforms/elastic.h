/* Elastic deformation: the core of Rand2DElastic and Rand3DElastic, after MONAI's. A volume of float32, one channel an
 * axis, first holds the random offsets and then the points, in voxels from the middle. */
#ifndef MM_TRANSFORMS_ELASTIC_H
#define MM_TRANSFORMS_ELASTIC_H

#include "transforms/motion.h"

enum mm_elastic_noise { MM_ELASTIC_NORMAL, MM_ELASTIC_UNIFORM }; /* mean 0, variance 1; [-1, 1) */

/* Random offsets on a grid. When the sample has a field of numbers of the name `given`, they are taken instead of being
 * drawn: offsets of the first axis first, then by x, y, z with the last one fastest (MONAI's order). */
enum mm_status mm_elastic_offsets(struct mm_sample *sample, const char *given, const int size[3], int rank,
                                  enum mm_elastic_noise noise, struct mm_random *random, struct mm_volume **out,
                                  struct mm_error *err);
/* Offsets to points: matrix * (place of the node + magnitude * offset), nodes `spacing` apart about the middle. */
void mm_elastic_points(struct mm_volume *offsets, const double spacing[3], double magnitude, const double matrix[16]);
/* Samples the field's image at the points (of rank 2: every slice the same) and records the step, which cannot be undone. */
enum mm_status mm_elastic_apply(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                                const struct mm_volume *points, const struct mm_regrid_sampling *how,
                                struct mm_error *err);

#define MM_ELASTIC_NOTES(name)                                                                                       \
    "When the sample has a field of numbers named \"" name "\", those are the random field instead of drawn ones, "  \
    "in MONAI's order; magnitude and the affine part are drawn all the same. Cannot be undone."

#endif
