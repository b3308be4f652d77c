/* A loss as the last node of a training graph: hands its call on to struct mm_loss. The target gets no gradient. */
#include "trainer/ops/ops.h"

#include "trainer/losses/loss.h"

static enum mm_status shape(const void *params, size_t count, const struct mm_desc *in, struct mm_desc *out,
                            struct mm_error *err)
{
    const struct mm_loss_op *p = params;
    (void)count;
    enum mm_status s = p->loss->shape(p->self, &in[0], &in[1], out, err);
    return s ? mm_fail_in(err, "%s", p->loss->name) : MM_OK;
}

static void cost(const void *params, size_t count, const struct mm_desc *in, const struct mm_desc *out,
                 struct mm_op_cost *cost)
{
    (void)params, (void)count, (void)out;
    cost->flops_forward = cost->flops_backward = 10.0 * (double)mm_desc_count(&in[0]);
}

static size_t saved_bytes(const void *params, size_t count, const struct mm_desc *in, const struct mm_desc *out)
{
    const struct mm_loss_op *p = params;
    (void)count, (void)out;
    return p->loss->saved_bytes ? p->loss->saved_bytes(p->self, &in[0], &in[1]) : 0;
}

static struct mm_loss_call loss_call(const struct mm_op_call *call)
{
    const struct mm_loss_op *p = call->params;
    return (struct mm_loss_call){.self = p->self,
                                 .prediction = &call->in[0],
                                 .target = &call->in[1],
                                 .value = call->out,
                                 .x = call->x[0],
                                 .t = call->x[1],
                                 .y = call->y,
                                 .dy = call->dy,
                                 .saved = call->saved};
}

static void forward(const struct mm_op_call *call)
{
    const struct mm_loss_call inner = loss_call(call);
    ((const struct mm_loss_op *)call->params)->loss->forward(&inner);
}

static void backward(const struct mm_op_call *call)
{
    struct mm_loss_call inner = loss_call(call);
    inner.dx = call->dx[0];
    if (inner.dx)
        ((const struct mm_loss_op *)call->params)->loss->backward(&inner);
}

const struct mm_op mm_op_loss = {
    .name = "loss",
    .summary = "a loss of prediction and target",
    .params_size = sizeof(struct mm_loss_op),
    .inputs_min = 2,
    .inputs_max = 2,
    .needs = MM_NEEDS_INPUT(0) | MM_NEEDS_INPUT(1),
    .shape = shape,
    .cost = cost,
    .saved_bytes = saved_bytes,
    .forward = forward,
    .backward = backward,
};
