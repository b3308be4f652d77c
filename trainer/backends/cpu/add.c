/* Sum of two tensors on the processor: any common layout without padding. */
#include "trainer/backends/cpu/kernels.h"
#include "trainer/backends/host.h"
#include "trainer/ops/ops.h"

struct add {
    struct mm_device *device;
    int64_t count;
};

static bool offer(const struct mm_kernel_query *query, struct mm_kernel_offer *offer)
{
    const struct mm_desc *a = &query->in[0], *b = &query->in[1];
    if (a->dtype != MM_DT_F32)
        return false;
    enum mm_layout layout = mm_host_either(a) == MM_LAYOUT_PLAIN ? mm_host_either(b) : mm_host_either(a);
    *offer = (struct mm_kernel_offer){.in = {layout, layout},
                                      .out = layout,
                                      .cost = mm_host_seconds((query->wanted ? 7 : 3) * (double)mm_desc_bytes(a))};
    return true;
}

static enum mm_status make(struct mm_arena *arena, struct mm_device *device, const struct mm_kernel_query *query,
                           const struct mm_kernel_offer *offer, void **state, struct mm_error *err)
{
    struct add *self = *state = mm_arena_new(arena, struct add);
    (void)offer;
    if (!self)
        return mm_fail_memory(err, "a sum");
    *self = (struct add){device, mm_desc_count(&query->out)};
    return MM_OK;
}

struct work {
    const float *a, *b;
    float *to[2];
    int64_t count;
};

MM_VECTORS static void sum(const float *restrict a, const float *restrict b, float *restrict y, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = a[i] + b[i];
}

static void forward_shard(void *context, size_t shard, unsigned thread)
{
    const struct work *w = context;
    int64_t from, to = mm_host_range(w->count, shard, &from);
    (void)thread;
    sum(w->a + from, w->b + from, w->to[0] + from, to - from);
}

static void backward_shard(void *context, size_t shard, unsigned thread)
{
    const struct work *w = context;
    int64_t from, to = mm_host_range(w->count, shard, &from);
    (void)thread;
    for (int i = 0; i < 2; i++)
        if (w->to[i])
            memcpy(w->to[i] + from, w->a + from, (size_t)(to - from) * sizeof(float));
}

static enum mm_status forward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    const struct add *self = state;
    struct work work = {.a = mm_host_data(self->device, &run->x[0]),
                        .b = mm_host_data(self->device, &run->x[1]),
                        .to = {mm_host_data(self->device, &run->y)},
                        .count = self->count};
    (void)err;
    mm_pool_run(self->device->pool, mm_host_shards(self->count), forward_shard, &work);
    return MM_OK;
}

static enum mm_status backward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    const struct add *self = state;
    struct work work = {.a = mm_host_data(self->device, &run->dy),
                        .to = {mm_host_data(self->device, &run->dx[0]), mm_host_data(self->device, &run->dx[1])},
                        .count = self->count};
    (void)err;
    mm_pool_run(self->device->pool, mm_host_shards(self->count), backward_shard, &work);
    return MM_OK;
}

const struct mm_kernel mm_cpu_add = {
    .op = &mm_op_add, .offer = offer, .make = make, .forward = forward, .backward = backward};
