/* Loops over runs of floats for the references. Sums go into lanes that are added up in a fixed order, so that compilers use
 * vectors and every build gives the same bits. */
#ifndef MM_TRAINER_OPS_ROWS_H
#define MM_TRAINER_OPS_ROWS_H

#include <stdint.h>

double mm_rows_sum(const float *a, int64_t n);
/* Sum of a[i] * b[i * stride]. */
float mm_rows_dot(const float *a, const float *b, int64_t stride, int64_t n);
/* y[i] += factor * x[i * stride] */
void mm_rows_gather(float *y, float factor, const float *x, int64_t stride, int64_t n);
/* y[i * stride] += factor * x[i] */
void mm_rows_scatter(float *y, float factor, const float *x, int64_t stride, int64_t n);

#endif
