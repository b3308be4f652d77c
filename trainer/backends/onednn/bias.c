/* The bias of a transposed convolution (bias.h). */
#include "trainer/backends/onednn/bias.h"

#include "trainer/backends/host.h"

#define SHARD_FLOATS 65536

struct bias_work {
    float *y;
    const float *dy, *bias;
    double *sums; /* [shards][channels] */
    int64_t rows, channels, shard_rows;
};

static int64_t rows_of_shard(int64_t channels)
{
    int64_t rows = SHARD_FLOATS / channels;
    return rows > 1 ? rows : 1;
}

static int64_t shards_of(int64_t rows, int64_t channels)
{
    int64_t shard = rows_of_shard(channels);
    return (rows + shard - 1) / shard;
}

MM_VECTORS static void add_rows(float *restrict y, const float *restrict bias, int64_t rows, int64_t channels)
{
    for (int64_t r = 0; r < rows; r++, y += channels)
        for (int64_t c = 0; c < channels; c++)
            y[c] += bias[c];
}

MM_VECTORS static void sum_rows(const float *restrict dy, double *restrict sums, int64_t rows, int64_t channels)
{
    for (int64_t r = 0; r < rows; r++, dy += channels)
        for (int64_t c = 0; c < channels; c++)
            sums[c] += (double)dy[c];
}

static int64_t shard_range(const struct bias_work *work, size_t shard, int64_t *from)
{
    *from = (int64_t)shard * work->shard_rows;
    int64_t rows = work->rows - *from;
    return rows < work->shard_rows ? rows : work->shard_rows;
}

static void add_shard(void *context, size_t shard, unsigned thread)
{
    const struct bias_work *work = context;
    int64_t from, rows = shard_range(work, shard, &from);
    (void)thread;
    add_rows(work->y + from * work->channels, work->bias, rows, work->channels);
}

static void sum_shard(void *context, size_t shard, unsigned thread)
{
    const struct bias_work *work = context;
    int64_t from, rows = shard_range(work, shard, &from);
    double *sums = work->sums + (int64_t)shard * work->channels;
    (void)thread;
    memset(sums, 0, (size_t)work->channels * sizeof(double));
    sum_rows(work->dy + from * work->channels, sums, rows, work->channels);
}

void mm_bias_add(struct mm_pool *pool, float *y, const float *bias, int64_t rows, int64_t channels)
{
    struct bias_work work = {
        .y = y, .bias = bias, .rows = rows, .channels = channels, .shard_rows = rows_of_shard(channels)};
    mm_pool_run(pool, (size_t)shards_of(rows, channels), add_shard, &work);
}

size_t mm_bias_workspace(int64_t rows, int64_t channels)
{
    return (size_t)(shards_of(rows, channels) * channels) * sizeof(double);
}

void mm_bias_gradient(struct mm_pool *pool, const float *dy, float *bias, int64_t rows, int64_t channels,
                      void *workspace)
{
    struct bias_work work = {
        .dy = dy, .sums = workspace, .rows = rows, .channels = channels, .shard_rows = rows_of_shard(channels)};
    int64_t shards = shards_of(rows, channels);
    mm_pool_run(pool, (size_t)shards, sum_shard, &work);
    for (int64_t s = 1; s < shards; s++)
        for (int64_t c = 0; c < channels; c++)
            work.sums[c] += work.sums[s * channels + c];
    for (int64_t c = 0; c < channels; c++)
        bias[c] += (float)work.sums[c];
}
