/* Inputs side by side along the channels. Backward: the pieces of dy. Both are copies of whole items' channels. */
#include "trainer/ops/ops.h"

static enum mm_status shape(const void *params, size_t count, const struct mm_desc *in, struct mm_desc *out,
                            struct mm_error *err)
{
    (void)params;
    char first[96], other[96];
    *out = in[0];
    for (size_t i = 1; i < count; i++) {
        for (int k = 0; k < 5; k++)
            if (k != 1 && in[i].dim[k] != in[0].dim[k])
                return mm_fail(err, MM_ERR_DATA, "input %zu is %s, input 0 is %s: they may differ in channels only",
                               i, mm_desc_text(&in[i], other, sizeof other),
                               mm_desc_text(&in[0], first, sizeof first));
        out->dim[1] += in[i].dim[1];
    }
    return MM_OK;
}

static void cost(const void *params, size_t count, const struct mm_desc *in, const struct mm_desc *out,
                 struct mm_op_cost *cost)
{
    (void)params, (void)count, (void)in, (void)out;
    *cost = (struct mm_op_cost){0};
}

static void forward(const struct mm_op_call *call)
{
    float *to = call->y;
    for (int64_t n = 0; n < call->out->dim[0]; n++)
        for (size_t i = 0; i < call->count; i++) {
            size_t item = (size_t)(call->in[i].dim[1] * mm_desc_area(&call->in[i]));
            memcpy(to, call->x[i] + (size_t)n * item, item * sizeof *to);
            to += item;
        }
}

static void backward(const struct mm_op_call *call)
{
    const float *from = call->dy;
    for (int64_t n = 0; n < call->out->dim[0]; n++)
        for (size_t i = 0; i < call->count; i++) {
            size_t item = (size_t)(call->in[i].dim[1] * mm_desc_area(&call->in[i]));
            if (call->dx[i])
                memcpy(call->dx[i] + (size_t)n * item, from, item * sizeof *from);
            from += item;
        }
}

const struct mm_op mm_op_concat = {
    .name = "concat",
    .summary = "inputs side by side along the channels",
    .params_size = sizeof(struct mm_concat),
    .inputs_min = 2,
    .inputs_max = MM_OP_INPUTS_MAX,
    .shape = shape,
    .cost = cost,
    .forward = forward,
    .backward = backward,
};
