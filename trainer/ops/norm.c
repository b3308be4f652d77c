/* Normalisation: sums in double, in lanes of fixed order. */
#include "trainer/ops/norm.h"

#include "trainer/ops/rows.h"

#define LANES 8

static double squares(const float *x, double mean, int64_t n)
{
    double lane[LANES] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++) {
            double d = (double)x[i + k] - mean;
            lane[k] += d * d;
        }
    for (; i < n; i++)
        sum += ((double)x[i] - mean) * ((double)x[i] - mean);
    for (int k = 0; k < LANES; k++)
        sum += lane[k];
    return sum;
}

/* Sum of dy * (x - mean). */
static double products(const float *x, const float *dy, double mean, int64_t n)
{
    double lane[LANES] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++)
            lane[k] += (double)dy[i + k] * ((double)x[i + k] - mean);
    for (; i < n; i++)
        sum += (double)dy[i] * ((double)x[i] - mean);
    for (int k = 0; k < LANES; k++)
        sum += lane[k];
    return sum;
}

void mm_norm_moments(struct mm_norm_span span, const float *x, double *mean, double *variance)
{
    double count = (double)(span.planes * span.area), sum = 0;
    for (int64_t p = 0; p < span.planes; p++)
        sum += mm_rows_sum(x + p * span.stride, span.area);
    *mean = sum / count;
    sum = 0;
    for (int64_t p = 0; p < span.planes; p++)
        sum += squares(x + p * span.stride, *mean, span.area);
    *variance = sum / count;
}

void mm_norm_apply(struct mm_norm_span span, const float *x, struct mm_norm_saved stat,
                   struct mm_norm_weights weights, float *y)
{
    double factor = stat.inverse * (double)weights.scale;
    for (int64_t p = 0; p < span.planes; p++)
        for (int64_t i = p * span.stride; i < p * span.stride + span.area; i++)
            y[i] = (float)(((double)x[i] - stat.mean) * factor + (double)weights.shift);
}

void mm_norm_backward(struct mm_norm_span span, const float *x, const float *dy, struct mm_norm_saved stat,
                      float scale, bool fixed, float *dscale, float *dshift, float *dx)
{
    double sum = 0, sum_xhat = 0, count = (double)(span.planes * span.area);
    for (int64_t p = 0; p < span.planes; p++) {
        sum += mm_rows_sum(dy + p * span.stride, span.area);
        sum_xhat += products(x + p * span.stride, dy + p * span.stride, stat.mean, span.area) * stat.inverse;
    }
    if (dscale)
        *dscale += (float)sum_xhat;
    if (dshift)
        *dshift += (float)sum;
    if (!dx)
        return;
    double factor = (double)scale * stat.inverse;
    double mean_dy = fixed ? 0 : sum / count, slope = fixed ? 0 : sum_xhat / count * stat.inverse;
    for (int64_t p = 0; p < span.planes; p++)
        for (int64_t i = p * span.stride; i < p * span.stride + span.area; i++)
            dx[i] = (float)(factor * ((double)dy[i] - mean_dy - ((double)x[i] - stat.mean) * slope));
}
