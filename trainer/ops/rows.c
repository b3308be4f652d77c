/* Loops over runs of floats for the references. */
#include "trainer/ops/rows.h"

#define LANES 16

double mm_rows_sum(const float *a, int64_t n)
{
    double lane[LANES] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++)
            lane[k] += (double)a[i + k];
    for (; i < n; i++)
        sum += (double)a[i];
    for (int k = 0; k < LANES; k++)
        sum += lane[k];
    return sum;
}

float mm_rows_dot(const float *a, const float *b, int64_t stride, int64_t n)
{
    float lane[LANES] = {0}, sum = 0;
    int64_t i = 0;
    if (stride == 1)
        for (; i + LANES <= n; i += LANES)
            for (int k = 0; k < LANES; k++)
                lane[k] += a[i + k] * b[i + k];
    for (; i < n; i++)
        sum += a[i] * b[i * stride];
    for (int k = 0; k < LANES; k++)
        sum += lane[k];
    return sum;
}

void mm_rows_gather(float *y, float factor, const float *x, int64_t stride, int64_t n)
{
    if (stride == 1)
        for (int64_t i = 0; i < n; i++)
            y[i] += factor * x[i];
    else
        for (int64_t i = 0; i < n; i++)
            y[i] += factor * x[i * stride];
}

void mm_rows_scatter(float *y, float factor, const float *x, int64_t stride, int64_t n)
{
    if (stride == 1)
        for (int64_t i = 0; i < n; i++)
            y[i] += factor * x[i];
    else
        for (int64_t i = 0; i < n; i++)
            y[i * stride] += factor * x[i];
}
