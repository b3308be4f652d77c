/* B-splines of orders 0 to 5 as scipy.ndimage.map_coordinates has them (MONAI's modes 0 to 5), to within rounding of float32: a filter
 * first finds the coefficients of the spline that goes through the voxels, then each output mixes order + 1 of them along an axis.
 * Sources: Unser, Aldroubi and Eden, Fast B-spline transforms (1991); scipy 1.17's rules at the ends of an axis. */
#ifndef MM_IMAGE_SPLINE_H
#define MM_IMAGE_SPLINE_H

#include "image/resample.h"

#define MM_SPLINE_ORDER_MAX 5

/* 0 to 5, or -1 for what is no spline. */
int mm_spline_order(enum mm_interpolation interpolation);

/* The coefficients as float32 with rows in one piece, filtered in double. *margin: by how many voxels the result is larger on each
 * side of the axes of the image's rank; coordinates of the image are coordinates of the coefficients minus it (BORDER and GRID_CONSTANT
 * of orders above 1: 12, as scipy pads what has no exact rule at the ends). Orders 0 and 1, and what is no spline, take the voxels
 * themselves. The affine is not to be relied on. NULL when memory is out. */
const struct mm_volume *mm_spline_coefficients(struct mm_arena *arena, const struct mm_volume *from,
                                               enum mm_interpolation interpolation, enum mm_outside outside,
                                               int *margin);

/* The order + 1 taps of coordinate p on an axis of n coefficients; see mm_taps_at. */
int mm_spline_taps_at(double p, int n, int order, enum mm_outside outside, int *index, double *weight);

#endif
