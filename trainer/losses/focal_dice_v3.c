/* "FocalDice" of Clara Train 3: its Focal plus its Dice. saved: what Dice keeps, then a gradient. */
#include <math.h>

#include "trainer/losses/focal_rule.h"
#include "trainer/losses/v3.h"

struct focal_dice_v3 {
    struct mm_v3_overlap v3;
    double gamma, alpha, dice_weight, focal_weight;
};
#define P struct focal_dice_v3

static const struct mm_param params[] = {
    MM_V3_PARAMS(P),
    MM_DOUBLE(P, gamma, .def = 2, .min = 0, .max = 100, .help = "how much easy voxels are played down"),
    MM_DOUBLE(P, alpha, .def = NAN, .min = 0, .max = 1, .help = "weight of the foreground against 1 - alpha"),
    MM_DOUBLE(P, dice_weight, .def = 1, .min = 0, .max = 1e6, .help = "weight of the Dice part"),
    MM_DOUBLE(P, focal_weight, .def = 1, .min = 0, .max = 1e6, .help = "weight of the focal part"),
    MM_PARAMS_END,
};

static struct mm_pixel_rule focal_of(const P *p)
{
    return (struct mm_pixel_rule){
        .onehot = !p->v3.is_onehot_targets,
        .background = !p->v3.skip_background,
        .reduction = "mean",
        .tile = mm_focal_sigmoid_tile,
        .gamma = p->gamma,
        .alpha = p->alpha,
    };
}

/* As in Focal: a softmax over a single counted channel would always be 1. */
static bool uses_softmax(const P *p, const struct mm_desc *prediction)
{
    return !p->v3.is_onehot_targets && prediction->dim[1] > (p->v3.skip_background ? 2 : 1);
}

static size_t dice_bytes(const P *p, const struct mm_desc *prediction)
{
    struct mm_region_rule dice = mm_v3_rule(&p->v3, prediction->dim[1]);
    return (mm_region_bytes(&dice.region, prediction) + sizeof(double) - 1) / sizeof(double) * sizeof(double);
}

static enum mm_status shape(const void *self, const struct mm_desc *prediction, const struct mm_desc *target,
                            struct mm_desc *value, struct mm_error *err)
{
    const P *p = self;
    enum mm_status s;
    struct mm_region_rule dice = mm_v3_rule(&p->v3, prediction->dim[1]);
    struct mm_pixel_rule focal = focal_of(p);
    if (MM_TRY(s, mm_region_rule_shape(&dice, prediction, target, value, err)))
        return s;
    return mm_pixel_shape(&focal, prediction, target, value, err);
}

static size_t saved_bytes(const void *self, const struct mm_desc *prediction, const struct mm_desc *target)
{
    (void)target;
    return dice_bytes(self, prediction) + mm_voxels_count(prediction) * sizeof(float);
}

static void forward(const struct mm_loss_call *call)
{
    const P *p = call->self;
    struct mm_region_rule dice = mm_v3_rule(&p->v3, call->prediction->dim[1]);
    struct mm_pixel_rule focal = focal_of(p);
    float part;
    mm_region_rule_forward(&dice, call, call->saved, NULL);
    if (uses_softmax(p, call->prediction))
        mm_focal_softmax_forward(&focal, call, &part);
    else
        mm_pixel_forward(&focal, call, &part);
    call->y[0] = (float)(p->dice_weight * (double)call->y[0] + p->focal_weight * (double)part);
}

static void backward(const struct mm_loss_call *call)
{
    const P *p = call->self;
    struct mm_region_rule dice = mm_v3_rule(&p->v3, call->prediction->dim[1]);
    struct mm_pixel_rule focal = focal_of(p);
    float dy = (float)(p->dice_weight * (double)call->dy[0]);
    struct mm_loss_call part = *call;
    part.dy = &dy;
    mm_region_rule_backward(&dice, &part, call->saved);
    if (!uses_softmax(p, call->prediction)) {
        mm_pixel_backward(&focal, call, p->focal_weight, true);
        return;
    }
    dy = (float)(p->focal_weight * (double)call->dy[0]);
    part.dx = (float *)((char *)call->saved + dice_bytes(p, call->prediction));
    mm_focal_softmax_backward(&focal, &part);
    for (size_t i = 0; i < mm_voxels_count(call->prediction); i++)
        call->dx[i] += part.dx[i];
}

const struct mm_loss mm_loss_focal_dice_v3 = {
    .name = "FocalDice",
    .summary = "focal loss plus Dice loss with the arguments of Clara Train 3",
    .notes = "Predictions are logits here: softmax for class indices, sigmoid for one-hot targets.",
    .params = params,
    .params_size = sizeof(P),
    .shape = shape,
    .saved_bytes = saved_bytes,
    .forward = forward,
    .backward = backward,
    .example = "{\"skip_background\": true}",
};
