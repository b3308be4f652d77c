/* Max and average pooling. Max: the first of equals wins, NaN wins over numbers, padding never wins; average: padding counts as
 * zeros with count_padding, else not at all. torch.nn.MaxPool2d/3d and AvgPool2d/3d without ceil_mode, AdaptiveAvgPool to 1.
 * saved (max): uint32_t [n][c][oz][oy][ox], the winner's index in its input plane. */
#include "trainer/ops/ops.h"

#include <math.h>

#include "trainer/ops/windows.h"

static enum mm_status check_axis(const struct mm_pool_op *p, int axis, struct mm_error *err)
{
    if (p->kernel[axis] < 0 || (p->kernel[axis] && (p->stride[axis] < 1 || p->low[axis] < 0 || p->high[axis] < 0)))
        return mm_fail(err, MM_ERR_CONFIG,
                       "kernel %d, stride %d, padding %d and %d along axis %d: allowed are 1 and more, for "
                       "padding 0 and more",
                       p->kernel[axis], p->stride[axis], p->low[axis], p->high[axis], axis);
    if (p->kernel[axis] && (p->low[axis] >= p->kernel[axis] || p->high[axis] >= p->kernel[axis]))
        return mm_fail(err, MM_ERR_CONFIG, "padding %d and %d along axis %d must be below the kernel's extent %d",
                       p->low[axis], p->high[axis], axis, p->kernel[axis]);
    return MM_OK;
}

static enum mm_status shape(const void *params, size_t count, const struct mm_desc *in, struct mm_desc *out,
                            struct mm_error *err)
{
    const struct mm_pool_op *p = params;
    enum mm_status s;
    char text[96];
    (void)count;
    *out = in[0];
    if (!p->average && mm_desc_area(&in[0]) > UINT32_MAX)
        return mm_fail(err, MM_ERR_DATA, "input %s has more than 2^32 voxels",
                       mm_desc_text(&in[0], text, sizeof text));
    for (int i = 0; i < 3; i++) {
        if (MM_TRY(s, check_axis(p, i, err)))
            return s;
        out->dim[2 + i] = p->kernel[i] == 0 ? 1
                                            : mm_windows_count(in[0].dim[2 + i], p->kernel[i], p->stride[i], 1,
                                                               p->low[i], p->high[i]);
        if (out->dim[2 + i] < 1)
            return mm_fail(err, MM_ERR_DATA,
                           "input %s is smaller than the kernel (%d, padding %d and %d) along axis %d",
                           mm_desc_text(&in[0], text, sizeof text), p->kernel[i], p->low[i], p->high[i], i);
    }
    return MM_OK;
}

static size_t saved_bytes(const void *params, size_t count, const struct mm_desc *in, const struct mm_desc *out)
{
    const struct mm_pool_op *p = params;
    (void)count, (void)in;
    return p->average ? 0 : (size_t)mm_desc_count(out) * sizeof(uint32_t);
}

static struct mm_windows windows_of(const struct mm_pool_op *p, const struct mm_desc *x, const struct mm_desc *y)
{
    struct mm_windows g = {0};
    for (int i = 0; i < 3; i++) {
        bool whole = p->kernel[i] == 0;
        g.small[i] = y->dim[2 + i];
        g.large[i] = x->dim[2 + i];
        g.kernel[i] = whole ? (int)x->dim[2 + i] : p->kernel[i];
        g.stride[i] = whole ? 1 : p->stride[i];
        g.low[i] = whole ? 0 : p->low[i];
    }
    return g;
}

static void cost(const void *params, size_t count, const struct mm_desc *in, const struct mm_desc *out,
                 struct mm_op_cost *cost)
{
    const struct mm_windows g = windows_of(params, in, out);
    (void)count;
    cost->flops_forward = (double)mm_desc_count(out) * g.kernel[0] * g.kernel[1] * g.kernel[2];
    cost->flops_backward = cost->flops_forward;
}

/* The part of the window of output `at` that lies inside the input. */
struct box {
    int64_t first[3], last[3];
};

static struct box box_at(const struct mm_windows *g, const int64_t at[3])
{
    struct box box;
    for (int i = 0; i < 3; i++) {
        int64_t first = at[i] * g->stride[i] - g->low[i], last = first + g->kernel[i];
        box.first[i] = first < 0 ? 0 : first;
        box.last[i] = last > g->large[i] ? g->large[i] : last;
    }
    return box;
}

