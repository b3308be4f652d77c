/* Batch norm: each channel to mean 0 and variance 1 over items and voxels, then scale and shift (norm.h has the formulas).
 * Training uses the batch's statistics and moves the running ones: running += momentum * (batch - running), with the unbiased
 * variance; evaluation uses the running ones. torch.nn.BatchNorm2d / BatchNorm3d.
 * saved: struct mm_norm_saved [c]. */
#include "trainer/ops/ops.h"

#include <math.h>

#include "trainer/ops/norm.h"
#include "trainer/ops/shapes.h"

enum { X, SCALE, SHIFT, MEAN, VARIANCE };

static enum mm_status shape(const void *params, size_t count, const struct mm_desc *in, struct mm_desc *out,
                            struct mm_error *err)
{
    static const char *const nouns[] = {"input", "scale", "shift", "running mean", "running variance"};
    const struct mm_norm *p = params;
    enum mm_status s;
    if (!(p->epsilon >= 0) || !(p->momentum >= 0 && p->momentum <= 1))
        return mm_fail(err, MM_ERR_CONFIG, "epsilon %g must be 0 or more, momentum %g in [0, 1]", p->epsilon,
                       p->momentum);
    for (size_t i = 1; i < count; i++)
        if (MM_TRY(s, mm_shapes_vector(&in[i], in[0].dim[1], nouns[i], err)))
            return s;
    *out = in[0];
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
    (void)params, (void)count, (void)in;
    return (size_t)out->dim[1] * sizeof(struct mm_norm_saved);
}

static struct mm_norm_span span_of(const struct mm_desc *x)
{
    int64_t area = mm_desc_area(x);
    return (struct mm_norm_span){.planes = x->dim[0], .stride = x->dim[1] * area, .area = area};
}

static void move_running(const struct mm_op_call *call, int64_t c, double mean, double variance)
{
    const struct mm_norm *p = call->params;
    float *running_mean = &call->x[MEAN][c], *running_variance = &call->x[VARIANCE][c];
    double count = (double)(call->in[X].dim[0] * mm_desc_area(&call->in[X]));
    double unbiased = count > 1 ? variance * count / (count - 1) : variance;
    *running_mean = (float)((double)*running_mean + p->momentum * (mean - (double)*running_mean));
    *running_variance = (float)((double)*running_variance + p->momentum * (unbiased - (double)*running_variance));
}

static void forward(const struct mm_op_call *call)
{
    const struct mm_norm *p = call->params;
    struct mm_norm_saved *saved = call->saved;
    const struct mm_norm_span span = span_of(call->out);
    for (int64_t c = 0; c < call->out->dim[1]; c++) {
        double mean = (double)call->x[MEAN][c], variance = (double)call->x[VARIANCE][c];
        if (call->moment.training) {
            mm_norm_moments(span, call->x[X] + c * span.area, &mean, &variance);
            move_running(call, c, mean, variance);
        }
        const struct mm_norm_saved stat = {mean, 1 / sqrt(variance + p->epsilon)};
        mm_norm_apply(span, call->x[X] + c * span.area, stat,
                      (struct mm_norm_weights){call->x[SCALE][c], call->x[SHIFT][c]}, call->y + c * span.area);
        saved[c] = stat;
    }
}

static void backward(const struct mm_op_call *call)
{
    const struct mm_norm_saved *saved = call->saved;
    const struct mm_norm_span span = span_of(call->out);
    float *dx = call->dx[X], *dscale = call->dx[SCALE], *dshift = call->dx[SHIFT];
    for (int64_t c = 0; c < call->out->dim[1]; c++)
        mm_norm_backward(span, call->x[X] + c * span.area, call->dy + c * span.area, saved[c], call->x[SCALE][c],
                         !call->moment.training, dscale ? dscale + c : NULL, dshift ? dshift + c : NULL,
                         dx ? dx + c * span.area : NULL);
}

const struct mm_op mm_op_batch_norm = {
    .name = "batch_norm",
    .summary = "normalisation of each channel over the batch, with running statistics",
    .params_size = sizeof(struct mm_norm),
    .inputs_min = 5,
    .inputs_max = 5,
    .weights = 1u << SCALE | 1u << SHIFT,
    .states = 1u << MEAN | 1u << VARIANCE,
    .needs = MM_NEEDS_INPUT(X) | MM_NEEDS_INPUT(SCALE),
    .shape = shape,
    .cost = cost,
    .saved_bytes = saved_bytes,
    .forward = forward,
    .backward = backward,
};
