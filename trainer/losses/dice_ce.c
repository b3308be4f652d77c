/* MONAI 1.3's DiceCELoss: lambda_dice * DiceLoss + lambda_ce * CrossEntropyLoss of the same logits. */
#include "trainer/losses/dice_ce_rule.h"

struct dice_ce {
    bool include_background, to_onehot_y, sigmoid, softmax, squared_pred, jaccard, batch;
    const char *reduction;
    double smooth_nr, smooth_dr, lambda_dice, lambda_ce;
    struct mm_doubles ce_weight;
};
#define P struct dice_ce

static const struct mm_param params[] = {
    MM_BOOL(P, include_background, .def = 1, .help = "class 0 counts for Dice (cross entropy is over all classes)"),
    MM_BOOL(P, to_onehot_y, .help = "the target holds class indices"),
    MM_BOOL(P, sigmoid, .help = "Dice of logits of independent classes"),
    MM_BOOL(P, softmax, .help = "Dice of logits of exclusive classes"),
    MM_BOOL(P, squared_pred, .help = "squares in the denominator"),
    MM_BOOL(P, jaccard, .help = "intersection over union instead of Dice"),
    MM_CHOICE(P, reduction, .choices = "mean sum", .def_text = "mean", .help = "how the values become one"),
    MM_DOUBLE(P, smooth_nr, .def = 1e-5, .min = 0, .max = 1e6, .help = "added to the numerator"),
    MM_DOUBLE(P, smooth_dr, .def = 1e-5, .min = 0, .max = 1e6, .help = "added to the denominator"),
    MM_BOOL(P, batch, .help = "sums run over the whole batch instead of each item"),
    MM_DOUBLES(P, ce_weight, .aliases = "weight", .min = 0, .max = 1e6, .help = "weight of each class"),
    MM_DOUBLE(P, lambda_dice, .def = 1, .min = 0, .max = 1e6, .help = "weight of the Dice part"),
    MM_DOUBLE(P, lambda_ce, .def = 1, .min = 0, .max = 1e6, .help = "weight of the cross entropy part"),
    MM_PARAMS_END,
};

/* Class weights of the Dice part: those of the classes that count. */
static struct mm_doubles dice_weight(const P *p)
{
    if (p->include_background || !p->ce_weight.count)
        return p->ce_weight;
    const size_t skipped = 1;
    return (struct mm_doubles){p->ce_weight.count - skipped, p->ce_weight.items + skipped};
}

static struct mm_dice_ce rule_of(const P *p)
{
    return (struct mm_dice_ce){
        .dice =
            {
                .region = {mm_region_activation(p->sigmoid, p->softmax), p->to_onehot_y, p->include_background,
                           p->squared_pred, p->batch},
                .reduction = p->reduction,
                .weight = dice_weight(p),
                .value = mm_region_dice,
                .smooth_nr = p->smooth_nr,
                .smooth_dr = p->smooth_dr,
                .jaccard = p->jaccard,
            },
        .entropy = {.weight = p->ce_weight, .ignore_index = -100, .reduction = p->reduction},
        .lambda_dice = p->lambda_dice,
        .lambda_ce = p->lambda_ce,
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
    struct mm_dice_ce rule = rule_of(self);
    return mm_dice_ce_shape(&rule, prediction, target, value, err);
}

static size_t saved_bytes(const void *self, const struct mm_desc *prediction, const struct mm_desc *target)
{
    struct mm_dice_ce rule = rule_of(self);
    (void)target;
    return mm_dice_ce_bytes(&rule, prediction);
}

static void forward(const struct mm_loss_call *call)
{
    struct mm_dice_ce rule = rule_of(call->self);
    mm_dice_ce_forward(&rule, call);
}

static void backward(const struct mm_loss_call *call)
{
    struct mm_dice_ce rule = rule_of(call->self);
    mm_dice_ce_backward(&rule, call);
}

const struct mm_loss mm_loss_dice_ce = {
    .name = "DiceCELoss",
    .summary = "Dice loss plus cross entropy of the same logits",
    .notes = "A prediction of one channel takes binary cross entropy.",
    .params = params,
    .params_size = sizeof(P),
    .check = check,
    .shape = shape,
    .saved_bytes = saved_bytes,
    .forward = forward,
    .backward = backward,
    .example = "{\"to_onehot_y\": true, \"softmax\": true}",
};
