/* The shapes and parameters on which every op is tested: test_ops.c checks the references by differences, test_backends.c checks
 * each kernel of each backend against the reference. Adding an op: rows here. */
#ifndef MM_TESTS_TRAINER_OPS_CASES_H
#define MM_TESTS_TRAINER_OPS_CASES_H

#include "trainer/losses/loss.h"
#include "trainer/ops/ops.h"

struct op_case {
    const char *name;
    const struct mm_op *op;
    const void *params;
    size_t count;
    struct mm_desc in[MM_OP_INPUTS_MAX];
    bool spaced;     /* the function has kinks: values are all different, far from each other and from 0 */
    bool evaluation; /* run as at inference */
};

/* Half the squared distance: a loss with the simplest gradient there is. */
static inline enum mm_status squares_shape(const void *self, const struct mm_desc *prediction,
                                           const struct mm_desc *target, struct mm_desc *value, struct mm_error *err)
{
    (void)self;
    *value = mm_desc_vector(1);
    return mm_desc_same_shape(prediction, target) ? MM_OK : mm_fail(err, MM_ERR_DATA, "target has another shape");
}

static inline void squares_forward(const struct mm_loss_call *call)
{
    double sum = 0;
    for (int64_t i = 0; i < mm_desc_count(call->prediction); i++)
        sum += 0.5 * (double)(call->x[i] - call->t[i]) * (double)(call->x[i] - call->t[i]);
    call->y[0] = (float)sum;
}

static inline void squares_backward(const struct mm_loss_call *call)
{
    for (int64_t i = 0; i < mm_desc_count(call->prediction); i++)
        call->dx[i] = call->dy[0] * (call->x[i] - call->t[i]);
}

static const struct mm_loss squares_loss = {
    .name = "squares", .shape = squares_shape, .forward = squares_forward, .backward = squares_backward};

/* clang-format off */
#define D3(n, c, d, h, w) {MM_DT_F32, MM_LAYOUT_PLAIN, 3, {n, c, d, h, w}}
#define D2(n, c, h, w) {MM_DT_F32, MM_LAYOUT_PLAIN, 2, {n, c, 1, h, w}}
#define VECTOR(c) {MM_DT_F32, MM_LAYOUT_PLAIN, 0, {c, 1, 1, 1, 1}}
#define PARAMS(type, ...) &(const struct type){__VA_ARGS__}

/* Equal kernel k, stride s and padding p in all spatial directions; i and o channels. */
#define CONV3(name, n, i, o, d, h, w, k, s, p) \
    {name, &mm_op_conv, PARAMS(mm_conv, {k, k, k}, {s, s, s}, {1, 1, 1}, {p, p, p}, {p, p, p}, 1), 3, \
     {D3(n, i, d, h, w), D3(o, i, k, k, k), VECTOR(o)}, false, false}
#define CONV2(name, n, i, o, h, w, k, s, p) \
    {name, &mm_op_conv, PARAMS(mm_conv, {1, k, k}, {1, s, s}, {1, 1, 1}, {0, p, p}, {0, p, p}, 1), 3, \
     {D2(n, i, h, w), D2(o, i, k, k), VECTOR(o)}, false, false}
/* e: extra output. Weights are (in, out, k). */
#define TRANSPOSE3(name, n, i, o, d, h, w, k, s, p, e) \
    {name, &mm_op_conv_transpose, PARAMS(mm_conv_transpose, {k, k, k}, {s, s, s}, {p, p, p}, {p, p, p}, {e, e, e}), 3, \
     {D3(n, i, d, h, w), D3(i, o, k, k, k), VECTOR(o)}, false, false}
#define TRANSPOSE2(name, n, i, o, h, w, k, s, p, e) \
    {name, &mm_op_conv_transpose, PARAMS(mm_conv_transpose, {1, k, k}, {1, s, s}, {0, p, p}, {0, p, p}, {0, e, e}), 3, \
     {D2(n, i, h, w), D2(i, o, k, k), VECTOR(o)}, false, false}
#define BATCH_NORM(name, x, c, evaluation) \
    {name, &mm_op_batch_norm, PARAMS(mm_norm, 1e-5, 0.1), 5, {x, VECTOR(c), VECTOR(c), VECTOR(c), VECTOR(c)}, false, evaluation}
