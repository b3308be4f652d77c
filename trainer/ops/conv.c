/* y[n,o] = b[o] + sum over i of the o-th group and taps k of w[o,i,k] * x[n,i] at (position * stride + k * dilation - low).
 * Outside x is 0. Backward: dx = transposed(dy, w);  dw += correlation(x, dy);  db += sum(dy). torch.nn.Conv2d / Conv3d. */
#include "trainer/ops/ops.h"

#include "trainer/ops/shapes.h"
#include "trainer/ops/windows.h"

static struct mm_windows windows_of(const struct mm_conv *p, const struct mm_desc *x, const struct mm_desc *y)
{
    struct mm_windows g = {
        .batch = x->dim[0], .small_channels = y->dim[1], .large_channels = x->dim[1], .groups = p->groups};
    for (int i = 0; i < 3; i++) {
        g.small[i] = y->dim[2 + i];
        g.large[i] = x->dim[2 + i];
        g.kernel[i] = p->kernel[i];
        g.stride[i] = p->stride[i];
        g.dilation[i] = p->dilation[i];
        g.low[i] = p->low[i];
    }
    return g;
}

/* The parameters themselves, and the weights against them and the channels of x. */
static enum mm_status check_weights(const struct mm_conv *p, const struct mm_desc *x, const struct mm_desc *w,
                                    struct mm_error *err)
{
    char text[96];
    for (int i = 0; i < 3; i++) {
        if (p->kernel[i] < 1 || p->stride[i] < 1 || p->dilation[i] < 1 || p->low[i] < 0 || p->high[i] < 0)
            return mm_fail(err, MM_ERR_CONFIG,
                           "kernel %d, stride %d, dilation %d, padding %d and %d along axis %d: allowed "
                           "are 1 and more, for padding 0 and more",
                           p->kernel[i], p->stride[i], p->dilation[i], p->low[i], p->high[i], i);
        if (w->dim[2 + i] != p->kernel[i])
            return mm_fail(err, MM_ERR_DATA, "weights %s do not have the kernel's extent %d along axis %d",
                           mm_desc_text(w, text, sizeof text), p->kernel[i], i);
    }
    if (p->groups < 1 || w->dim[0] % p->groups || x->dim[1] != w->dim[1] * p->groups)
        return mm_fail(err, MM_ERR_DATA, "input has %lld channels, weights %s in %d groups take %lld",
                       (long long)x->dim[1], mm_desc_text(w, text, sizeof text), p->groups,
                       (long long)(w->dim[1] * p->groups));
    return MM_OK;
}

static enum mm_status shape(const void *params, size_t count, const struct mm_desc *in, struct mm_desc *out,
                            struct mm_error *err)
{
    const struct mm_conv *p = params;
    enum mm_status s;
    char text[96];
    if (MM_TRY(s, check_weights(p, &in[0], &in[1], err)))
        return s;
    if (count == 3 && MM_TRY(s, mm_shapes_vector(&in[2], in[1].dim[0], "bias", err)))
        return s;
    *out = mm_desc_make(in[0].spatial, in[0].dim[0], in[1].dim[0], 0, 0, 0);
    for (int i = 0; i < 3; i++) {
        out->dim[2 + i] =
            mm_windows_count(in[0].dim[2 + i], p->kernel[i], p->stride[i], p->dilation[i], p->low[i], p->high[i]);
        if (out->dim[2 + i] < 1)
            return mm_fail(err, MM_ERR_DATA,
                           "input %s is smaller than the kernel (%d, dilation %d, padding %d and %d) along "
                           "axis %d",
                           mm_desc_text(&in[0], text, sizeof text), p->kernel[i], p->dilation[i], p->low[i],
                           p->high[i], i);
    }
    return MM_OK;
}

static void cost(const void *params, size_t count, const struct mm_desc *in, const struct mm_desc *out,
                 struct mm_op_cost *cost)
{
    (void)params, (void)count;
    cost->flops_forward = 2.0 * (double)mm_desc_count(out) * (double)(in[1].dim[1] * mm_desc_area(&in[1]));
    cost->flops_backward = 2 * cost->flops_forward;
}

static void forward(const struct mm_op_call *call)
{
    const struct mm_windows g = windows_of(call->params, &call->in[0], call->out);
    mm_windows_bias(call->out, call->count == 3 ? call->x[2] : NULL, call->y);
    mm_windows_gather(&g, call->x[0], call->x[1], call->y);
}

static void backward(const struct mm_op_call *call)
{
    const struct mm_windows g = windows_of(call->params, &call->in[0], call->out);
    if (call->dx[0]) {
        memset(call->dx[0], 0, mm_desc_bytes(&call->in[0]));
        mm_windows_scatter(&g, call->dy, call->x[1], call->dx[0]);
    }
    if (call->dx[1])
        mm_windows_correlate(&g, call->dy, call->x[0], call->dx[1]);
    if (call->count == 3 && call->dx[2])
        mm_windows_bias_gradient(call->out, call->dy, call->dx[2]);
}

const struct mm_op mm_op_conv = {
    .name = "conv",
    .summary = "convolution with zero padding and optional bias",
    .params_size = sizeof(struct mm_conv),
    .inputs_min = 2,
    .inputs_max = 3,
    .weights = 1u << 1 | 1u << 2,
    .needs = MM_NEEDS_INPUT(0) | MM_NEEDS_INPUT(1),
    .shape = shape,
    .cost = cost,
    .forward = forward,
    .backward = backward,
};
