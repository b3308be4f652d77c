/* Batch, instance and group norm on the processor: what the kernels share (norm.h). */
#include "trainer/backends/cpu/norm.h"

#include "trainer/backends/host.h"
#include "trainer/ops/ops.h"

#define TABLES 4 /* of floats, one value a statistic */

static void set_shape(struct mm_norm_kernel *k, const struct mm_desc *x, bool per_item)
{
    k->per_item = per_item;
    k->last = mm_host_either(x) == MM_LAYOUT_CHANNELS_LAST;
    k->items = x->dim[0];
    k->channels = x->dim[1];
    k->area = mm_desc_area(x);
    k->shard_voxels = k->last ? (MM_HOST_SHARD + k->channels - 1) / k->channels : MM_HOST_SHARD;
    k->shards_per_plane = (k->area + k->shard_voxels - 1) / k->shard_voxels;
}

int64_t mm_norm_statistics(const struct mm_norm_kernel *k)
{
    return k->per_item ? k->items * k->channels : k->channels;
}

static int64_t shards_of(const struct mm_norm_kernel *k)
{
    return (k->last ? k->items : k->items * k->channels) * k->shards_per_plane;
}

/* Partial sums of a shard: one a channel for rows, one for a run. */
static int64_t parts_of_shard(const struct mm_norm_kernel *k)
{
    return k->last ? k->channels : 1;
}

static size_t parts_bytes(const struct mm_norm_kernel *k)
{
    int64_t parts = shards_of(k) * parts_of_shard(k) + mm_norm_statistics(k);
    return (size_t)parts * sizeof(struct mm_moments);
}

static size_t scratch_bytes(const struct mm_norm_kernel *k)
{
    return k->last ? (size_t)(shards_of(k) * 2 * k->channels) * sizeof(float) : 0;
}

bool mm_norm_offer(const struct mm_kernel_query *query, bool per_item, struct mm_kernel_offer *offer)
{
    struct mm_norm_kernel k;
    const struct mm_desc *x = &query->in[0];
    if (x->dtype != MM_DT_F32)
        return false;
    set_shape(&k, x, per_item);
    int64_t statistics = mm_norm_statistics(&k);
    *offer = (struct mm_kernel_offer){
        .in = {mm_host_either(x)},
        .out = mm_host_either(x),
        .saved = (size_t)statistics * sizeof(struct mm_norm_saved),
        .workspace = parts_bytes(&k) + scratch_bytes(&k) + (size_t)(TABLES * statistics) * sizeof(float),
        .cost = mm_host_seconds((double)mm_desc_bytes(x) * (query->wanted ? 8 : 3)),
    };
    return true;
}

enum mm_status mm_norm_make(struct mm_arena *arena, struct mm_device *device, const struct mm_kernel_query *query,
                            bool per_item, void **state, struct mm_error *err)
{
    struct mm_norm_kernel *k = *state = mm_arena_new(arena, struct mm_norm_kernel);
    if (!k)
        return mm_fail_memory(err, "a normalisation");
    const struct mm_norm *p = query->params;
    set_shape(k, &query->in[0], per_item);
    k->group = 1;
    k->device = device;
    k->epsilon = p->epsilon;
    k->momentum = p->momentum;
    return MM_OK;
}

/* One run over all shards. `parts` [shards][parts_of_shard] are struct mm_moments in forward, struct mm_products in
 * backward. */
struct work {
    const struct mm_norm_kernel *kernel;
    const float *x, *dy;
    float *y, *scratch;
    void *parts;
    float *table[TABLES];
};

struct place {
    int64_t at; /* of the first value */
    int64_t voxels;
    int64_t statistic; /* of the first channel */
};

static struct place place_of(const struct mm_norm_kernel *k, size_t shard)
{
    int64_t plane = (int64_t)shard / k->shards_per_plane,
            from = (int64_t)shard % k->shards_per_plane * k->shard_voxels;
    int64_t left = k->area - from, item = k->last ? plane : plane / k->channels,
            channel = k->last ? 0 : plane % k->channels;
    return (struct place){
        .at = plane * k->area * (k->last ? k->channels : 1) + from * (k->last ? k->channels : 1),
        .voxels = left < k->shard_voxels ? left : k->shard_voxels,
        .statistic = (k->per_item ? item * k->channels : 0) + channel,
    };
}

