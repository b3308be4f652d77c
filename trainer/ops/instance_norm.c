/* Instance norm: each channel of each item to mean 0 and variance 1 over its voxels, then optionally scale and shift (norm.h has
 * the formulas); the same in training and evaluation. torch.nn.InstanceNorm2d / InstanceNorm3d without running statistics.
 * saved: struct mm_norm_saved [n][c]. */
#include "trainer/ops/ops.h"

#include <math.h>

#include "trainer/ops/norm.h"
#include "trainer/ops/shapes.h"

enum { X, SCALE, SHIFT };

static enum mm_status shape(const void *params, size_t count, const struct mm_desc *in, struct mm_desc *out,
                            struct mm_error *err)
{
    const struct mm_norm *p = params;
    enum mm_status s;
    if (count == 2)
        return mm_fail(err, MM_ERR_CONFIG, "2 inputs: scale and shift come together or not at all");
    if (!(p->epsilon >= 0))
        return mm_fail(err, MM_ERR_CONFIG, "epsilon %g must be 0 or more", p->epsilon);
    for (size_t i = 1; i < count; i++)
        if (MM_TRY(s, mm_shapes_vector(&in[i], in[0].dim[1], i == SCALE ? "scale" : "shift", err)))
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
    return (size_t)(out->dim[0] * out->dim[1]) * sizeof(struct mm_norm_saved);
}

static void forward(const struct mm_op_call *call)
{
    const struct mm_norm *p = call->params;
    struct mm_norm_saved *saved = call->saved;
    const struct mm_norm_span span = {.planes = 1, .area = mm_desc_area(call->out)};
    int64_t channels = call->out->dim[1];
    for (int64_t i = 0; i < call->out->dim[0] * channels; i++) {
        double mean, variance;
        mm_norm_moments(span, call->x[X] + i * span.area, &mean, &variance);
        const struct mm_norm_saved stat = {mean, 1 / sqrt(variance + p->epsilon)};
        struct mm_norm_weights weights = {1, 0};
        if (call->count == 3)
            weights = (struct mm_norm_weights){call->x[SCALE][i % channels], call->x[SHIFT][i % channels]};
        mm_norm_apply(span, call->x[X] + i * span.area, stat, weights, call->y + i * span.area);
        saved[i] = stat;
    }
}

static void backward(const struct mm_op_call *call)
{
    const struct mm_norm_saved *saved = call->saved;
    const struct mm_norm_span span = {.planes = 1, .area = mm_desc_area(call->out)};
    bool affine = call->count == 3;
    float *dx = call->dx[X], *dscale = affine ? call->dx[SCALE] : NULL, *dshift = affine ? call->dx[SHIFT] : NULL;
    int64_t channels = call->out->dim[1];
    for (int64_t i = 0; i < call->out->dim[0] * channels; i++) {
        int64_t c = i % channels, at = i * span.area;
        mm_norm_backward(span, call->x[X] + at, call->dy + at, saved[i], affine ? call->x[SCALE][c] : 1, false,
                         dscale ? dscale + c : NULL, dshift ? dshift + c : NULL, dx ? dx + at : NULL);
    }
}

const struct mm_op mm_op_instance_norm = {
    .name = "instance_norm",
    .summary = "normalisation of each channel of each item",
    .params_size = sizeof(struct mm_norm),
    .inputs_min = 1,
    .inputs_max = 3,
    .weights = 1u << SCALE | 1u << SHIFT,
    .needs = MM_NEEDS_INPUT(X) | MM_NEEDS_INPUT(SCALE),
    .shape = shape,
    .cost = cost,
    .saved_bytes = saved_bytes,
    .forward = forward,
    .backward = backward,
};
