/* Several transforms, all of them, in an order that is drawn (MONAI RandomOrder). */
#include "transforms/group.h"

struct random_order {
    struct mm_group group;
    const cJSON *transforms;
};
#define P struct random_order

static const struct mm_param params[] = {MM_GROUP_PARAMS(P), MM_PARAMS_END};

static bool is_random(const void *self)
{
    const P *p = self;
    return p->group.count > 1;
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    const P *p = step->self;
    struct mm_random random;
    uint32_t *order = mm_arena_array(sample->arena, uint32_t, p->group.count);
    if (!order)
        return mm_fail_memory(err, "an order");
    for (uint32_t i = 0; i < p->group.count; i++)
        order[i] = i;
    mm_step_random(step, context, &random);
    mm_random_shuffle(&random, order, p->group.count);
    return mm_group_run(step, order, p->group.count, &random, sample, context, err);
}

const struct mm_transform mm_transform_random_order = {
    .name = "RandomOrder",
    .summary = "several transforms in an order that is drawn",
    .params = params,
    .params_size = sizeof(P),
    .fields = MM_FIELDS_OWN,
    .flags = MM_RANDOM | MM_GROUP | MM_VIEWS | MM_RESCALES | MM_TAKES_PACKED,
    .is_random = is_random,
    .apply = apply,
    .notes = "A member that is a list or a Compose is run as a whole, in its own order. Members that make several "
             "samples of one cannot "
             "stand in it.",
    .example = "{\"name\": \"RandomOrder\", \"args\": {\"transforms\": ["
               "{\"name\": \"RandShiftIntensityd\", \"args\": {\"keys\": \"image\", \"offsets\": 10, \"prob\": 1}}, "
               "{\"name\": \"RandAdjustContrastd\", \"args\": {\"keys\": \"image\", \"prob\": 0.5}}]}}",
};
