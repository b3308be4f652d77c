/* Grid distortion (MONAI GridDistortion; albumentations): each axis is cut into cells of equal length, and each cell is stretched by a
 * factor of its own. */
#ifndef MM_TRANSFORMS_GRID_WARP_H
#define MM_TRANSFORMS_GRID_WARP_H

#include "transforms/regrid.h"

#define MM_GRID_WARP_CELLS_MAX 1000

/* Samples the field's image with cells[a] cells along axis a, of which cell i is stretched by factors[a][i], i from 0 to cells[a] (the
 * last one is what n / cells leaves over), and records the step, which cannot be undone. */
enum mm_status mm_grid_warp(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                            const int cells[3], const double *const factors[3], const struct mm_regrid_sampling *how,
                            struct mm_error *err);

#endif