#define ACTIVATION(name, kind, slope, x) \
    {name, &mm_op_activation, PARAMS(mm_activation, kind, slope), 1, {x}, true, false}
#define POOL(name, average, padding, k, s, low, high, x) \
    {name, &mm_op_pool, PARAMS(mm_pool_op, average, padding, UNPACK k, UNPACK s, UNPACK low, UNPACK high), 1, {x}, true, false}
#define UPSAMPLE(name, linear, corners, factor, x) \
    {name, &mm_op_upsample, PARAMS(mm_upsample, linear, corners, UNPACK factor), 1, {x}, false, false}
#define UNPACK(...) {__VA_ARGS__}

static const struct op_case op_cases[] = {
    ACTIVATION("relu", MM_RELU, 0, D3(2, 5, 3, 4, 5)),
    ACTIVATION("relu, 17 channels", MM_RELU, 0, D2(1, 17, 7, 9)),
    ACTIVATION("leaky relu", MM_LEAKY_RELU, 0.1, D3(2, 16, 3, 4, 5)),
    ACTIVATION("sigmoid", MM_SIGMOID, 0, D2(3, 3, 5, 7)),
    ACTIVATION("tanh", MM_TANH, 0, D2(3, 3, 5, 7)),
    ACTIVATION("elu", MM_ELU, 0.7, D3(1, 2, 3, 5, 7)),
    {"prelu, one slope", &mm_op_activation, PARAMS(mm_activation, MM_PRELU, 0), 2, {D3(2, 3, 3, 4, 5), VECTOR(1)}, true, false},
    {"prelu, slope a channel", &mm_op_activation, PARAMS(mm_activation, MM_PRELU, 0), 2, {D2(2, 17, 5, 5), VECTOR(17)}, true, false},

    {"add", &mm_op_add, PARAMS(mm_add, 0), 2, {D3(2, 5, 3, 4, 5), D3(2, 5, 3, 4, 5)}, false, false},
    {"add, 32 channels", &mm_op_add, PARAMS(mm_add, 0), 2, {D2(3, 32, 5, 3), D2(3, 32, 5, 3)}, false, false},

    BATCH_NORM("batch norm 3D", D3(2, 5, 3, 4, 5), 5, false),
    BATCH_NORM("batch norm 2D, one item", D2(1, 17, 7, 9), 17, false),
    BATCH_NORM("batch norm, evaluation", D3(2, 3, 3, 4, 5), 3, true),
    BATCH_NORM("batch norm, 32 channels", D3(3, 32, 2, 3, 5), 32, false),

    {"concat", &mm_op_concat, PARAMS(mm_concat, 0), 2, {D3(2, 3, 3, 4, 5), D3(2, 5, 3, 4, 5)}, false, false},
    {"concat, replicated", &mm_op_concat, PARAMS(mm_concat, true), 3, {D3(2, 3, 3, 4, 5), D3(2, 2, 2, 4, 4), D3(2, 4, 2, 3, 5)}, false, false},
    {"concat 2D, replicated", &mm_op_concat, PARAMS(mm_concat, true), 2, {D2(1, 16, 5, 7), D2(1, 16, 4, 6)}, false, false},
    {"concat, three", &mm_op_concat, PARAMS(mm_concat, 0), 3, {D2(2, 16, 5, 3), D2(2, 1, 5, 3), D2(2, 17, 5, 3)}, false, false},
    {"concat, 16 and 32", &mm_op_concat, PARAMS(mm_concat, 0), 2, {D3(1, 16, 2, 4, 5), D3(1, 32, 2, 4, 5)}, false, false},

    CONV3("conv 3D k3, 1 to 2", 2, 1, 2, 5, 6, 7, 3, 1, 1),
    CONV3("conv 3D k3, 3 to 5", 1, 3, 5, 5, 4, 7, 3, 1, 1),
    CONV3("conv 3D k3 s2, 2 to 16", 2, 2, 16, 5, 6, 7, 3, 2, 1),
    CONV3("conv 3D k3, 16 to 16", 1, 16, 16, 4, 5, 6, 3, 1, 1),
    CONV3("conv 3D k3, 17 to 3", 1, 17, 3, 4, 3, 5, 3, 1, 1),
    CONV3("conv 3D k1, 32 to 2", 2, 32, 2, 3, 4, 5, 1, 1, 0),
    CONV3("conv 3D k2 s2, 5 to 17", 1, 5, 17, 5, 4, 7, 2, 2, 0),
    CONV3("conv 3D k5, 1 to 3", 1, 1, 3, 7, 6, 9, 5, 1, 2),
    CONV3("conv 3D k3 unpadded", 2, 2, 3, 5, 4, 6, 3, 1, 0),
    CONV2("conv 2D k3, 1 to 16", 3, 1, 16, 9, 11, 3, 1, 1),
    CONV2("conv 2D k3, 16 to 32", 2, 16, 32, 7, 9, 3, 1, 1),
    CONV2("conv 2D k3 s2, 3 to 17", 2, 3, 17, 9, 8, 3, 2, 1),
    CONV2("conv 2D k1, 17 to 5", 1, 17, 5, 7, 9, 1, 1, 0),
    CONV2("conv 2D k5 s2, 2 to 5", 1, 2, 5, 11, 9, 5, 2, 2),
    CONV2("conv 2D k2, 32 to 1", 1, 32, 1, 6, 7, 2, 1, 0),
    CONV2("conv 2D k5, wider than the input", 2, 2, 3, 2, 1, 5, 1, 2),
    CONV3("conv 3D k3 s2 on one voxel", 1, 3, 2, 1, 1, 1, 3, 2, 1),
    {"conv 3D, all different", &mm_op_conv,
     PARAMS(mm_conv, {3, 1, 2}, {1, 2, 3}, {2, 1, 1}, {2, 0, 1}, {1, 0, 0}, 1), 2, {D3(2, 3, 6, 5, 8), D3(5, 3, 3, 1, 2)}, false, false},
    {"conv 3D, groups and no bias", &mm_op_conv,
     PARAMS(mm_conv, {3, 3, 3}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, 2), 2, {D3(1, 4, 4, 4, 5), D3(6, 2, 3, 3, 3)}, false, false},
    {"conv 2D, dilation 2", &mm_op_conv,
     PARAMS(mm_conv, {1, 3, 3}, {1, 1, 1}, {1, 2, 2}, {0, 2, 2}, {0, 2, 2}, 1), 3, {D2(2, 3, 9, 8), D2(5, 3, 3, 3), VECTOR(5)}, false, false},
    {"conv 2D, padding as keras same", &mm_op_conv,
     PARAMS(mm_conv, {1, 2, 2}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {0, 1, 1}, 1), 3, {D2(1, 5, 6, 7), D2(3, 5, 2, 2), VECTOR(3)}, false, false},

    TRANSPOSE3("transposed 3D k3 s2 e1, 5 to 3", 2, 5, 3, 3, 4, 5, 3, 2, 1, 1),
    TRANSPOSE3("transposed 3D k2 s2, 16 to 16", 1, 16, 16, 3, 4, 5, 2, 2, 0, 0),
    TRANSPOSE3("transposed 3D k2 s2, 32 to 17", 1, 32, 17, 2, 3, 4, 2, 2, 0, 0),
    TRANSPOSE3("transposed 3D k3 s1, 2 to 1", 3, 2, 1, 3, 4, 5, 3, 1, 1, 0),
    TRANSPOSE2("transposed 2D k2 s2, 16 to 5", 2, 16, 5, 5, 7, 2, 2, 0, 0),
    TRANSPOSE2("transposed 2D k3 s2 e1, 17 to 2", 1, 17, 2, 5, 4, 3, 2, 1, 1),
    TRANSPOSE2("transposed 2D k5 s2, 3 to 2", 1, 3, 2, 5, 4, 5, 2, 2, 0),
    {"transposed 3D, all different, no bias", &mm_op_conv_transpose,
     PARAMS(mm_conv_transpose, {3, 1, 2}, {1, 2, 3}, {1, 0, 0}, {0, 0, 1}, {0, 1, 0}), 2, {D3(1, 3, 4, 5, 3), D3(3, 2, 3, 1, 2)}, false, false},

    {"dropout", &mm_op_dropout, PARAMS(mm_dropout, 0.4, false), 1, {D3(2, 5, 3, 4, 5)}, false, false},
    {"dropout a channel", &mm_op_dropout, PARAMS(mm_dropout, 0.4, true), 1, {D2(2, 17, 5, 3)}, false, false},
    {"dropout, evaluation", &mm_op_dropout, PARAMS(mm_dropout, 0.4, false), 1, {D2(2, 3, 5, 3)}, false, true},

    {"group norm, 2 of 3", &mm_op_group_norm, PARAMS(mm_group_norm, {1e-5, 0}, 2), 3, {D3(2, 6, 3, 4, 5), VECTOR(6), VECTOR(6)}, false, false},
    {"group norm, 8 of 2", &mm_op_group_norm, PARAMS(mm_group_norm, {1e-5, 0}, 8), 3, {D3(1, 16, 3, 4, 5), VECTOR(16), VECTOR(16)}, false, false},
    {"group norm 2D, one group", &mm_op_group_norm, PARAMS(mm_group_norm, {1e-5, 0}, 1), 3, {D2(3, 17, 7, 5), VECTOR(17), VECTOR(17)}, false, false},

    {"instance norm", &mm_op_instance_norm, PARAMS(mm_norm, 1e-5, 0.1), 1, {D3(2, 5, 3, 4, 5)}, false, false},
    {"instance norm, affine", &mm_op_instance_norm, PARAMS(mm_norm, 1e-5, 0.1), 3, {D3(2, 16, 3, 4, 5), VECTOR(16), VECTOR(16)}, false, false},
    {"instance norm 2D, affine", &mm_op_instance_norm, PARAMS(mm_norm, 1e-5, 0.1), 3, {D2(3, 17, 7, 5), VECTOR(17), VECTOR(17)}, false, false},

    {"loss", &mm_op_loss, PARAMS(mm_loss_op, &squares_loss, NULL), 2, {D3(2, 3, 3, 4, 5), D3(2, 3, 3, 4, 5)}, false, false},

    POOL("max pool 3D k2", false, false, (2, 2, 2), (2, 2, 2), (0, 0, 0), (0, 0, 0), D3(2, 5, 4, 6, 7)),
    POOL("max pool 2D k3 s2 padded", false, false, (1, 3, 3), (1, 2, 2), (0, 1, 1), (0, 1, 1), D2(2, 17, 7, 9)),
    POOL("max pool 2D k2, 16", false, false, (1, 2, 2), (1, 2, 2), (0, 0, 0), (0, 0, 0), D2(3, 16, 8, 6)),
    POOL("average pool 3D k3, padding not counted", true, false, (3, 3, 3), (2, 1, 2), (1, 1, 1), (1, 1, 1), D3(1, 3, 5, 4, 7)),
    POOL("average pool 2D k3, padding counted", true, true, (1, 3, 3), (1, 2, 2), (0, 1, 1), (0, 1, 0), D2(2, 5, 7, 9)),
    POOL("global average pool", true, false, (0, 0, 0), (0, 0, 0), (0, 0, 0), (0, 0, 0), D3(2, 32, 3, 4, 5)),

    {"softmax", &mm_op_softmax, PARAMS(mm_softmax, 0), 1, {D3(2, 5, 3, 4, 7)}, false, false},
    {"softmax, 2 channels", &mm_op_softmax, PARAMS(mm_softmax, 0), 1, {D2(1, 2, 9, 11)}, false, false},

    UPSAMPLE("nearest x2", false, false, (2, 2, 2), D3(2, 3, 2, 3, 4)),
    UPSAMPLE("nearest 2D x3, 17", false, false, (1, 3, 3), D2(1, 17, 3, 4)),
    UPSAMPLE("linear x2", true, false, (2, 2, 2), D3(2, 3, 2, 3, 4)),
    UPSAMPLE("linear 2D x2, 16", true, false, (1, 2, 2), D2(2, 16, 4, 5)),
    UPSAMPLE("linear x2, align corners", true, true, (2, 2, 2), D3(1, 5, 3, 1, 4)),
    UPSAMPLE("linear x3 and x1", true, false, (1, 3, 1), D3(1, 2, 2, 3, 4)),
};
/* clang-format on */
#define OP_CASE_COUNT (sizeof op_cases / sizeof op_cases[0])

#endif
