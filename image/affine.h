/* 4x4 affine maths (row-major doubles, voxel -> RAS+ mm) and orientation codes. */
#ifndef MM_IMAGE_AFFINE_H
#define MM_IMAGE_AFFINE_H

#include <stdbool.h>

void mm_affine_identity(double m[16]);
void mm_affine_multiply(double out[16], const double a[16], const double b[16]); /* out may alias */
/* False when singular (|det| tiny against the scale) or not finite. */
bool mm_affine_invert(double out[16], const double m[16]);
void mm_affine_point(double out[3], const double m[16], const double in[3]);
bool mm_affine_is_finite(const double m[16]);
bool mm_affine_near(const double a[16], const double b[16], double tolerance);
/* Length of each column of the 3x3 part: voxel spacing in mm along x, y, z. */
void mm_affine_spacing(const double m[16], double spacing[3]);
/* Moves the origin by voxels: m * translate(offset). */
void mm_affine_shift(double m[16], const double offset[3]);
/* nibabel.orientations.io_orientation: for each voxel axis the world axis (0 R/L, 1 A/P, 2 S/I) and its sign. */
void mm_affine_orientation(const double m[16], int rank, int axis[3], int sign[3]);
/* "RAS", "LPS" ... of the voxel axes; 2D gives two letters. Buffer of 4. */
void mm_affine_codes(const double m[16], int rank, char codes[4]);
/* The affine of the same directions with other spacing: MONAI's zoom_affine (Cholesky, removes shear); `diagonal` gives
 * diag(spacing) with the origin kept. */
void mm_affine_zoom(double out[16], const double m[16], const double spacing[3], int rank, bool diagonal);

#endif
