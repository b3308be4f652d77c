/* Percentiles without sorting or copying: an order statistic is found by counting values by the upper half of their bits and
 * then, within one bucket, by the lower half. */
#include "transforms/intensity.h"

#define BUCKETS 65536

/* Bits of a float such that greater floats have greater numbers: sign flipped, negative ones mirrored. */
static uint32_t order_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

static float value_of(uint32_t order)
{
    uint32_t bits = order & 0x80000000u ? order & 0x7FFFFFFFu : ~order;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The bucket that holds the *rank-th counted value; *rank becomes its rank within the bucket. */
static uint32_t bucket_of(const size_t *counts, size_t *rank)
{
    uint32_t bucket = 0;
    while (*rank >= counts[bucket])
        *rank -= counts[bucket++];
    return bucket;
}

/* The value of that rank (0 = least) among n. */
static float ranked(const float *x, size_t n, size_t rank, size_t *counts)
{
    memset(counts, 0, BUCKETS * sizeof *counts);
    for (size_t i = 0; i < n; i++)
        counts[order_of(x[i]) >> 16]++;
    uint32_t high = bucket_of(counts, &rank);
    memset(counts, 0, BUCKETS * sizeof *counts);
    for (size_t i = 0; i < n; i++) {
        uint32_t order = order_of(x[i]);
        if (order >> 16 == high)
            counts[order & 0xFFFF]++;
    }
    return value_of(high << 16 | bucket_of(counts, &rank));
}

enum mm_status mm_intensity_percentile(const float *x, size_t n, double q, double *out, struct mm_error *err)
{
    size_t *counts = mm_alloc(BUCKETS * sizeof *counts);
    if (!counts)
        return mm_fail_memory(err, "the counts of a percentile");
    double position = q / 100 * (double)(n - 1);
    size_t rank = (size_t)position;
    double part = position - (double)rank;
    double low = ranked(x, n, rank, counts);
    *out = part > 0 ? low + part * (ranked(x, n, rank + 1, counts) - low) : low;
    mm_free(counts);
    return MM_OK;
}
