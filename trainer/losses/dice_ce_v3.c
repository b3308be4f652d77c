/* "CrossEntropyDice" of Clara Train 3: cross entropy plus Dice. */
#include "trainer/losses/dice_ce_rule.h"
#include "trainer/losses/v3.h"

struct dice_ce_v3 {
    struct mm_v3_overlap v3;
    double dice_weight, cross_entropy_weight;
};
#define P struct dice_ce_v3

static const struct mm_param params[] = {
    MM_V3_PARAMS(P),
    MM_DOUBLE(P, dice_weight, .def = 1, .min = 0, .max = 1e6, .help = "weight of the Dice part"),
    MM_DOUBLE(P, cross_entropy_weight, .def = 1, .min = 0, .max = 1e6, .help = "weight of the cross entropy part"),
    MM_PARAMS_END,
};

static struct mm_dice_ce rule_of(const void *self, const struct mm_desc *prediction)
{
    const P *p = self;
    return (struct mm_dice_ce){
        .dice = mm_v3_rule(&p->v3, prediction->dim[1]),
        .entropy = {.ignore_index = -100, .reduction = "mean"},
        .lambda_dice = p->dice_weight,
        .lambda_ce = p->cross_entropy_weight,
    };
}

static enum mm_status shape(const void *self, const struct mm_desc *prediction, const struct mm_desc *target,
                            struct mm_desc *value, struct mm_error *err)
{
    struct mm_dice_ce rule = rule_of(self, prediction);
    return mm_dice_ce_shape(&rule, prediction, target, value, err);
}

static size_t saved_bytes(const void *self, const struct mm_desc *prediction, const struct mm_desc *target)
{
    struct mm_dice_ce rule = rule_of(self, prediction);
    (void)target;
    return mm_dice_ce_bytes(&rule, prediction);
}

static void forward(const struct mm_loss_call *call)
{
    struct mm_dice_ce rule = rule_of(call->self, call->prediction);
    mm_dice_ce_forward(&rule, call);
}

static void backward(const struct mm_loss_call *call)
{
    struct mm_dice_ce rule = rule_of(call->self, call->prediction);
    mm_dice_ce_backward(&rule, call);
}

const struct mm_loss mm_loss_dice_ce_v3 = {
    .name = "CrossEntropyDice",
    .summary = "cross entropy plus Dice loss with the arguments of Clara Train 3",
    .params = params,
    .params_size = sizeof(P),
    .shape = shape,
    .saved_bytes = saved_bytes,
    .forward = forward,
    .backward = backward,
    .example = "{\"skip_background\": true}",
};
