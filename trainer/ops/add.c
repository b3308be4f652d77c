/* y = a + b, same shape. Backward: both gradients are dy. */
#include "trainer/ops/ops.h"

#include "trainer/ops/shapes.h"

static enum mm_status shape(const void *params, size_t count, const struct mm_desc *in, struct mm_desc *out,
                            struct mm_error *err)
{
    (void)params, (void)count;
    *out = in[0];
    return mm_shapes_equal(&in[0], &in[1], err);
}

static void cost(const void *params, size_t count, const struct mm_desc *in, const struct mm_desc *out,
                 struct mm_op_cost *cost)
{
    (void)params, (void)count, (void)in;
    cost->flops_forward = (double)mm_desc_count(out);
    cost->flops_backward = 0;
}

static void forward(const struct mm_op_call *call)
{
    int64_t n = mm_desc_count(call->out);
    for (int64_t i = 0; i < n; i++)
        call->y[i] = call->x[0][i] + call->x[1][i];
}

static void backward(const struct mm_op_call *call)
{
    for (int i = 0; i < 2; i++)
        if (call->dx[i])
            memcpy(call->dx[i], call->dy, mm_desc_bytes(call->out));
}

const struct mm_op mm_op_add = {
    .name = "add",
    .summary = "sum of two tensors of the same shape",
    .params_size = sizeof(struct mm_add),
    .inputs_min = 2,
    .inputs_max = 2,
    .shape = shape,
    .cost = cost,
    .forward = forward,
    .backward = backward,
};
