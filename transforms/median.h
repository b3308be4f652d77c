/* Medians of the voxels around each, as MONAI's median_filter finds them. */
#ifndef MM_TRANSFORMS_MEDIAN_H
#define MM_TRANSFORMS_MEDIAN_H

#include "image/volume.h"

#define MM_MEDIAN_RADIUS_MAX 10

/* In place, of a dense float32 volume: the window reaches that far to each side, borders are repeated. MM_ERR_MEMORY only. */
enum mm_status mm_median(struct mm_volume *v, const int radius[3], struct mm_error *err);

#endif
