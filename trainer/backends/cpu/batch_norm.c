/* Batch norm on the processor, channels-last and plain. saved: struct mm_norm_saved [c]. */
#include <math.h>

#include "trainer/backends/cpu/kernels.h"
#include "trainer/backends/cpu/norm.h"
#include "trainer/backends/host.h"
#include "trainer/ops/ops.h"

enum { X, SCALE, SHIFT, MEAN, VARIANCE };

static bool offer(const struct mm_kernel_query *query, struct mm_kernel_offer *offer)
{
    return mm_norm_offer(query, false, offer);
}

static enum mm_status make(struct mm_arena *arena, struct mm_device *device, const struct mm_kernel_query *query,
                           const struct mm_kernel_offer *offer, void **state, struct mm_error *err)
{
    (void)offer;
    return mm_norm_make(arena, device, query, false, state, err);
}

/* running += momentum * (batch - running), with the unbiased variance. */
static void move_running(const struct mm_norm_kernel *k, const struct mm_moments *moments, float *mean,
                         float *variance)
{
    for (int64_t c = 0; c < k->channels; c++) {
        double unbiased = moments[c].squares / (moments[c].count > 1 ? moments[c].count - 1 : 1);
        mean[c] = (float)((double)mean[c] + k->momentum * (moments[c].mean - (double)mean[c]));
        variance[c] = (float)((double)variance[c] + k->momentum * (unbiased - (double)variance[c]));
    }
}

static enum mm_status forward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    const struct mm_norm_kernel *k = state;
    struct mm_device *device = k->device;
    struct mm_norm_saved *saved = (void *)mm_host_data(device, &run->saved);
    float *running_mean = mm_host_data(device, &run->x[MEAN]),
          *running_variance = mm_host_data(device, &run->x[VARIANCE]);
    const float *x = mm_host_data(device, &run->x[X]);
    void *workspace = mm_host_data(device, &run->workspace);
    const struct mm_moments *moments = run->moment.training ? mm_norm_measure(k, x, workspace) : NULL;
    (void)err;
    for (int64_t c = 0; c < k->channels; c++) {
        double mean = moments ? moments[c].mean : (double)running_mean[c];
        double variance = moments ? moments[c].squares / moments[c].count : (double)running_variance[c];
        saved[c] = (struct mm_norm_saved){mean, 1 / sqrt(variance + k->epsilon)};
    }
    if (moments)
        move_running(k, moments, running_mean, running_variance);
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
                     (const void *)mm_host_data(device, &run->saved), mm_host_data(device, &run->x[SCALE]),
                     !run->moment.training, &out, mm_host_data(device, &run->workspace));
    return MM_OK;
}

const struct mm_kernel mm_cpu_batch_norm = {
    .op = &mm_op_batch_norm, .offer = offer, .make = make, .forward = forward, .backward = backward};
