/* Arithmetic on runs of intensities that several transforms share. Statistics are summed in double. */
#ifndef MM_TRANSFORMS_INTENSITY_H
#define MM_TRANSFORMS_INTENSITY_H

#include <math.h>

#include "base/params.h"
#include "base/random.h"
#include "transforms/voxels.h"

/* Default of a number that may be left out: `null` in MONAI. Test with isnan. */
#define MM_INTENSITY_NONE ((double)NAN)

/* Population statistics (divided by count); all 0 when nothing is counted. */
struct mm_intensity_stats {
    size_t count;
    double mean, std;
};
/* `nonzero`: of the values that are not 0. */
struct mm_intensity_stats mm_intensity_stats(const float *x, size_t n, bool nonzero);
/* Least and greatest of n > 0 values. */
void mm_intensity_bounds(const float *x, size_t n, float *low, float *high);

/* Value below which q percent of the values lie, with linear interpolation between order statistics (numpy's "linear").
 * Exact, by counting; NaN counts as the greatest value. */
enum mm_status mm_intensity_percentile(const float *x, size_t n, double q, double *out, struct mm_error *err);

/* x * scale + shift */
void mm_intensity_scale(float *x, size_t n, double scale, double shift);

/* (x - a_min) / (a_max - a_min) * (b_max - b_min) + b_min. Without b_min or b_max the second half is left out; `clip` clamps to
 * those of b_min and b_max that are given. a_min == a_max gives x - a_min + b_min. */
struct mm_intensity_range {
    double a_min, a_max, b_min, b_max;
    bool clip;
};
void mm_intensity_map(float *x, size_t n, const struct mm_intensity_range *range);

/* x = (x - mean) / std where it counts (`nonzero`: where x is not 0); a std of 0 divides by 1. NaN mean or std: the part's own. */
void mm_intensity_normalize(float *x, size_t n, double mean, double std, bool nonzero);
/* x += factor * std(x) where it counts. */
void mm_intensity_std_shift(const struct mm_volume *v, double factor, bool nonzero, bool channel_wise);
/* x = ((x - min) / (max - min + 1e-7))^gamma * (max - min) + min. `invert` works on -x; `retain` restores mean and std. */
void mm_intensity_gamma(float *x, size_t n, double gamma, bool invert, bool retain);
/* x += a normal draw of that mean and standard deviation for each value, in order. */
void mm_intensity_noise(float *x, size_t n, double mean, double std, struct mm_random *random);

/* x * (1 + factor) about the mean (`about_mean`) or about 0, then clamped to the range that x had (`keeps_range`). */
void mm_intensity_stretch(float *x, size_t n, double factor, bool about_mean, bool keeps_range);

/* The two ends of a random factor: one number v means -v..v, two are sorted. */
void mm_intensity_ends(const struct mm_doubles *list, double *low, double *high);

#endif
