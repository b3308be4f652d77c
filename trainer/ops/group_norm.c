/* Group norm (Wu and He 2018): the channels of an item in `groups` groups of neighbours, each group to mean 0 and variance 1 over its
 * channels and voxels, then scale and shift of each channel; the same in training and evaluation. torch.nn.GroupNorm.
 *   xhat = (x - mean) * inverse    with inverse = 1 / sqrt(variance + epsilon), biased variance; y = xhat * scale + shift
 *   dx = inverse * (scale * dy - mean(scale * dy) - xhat * mean(scale * dy * xhat))    means over the group
 * saved: struct mm_norm_saved [n][groups]. */
#include "trainer/ops/ops.h"

#include <math.h>

#include "trainer/ops/norm.h"
#include "trainer/ops/rows.h"
#include "trainer/ops/shapes.h"

enum { X, SCALE, SHIFT };

static enum mm_status shape(const void *params, size_t count, const struct mm_desc *in, struct mm_desc *out,
                            struct mm_error *err)
{
    const struct mm_group_norm *p = params;
    enum mm_status s;
    (void)count;
    if (!(p->norm.epsilon >= 0))
        return mm_fail(err, MM_ERR_CONFIG, "epsilon %g must be 0 or more", p->norm.epsilon);
    if (p->groups < 1 || in[X].dim[1] % p->groups)
        return mm_fail(err, MM_ERR_CONFIG, "%lld channels cannot be cut into %lld equal groups",
                       (long long)in[X].dim[1], (long long)p->groups);
    for (int i = SCALE; i <= SHIFT; i++)
        if (MM_TRY(s, mm_shapes_vector(&in[i], in[X].dim[1], i == SCALE ? "scale" : "shift", err)))
            return s;
    *out = in[X];
    return MM_OK;
}

static void cost(const void *params, size_t count, const struct mm_desc *in, const struct mm_desc *out,
                 struct mm_op_cost *cost)
{
    (void)params, (void)count, (void)in;
    cost->flops_forward = 7.0 * (double)mm_desc_count(out);
    cost->flops_backward = 11.0 * (double)mm_desc_count(out);
}

static size_t saved_bytes(const void *params, size_t count, const struct mm_desc *in, const struct mm_desc *out)
{
    (void)count, (void)in;
    return (size_t)(out->dim[0] * ((const struct mm_group_norm *)params)->groups) * sizeof(struct mm_norm_saved);
}

static void forward(const struct mm_op_call *call)
{
    const struct mm_group_norm *p = call->params;
    struct mm_norm_saved *saved = call->saved;
    int64_t channels = call->out->dim[1], width = channels / p->groups;
    const struct mm_norm_span plane = {.planes = 1, .area = mm_desc_area(call->out)};
    const struct mm_norm_span group = {.planes = 1, .area = plane.area * width};
    for (int64_t i = 0; i < call->out->dim[0] * channels; i++) {
        struct mm_norm_saved *stat = &saved[i / width];
        int64_t c = i % channels;
        if (i % width == 0) {
            double mean, variance;
            mm_norm_moments(group, call->x[X] + i * plane.area, &mean, &variance);
            *stat = (struct mm_norm_saved){mean, 1 / sqrt(variance + p->norm.epsilon)};
        }
        mm_norm_apply(plane, call->x[X] + i * plane.area, *stat,
                      (struct mm_norm_weights){call->x[SCALE][c], call->x[SHIFT][c]}, call->y + i * plane.area);
    }
}

/* Sums of dy and of dy * xhat over one channel. */
static void channel_sums(const float *x, const float *dy, struct mm_norm_saved stat, int64_t area, double *sum,
                         double *sum_xhat)
{
    *sum = mm_rows_sum(dy, area);
    *sum_xhat = 0;
    for (int64_t i = 0; i < area; i++)
        *sum_xhat += (double)dy[i] * (((double)x[i] - stat.mean) * stat.inverse);
}

static void group_backward(const struct mm_op_call *call, int64_t first, int64_t width, struct mm_norm_saved stat)
{
    int64_t area = mm_desc_area(call->out), channels = call->out->dim[1];
    double all = 0, all_xhat = 0, count = (double)(width * area);
    for (int64_t i = first; i < first + width; i++) {
        double sum, sum_xhat, scale = (double)call->x[SCALE][i % channels];
        channel_sums(call->x[X] + i * area, call->dy + i * area, stat, area, &sum, &sum_xhat);
        all += scale * sum;
        all_xhat += scale * sum_xhat;
        if (call->dx[SCALE])
            call->dx[SCALE][i % channels] += (float)sum_xhat;
        if (call->dx[SHIFT])
            call->dx[SHIFT][i % channels] += (float)sum;
    }
    for (int64_t k = first * area; call->dx[X] && k < (first + width) * area; k++) {
        double scale = (double)call->x[SCALE][k / area % channels];
        double xhat = ((double)call->x[X][k] - stat.mean) * stat.inverse;
        call->dx[X][k] =
            (float)(stat.inverse * (scale * (double)call->dy[k] - all / count - xhat * (all_xhat / count)));
    }
}

static void backward(const struct mm_op_call *call)
{
    const struct mm_norm_saved *saved = call->saved;
    int64_t groups = ((const struct mm_group_norm *)call->params)->groups, width = call->out->dim[1] / groups;
    for (int64_t g = 0; g < call->out->dim[0] * groups; g++)
        group_backward(call, g * width, width, saved[g]);
}

const struct mm_op mm_op_group_norm = {
    .name = "group_norm",
    .summary = "normalisation of each group of channels of each item",
    .params_size = sizeof(struct mm_group_norm),
    .inputs_min = 3,
    .inputs_max = 3,
    .weights = 1u << SCALE | 1u << SHIFT,
    .needs = MM_NEEDS_INPUT(X) | MM_NEEDS_INPUT(SCALE),
    .shape = shape,
    .cost = cost,
    .saved_bytes = saved_bytes,
    .forward = forward,
    .backward = backward,
};
