/* The ops' parameter structs, in the order (z, y, x) of tensors: index 0 is z. 2D nets set kernel 1, stride 1, padding 0 in z. */
#ifndef MM_TRAINER_OPS_OPS_H
#define MM_TRAINER_OPS_OPS_H

#include "trainer/ops/op.h"

/* X(name): one line per op, alphabetical. */
#include "trainer/ops/list.h"
#define MM_OP_EXTERN(name) extern const struct mm_op mm_op_##name;
MM_OPS(MM_OP_EXTERN)
#undef MM_OP_EXTERN

/* inputs x, w (out, in, k...), [b]. y = x * w + b, zero padding `low` before and `high` behind. */
struct mm_conv {
    int kernel[3], stride[3], dilation[3], low[3], high[3];
    int groups;
};
/* inputs x, w (in, out, k...), [b]. out = (in - 1) * stride - low - high + kernel + extra. */
struct mm_conv_transpose {
    int kernel[3], stride[3], low[3], high[3], extra[3];
};
/* Batch norm: inputs x, scale, shift, running_mean, running_var. Instance norm: inputs x, [scale, shift].
 * Momentum is the weight of the new value; running variance unbiased, normalisation biased (torch). */
struct mm_norm {
    double epsilon, momentum;
};
/* inputs x, scale, shift; channels / groups neighbours are normalised together. */
struct mm_group_norm {
    struct mm_norm norm; /* momentum is not used */
    int64_t groups;
};
/* inputs x (relu, leaky_relu, sigmoid, ...); prelu: x, slope (1 or c values). */
enum mm_activation_kind { MM_RELU, MM_LEAKY_RELU, MM_PRELU, MM_SIGMOID, MM_TANH, MM_ELU };
struct mm_activation {
    enum mm_activation_kind kind;
    double slope; /* leaky relu's, elu's alpha */
};
/* Softmax over channels. */
struct mm_softmax {
    int unused;
};
/* Max: the first of equals wins; padding never wins. Average counts the padding when count_padding.
 * kernel 0: the whole extent along that axis (global pooling; stride and padding are ignored there). */
struct mm_pool_op {
    bool average, count_padding;
    int kernel[3], stride[3], low[3], high[3];
};
/* Nearest (floor(i * in / out)) or linear with align_corners or half-pixel centres, to an integer multiple. */
struct mm_upsample {
    bool linear, align_corners;
    int factor[3];
};
/* The two inputs of output i along an axis of `in` inputs, and their weights (sum 1): for kernels. */
struct mm_upsample_source {
    int64_t at[2];
    float weight[2];
};
struct mm_upsample_source mm_upsample_source_of(const struct mm_upsample *upsample, int axis, int64_t i, int64_t in);
/* inputs 2..8, along channels, of one size; with `replicate` an input may lack one voxel along an axis where input 0 has it: its last
 * ones are repeated. */
struct mm_concat {
    bool replicate;
};
/* inputs 2: same shape. */
struct mm_add {
    int unused;
};
/* Whole elements with probability p (torch.nn.Dropout); survivors scaled by 1/(1-p). Draw: Philox, domain dropout,
 * a = node, b = element index / 4 (low word), c = step; `per_channel`: one draw a channel (Dropout2d/3d). */
struct mm_dropout {
    double p;
    bool per_channel;
};
/* The factors (0 or 1/(1-p)) of elements (channels) first..first+count-1 of a plain tensor, for kernels. */
void mm_dropout_factors(const struct mm_dropout *dropout, const struct mm_op_moment *moment, uint64_t first,
                        size_t count, float *factors);
/* A loss as the last node: inputs prediction, target; output of the loss's own shape (a scalar unless reduction is none). */
struct mm_loss;
struct mm_loss_op {
    const struct mm_loss *loss;
    const void *self;
};

#endif
