/* "Dice" of Clara Train 3: its arguments, the same Dice. */
#include "trainer/losses/v3.h"

struct dice_v3 {
    struct mm_v3_overlap v3;
};
#define P struct dice_v3

static const struct mm_param params[] = {MM_V3_PARAMS(P), MM_PARAMS_END};

static struct mm_region_rule rule_of(const void *self, const struct mm_desc *prediction)
{
    return mm_v3_rule(&((const P *)self)->v3, prediction->dim[1]);
}

static enum mm_status shape(const void *self, const struct mm_desc *prediction, const struct mm_desc *target,
                            struct mm_desc *value, struct mm_error *err)
{
    struct mm_region_rule rule = rule_of(self, prediction);
    return mm_region_rule_shape(&rule, prediction, target, value, err);
}

static size_t saved_bytes(const void *self, const struct mm_desc *prediction, const struct mm_desc *target)
{
    struct mm_region_rule rule = rule_of(self, prediction);
    (void)target;
    return mm_region_bytes(&rule.region, prediction);
}

static void forward(const struct mm_loss_call *call)
{
    struct mm_region_rule rule = rule_of(call->self, call->prediction);
    mm_region_rule_forward(&rule, call, call->saved, NULL);
}

static void backward(const struct mm_loss_call *call)
{
    struct mm_region_rule rule = rule_of(call->self, call->prediction);
    mm_region_rule_backward(&rule, call, call->saved);
}

const struct mm_loss mm_loss_dice_v3 = {
    .name = "Dice",
    .summary = "Dice loss with the arguments of Clara Train 3",
    .notes = "Predictions are logits here: softmax for class indices, sigmoid for one-hot targets, unless activation "
             "says otherwise.",
    .params = params,
    .params_size = sizeof(P),
    .shape = shape,
    .saved_bytes = saved_bytes,
    .forward = forward,
    .backward = backward,
    .example = "{\"squared_pred\": true, \"is_onehot_targets\": false, \"skip_background\": true}",
};
