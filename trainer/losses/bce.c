/* torch.nn.BCEWithLogitsLoss: every channel is a question of its own. */
#include "trainer/losses/pixel.h"

struct bce {
    const char *reduction;
    const cJSON *pos_weight;
    struct mm_doubles by_class; /* pos_weight, from check */
};
#define P struct bce

static const struct mm_param params[] = {
    MM_VOXELS_REDUCTION(P),
    MM_JSON(P, pos_weight,
            .help = "weight of positive targets: one number, or one for each class (as [C] or [C, 1, 1])"),
    MM_IGNORED("size_average", .help = "old spelling of reduction"),
    MM_IGNORED("reduce", .help = "old spelling of reduction"),
    MM_PARAMS_END,
};

/* A class's weight: a number, or a list of one such. */
static bool read_weight(const cJSON *node, double *out)
{
    while (cJSON_IsArray(node) && cJSON_GetArraySize(node) == 1)
        node = node->child;
    *out = cJSON_IsNumber(node) ? node->valuedouble : -1;
    return *out >= 0;
}

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    P *p = self;
    bool list = cJSON_IsArray(p->pos_weight);
    size_t count = !p->pos_weight ? 0 : list ? (size_t)cJSON_GetArraySize(p->pos_weight) : 1;
    double *weights = mm_arena_array(arena, double, count + 1);
    const cJSON *item = list ? p->pos_weight->child : p->pos_weight;
    if (!weights)
        return mm_fail_memory(err, "pos_weight");
    for (size_t i = 0; i < count; i++, item = item->next)
        if (!read_weight(item, &weights[i]))
            return mm_fail(err, MM_ERR_CONFIG, "pos_weight: expected numbers from 0, one for each class");
    p->by_class = (struct mm_doubles){count, weights};
    return MM_OK;
}

static struct mm_pixel_rule rule_of(const void *self)
{
    const P *p = self;
    return (struct mm_pixel_rule){
        .background = true, .reduction = p->reduction, .pos_weight = p->by_class, .tile = mm_pixel_bce};
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
    mm_pixel_forward(&rule, call, call->y);
}

static void backward(const struct mm_loss_call *call)
{
    struct mm_pixel_rule rule = rule_of(call->self);
    mm_pixel_backward(&rule, call, 1.0, false);
}

const struct mm_loss mm_loss_bce = {
    .name = "BCEWithLogitsLoss",
    .summary = "binary cross entropy of logits, each channel by itself",
    .params = params,
    .params_size = sizeof(P),
    .check = check,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .example = "{\"pos_weight\": 2.0}",
};
