/* Dropout on the processor with the draws of ops/dropout.c, which number the elements of the plain layout. Shards are
 * tiles of one item, up to 16 channels (one in plain) and a run of voxels, so that draws come in runs in every
 * layout. */
#include "trainer/backends/cpu/kernels.h"
#include "trainer/backends/cpu/philox.h"
#include "trainer/backends/host.h"
#include "trainer/ops/ops.h"

#define TILE     1024 /* voxels */
#define CHANNELS 16
#define FACTORS  8192

struct dropout {
    struct mm_device *device;
    struct mm_dropout params;
    bool last;
    int64_t items, channels, area, group, groups, tiles; /* group: channels of a shard */
};

static bool offer(const struct mm_kernel_query *query, struct mm_kernel_offer *offer)
{
    const struct mm_desc *x = &query->in[0];
    if (x->dtype != MM_DT_F32)
        return false;
    *offer = (struct mm_kernel_offer){
        .in = {mm_host_either(x)},
        .out = mm_host_either(x),
        .cost = mm_host_seconds((query->wanted ? 6 : 3) * (double)mm_desc_bytes(x)),
    };
    return true;
}

static enum mm_status make(struct mm_arena *arena, struct mm_device *device, const struct mm_kernel_query *query,
                           const struct mm_kernel_offer *offer, void **state, struct mm_error *err)
{
    struct dropout *self = *state = mm_arena_new(arena, struct dropout);
    const struct mm_desc *x = &query->in[0];
    if (!self)
        return mm_fail_memory(err, "a dropout");
    self->device = device;
    self->params = *(const struct mm_dropout *)query->params;
    self->last = offer->in[0] == MM_LAYOUT_CHANNELS_LAST;
    self->items = x->dim[0];
    self->channels = x->dim[1];
    self->area = mm_desc_area(x);
    self->group = self->last ? CHANNELS : 1;
    self->groups = (self->channels + self->group - 1) / self->group;
    self->tiles = (self->area + TILE - 1) / TILE;
    return MM_OK;
}

struct work {
    const struct dropout *self;
    struct mm_op_moment moment;
    const float *from;
    float *to;
};

/* factors: [channels][voxels] */
static void draw(const struct work *w, int64_t plane, int64_t voxel, int64_t channels, int64_t voxels, float *factors)
{
    const struct dropout *self = w->self;
    for (int64_t c = 0; c < channels; c++, factors += voxels) {
        if (!self->params.per_channel) {
            uint64_t first = (uint64_t)((plane + c) * self->area + voxel);
            mm_philox_factors(&self->params, &w->moment, first, (size_t)voxels, factors);
            continue;
        }
        mm_philox_factors(&self->params, &w->moment, (uint64_t)(plane + c), 1, factors);
        for (int64_t i = 1; i < voxels; i++)
            factors[i] = factors[0];
    }
}

static void multiply_run(const struct work *w, int64_t at, int64_t n, const float *factors)
{
    for (int64_t i = 0; i < n; i++)
        w->to[at + i] = w->from[at + i] * factors[i];
}

/* Rows of all channels from `row` on, of which `channels` from `c` on; factors [channels][n]. */
MM_VECTORS static void multiply_rows(const struct work *w, int64_t row, int64_t c, int64_t channels, int64_t n,
                                     const float *restrict factors)
{
    const float *restrict from = w->from + row * w->self->channels + c;
    float *restrict to = w->to + row * w->self->channels + c;
    for (int64_t i = 0; i < n; i++, from += w->self->channels, to += w->self->channels)
        for (int64_t k = 0; k < channels; k++)
            to[k] = from[k] * factors[k * n + i];
}

static void run_shard(void *context, size_t shard, unsigned thread)
{
    const struct work *w = context;
    const struct dropout *self = w->self;
    float factors[FACTORS];
    int64_t tile = (int64_t)shard % self->tiles, group = (int64_t)shard / self->tiles % self->groups;
    int64_t item = (int64_t)shard / self->tiles / self->groups, c = group * self->group, end = (tile + 1) * TILE;
    int64_t channels = self->channels - c < self->group ? self->channels - c : self->group,
            piece = FACTORS / channels;
    (void)thread;
    end = end < self->area ? end : self->area;
    for (int64_t voxel = tile * TILE; voxel < end; voxel += piece) {
        int64_t n = end - voxel < piece ? end - voxel : piece;
        draw(w, item * self->channels + c, voxel, channels, n, factors);
        if (self->last)
            multiply_rows(w, item * self->area + voxel, c, channels, n, factors);
        else
            multiply_run(w, (item * self->channels + c) * self->area + voxel, n, factors);
    }
}

static void copy_shard(void *context, size_t shard, unsigned thread)
{
    const struct work *w = context;
    int64_t from, to = mm_host_range(w->self->items * w->self->channels * w->self->area, shard, &from);
    (void)thread;
    memcpy(w->to + from, w->from + from, (size_t)(to - from) * sizeof(float));
}

static enum mm_status apply(const struct dropout *self, const struct mm_kernel_run *run, const struct mm_ref *from,
                            const struct mm_ref *to)
{
    struct work work = {.self = self,
                        .moment = run->moment,
                        .from = mm_host_data(self->device, from),
                        .to = mm_host_data(self->device, to)};
    if (work.to && run->moment.training)
        mm_pool_run(self->device->pool, (size_t)(self->items * self->groups * self->tiles), run_shard, &work);
    else if (work.to)
        mm_pool_run(self->device->pool, mm_host_shards(self->items * self->channels * self->area), copy_shard, &work);
    return MM_OK;
}

static enum mm_status forward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    (void)err;
    return apply(state, run, &run->x[0], &run->y);
}

static enum mm_status backward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    (void)err;
    return apply(state, run, &run->dy, &run->dx[0]);
}

const struct mm_kernel mm_cpu_dropout = {
    .op = &mm_op_dropout, .offer = offer, .make = make, .forward = forward, .backward = backward};