static float max_in(const struct mm_windows *g, const struct box *box, const float *x, uint32_t *winner)
{
    float best = -INFINITY;
    *winner = (uint32_t)((box->first[0] * g->large[1] + box->first[1]) * g->large[2] + box->first[2]);
    for (int64_t z = box->first[0]; z < box->last[0]; z++)
        for (int64_t y = box->first[1]; y < box->last[1]; y++)
            for (int64_t i = box->first[2]; i < box->last[2]; i++) {
                int64_t at = (z * g->large[1] + y) * g->large[2] + i;
                if (x[at] > best || isnan(x[at])) {
                    best = x[at];
                    *winner = (uint32_t)at;
                }
            }
    return best;
}

static float weight_of(const struct mm_pool_op *p, const struct mm_windows *g, const struct box *box)
{
    double count = 1;
    for (int i = 0; i < 3; i++)
        count *= p->count_padding ? (double)g->kernel[i] : (double)(box->last[i] - box->first[i]);
    return (float)(1 / count);
}

static float sum_in(const struct mm_windows *g, const struct box *box, const float *x)
{
    double sum = 0;
    for (int64_t z = box->first[0]; z < box->last[0]; z++)
        for (int64_t y = box->first[1]; y < box->last[1]; y++)
            for (int64_t i = box->first[2]; i < box->last[2]; i++)
                sum += (double)x[(z * g->large[1] + y) * g->large[2] + i];
    return (float)sum;
}

static void add_in(const struct mm_windows *g, const struct box *box, float value, float *x)
{
    for (int64_t z = box->first[0]; z < box->last[0]; z++)
        for (int64_t y = box->first[1]; y < box->last[1]; y++)
            for (int64_t i = box->first[2]; i < box->last[2]; i++)
                x[(z * g->large[1] + y) * g->large[2] + i] += value;
}

static void forward(const struct mm_op_call *call)
{
    const struct mm_pool_op *p = call->params;
    const struct mm_windows g = windows_of(p, call->in, call->out);
    int64_t area = mm_desc_area(&call->in[0]), o = 0, at[3];
    uint32_t *winners = call->saved;
    for (int64_t plane = 0; plane < call->out->dim[0] * call->out->dim[1]; plane++) {
        const float *x = call->x[0] + plane * area;
        for (at[0] = 0; at[0] < g.small[0]; at[0]++)
            for (at[1] = 0; at[1] < g.small[1]; at[1]++)
                for (at[2] = 0; at[2] < g.small[2]; at[2]++, o++) {
                    const struct box box = box_at(&g, at);
                    call->y[o] =
                        p->average ? sum_in(&g, &box, x) * weight_of(p, &g, &box) : max_in(&g, &box, x, &winners[o]);
                }
    }
}

static void backward(const struct mm_op_call *call)
{
    const struct mm_pool_op *p = call->params;
    const struct mm_windows g = windows_of(p, call->in, call->out);
    int64_t area = mm_desc_area(&call->in[0]), o = 0, at[3];
    const uint32_t *winners = call->saved;
    if (!call->dx[0])
        return;
    memset(call->dx[0], 0, mm_desc_bytes(&call->in[0]));
    for (int64_t plane = 0; plane < call->out->dim[0] * call->out->dim[1]; plane++) {
        float *dx = call->dx[0] + plane * area;
        for (at[0] = 0; at[0] < g.small[0]; at[0]++)
            for (at[1] = 0; at[1] < g.small[1]; at[1]++)
                for (at[2] = 0; at[2] < g.small[2]; at[2]++, o++) {
                    const struct box box = box_at(&g, at);
                    if (p->average)
                        add_in(&g, &box, call->dy[o] * weight_of(p, &g, &box), dx);
                    else
                        dx[winners[o]] += call->dy[o];
                }
    }
}

const struct mm_op mm_op_pool = {
    .name = "pool",
    .summary = "max or average pooling",
    .params_size = sizeof(struct mm_pool_op),
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = shape,
    .cost = cost,
    .saved_bytes = saved_bytes,
    .forward = forward,
    .backward = backward,
};
