/* One of several transforms, drawn by weight (MONAI OneOf). In a OneOf inside another the shares multiply. */
#include "transforms/group.h"

struct one_of {
    struct mm_group group;
    const cJSON *transforms;
    struct mm_doubles weights;
};
#define P struct one_of

static const struct mm_param params[] = {
    MM_GROUP_PARAMS(P),
    MM_DOUBLES(P, weights, .min = 0, .max = 1e9,
               .help = "how often each runs, in proportion to their sum; all alike when left out"),
    MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    P *p = self;
    return mm_group_weigh(arena, &p->group, &p->weights, err);
}

static bool is_random(const void *self)
{
    const P *p = self;
    return p->group.candidates > 1;
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    const P *p = step->self;
    struct mm_random random;
    mm_step_random(step, context, &random);
    uint32_t member = mm_group_draw(p->group.shares, p->group.count, &random);
    return mm_group_run(step, &member, 1, &random, sample, context, err);
}

const struct mm_transform mm_transform_one_of = {
    .name = "OneOf",
    .summary = "one of several transforms, drawn by weight",
    .params = params,
    .params_size = sizeof(P),
    .fields = MM_FIELDS_OWN,
    .flags = MM_RANDOM | MM_GROUP | MM_VIEWS | MM_RESCALES | MM_TAKES_PACKED,
    .check = check,
    .is_random = is_random,
    .apply = apply,
    .notes = "Each member keeps its own prob: weights say which one is asked. A member that is a list or a Compose "
             "is run as a whole. "
             "A OneOf in another is one member of it, so that its shares multiply with that one's. Members that make "
             "several samples of "
             "one cannot stand in it.",
    .example = "{\"name\": \"OneOf\", \"args\": {\"weights\": [3, 1], \"transforms\": ["
               "{\"name\": \"RandGaussianNoised\", \"args\": {\"keys\": \"image\", \"prob\": 1}}, "
               "{\"name\": \"RandFlipd\", \"args\": {\"keys\": [\"image\", \"label\"], \"prob\": 1}}]}}",
};
