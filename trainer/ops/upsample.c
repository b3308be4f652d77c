/* Enlarges by whole factors. Nearest: output i takes input floor(i / factor). Linear: source position (i + 0.5) / factor - 0.5,
 * not below 0, or with align_corners i * (in - 1) / (out - 1); the neighbour behind the last is the last.
 * torch.nn.Upsample. Backward: each dy goes to its sources with the same weights. */
#include "trainer/ops/ops.h"

#include <math.h>

static enum mm_status shape(const void *params, size_t count, const struct mm_desc *in, struct mm_desc *out,
                            struct mm_error *err)
{
    const struct mm_upsample *p = params;
    (void)count;
    *out = in[0];
    for (int i = 0; i < 3; i++) {
        if (p->factor[i] < 1)
            return mm_fail(err, MM_ERR_CONFIG, "factor %d along axis %d must be 1 or more", p->factor[i], i);
        out->dim[2 + i] = in[0].dim[2 + i] * p->factor[i];
    }
    return MM_OK;
}

static void cost(const void *params, size_t count, const struct mm_desc *in, const struct mm_desc *out,
                 struct mm_op_cost *cost)
{
    const struct mm_upsample *p = params;
    (void)count, (void)in;
    cost->flops_forward = cost->flops_backward = (p->linear ? 11.0 : 1.0) * (double)mm_desc_count(out);
}

struct mm_upsample_source mm_upsample_source_of(const struct mm_upsample *p, int axis, int64_t i, int64_t in)
{
    int64_t out = in * p->factor[axis];
    if (!p->linear)
        return (struct mm_upsample_source){{i / p->factor[axis], i / p->factor[axis]}, {1, 0}};
    double position = p->align_corners ? (out > 1 ? (double)i * (double)(in - 1) / (double)(out - 1) : 0)
                                       : fmax(((double)i + 0.5) / p->factor[axis] - 0.5, 0);
    int64_t first = (int64_t)position < in - 1 ? (int64_t)position : in - 1;
    float second = first + 1 < in ? (float)(position - (double)first) : 0;
    return (struct mm_upsample_source){{first, first + 1 < in ? first + 1 : first}, {1 - second, second}};
}

/* Rows of the input that a row of the output is made of: up to 4, those of weight 0 left out. */
struct row {
    int64_t offset;
    float weight;
};

static int rows_of(const struct mm_upsample *p, const struct mm_desc *x, int64_t oz, int64_t oy, struct row rows[4])
{
    const struct mm_upsample_source z = mm_upsample_source_of(p, 0, oz, x->dim[2]),
                                    y = mm_upsample_source_of(p, 1, oy, x->dim[3]);
    int count = 0;
    for (int a = 0; a < 2; a++)
        for (int b = 0; b < 2; b++)
            if (z.weight[a] != 0 && y.weight[b] != 0)
                rows[count++] = (struct row){(z.at[a] * x->dim[3] + y.at[b]) * x->dim[4], z.weight[a] * y.weight[b]};
    return count;
}

static void forward_row(const struct mm_upsample *p, const struct row *row, const float *x, int64_t in, float *y,
                        int64_t out)
{
    for (int64_t i = 0; i < out; i++) {
        const struct mm_upsample_source s = mm_upsample_source_of(p, 2, i, in);
        y[i] += row->weight * x[row->offset + s.at[0]] * s.weight[0];
        if (s.weight[1] != 0)
            y[i] += row->weight * x[row->offset + s.at[1]] * s.weight[1];
    }
}

static void backward_row(const struct mm_upsample *p, const struct row *row, const float *dy, int64_t out, float *dx,
                         int64_t in)
{
    for (int64_t i = 0; i < out; i++) {
        const struct mm_upsample_source s = mm_upsample_source_of(p, 2, i, in);
        dx[row->offset + s.at[0]] += row->weight * dy[i] * s.weight[0];
        dx[row->offset + s.at[1]] += row->weight * dy[i] * s.weight[1];
    }
}

/* Forward adds x into y, backward dy into dx; both start from 0. */
static void walk(const struct mm_op_call *call, float *dx)
{
    const struct mm_desc *x = &call->in[0], *y = call->out;
    int64_t width = y->dim[4], area = mm_desc_area(x), o = 0;
    struct row rows[4];
    for (int64_t plane = 0; plane < y->dim[0] * y->dim[1]; plane++)
        for (int64_t oz = 0; oz < y->dim[2]; oz++)
            for (int64_t oy = 0; oy < y->dim[3]; oy++, o += width) {
                int count = rows_of(call->params, x, oz, oy, rows);
                for (int r = 0; r < count; r++)
                    if (dx)
                        backward_row(call->params, &rows[r], call->dy + o, width, dx + plane * area, x->dim[4]);
                    else
                        forward_row(call->params, &rows[r], call->x[0] + plane * area, x->dim[4], call->y + o, width);
            }
}

static void forward(const struct mm_op_call *call)
{
    memset(call->y, 0, mm_desc_bytes(call->out));
    walk(call, NULL);
}

static void backward(const struct mm_op_call *call)
{
    if (!call->dx[0])
        return;
    memset(call->dx[0], 0, mm_desc_bytes(&call->in[0]));
    walk(call, call->dx[0]);
}

const struct mm_op mm_op_upsample = {
    .name = "upsample",
    .summary = "enlargement by whole factors, nearest or linear",
    .params_size = sizeof(struct mm_upsample),
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = shape,
    .cost = cost,
    .forward = forward,
    .backward = backward,
};