static struct work work_of(const struct mm_norm_kernel *k, void *workspace)
{
    struct work work = {.kernel = k};
    char *at = workspace;
    work.parts = (struct mm_moments *)workspace + mm_norm_statistics(k);
    work.scratch = (float *)(at + parts_bytes(k));
    float *tables = (float *)(at + parts_bytes(k) + scratch_bytes(k));
    for (int i = 0; i < TABLES; i++)
        work.table[i] = tables + i * mm_norm_statistics(k);
    return work;
}

static void measure_shard(void *context, size_t shard, unsigned thread)
{
    const struct work *w = context;
    const struct mm_norm_kernel *k = w->kernel;
    const struct place p = place_of(k, shard);
    struct mm_moments *part = (struct mm_moments *)w->parts + (int64_t)shard * parts_of_shard(k);
    (void)thread;
    if (k->last)
        mm_moments_rows(w->x + p.at, p.voxels, k->channels, part, w->scratch + (int64_t)shard * 2 * k->channels);
    else
        mm_moments_run(w->x + p.at, p.voxels, part);
}

const struct mm_moments *mm_norm_measure(const struct mm_norm_kernel *k, const float *x, void *workspace)
{
    struct work work = work_of(k, workspace);
    struct mm_moments *sums = workspace, *parts = work.parts;
    work.x = x;
    mm_pool_run(k->device->pool, (size_t)shards_of(k), measure_shard, &work);
    memset(sums, 0, (size_t)mm_norm_statistics(k) * sizeof *sums);
    for (int64_t shard = 0; shard < shards_of(k); shard++)
        for (int64_t c = 0; c < parts_of_shard(k); c++)
            mm_moments_merge(&sums[place_of(k, (size_t)shard).statistic + c], &parts[shard * parts_of_shard(k) + c]);
    return sums;
}

/* y = (x - mean) * factor + shift */
MM_VECTORS static void write_rows(const float *restrict x, const float *restrict mean, const float *restrict factor,
                                  const float *restrict shift, float *restrict y, int64_t rows, int64_t channels)
{
    for (int64_t r = 0; r < rows; r++, x += channels, y += channels)
        for (int64_t c = 0; c < channels; c++)
            y[c] = (x[c] - mean[c]) * factor[c] + shift[c];
}

MM_VECTORS static void write_run(const float *restrict x, float mean, float factor, float shift, float *restrict y,
                                 int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        y[i] = (x[i] - mean) * factor + shift;
}

enum { MEAN, FACTOR, SHIFT }; /* tables of forward */

static void write_shard(void *context, size_t shard, unsigned thread)
{
    const struct work *w = context;
    const struct place p = place_of(w->kernel, shard);
    const float *mean = w->table[MEAN] + p.statistic, *factor = w->table[FACTOR] + p.statistic;
    const float *shift = w->table[SHIFT] + p.statistic;
    (void)thread;
    if (w->kernel->last)
        write_rows(w->x + p.at, mean, factor, shift, w->y + p.at, p.voxels, w->kernel->channels);
    else
        write_run(w->x + p.at, *mean, *factor, *shift, w->y + p.at, p.voxels);
}

void mm_norm_write(const struct mm_norm_kernel *k, const float *x, const struct mm_norm_saved *saved,
                   const float *scale, const float *shift, float *y, void *workspace)
{
    struct work work = work_of(k, workspace);
    for (int64_t i = 0; i < mm_norm_statistics(k); i++) {
        int64_t c = i % k->channels;
        work.table[MEAN][i] = (float)saved[i].mean;
        work.table[FACTOR][i] = (float)(saved[i].inverse * (scale ? (double)scale[c] : 1));
        work.table[SHIFT][i] = shift ? shift[c] : 0;
    }
    work.x = x;
    work.y = y;
    mm_pool_run(k->device->pool, (size_t)shards_of(k), write_shard, &work);
}

static void products_shard(void *context, size_t shard, unsigned thread)
{
    const struct work *w = context;
    const struct mm_norm_kernel *k = w->kernel;
    const struct place p = place_of(k, shard);
    const float *mean = w->table[MEAN] + p.statistic;
    struct mm_products *part = (struct mm_products *)w->parts + (int64_t)shard * parts_of_shard(k);
    (void)thread;
    if (k->last)
        mm_products_rows(w->x + p.at, w->dy + p.at, mean, p.voxels, k->channels, part,
                         w->scratch + (int64_t)shard * 2 * k->channels);
    else
        mm_products_run(w->x + p.at, w->dy + p.at, *mean, p.voxels, part);
}

