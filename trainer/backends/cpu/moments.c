/* Sums over voxels that normalisation needs (moments.h). */
#include "trainer/backends/cpu/moments.h"

#include "trainer/backends/host.h"

#define BLOCK 4096 /* floats */
#define LANES 64   /* of a run: four vectors of 16, so that additions do not wait for each other */

void mm_moments_merge(struct mm_moments *into, const struct mm_moments *other)
{
    double count = into->count + other->count, delta = other->mean - into->mean;
    if (count <= 0)
        return;
    into->squares += other->squares + delta * delta * into->count * other->count / count;
    into->mean += delta * other->count / count;
    into->count = count;
}

static int64_t block_rows(int64_t channels)
{
    return channels < BLOCK / 4 ? BLOCK / channels : 4;
}

MM_VECTORS static void sum_rows(const float *restrict x, int64_t rows, int64_t channels, float *restrict sum)
{
    int64_t r = 0;
    memset(sum, 0, (size_t)channels * sizeof *sum);
    for (; r + 4 <= rows; r += 4, x += 4 * channels)
        for (int64_t c = 0; c < channels; c++)
            sum[c] += (x[c] + x[channels + c]) + (x[2 * channels + c] + x[3 * channels + c]);
    for (; r < rows; r++, x += channels)
        for (int64_t c = 0; c < channels; c++)
            sum[c] += x[c];
}

static inline float square(float v)
{
    return v * v;
}

MM_VECTORS static void square_rows(const float *restrict x, int64_t rows, int64_t channels,
                                   const float *restrict mean, float *restrict sum)
{
    int64_t r = 0;
    memset(sum, 0, (size_t)channels * sizeof *sum);
    for (; r + 4 <= rows; r += 4, x += 4 * channels)
        for (int64_t c = 0; c < channels; c++)
            sum[c] += (square(x[c] - mean[c]) + square(x[channels + c] - mean[c])) +
                      (square(x[2 * channels + c] - mean[c]) + square(x[3 * channels + c] - mean[c]));
    for (; r < rows; r++, x += channels)
        for (int64_t c = 0; c < channels; c++)
            sum[c] += square(x[c] - mean[c]);
}

void mm_moments_rows(const float *x, int64_t rows, int64_t channels, struct mm_moments *out, float *scratch)
{
    int64_t block = block_rows(channels);
    float *mean = scratch, *sum = scratch + channels;
    for (int64_t c = 0; c < channels; c++)
        out[c] = (struct mm_moments){0};
    for (int64_t from = 0; from < rows; from += block) {
        int64_t n = rows - from < block ? rows - from : block;
        sum_rows(x + from * channels, n, channels, mean);
        for (int64_t c = 0; c < channels; c++)
            mean[c] /= (float)n;
        square_rows(x + from * channels, n, channels, mean, sum);
        for (int64_t c = 0; c < channels; c++)
            mm_moments_merge(&out[c], &(struct mm_moments){(double)n, (double)mean[c], (double)sum[c]});
    }
}

static float add_lanes(const float *lane)
{
    float sum = 0;
    for (int k = 0; k < LANES; k++)
        sum += lane[k];
    return sum;
}

MM_VECTORS static void sum_lanes(const float *restrict x, int64_t count, float *restrict out)
{
    float lane[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int k = 0; k < LANES; k++)
            lane[k] += x[i + k];
    for (int k = 0; i + k < count; k++)
        lane[k] += x[i + k];
    memcpy(out, lane, sizeof lane);
}

MM_VECTORS static void square_lanes(const float *restrict x, float mean, int64_t count, float *restrict out)
{
    float lane[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int k = 0; k < LANES; k++)
            lane[k] += (x[i + k] - mean) * (x[i + k] - mean);
    for (int k = 0; i + k < count; k++)
        lane[k] += (x[i + k] - mean) * (x[i + k] - mean);
    memcpy(out, lane, sizeof lane);
}

void mm_moments_run(const float *x, int64_t count, struct mm_moments *out)
{
    float lane[LANES];
    *out = (struct mm_moments){0};
    for (int64_t from = 0; from < count; from += BLOCK) {
        int64_t n = count - from < BLOCK ? count - from : BLOCK;
        sum_lanes(x + from, n, lane);
        float mean = add_lanes(lane) / (float)n;
        square_lanes(x + from, mean, n, lane);
        mm_moments_merge(out, &(struct mm_moments){(double)n, (double)mean, (double)add_lanes(lane)});
    }
}

MM_VECTORS static void product_rows(const float *restrict x, const float *restrict dy, const float *restrict mean,
                                    int64_t rows, int64_t channels, float *restrict sum, float *restrict product)
{
    int64_t r = 0;
    memset(sum, 0, (size_t)channels * sizeof *sum);
    memset(product, 0, (size_t)channels * sizeof *product);
    for (; r + 2 <= rows; r += 2, x += 2 * channels, dy += 2 * channels)
        for (int64_t c = 0; c < channels; c++) {
            sum[c] += dy[c] + dy[channels + c];
            product[c] += dy[c] * (x[c] - mean[c]) + dy[channels + c] * (x[channels + c] - mean[c]);
        }
    for (; r < rows; r++, x += channels, dy += channels)
        for (int64_t c = 0; c < channels; c++) {
            sum[c] += dy[c];
            product[c] += dy[c] * (x[c] - mean[c]);
        }
}

void mm_products_rows(const float *x, const float *dy, const float *mean, int64_t rows, int64_t channels,
                      struct mm_products *out, float *scratch)
{
    int64_t block = block_rows(channels);
    float *sum = scratch, *product = scratch + channels;
    memset(out, 0, (size_t)channels * sizeof *out);
    for (int64_t from = 0; from < rows; from += block) {
        int64_t n = rows - from < block ? rows - from : block;
        product_rows(x + from * channels, dy + from * channels, mean, n, channels, sum, product);
        for (int64_t c = 0; c < channels; c++) {
            out[c].sum += (double)sum[c];
            out[c].product += (double)product[c];
        }
    }
}

MM_VECTORS static void product_lanes(const float *restrict x, const float *restrict dy, float mean, int64_t count,
                                     float *restrict out)
{
    float lane[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int k = 0; k < LANES; k++)
            lane[k] += dy[i + k] * (x[i + k] - mean);
    for (int k = 0; i + k < count; k++)
        lane[k] += dy[i + k] * (x[i + k] - mean);
    memcpy(out, lane, sizeof lane);
}

void mm_products_run(const float *x, const float *dy, float mean, int64_t count, struct mm_products *out)
{
    float lane[LANES];
    *out = (struct mm_products){0};
    for (int64_t from = 0; from < count; from += BLOCK) {
        int64_t n = count - from < BLOCK ? count - from : BLOCK;
        sum_lanes(dy + from, n, lane);
        out->sum += (double)add_lanes(lane);
        product_lanes(x + from, dy + from, mean, n, lane);
        out->product += (double)add_lanes(lane);
    }
}
