/* Instance norm on the processor, channels-last and plain. saved: struct mm_norm_saved [n][c]. */
#include <math.h>

#include "trainer/backends/cpu/kernels.h"
#include "trainer/backends/cpu/norm.h"
#include "trainer/backends/host.h"
#include "trainer/ops/ops.h"

enum { X, SCALE, SHIFT };

struct instance_norm {
    struct mm_norm_kernel *norm;
    bool affine;
};

static bool offer(const struct mm_kernel_query *query, struct mm_kernel_offer *offer)
{
    return mm_norm_offer(query, true, offer);
}

static enum mm_status make(struct mm_arena *arena, struct mm_device *device, const struct mm_kernel_query *query,
                           const struct mm_kernel_offer *offer, void **state, struct mm_error *err)
{
    struct instance_norm *self = *state = mm_arena_new(arena, struct instance_norm);
    void *norm;
    (void)offer;
    if (!self)
        return mm_fail_memory(err, "an instance norm");
    enum mm_status s = mm_norm_make(arena, device, query, true, &norm, err);
    self->norm = norm;
    self->affine = query->count == 3;
    return s;
}

static enum mm_status forward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    const struct instance_norm *self = state;
    const struct mm_norm_kernel *k = self->norm;
    struct mm_device *device = k->device;
    struct mm_norm_saved *saved = (void *)mm_host_data(device, &run->saved);
    const float *x = mm_host_data(device, &run->x[X]);
    void *workspace = mm_host_data(device, &run->workspace);
    const struct mm_moments *moments = mm_norm_measure(k, x, workspace);
    (void)err;
    for (int64_t i = 0; i < mm_norm_statistics(k); i++)
        saved[i] =
            (struct mm_norm_saved){moments[i].mean, 1 / sqrt(moments[i].squares / moments[i].count + k->epsilon)};
    mm_norm_write(k, x, saved, self->affine ? mm_host_data(device, &run->x[SCALE]) : NULL,
                  self->affine ? mm_host_data(device, &run->x[SHIFT]) : NULL, mm_host_data(device, &run->y),
                  workspace);
    return MM_OK;
}

static enum mm_status backward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    const struct instance_norm *self = state;
    const struct mm_norm_kernel *k = self->norm;
    struct mm_device *device = k->device;
    struct mm_norm_gradients out = {.dx = mm_host_data(device, &run->dx[X])};
    (void)err;
    if (self->affine) {
        out.dscale = mm_host_data(device, &run->dx[SCALE]);
        out.dshift = mm_host_data(device, &run->dx[SHIFT]);
    }
    mm_norm_gradient(k, mm_host_data(device, &run->x[X]), mm_host_data(device, &run->dy),
                     (const void *)mm_host_data(device, &run->saved),
                     self->affine ? mm_host_data(device, &run->x[SCALE]) : NULL, false, &out,
                     mm_host_data(device, &run->workspace));
    return MM_OK;
}

const struct mm_kernel mm_cpu_instance_norm = {
    .op = &mm_op_instance_norm, .offer = offer, .make = make, .forward = forward, .backward = backward};
