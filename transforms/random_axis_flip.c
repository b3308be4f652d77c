/* With a probability one axis, drawn evenly, is reversed. Draws: 1 happens or not, 2 the axis. */
#include "transforms/turn.h"

struct random_axis_flip {
    double probability;
};
#define P struct random_axis_flip

static const struct mm_param params[] = {
    MM_DOUBLE(P, probability, .aliases = "prob", .def = 0.1, .max = 1, .help = "probability to flip"), MM_PARAM_LAZY,
    MM_PARAMS_END};

static bool is_random(const void *self)
{
    const P *p = self;
    return p->probability > 0;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    if (MM_TRY(s, mm_field_volume(field, &image, err)))
        return s;
    struct mm_random random;
    mm_step_random(step, context, &random);
    bool happens = mm_step_happens(&random, p->probability);
    unsigned axis = 1u << mm_random_below(&random, (uint32_t)image->rank);
    struct mm_turn turn = mm_turn_flip(happens ? axis : 0);
    return mm_turn_apply(step, sample, field, &turn, err);
}

const struct mm_transform mm_transform_random_axis_flip = {
    .name = "RandomAxisFlip",
    .aliases = "RandAxisFlip",
    .summary = "reverse one axis, drawn at random, with a probability",
    .notes = "RandAxisFlip is MONAI's name, with prob; the default is MONAI's.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_SPATIAL | MM_INVERTIBLE | MM_VIEWS | MM_RESCALES,
    .is_random = is_random,
    .each = each,
    .invert = mm_turn_invert,
    .example =
        "{\"name\": \"RandomAxisFlip\", \"args\": {\"fields\": [\"image\", \"label\"], \"probability\": 0.75}}",
};
