/* Sums over voxels that normalisation needs, for one shard: over rows of channels (channels-last) or over a run of
 * one channel (plain). Blocks that fit the first cache are summed in float with 16 or more lanes, and blocks are put
 * together in double: mean and squares of a block come from two passes over it while it is in the cache, so that the
 * data is read once from memory. */
#ifndef MM_TRAINER_BACKENDS_CPU_MOMENTS_H
#define MM_TRAINER_BACKENDS_CPU_MOMENTS_H

#include <stdint.h>

/* Of `count` values: mean, and sum of squared differences from it. */
struct mm_moments {
    double count, mean, squares;
};
/* Chan's update: `into` becomes the moments of both. */
void mm_moments_merge(struct mm_moments *into, const struct mm_moments *other);

/* Sets out[c] of `channels`; `scratch`: 2 * channels floats. */
void mm_moments_rows(const float *x, int64_t rows, int64_t channels, struct mm_moments *out, float *scratch);
void mm_moments_run(const float *x, int64_t count, struct mm_moments *out);

/* Sum of dy, and of dy * (x - mean). */
struct mm_products {
    double sum, product;
};
void mm_products_rows(const float *x, const float *dy, const float *mean, int64_t rows, int64_t channels,
                      struct mm_products *out, float *scratch);
void mm_products_run(const float *x, const float *dy, float mean, int64_t count, struct mm_products *out);

#endif
