/* MONAI 1.3's TverskyLoss (Salehi et al. 2017): 1 - (tp + nr) / (tp + alpha fp + beta fn + dr) with tp = sum p t, fp = sum p (1 - t),
 * fn = sum (1 - p) t. */
#include "trainer/losses/region.h"

struct tversky {
    bool include_background, to_onehot_y, sigmoid, softmax, batch;
    const char *reduction;
    double alpha, beta, smooth_nr, smooth_dr;
};
#define P struct tversky

static const struct mm_param params[] = {
    MM_BOOL(P, include_background, .def = 1, .help = "class 0 counts"),
    MM_BOOL(P, to_onehot_y, .help = "the target holds class indices"),
    MM_BOOL(P, sigmoid, .help = "the prediction is logits of independent classes"),
    MM_BOOL(P, softmax, .help = "the prediction is logits of exclusive classes"),
    MM_DOUBLE(P, alpha, .def = 0.5, .min = 0, .max = 1e3, .help = "weight of false positives"),
    MM_DOUBLE(P, beta, .def = 0.5, .min = 0, .max = 1e3, .help = "weight of false negatives"),
    MM_VOXELS_REDUCTION(P),
    MM_DOUBLE(P, smooth_nr, .def = 1e-5, .min = 0, .max = 1e6, .help = "added to the numerator"),
    MM_DOUBLE(P, smooth_dr, .def = 1e-5, .min = 0, .max = 1e6, .help = "added to the denominator"),
    MM_BOOL(P, batch, .help = "sums run over the whole batch instead of each item"),
    MM_PARAMS_END,
};

static double value(const struct mm_region_rule *rule, const struct mm_region_sums *sums,
                    struct mm_region_sums *slope)
{
    double above = sums->both + rule->smooth_nr;
    double below = sums->both + rule->alpha * (sums->prediction - sums->both) +
                   rule->beta * (sums->truth - sums->both) + rule->smooth_dr;
    double ratio = above / below;
    slope->both = (ratio * (1.0 - rule->alpha - rule->beta) - 1.0) / below;
    slope->prediction = ratio * rule->alpha / below;
    slope->truth = 0;
    return 1.0 - ratio;
}

static struct mm_region_rule rule_of(const P *p)
{
    return (struct mm_region_rule){
        .region = {mm_region_activation(p->sigmoid, p->softmax), p->to_onehot_y, p->include_background, false,
                   p->batch},
        .reduction = p->reduction,
        .value = value,
        .smooth_nr = p->smooth_nr,
        .smooth_dr = p->smooth_dr,
        .alpha = p->alpha,
        .beta = p->beta,
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

const struct mm_loss mm_loss_tversky = {
    .name = "TverskyLoss",
    .summary = "overlap that weighs false positives and false negatives apart",
    .params = params,
    .params_size = sizeof(P),
    .check = check,
    .shape = shape,
    .saved_bytes = saved_bytes,
    .forward = forward,
    .backward = backward,
    .example = "{\"to_onehot_y\": true, \"softmax\": true, \"alpha\": 0.3, \"beta\": 0.7}",
};
