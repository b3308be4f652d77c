/* MONAI 1.3's FocalLoss: the sigmoid form unless use_softmax; with include_background false the softmax is taken after the background
 * channel is dropped, and alpha has no effect on it. */
#include <math.h>

#include "trainer/losses/focal_rule.h"

struct focal {
    bool include_background, to_onehot_y, use_softmax;
    double gamma, alpha;
    struct mm_doubles weight;
    const char *reduction;
};
#define P struct focal

static const struct mm_param params[] = {
    MM_BOOL(P, include_background, .def = 1, .help = "class 0 counts"),
    MM_BOOL(P, to_onehot_y, .help = "the target holds class indices"),
    MM_DOUBLE(P, gamma, .def = 2, .min = 0, .max = 100, .help = "how much easy voxels are played down"),
    MM_DOUBLE(P, alpha, .def = NAN, .min = 0, .max = 1, .help = "weight of the foreground against 1 - alpha"),
    MM_DOUBLES(P, weight, .min = 0, .max = 1e6, .help = "weights of the classes that count"),
    MM_VOXELS_REDUCTION(P),
    MM_BOOL(P, use_softmax, .help = "classes exclude each other"),
    MM_PARAMS_END,
};

static struct mm_pixel_rule rule_of(const void *self)
{
    const P *p = self;
    return (struct mm_pixel_rule){
        .onehot = p->to_onehot_y,
        .background = p->include_background,
        .reduction = p->reduction,
        .sum_of_means = true,
        .weight = p->weight,
        .tile = mm_focal_sigmoid_tile,
        .gamma = p->gamma,
        .alpha = p->alpha,
    };
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
    if (((const P *)call->self)->use_softmax)
        mm_focal_softmax_forward(&rule, call, call->y);
    else
        mm_pixel_forward(&rule, call, call->y);
}

static void backward(const struct mm_loss_call *call)
{
    struct mm_pixel_rule rule = rule_of(call->self);
    if (((const P *)call->self)->use_softmax)
        mm_focal_softmax_backward(&rule, call);
    else
        mm_pixel_backward(&rule, call, 1.0, false);
}

const struct mm_loss mm_loss_focal = {
    .name = "FocalLoss",
    .summary = "cross entropy that plays down voxels that are easy",
    .params = params,
    .params_size = sizeof(P),
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .example = "{\"to_onehot_y\": true, \"gamma\": 2.0}",
};
