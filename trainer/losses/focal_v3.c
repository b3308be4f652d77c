/* "Focal" of Clara Train 3: the softmax form for class indices, the sigmoid form for one-hot targets and single channels. */
#include <math.h>

#include "trainer/losses/focal_rule.h"

struct focal_v3 {
    bool is_onehot_targets, skip_background;
    double gamma, alpha;
};
#define P struct focal_v3

static const struct mm_param params[] = {
    MM_BOOL(P, is_onehot_targets, .help = "the target has one mask a class"),
    MM_BOOL(P, skip_background, .help = "class 0 does not count"),
    MM_DOUBLE(P, gamma, .def = 2, .min = 0, .max = 100, .help = "how much easy voxels are played down"),
    MM_DOUBLE(P, alpha, .def = NAN, .min = 0, .max = 1, .help = "weight of the foreground against 1 - alpha"),
    MM_IGNORED("data_format", .help = "memory order of another framework"),
    MM_PARAMS_END,
};

static struct mm_pixel_rule rule_of(const void *self)
{
    const P *p = self;
    return (struct mm_pixel_rule){
        .onehot = !p->is_onehot_targets,
        .background = !p->skip_background,
        .reduction = "mean",
        .tile = mm_focal_sigmoid_tile,
        .gamma = p->gamma,
        .alpha = p->alpha,
    };
}

/* A softmax over a single counted channel would always be 1. */
static bool uses_softmax(const P *p, const struct mm_desc *prediction)
{
    return !p->is_onehot_targets && prediction->dim[1] > (p->skip_background ? 2 : 1);
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
    if (uses_softmax(call->self, call->prediction))
        mm_focal_softmax_forward(&rule, call, call->y);
    else
        mm_pixel_forward(&rule, call, call->y);
}

static void backward(const struct mm_loss_call *call)
{
    struct mm_pixel_rule rule = rule_of(call->self);
    if (uses_softmax(call->self, call->prediction))
        mm_focal_softmax_backward(&rule, call);
    else
        mm_pixel_backward(&rule, call, 1.0, false);
}

const struct mm_loss mm_loss_focal_v3 = {
    .name = "Focal",
    .summary = "focal loss with the arguments of Clara Train 3",
    .params = params,
    .params_size = sizeof(P),
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .example = "{\"skip_background\": true}",
};
