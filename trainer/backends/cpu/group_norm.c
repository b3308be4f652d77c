/* Group norm on the processor, channels-last and plain: moments of each channel of an item, put together over its group.
 * saved: struct mm_norm_saved [n][c], the same for all channels of a group. */
#include <math.h>

#include "trainer/backends/cpu/kernels.h"
#include "trainer/backends/cpu/norm.h"
#include "trainer/backends/host.h"
#include "trainer/ops/ops.h"

enum { X, SCALE, SHIFT };

static bool offer(const struct mm_kernel_query *query, struct mm_kernel_offer *offer)
{
    return mm_norm_offer(query, true, offer);
}

static enum mm_status make(struct mm_arena *arena, struct mm_device *device, const struct mm_kernel_query *query,
                           const struct mm_kernel_offer *offer, void **state, struct mm_error *err)
{
    const struct mm_group_norm *p = query->params;
    const struct mm_kernel_query norm = {.op = query->op, .params = &p->norm, .count = query->count, .in = query->in};
    enum mm_status s = mm_norm_make(arena, device, &norm, true, state, err);
    (void)offer;
    if (s == MM_OK)
        ((struct mm_norm_kernel *)*state)->group = query->in[X].dim[1] / p->groups;
    return s;
}

static enum mm_status forward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    const struct mm_norm_kernel *k = state;
    struct mm_device *device = k->device;
    struct mm_norm_saved *saved = (void *)mm_host_data(device, &run->saved);
    const float *x = mm_host_data(device, &run->x[X]);
    void *workspace = mm_host_data(device, &run->workspace);
    const struct mm_moments *moments = mm_norm_measure(k, x, workspace);
    (void)err;
    for (int64_t first = 0; first < mm_norm_statistics(k); first += k->group) {
        struct mm_moments all = moments[first];
        for (int64_t i = first + 1; i < first + k->group; i++)
            mm_moments_merge(&all, &moments[i]);
        for (int64_t i = first; i < first + k->group; i++)
            saved[i] = (struct mm_norm_saved){all.mean, 1 / sqrt(all.squares / all.count + k->epsilon)};
    }
    mm_norm_write(k, x, saved, mm_host_data(device, &run->x[SCALE]), mm_host_data(device, &run->x[SHIFT]),
                  mm_host_data(device, &run->y), workspace);
    return MM_OK;
}

static enum mm_status backward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    const struct mm_norm_kernel *k = state;
    struct mm_device *device = k->device;
    const struct mm_norm_gradients out = {.dx = mm_host_data(device, &run->dx[X]),
                                          .dscale = mm_host_data(device, &run->dx[SCALE]),
                                          .dshift = mm_host_data(device, &run->dx[SHIFT])};
    (void)err;
    mm_norm_gradient(k, mm_host_data(device, &run->x[X]), mm_host_data(device, &run->dy),
                     (const void *)mm_host_data(device, &run->saved), mm_host_data(device, &run->x[SCALE]), false,
                     &out, mm_host_data(device, &run->workspace));
    return MM_OK;
}

const struct mm_kernel mm_cpu_group_norm = {
    .op = &mm_op_group_norm, .offer = offer, .make = make, .forward = forward, .backward = backward};
