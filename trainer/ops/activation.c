/* Elementwise functions of x.
 *   relu max(x, 0); leaky_relu and prelu x > 0 ? x : slope * x; sigmoid; tanh; elu x > 0 ? x : slope * (exp(x) - 1)
 * prelu's slope is input 1: one value, or one a channel. Backward of prelu needs x, of all others y is enough, so that the plan
 * frees x early. At x = 0 the gradients are torch's: 0 for relu, the slope for the leaky ones. */
#include "trainer/ops/ops.h"

#include <math.h>

#include "trainer/ops/shapes.h"

static enum mm_status shape(const void *params, size_t count, const struct mm_desc *in, struct mm_desc *out,
                            struct mm_error *err)
{
    const struct mm_activation *p = params;
    if ((p->kind == MM_PRELU) != (count == 2))
        return mm_fail(err, MM_ERR_CONFIG, "%zu inputs: prelu takes 2, x and its slope, the other activations 1",
                       count);
    if ((p->kind == MM_LEAKY_RELU || p->kind == MM_ELU) && !(p->slope >= 0))
        return mm_fail(err, MM_ERR_CONFIG, "slope %g must be 0 or more",
                       p->slope); /* the sign of y must be that of x */
    *out = in[0];
    if (p->kind == MM_PRELU && in[1].dim[0] != 1)
        return mm_shapes_vector(&in[1], in[0].dim[1], "slope", err);
    return p->kind == MM_PRELU ? mm_shapes_vector(&in[1], 1, "slope", err) : MM_OK;
}

static void cost(const void *params, size_t count, const struct mm_desc *in, const struct mm_desc *out,
                 struct mm_op_cost *cost)
{
    (void)params, (void)count, (void)in;
    cost->flops_forward = (double)mm_desc_count(out);
    cost->flops_backward = 2 * cost->flops_forward;
}

static unsigned needs_of(const void *params)
{
    const struct mm_activation *p = params;
    return p->kind == MM_PRELU ? MM_NEEDS_INPUT(0) | MM_NEEDS_INPUT(1) : MM_NEEDS_OUTPUT;
}

static void leaky(const float *x, float slope, float *y, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i] > 0 ? x[i] : slope * x[i];
}

/* `sign` has the sign of x. */
static void leaky_backward(const float *sign, float slope, const float *dy, float *dx, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        dx[i] = sign[i] > 0 ? dy[i] : slope * dy[i];
}

static float prelu_slope_gradient(const float *x, const float *dy, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += x[i] > 0 ? 0 : (double)x[i] * (double)dy[i];
    return (float)sum;
}

/* Plane by plane, because the slope may belong to a channel; a single slope is stepped over by 0. */
static void prelu(const struct mm_op_call *call, bool back)
{
    int64_t area = mm_desc_area(call->out), channels = call->out->dim[1];
    int64_t step = call->in[1].dim[0] == 1 ? 0 : 1;
    for (int64_t i = 0; i < call->out->dim[0] * channels; i++) {
        int64_t at = i * area, c = i % channels * step;
        if (!back)
            leaky(call->x[0] + at, call->x[1][c], call->y + at, area);
        if (back && call->dx[0])
            leaky_backward(call->x[0] + at, call->x[1][c], call->dy + at, call->dx[0] + at, area);
        if (back && call->dx[1])
            call->dx[1][c] += prelu_slope_gradient(call->x[0] + at, call->dy + at, area);
    }
}

static void forward(const struct mm_op_call *call)
{
    const struct mm_activation *p = call->params;
    const float *x = call->x[0];
    float *y = call->y, slope = (float)p->slope;
    int64_t n = mm_desc_count(call->out);
    switch (p->kind) {
    case MM_RELU:
        for (int64_t i = 0; i < n; i++)
            y[i] = x[i] < 0 ? 0 : x[i]; /* NaN stays */
        break;
    case MM_LEAKY_RELU:
        leaky(x, slope, y, n);
        break;
    case MM_PRELU:
        prelu(call, false);
        break;
    case MM_SIGMOID:
        for (int64_t i = 0; i < n; i++)
            y[i] = 1 / (1 + expf(-x[i]));
        break;
    case MM_TANH:
        for (int64_t i = 0; i < n; i++)
            y[i] = tanhf(x[i]);
        break;
    case MM_ELU:
        for (int64_t i = 0; i < n; i++)
            y[i] = x[i] > 0 ? x[i] : slope * expm1f(x[i]);
        break;
    }
}

static void backward(const struct mm_op_call *call)
{
    const struct mm_activation *p = call->params;
    const float *y = call->y, *dy = call->dy;
    float *dx = call->dx[0], slope = (float)p->slope;
    int64_t n = mm_desc_count(call->out);
    if (p->kind == MM_PRELU)
        prelu(call, true);
    else if (dx)
        switch (p->kind) {
        case MM_RELU:
            leaky_backward(y, 0, dy, dx, n);
            break;
        case MM_LEAKY_RELU:
            leaky_backward(y, slope, dy, dx, n);
            break;
        case MM_SIGMOID:
            for (int64_t i = 0; i < n; i++)
                dx[i] = dy[i] * y[i] * (1 - y[i]);
            break;
        case MM_TANH:
            for (int64_t i = 0; i < n; i++)
                dx[i] = dy[i] * (1 - y[i] * y[i]);
            break;
        default: /* elu: slope * exp(x) = y + slope */
            for (int64_t i = 0; i < n; i++)
                dx[i] = y[i] > 0 ? dy[i] : dy[i] * (y[i] + slope);
        }
}

const struct mm_op mm_op_activation = {
    .name = "activation",
    .summary = "elementwise activation: relu, leaky_relu, prelu, sigmoid, tanh, elu",
    .params_size = sizeof(struct mm_activation),
    .inputs_min = 1,
    .inputs_max = 2,
    .weights = 1u << 1,
    .needs = MM_NEEDS_OUTPUT,
    .needs_of = needs_of,
    .shape = shape,
    .cost = cost,
    .forward = forward,
    .backward = backward,
};
