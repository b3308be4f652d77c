/* y[c] = exp(x[c] - max) / sum over channels of the same, for each voxel.  Backward: dx = y * (dy - sum(dy * y)).
 * Channels are far apart in memory, so voxels are taken in tiles. */
#include "trainer/ops/ops.h"

#include <math.h>

#define TILE 64

static enum mm_status shape(const void *params, size_t count, const struct mm_desc *in, struct mm_desc *out,
                            struct mm_error *err)
{
    (void)params, (void)count, (void)err;
    *out = in[0];
    return MM_OK;
}

static void cost(const void *params, size_t count, const struct mm_desc *in, const struct mm_desc *out,
                 struct mm_op_cost *cost)
{
    (void)params, (void)count, (void)in;
    cost->flops_forward = 5.0 * (double)mm_desc_count(out);
    cost->flops_backward = 4.0 * (double)mm_desc_count(out);
}

/* One tile of `n` voxels; channels are `area` apart. */
static void forward_tile(const float *x, float *y, int64_t channels, int64_t area, int64_t n)
{
    float max[TILE];
    double sum[TILE] = {0};
    memcpy(max, x, (size_t)n * sizeof *max);
    for (int64_t c = 1; c < channels; c++)
        for (int64_t i = 0; i < n; i++)
            max[i] = x[c * area + i] > max[i] ? x[c * area + i] : max[i];
    for (int64_t c = 0; c < channels; c++)
        for (int64_t i = 0; i < n; i++) {
            y[c * area + i] = expf(x[c * area + i] - max[i]);
            sum[i] += (double)y[c * area + i];
        }
    for (int64_t c = 0; c < channels; c++)
        for (int64_t i = 0; i < n; i++)
            y[c * area + i] = (float)((double)y[c * area + i] / sum[i]);
}

static void backward_tile(const float *y, const float *dy, float *dx, int64_t channels, int64_t area, int64_t n)
{
    double sum[TILE] = {0};
    for (int64_t c = 0; c < channels; c++)
        for (int64_t i = 0; i < n; i++)
            sum[i] += (double)dy[c * area + i] * (double)y[c * area + i];
    for (int64_t c = 0; c < channels; c++)
        for (int64_t i = 0; i < n; i++)
            dx[c * area + i] = (float)((double)y[c * area + i] * ((double)dy[c * area + i] - sum[i]));
}

static void forward(const struct mm_op_call *call)
{
    int64_t channels = call->out->dim[1], area = mm_desc_area(call->out);
    for (int64_t n = 0; n < call->out->dim[0]; n++)
        for (int64_t i = 0; i < area; i += TILE) {
            int64_t at = n * channels * area + i;
            forward_tile(call->x[0] + at, call->y + at, channels, area, area - i < TILE ? area - i : TILE);
        }
}

static void backward(const struct mm_op_call *call)
{
    int64_t channels = call->out->dim[1], area = mm_desc_area(call->out);
    for (int64_t n = 0; n < call->out->dim[0] && call->dx[0]; n++)
        for (int64_t i = 0; i < area; i += TILE) {
            int64_t at = n * channels * area + i;
            backward_tile(call->y + at, call->dy + at, call->dx[0] + at, channels, area,
                          area - i < TILE ? area - i : TILE);
        }
}

const struct mm_op mm_op_softmax = {
    .name = "softmax",
    .summary = "softmax over the channels",
    .params_size = sizeof(struct mm_softmax),
    .inputs_min = 1,
    .inputs_max = 1,
    .needs = MM_NEEDS_OUTPUT,
    .shape = shape,
    .cost = cost,
    .forward = forward,
    .backward = backward,
};
