/* With a probability, 1 to max_k quarter turns, drawn evenly. Draws: 1 happens or not, 2 the turns. */
#include "transforms/turn.h"

struct rand_rotate90 {
    double prob;
    int64_t max_k;
    struct mm_ints spatial_axes;
};
#define P struct rand_rotate90

static const struct mm_param params[] = {
    MM_DOUBLE(P, prob, .def = 0.1, .max = 1, .help = "probability to turn"),
    MM_INT(P, max_k, .def = 3, .min = 1, .max = 1000, .unit = "quarter turns", .help = "the most to turn"),
    MM_INTS(P, spatial_axes, .def_text = "[0, 1]", .min = -3, .max = 2, .count_min = 2, .count_max = 2,
            .help = "axes of the plane, 0 = x"),
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
    int axes[2];
    if (MM_TRY(s, mm_field_volume(field, &image, err)) ||
        MM_TRY(s, mm_turn_axes(&p->spatial_axes, image->rank, axes, err)))
        return s;
    struct mm_random random;
    mm_step_random(step, context, &random);
    bool happens = mm_step_happens(&random, p->prob);
    uint32_t turns = mm_random_below(&random, (uint32_t)p->max_k) + 1;
    struct mm_turn turn = mm_turn_rot90(happens ? turns : 0, axes);
    return mm_turn_apply(step, sample, field, &turn, err);
}

const struct mm_transform mm_transform_rand_rotate90 = {
    .name = "RandRotate90",
    .summary = "turn the image by random quarters in a plane, with a probability",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_SPATIAL | MM_INVERTIBLE | MM_VIEWS | MM_RESCALES,
    .is_random = is_random,
    .each = each,
    .invert = mm_turn_invert,
    .example =
        "{\"name\": \"RandRotate90d\", \"args\": {\"keys\": [\"image\", \"label\"], \"prob\": 0.5, \"max_k\": 3}}",
};
