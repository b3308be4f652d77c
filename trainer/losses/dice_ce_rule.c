/* Dice plus cross entropy; see dice_ce_rule.h. */
#include "trainer/losses/dice_ce_rule.h"

/* Saved memory: the Dice part with its p, the entropy part, and a softmax of its own when Dice's p is none. */
struct parts {
    void *dice, *entropy;
    float *softmax;
    bool shared;
};

static bool shares_softmax(const struct mm_dice_ce *rule)
{
    return rule->dice.region.activation == MM_VOXEL_SOFTMAX;
}

static struct parts parts_of(const struct mm_dice_ce *rule, const struct mm_loss_call *call)
{
    struct parts parts = {.dice = call->saved, .shared = shares_softmax(rule)};
    parts.entropy = (char *)call->saved + mm_region_bytes(&rule->dice.region, call->prediction);
    parts.softmax = parts.shared ? mm_region_memory(&rule->dice.region, call->prediction, parts.dice).p
                                 : (float *)((char *)parts.entropy + mm_entropy_bytes(call->prediction));
    return parts;
}

static struct mm_pixel_rule binary_rule(const struct mm_dice_ce *rule)
{
    return (struct mm_pixel_rule){.background = true,
                                  .reduction = rule->entropy.reduction,
                                  .tile = mm_pixel_bce,
                                  .pos_weight = rule->entropy.weight};
}

enum mm_status mm_dice_ce_shape(const struct mm_dice_ce *rule, const struct mm_desc *prediction,
                                const struct mm_desc *target, struct mm_desc *value, struct mm_error *err)
{
    enum mm_status status;
    if (MM_TRY(status, mm_region_rule_shape(&rule->dice, prediction, target, value, err)))
        return status;
    if (prediction->dim[1] == 1) {
        struct mm_pixel_rule pixel = binary_rule(rule);
        return mm_pixel_shape(&pixel, prediction, target, value, err);
    }
    return mm_entropy_shape(&rule->entropy, prediction, target, value, err);
}

size_t mm_dice_ce_bytes(const struct mm_dice_ce *rule, const struct mm_desc *prediction)
{
    size_t own = shares_softmax(rule) ? 0 : mm_voxels_count(prediction) * sizeof(float);
    return mm_region_bytes(&rule->dice.region, prediction) + mm_entropy_bytes(prediction) + own;
}

void mm_dice_ce_forward(const struct mm_dice_ce *rule, const struct mm_loss_call *call)
{
    struct parts parts = parts_of(rule, call);
    bool binary = call->prediction->dim[1] == 1;
    float *log_sum = binary ? NULL : mm_entropy_log_sum(parts.entropy), ce;
    mm_region_rule_forward(&rule->dice, call, parts.dice, log_sum);
    if (binary) {
        struct mm_pixel_rule pixel = binary_rule(rule);
        mm_pixel_forward(&pixel, call, &ce);
    } else {
        if (!parts.shared)
            mm_voxels_softmax(call->prediction, call->x, parts.softmax, log_sum);
        mm_entropy_forward(&rule->entropy, call, parts.entropy, &ce);
    }
    call->y[0] = (float)(rule->lambda_dice * call->y[0] + rule->lambda_ce * ce);
}

void mm_dice_ce_backward(const struct mm_dice_ce *rule, const struct mm_loss_call *call)
{
    struct parts parts = parts_of(rule, call);
    float dy = (float)(rule->lambda_dice * call->dy[0]);
    struct mm_loss_call dice = *call;
    dice.dy = &dy;
    mm_region_rule_backward(&rule->dice, &dice, parts.dice);
    if (call->prediction->dim[1] == 1) {
        struct mm_pixel_rule pixel = binary_rule(rule);
        mm_pixel_backward(&pixel, call, rule->lambda_ce, true);
    } else {
        mm_entropy_backward(&rule->entropy, call, parts.entropy, parts.softmax, rule->lambda_ce, true);
    }
}
