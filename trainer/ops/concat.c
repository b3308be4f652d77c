/* Inputs side by side along the channels. Backward: the pieces of dy. Both are copies of whole items' channels, but where an input is
 * smaller by a voxel (`replicate`): its last plane, row or voxel then stands for the one behind it too, and gathers both gradients. */
#include "trainer/ops/ops.h"

static enum mm_status shape(const void *params, size_t count, const struct mm_desc *in, struct mm_desc *out,
                            struct mm_error *err)
{
    const struct mm_concat *p = params;
    char first[96], other[96];
    *out = in[0];
    for (size_t i = 1; i < count; i++) {
        for (int k = 0; k < 5; k++)
            if (k != 1 && in[i].dim[k] != in[0].dim[k] &&
                !(p->replicate && k > 1 && in[i].dim[k] == in[0].dim[k] - 1))
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

/* Where each voxel of the output's grid lies in an input's; the same place when they are of one size. */
static int64_t source_of(const struct mm_desc *in, const struct mm_desc *out, int64_t voxel)
{
    int64_t x = voxel % out->dim[4], y = voxel / out->dim[4] % out->dim[3], z = voxel / out->dim[4] / out->dim[3];
    x -= x == in->dim[4];
    y -= y == in->dim[3];
    z -= z == in->dim[2];
    return (z * in->dim[3] + y) * in->dim[4] + x;
}

static void forward(const struct mm_op_call *call)
{
    float *to = call->y;
    int64_t area = mm_desc_area(call->out);
    for (int64_t n = 0; n < call->out->dim[0]; n++)
        for (size_t i = 0; i < call->count; i++) {
            int64_t own = mm_desc_area(&call->in[i]), channels = call->in[i].dim[1];
            const float *from = call->x[i] + n * channels * own;
            if (own == area)
                memcpy(to, from, (size_t)(channels * own) * sizeof *to);
            for (int64_t k = 0; own != area && k < channels * area; k++)
                to[k] = from[k / area * own + source_of(&call->in[i], call->out, k % area)];
            to += channels * area;
        }
}

static void backward(const struct mm_op_call *call)
{
    const float *from = call->dy;
    int64_t area = mm_desc_area(call->out);
    for (int64_t n = 0; n < call->out->dim[0]; n++)
        for (size_t i = 0; i < call->count; i++) {
            int64_t own = mm_desc_area(&call->in[i]), channels = call->in[i].dim[1];
            float *to = call->dx[i] ? call->dx[i] + n * channels * own : NULL;
            if (to && own == area)
                memcpy(to, from, (size_t)(channels * own) * sizeof *to);
            else if (to)
                memset(to, 0, (size_t)(channels * own) * sizeof *to);
            for (int64_t k = 0; to && own != area && k < channels * area; k++)
                to[k / area * own + source_of(&call->in[i], call->out, k % area)] += from[k];
            from += channels * area;
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
