/* torch.nn.MSELoss: the mean squared difference. */
#include "trainer/losses/pixel.h"

struct mse {
    const char *reduction;
};
#define P struct mse

static const struct mm_param params[] = {
    MM_VOXELS_REDUCTION(P),
    MM_IGNORED("size_average", .help = "old spelling of reduction"),
    MM_IGNORED("reduce", .help = "old spelling of reduction"),
    MM_PARAMS_END,
};

static void square(const struct mm_pixel_rule *rule, size_t class, const float *x, const float *t, float *loss,
                   float *slope)
{
    (void)rule, (void)class;
    for (int i = 0; i < MM_TILE; i++) {
        float d = x[i] - t[i];
        loss[i] = d * d;
        slope[i] = 2.0f * d;
    }
}

static struct mm_pixel_rule rule_of(const void *self)
{
    return (struct mm_pixel_rule){.background = true, .reduction = ((const P *)self)->reduction, .tile = square};
}

static enum mm_status shape(const void *self, const struct mm_desc *prediction, const struct mm_desc *target,
                            struct mm_desc *value, struct mm_error *err)
{
    struct mm_pixel_rule rule = rule_of(self);
    return mm_pixel_shape(&rule, prediction, target, value, err);
}

static void forward(const struct mm_loss_call *call)
{
    struct mm_pixel_rule rule = rule_of(call->self);
    mm_pixel_forward(&rule, call, call->y);
}

static void backward(const struct mm_loss_call *call)
{
    struct mm_pixel_rule rule = rule_of(call->self);
    mm_pixel_backward(&rule, call, 1.0, false);
}

const struct mm_loss mm_loss_mse = {
    .name = "MSELoss",
    .summary = "mean squared difference of prediction and target",
    .params = params,
    .params_size = sizeof(P),
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .example = "{}",
};
