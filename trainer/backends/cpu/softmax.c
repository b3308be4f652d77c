/* Softmax over the channels on the processor: channels-last row by row, plain in tiles of voxels. Backward needs y.
 */
#include <math.h>

#include "trainer/backends/cpu/kernels.h"
#include "trainer/backends/host.h"
#include "trainer/ops/ops.h"

#define TILE 64

/* Value (item, c, voxel) lies at item * channels * area + c * channel + voxel * step. */
struct softmax {
    struct mm_device *device;
    int64_t items, channels, area, channel, step, tiles;
};

static bool offer(const struct mm_kernel_query *query, struct mm_kernel_offer *offer)
{
    const struct mm_desc *x = &query->in[0];
    if (x->dtype != MM_DT_F32)
        return false;
    *offer = (struct mm_kernel_offer){
        .in = {mm_host_either(x)},
        .out = mm_host_either(x),
        .cost = mm_host_seconds((query->wanted ? 5 : 2) * (double)mm_desc_bytes(x)) + 5e-9 * (double)mm_desc_count(x),
    };
    return true;
}

static enum mm_status make(struct mm_arena *arena, struct mm_device *device, const struct mm_kernel_query *query,
                           const struct mm_kernel_offer *offer, void **state, struct mm_error *err)
{
    struct softmax *self = *state = mm_arena_new(arena, struct softmax);
    const struct mm_desc *x = &query->in[0];
    if (!self)
        return mm_fail_memory(err, "a softmax");
    bool last = offer->in[0] == MM_LAYOUT_CHANNELS_LAST;
    self->device = device;
    self->items = x->dim[0];
    self->channels = x->dim[1];
    self->area = mm_desc_area(x);
    self->channel = last ? 1 : self->area;
    self->step = last ? self->channels : 1;
    self->tiles = (self->area + TILE - 1) / TILE;
    return MM_OK;
}

struct work {
    const struct softmax *self;
    const float *x, *y, *dy;
    float *to;
};

static void forward_tile(const struct softmax *s, const float *x, float *y, int64_t n)
{
    float max[TILE];
    double sum[TILE] = {0};
    for (int64_t i = 0; i < n; i++)
        max[i] = x[i * s->step];
    for (int64_t c = 1; c < s->channels; c++)
        for (int64_t i = 0; i < n; i++) {
            float v = x[c * s->channel + i * s->step];
            max[i] = v > max[i] ? v : max[i];
        }
    for (int64_t c = 0; c < s->channels; c++)
        for (int64_t i = 0; i < n; i++) {
            float v = expf(x[c * s->channel + i * s->step] - max[i]);
            y[c * s->channel + i * s->step] = v;
            sum[i] += (double)v;
        }
    for (int64_t c = 0; c < s->channels; c++)
        for (int64_t i = 0; i < n; i++)
            y[c * s->channel + i * s->step] = (float)((double)y[c * s->channel + i * s->step] / sum[i]);
}

static void backward_tile(const struct softmax *s, const float *y, const float *dy, float *dx, int64_t n)
{
    double sum[TILE] = {0};
    for (int64_t c = 0; c < s->channels; c++)
        for (int64_t i = 0; i < n; i++)
            sum[i] += (double)dy[c * s->channel + i * s->step] * (double)y[c * s->channel + i * s->step];
    for (int64_t c = 0; c < s->channels; c++)
        for (int64_t i = 0; i < n; i++) {
            int64_t at = c * s->channel + i * s->step;
            dx[at] = (float)((double)y[at] * ((double)dy[at] - sum[i]));
        }
}

/* A shard is 64 tiles. */
static void run_shard(void *context, size_t shard, unsigned thread)
{
    const struct work *w = context;
    const struct softmax *s = w->self;
    (void)thread;
    for (int64_t tile = (int64_t)shard * 64; tile < (int64_t)(shard + 1) * 64 && tile < s->items * s->tiles; tile++) {
        int64_t item = tile / s->tiles, voxel = tile % s->tiles * TILE;
        int64_t at = item * s->channels * s->area + voxel * s->step,
                n = s->area - voxel < TILE ? s->area - voxel : TILE;
        if (w->dy)
            backward_tile(s, w->y + at, w->dy + at, w->to + at, n);
        else
            forward_tile(s, w->x + at, w->to + at, n);
    }
}

static enum mm_status forward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    const struct softmax *self = state;
    struct work work = {
        .self = self, .x = mm_host_data(self->device, &run->x[0]), .to = mm_host_data(self->device, &run->y)};
    (void)err;
    mm_pool_run(self->device->pool, (size_t)((self->items * self->tiles + 63) / 64), run_shard, &work);
    return MM_OK;
}

static enum mm_status backward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    const struct softmax *self = state;
    struct work work = {.self = self,
                        .y = mm_host_data(self->device, &run->y),
                        .dy = mm_host_data(self->device, &run->dy),
                        .to = mm_host_data(self->device, &run->dx[0])};
    (void)err;
    if (work.to)
        mm_pool_run(self->device->pool, (size_t)((self->items * self->tiles + 63) / 64), run_shard, &work);
    return MM_OK;
}

const struct mm_kernel mm_cpu_softmax = {
    .op = &mm_op_softmax, .offer = offer, .make = make, .forward = forward, .backward = backward};
