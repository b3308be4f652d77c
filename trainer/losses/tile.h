/* Rows of voxels in pieces of a constant length, so that compilers turn each loop into vector code without asking for more than
 * the base instruction set. exp and log are float polynomials (Cephes expf, logf: error below 2 units in the last place).
 * Every loop over a tile runs to MM_TILE; a short last piece is padded when it is read and cut when it is written. */
#ifndef MM_TRAINER_LOSSES_TILE_H
#define MM_TRAINER_LOSSES_TILE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MM_TILE       64
#define MM_TILE_LANES 16

/* `length` floats at `row`, padded with zeros in `buffer` when there are fewer than MM_TILE. */
static inline const float *mm_tile_read(const float *row, size_t length, float buffer[MM_TILE])
{
    if (length >= MM_TILE)
        return row;
    memset(buffer, 0, MM_TILE * sizeof(float));
    memcpy(buffer, row, length * sizeof(float));
    return buffer;
}

static inline void mm_tile_write(float *row, size_t length, const float tile[MM_TILE])
{
    memcpy(row, tile, (length < MM_TILE ? length : MM_TILE) * sizeof(float));
}

union mm_tile_bits {
    float f;
    uint32_t u;
};

static inline float mm_tile_exp_one(float x)
{
    union mm_tile_bits k = {.f = x * 1.44269504f +
                                 12582912.0f}; /* 1.5 * 2^23: the rounded integer is in the low bits */
    float n = k.f - 12582912.0f;
    float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    union mm_tile_bits scale = {.u = (k.u - 0x4B400000u + 127u) << 23};
    return (p * r * r + r + 1.0f) * scale.f;
}

/* exp of x <= 0 (or NaN), in place: all a stable softmax or sigmoid needs. exp(-87) for less. */
static inline void mm_tile_exp(float tile[MM_TILE])
{
    for (int i = 0; i < MM_TILE; i++)
        tile[i] = tile[i] < -87.0f ? -87.0f : tile[i];
    for (int i = 0; i < MM_TILE; i++)
        tile[i] = mm_tile_exp_one(tile[i]);
}

/* Sum of a tile: in float over the few elements of a lane, in double across lanes. */
static inline double mm_tile_sum(const float tile[MM_TILE])
{
    float lanes[MM_TILE_LANES] = {0};
    double sum = 0;
    for (int v = 0; v < MM_TILE; v += MM_TILE_LANES)
        for (int i = 0; i < MM_TILE_LANES; i++)
            lanes[i] += tile[v + i];
    for (int i = 0; i < MM_TILE_LANES; i++)
        sum += lanes[i];
    return sum;
}

/* Natural logarithm of a positive normal number. */
static inline float mm_tile_log(float x)
{
    union mm_tile_bits bits = {.f = x};
    uint32_t shifted = bits.u - 0x3F3504F3u; /* so that the mantissa lies in [sqrt(1/2), sqrt(2)) */
    float e = (float)((int32_t)shifted >> 23);
    union mm_tile_bits mantissa = {.u = (shifted & 0x007FFFFFu) + 0x3F3504F3u};
    float r = mantissa.f - 1.0f, r2 = r * r;
    float p = 7.0376836292e-2f;
    p = p * r - 1.1514610310e-1f;
    p = p * r + 1.1676998740e-1f;
    p = p * r - 1.2420140846e-1f;
    p = p * r + 1.4249322787e-1f;
    p = p * r - 1.6668057665e-1f;
    p = p * r + 2.0000714765e-1f;
    p = p * r - 2.4999993993e-1f;
    p = p * r + 3.3333331174e-1f;
    return (p * r * r2 + e * -2.12194440e-4f - 0.5f * r2) + r + e * 0.693359375f;
}

#endif
