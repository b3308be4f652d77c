/* Flips with a probability. Draws: 1 happens or not. */
#include "transforms/turn.h"

struct rand_flip {
    double prob;
    struct mm_ints spatial_axis;
};
#define P struct rand_flip

static const struct mm_param params[] = {
    MM_DOUBLE(P, prob, .def = 0.1, .max = 1, .help = "probability to flip"),
    MM_INTS(P, spatial_axis, .min = -3, .max = 2, .count_max = 3,
            .help = "axes to reverse, 0 = x; negative ones count from the last; all when left out"),
    MM_PARAM_LAZY, MM_PARAMS_END};

static bool is_random(const void *self)
{
    const P *p = self;
    return p->prob > 0;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    unsigned axes;
    if (MM_TRY(s, mm_field_volume(field, &image, err)) ||
        MM_TRY(s, mm_spatial_axes(&p->spatial_axis, image->rank, &axes, err)))
        return s;
    struct mm_random random;
    mm_step_random(step, context, &random);
    struct mm_turn turn = mm_turn_flip(mm_step_happens(&random, p->prob) ? axes : 0);
    return mm_turn_apply(step, sample, field, &turn, err);
}

const struct mm_transform mm_transform_rand_flip = {
    .name = "RandFlip",
    .summary = "reverse axes of the image with a probability",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_SPATIAL | MM_INVERTIBLE | MM_VIEWS | MM_RESCALES,
    .is_random = is_random,
    .each = each,
    .invert = mm_turn_invert,
    .example = "{\"name\": \"RandFlipd\", \"args\": {\"keys\": [\"image\", \"label\"], \"prob\": 0.5, "
               "\"spatial_axis\": [0]}}",
};
