/* Otsu's threshold between two populations (Otsu 1979), as skimage.filters.threshold_otsu finds it. */
#ifndef MM_TRANSFORMS_OTSU_H
#define MM_TRANSFORMS_OTSU_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* The value at which the variance between what is at most it and what is above it is greatest; of values that are all the same that value.
 * `whole`: values are whole numbers, each with a bin of its own where they span less than 2^16; else there are 256 bins. */
enum mm_status mm_otsu(const float *x, size_t n, bool whole, double *threshold, struct mm_error *err);

#endif