/* dx = dy * factor + (x - mean) * slope + offset */
MM_VECTORS static void gradient_rows(const float *restrict x, const float *restrict dy, float *const restrict *table,
                                     int64_t statistic, float *restrict dx, int64_t rows, int64_t channels)
{
    const float *restrict mean = table[0] + statistic, *restrict factor = table[1] + statistic;
    const float *restrict slope = table[2] + statistic, *restrict offset = table[3] + statistic;
    for (int64_t r = 0; r < rows; r++, x += channels, dy += channels, dx += channels)
        for (int64_t c = 0; c < channels; c++)
            dx[c] = (dy[c] * factor[c] + (x[c] - mean[c]) * slope[c]) + offset[c];
}

MM_VECTORS static void gradient_run(const float *restrict x, const float *restrict dy, float *const restrict *table,
                                    int64_t statistic, float *restrict dx, int64_t count)
{
    float mean = table[0][statistic], factor = table[1][statistic], slope = table[2][statistic];
    float offset = table[3][statistic];
    for (int64_t i = 0; i < count; i++)
        dx[i] = (dy[i] * factor + (x[i] - mean) * slope) + offset;
}

static void gradient_shard(void *context, size_t shard, unsigned thread)
{
    const struct work *w = context;
    const struct place p = place_of(w->kernel, shard);
    (void)thread;
    if (w->kernel->last)
        gradient_rows(w->x + p.at, w->dy + p.at, w->table, p.statistic, w->y + p.at, p.voxels, w->kernel->channels);
    else
        gradient_run(w->x + p.at, w->dy + p.at, w->table, p.statistic, w->y + p.at, p.voxels);
}

/* Sums of all shards, in their order, at the beginning of the workspace. */
static const struct mm_products *sum_products(const struct mm_norm_kernel *k, struct work *work, void *workspace)
{
    struct mm_products *sums = workspace, *parts = work->parts;
    mm_pool_run(k->device->pool, (size_t)shards_of(k), products_shard, work);
    memset(sums, 0, (size_t)mm_norm_statistics(k) * sizeof *sums);
    for (int64_t shard = 0; shard < shards_of(k); shard++)
        for (int64_t c = 0; c < parts_of_shard(k); c++) {
            struct mm_products *sum = &sums[place_of(k, (size_t)shard).statistic + c];
            sum->sum += parts[shard * parts_of_shard(k) + c].sum;
            sum->product += parts[shard * parts_of_shard(k) + c].product;
        }
    return sums;
}

/* Tables of the statistics first..first+group-1, which share mean and inverse: dx has their common means. */
static void group_tables(const struct mm_norm_kernel *k, const struct mm_products *sums, int64_t first,
                         const struct mm_norm_saved *saved, const float *scale, bool fixed, struct work *work)
{
    double count = (double)(k->area * k->group * (k->per_item ? 1 : k->items));
    double inverse = saved[first].inverse, sum = 0, product = 0;
    for (int64_t i = first; i < first + k->group; i++) {
        double factor = scale ? (double)scale[i % k->channels] : 1;
        sum += factor * sums[i].sum;
        product += factor * sums[i].product;
    }
    for (int64_t i = first; i < first + k->group; i++) {
        work->table[1][i] = (float)(inverse * (scale ? (double)scale[i % k->channels] : 1));
        work->table[2][i] = fixed ? 0 : (float)(-inverse * inverse * inverse * product / count);
        work->table[3][i] = fixed ? 0 : (float)(-inverse * sum / count);
    }
}

void mm_norm_gradient(const struct mm_norm_kernel *k, const float *x, const float *dy,
                      const struct mm_norm_saved *saved, const float *scale, bool fixed,
                      const struct mm_norm_gradients *out, void *workspace)
{
    struct work work = work_of(k, workspace);
    work.x = x;
    work.dy = dy;
    work.y = out->dx;
    for (int64_t i = 0; i < mm_norm_statistics(k); i++)
        work.table[MEAN][i] = (float)saved[i].mean;
    const struct mm_products *sums = sum_products(k, &work, workspace);
    for (int64_t i = 0; i < mm_norm_statistics(k); i++) {
        if (out->dscale)
            out->dscale[i % k->channels] += (float)(sums[i].product * saved[i].inverse);
        if (out->dshift)
            out->dshift[i % k->channels] += (float)sums[i].sum;
        if (i % k->group == 0)
            group_tables(k, sums, i, saved, scale, fixed, &work);
    }
    if (out->dx)
        mm_pool_run(k->device->pool, (size_t)shards_of(k), gradient_shard, &work);
}
