/* Gaussian smoothing as MONAI's GaussianFilter does it. */
#ifndef MM_TRANSFORMS_SMOOTH_H
#define MM_TRANSFORMS_SMOOTH_H

#include "image/volume.h"

#define MM_SMOOTH_APPROX    "erf sampled scalespace"
#define MM_SMOOTH_SIGMA_MAX 1000 /* voxels */

/* Convolves each axis with weights w(i), |i| <= int(max(truncated * sigma, 0.5) + 0.5); MONAI truncates at 4. They are not normalised, and outside
 * the image are zeros. Sigma is in voxels; 0 leaves an axis. The volume is float32 and dense and is changed in
 * place.
 *   erf         (erf(t (i + 0.5)) - erf(t (i - 0.5))) / 2 with t = 0.70710678 / sigma
 *   sampled     exp(-i^2 / (2 sigma^2)) / (2.5066282 sigma)
 *   scalespace  exp(-sigma^2) I_i(sigma^2), I the modified Bessel functions (Lindeberg 1990) */
enum mm_status mm_smooth_to(struct mm_volume *v, const double sigma[3], double truncated, const char *approx,
                            struct mm_error *err);
enum mm_status mm_smooth(struct mm_volume *v, const double sigma[3], const char *approx, struct mm_error *err);
/* Unsharp masking: f + alpha * (f - blur(f)) of the blurred image f; sigma1 for f, sigma2 for the second blur. */
enum mm_status mm_smooth_sharpen(struct mm_arena *arena, struct mm_volume *v, const double sigma1[3],
                                 const double sigma2[3], double alpha, const char *approx, struct mm_error *err);

#endif
