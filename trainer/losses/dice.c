/* Dice loss as MONAI 1.3 has it: 1 - (2 sum pt + nr) / (sum p + sum t + dr) per item and class, then the mean.
 * Milletari et al. 2016, V-Net. */
#include "trainer/losses/region.h"

struct dice {
    bool include_background, to_onehot_y, sigmoid, softmax, squared_pred, jaccard, batch;
    const char *reduction;
    double smooth_nr, smooth_dr;
    struct mm_doubles weight;
};
#define P struct dice

static const struct mm_param params[] = {
    MM_BOOL(P, include_background, .def = 1, .help = "class 0 counts"),
    MM_BOOL(P, to_onehot_y, .help = "the target holds class indices"),
    MM_BOOL(P, sigmoid, .help = "the prediction is logits of independent classes"),
    MM_BOOL(P, softmax, .help = "the prediction is logits of exclusive classes"),
    MM_BOOL(P, squared_pred, .help = "squares in the denominator"),
    MM_BOOL(P, jaccard, .help = "intersection over union instead of Dice"),
    MM_VOXELS_REDUCTION(P),
    MM_DOUBLE(P, smooth_nr, .def = 1e-5, .min = 0, .max = 1e6, .help = "added to the numerator"),
    MM_DOUBLE(P, smooth_dr, .def = 1e-5, .min = 0, .max = 1e6, .help = "added to the denominator"),
    MM_BOOL(P, batch, .help = "sums run over the whole batch instead of each item"),
    MM_DOUBLES(P, weight, .min = 0, .max = 1e6, .help = "weights of the classes that count"),
    MM_PARAMS_END,
};

static struct mm_region_rule rule_of(const P *p)
{
    return (struct mm_region_rule){
        .region = {mm_region_activation(p->sigmoid, p->softmax), p->to_onehot_y, p->include_background,
                   p->squared_pred, p->batch},
        .reduction = p->reduction,
        .weight = p->weight,
        .value = mm_region_dice,
        .smooth_nr = p->smooth_nr,
        .smooth_dr = p->smooth_dr,
        .jaccard = p->jaccard,
    };
}

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    const P *p = self;
    (void)arena;
    return mm_region_check_activation(p->sigmoid, p->softmax, err);
}

static enum mm_status shape(const void *self, const struct mm_desc *prediction, const struct mm_desc *target,
                            struct mm_desc *value, struct mm_error *err)
{
    struct mm_region_rule rule = rule_of(self);
    return mm_region_rule_shape(&rule, prediction, target, value, err);
}

static size_t saved_bytes(const void *self, const struct mm_desc *prediction, const struct mm_desc *target)
{
    struct mm_region_rule rule = rule_of(self);
    (void)target;
    return mm_region_bytes(&rule.region, prediction);
}

static void forward(const struct mm_loss_call *call)
{
    struct mm_region_rule rule = rule_of(call->self);
    mm_region_rule_forward(&rule, call, call->saved, NULL);
}

static void backward(const struct mm_loss_call *call)
{
    struct mm_region_rule rule = rule_of(call->self);
    mm_region_rule_backward(&rule, call, call->saved);
}

const struct mm_loss mm_loss_dice = {
    .name = "DiceLoss",
    .summary = "overlap of soft masks with the target's masks",
    .params = params,
    .params_size = sizeof(P),
    .check = check,
    .shape = shape,
    .saved_bytes = saved_bytes,
    .forward = forward,
    .backward = backward,
    .example = "{\"to_onehot_y\": true, \"softmax\": true}",
};
