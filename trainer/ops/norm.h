/* Normalisation to mean 0 and variance 1, shared by batch and instance norm: one statistic over a span of planes.
 *   y = (x - mean) * inverse * scale + shift    with inverse = 1 / sqrt(variance + epsilon), biased variance
 *   xhat = (x - mean) * inverse
 *   dscale += sum dy * xhat;  dshift += sum dy
 *   dx = scale * inverse * (dy - mean(dy) - xhat * mean(dy * xhat)) */
#ifndef MM_TRAINER_OPS_NORM_H
#define MM_TRAINER_OPS_NORM_H

#include <stdbool.h>
#include <stdint.h>

/* `planes` runs of `area` elements, `stride` elements from one to the next. */
struct mm_norm_span {
    int64_t planes, stride, area;
};
/* What forward keeps for backward. */
struct mm_norm_saved {
    double mean, inverse;
};
struct mm_norm_weights {
    float scale, shift;
};

/* Mean and biased variance, in two passes. */
void mm_norm_moments(struct mm_norm_span span, const float *x, double *mean, double *variance);
void mm_norm_apply(struct mm_norm_span span, const float *x, struct mm_norm_saved stat,
                   struct mm_norm_weights weights, float *y);
/* Adds to *dscale and *dshift; sets dx. Each may be NULL. `fixed`: the statistics did not come from x (evaluation), so that
 * dx = scale * inverse * dy. */
void mm_norm_backward(struct mm_norm_span span, const float *x, const float *dy, struct mm_norm_saved stat,
                      float scale, bool fixed, float *dscale, float *dshift, float *dx);

#endif
