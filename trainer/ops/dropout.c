/* y = x * factor with factor 0 with probability p, else 1 / (1 - p), in training; y = x otherwise. torch.nn.Dropout, and with
 * per_channel Dropout2d / Dropout3d. The factors are functions of (seed, node, step, element), so backward draws them again
 * instead of keeping them. */
#include "trainer/ops/ops.h"

#include "base/random.h"

static enum mm_status shape(const void *params, size_t count, const struct mm_desc *in, struct mm_desc *out,
                            struct mm_error *err)
{
    const struct mm_dropout *p = params;
    (void)count;
    if (!(p->p >= 0 && p->p < 1))
        return mm_fail(err, MM_ERR_CONFIG, "dropout probability %g is not in [0, 1)", p->p);
    *out = in[0];
    return MM_OK;
}

static void cost(const void *params, size_t count, const struct mm_desc *in, const struct mm_desc *out,
                 struct mm_op_cost *cost)
{
    (void)params, (void)count, (void)in;
    cost->flops_forward = cost->flops_backward = (double)mm_desc_count(out);
}

static bool transparent(const void *params)
{
    return ((const struct mm_dropout *)params)->p == 0;
}

void mm_dropout_factors(const struct mm_dropout *dropout, const struct mm_op_moment *moment, uint64_t first,
                        size_t count, float *factors)
{
    const float survivor = (float)(1 / (1 - dropout->p));
    struct mm_random random;
    for (uint64_t i = first; i < first + count; i++) {
        if (i == first || i % 4 == 0) {
            mm_random_init(&random, moment->seed, MM_RANDOM_DROPOUT, moment->node, (uint32_t)(i / 4), moment->step);
            for (uint64_t skip = i % 4; skip; skip--)
                mm_random_u32(&random);
        }
        factors[i - first] = (double)mm_random_float(&random) < dropout->p ? 0 : survivor;
    }
}

static void apply(const struct mm_op_call *call, const float *from, float *to)
{
    const struct mm_dropout *p = call->params;
    float factors[256];
    int64_t run = p->per_channel ? mm_desc_area(call->out) : 1; /* elements that share a factor */
    int64_t n = mm_desc_count(call->out) / run;
    if (!call->moment.training) {
        memcpy(to, from, mm_desc_bytes(call->out));
        return;
    }
    for (int64_t i = 0; i < n; i += 256) {
        int64_t piece = n - i < 256 ? n - i : 256;
        mm_dropout_factors(p, &call->moment, (uint64_t)i, (size_t)piece, factors);
        for (int64_t k = 0; k < piece; k++)
            for (int64_t j = (i + k) * run; j < (i + k + 1) * run; j++)
                to[j] = from[j] * factors[k];
    }
}

static void forward(const struct mm_op_call *call)
{
    apply(call, call->x[0], call->y);
}

static void backward(const struct mm_op_call *call)
{
    if (call->dx[0])
        apply(call, call->dy, call->dx[0]);
}

const struct mm_op mm_op_dropout = {
    .name = "dropout",
    .summary = "zeroes elements or channels at random in training",
    .params_size = sizeof(struct mm_dropout),
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = shape,
    .cost = cost,
    .forward = forward,
    .backward = backward,
    .transparent_at_inference = true,
    .transparent = transparent,
};
