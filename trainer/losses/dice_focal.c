/* MONAI 1.3's DiceFocalLoss: lambda_dice * DiceLoss + lambda_focal * FocalLoss in its sigmoid form, also when Dice takes a softmax.
 * focal_weight weighs the classes of both parts. */
#include <math.h>

#include "trainer/losses/focal_rule.h"
#include "trainer/losses/region.h"

struct dice_focal {
    bool include_background, to_onehot_y, sigmoid, softmax, squared_pred, jaccard, batch;
    const char *reduction;
    double smooth_nr, smooth_dr, gamma, lambda_dice, lambda_focal;
    struct mm_doubles focal_weight;
};
#define P struct dice_focal

static const struct mm_param params[] = {
    MM_BOOL(P, include_background, .def = 1, .help = "class 0 counts"),
    MM_BOOL(P, to_onehot_y, .help = "the target holds class indices"),
    MM_BOOL(P, sigmoid, .help = "Dice of logits of independent classes"),
    MM_BOOL(P, softmax, .help = "Dice of logits of exclusive classes"),
    MM_BOOL(P, squared_pred, .help = "squares in the denominator"),
    MM_BOOL(P, jaccard, .help = "intersection over union instead of Dice"),
    MM_CHOICE(P, reduction, .choices = "mean sum", .def_text = "mean", .help = "how the values become one"),
    MM_DOUBLE(P, smooth_nr, .def = 1e-5, .min = 0, .max = 1e6, .help = "added to the numerator"),
    MM_DOUBLE(P, smooth_dr, .def = 1e-5, .min = 0, .max = 1e6, .help = "added to the denominator"),
    MM_BOOL(P, batch, .help = "sums run over the whole batch instead of each item"),
    MM_DOUBLE(P, gamma, .def = 2, .min = 0, .max = 100, .help = "how much easy voxels are played down"),
    MM_DOUBLES(P, focal_weight, .aliases = "weight", .min = 0, .max = 1e6,
               .help = "weights of the classes that count"),
    MM_DOUBLE(P, lambda_dice, .def = 1, .min = 0, .max = 1e6, .help = "weight of the Dice part"),
    MM_DOUBLE(P, lambda_focal, .def = 1, .min = 0, .max = 1e6, .help = "weight of the focal part"),
    MM_PARAMS_END,
};

static struct mm_region_rule dice_of(const P *p)
{
    return (struct mm_region_rule){
        .region = {mm_region_activation(p->sigmoid, p->softmax), p->to_onehot_y, p->include_background,
                   p->squared_pred, p->batch},
        .reduction = p->reduction,
        .weight = p->focal_weight,
        .value = mm_region_dice,
        .smooth_nr = p->smooth_nr,
        .smooth_dr = p->smooth_dr,
        .jaccard = p->jaccard,
    };
}

static struct mm_pixel_rule focal_of(const P *p)
{
    return (struct mm_pixel_rule){
        .onehot = p->to_onehot_y,
        .background = p->include_background,
        .reduction = p->reduction,
        .sum_of_means = true,
        .weight = p->focal_weight,
        .tile = mm_focal_sigmoid_tile,
        .gamma = p->gamma,
        .alpha = NAN,
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
    struct mm_region_rule dice = dice_of(self);
    return mm_region_rule_shape(&dice, prediction, target, value, err);
}

static size_t saved_bytes(const void *self, const struct mm_desc *prediction, const struct mm_desc *target)
{
    struct mm_region_rule dice = dice_of(self);
    (void)target;
    return mm_region_bytes(&dice.region, prediction);
}

static void forward(const struct mm_loss_call *call)
{
    const P *p = call->self;
    struct mm_region_rule dice = dice_of(p);
    struct mm_pixel_rule focal = focal_of(p);
    float part;
    mm_region_rule_forward(&dice, call, call->saved, NULL);
    mm_pixel_forward(&focal, call, &part);
    call->y[0] = (float)(p->lambda_dice * call->y[0] + p->lambda_focal * part);
}

static void backward(const struct mm_loss_call *call)
{
    const P *p = call->self;
    struct mm_region_rule dice = dice_of(p);
    struct mm_pixel_rule focal = focal_of(p);
    float dy = (float)(p->lambda_dice * call->dy[0]);
    struct mm_loss_call part = *call;
    part.dy = &dy;
    mm_region_rule_backward(&dice, &part, call->saved);
    mm_pixel_backward(&focal, call, p->lambda_focal, true);
}

const struct mm_loss mm_loss_dice_focal = {
    .name = "DiceFocalLoss",
    .summary = "Dice loss plus focal loss of the same logits",
    .params = params,
    .params_size = sizeof(P),
    .check = check,
    .shape = shape,
    .saved_bytes = saved_bytes,
    .forward = forward,
    .backward = backward,
    .example = "{\"to_onehot_y\": true, \"softmax\": true}",
};
