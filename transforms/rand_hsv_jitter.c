/* Random hue, saturation and value of RGB images. Draws: 1 happens or not, 2 hue, 3 saturation, 4 value. */
#include "transforms/colour.h"

struct rand_hsv_jitter {
    double prob, hue, saturation, value, bound;
};
#define P struct rand_hsv_jitter

static const struct mm_param params[] = {
    MM_DOUBLE(P, prob, .def = 0.5, .max = 1, .help = "probability of doing it"),
    MM_DOUBLE(P, hue, .def = 0.04, .min = 0, .max = 0.5, .unit = "turn", .help = "v: shifts from -v to v"),
    MM_DOUBLE(P, saturation, .def = 0.25, .min = 0, .max = 1, .help = "v: factors from 1 - v to 1 + v"),
    MM_DOUBLE(P, value, .def = 0.25, .min = 0, .max = 1, .help = "likewise"),
    MM_DOUBLE(P, bound, .def = MM_INTENSITY_NONE, .min = 0, .max = 1e9, .exclusive_min = true,
              .help = "greatest intensity; none: 255 for integer types, else 1"),
    MM_PARAMS_END};

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
    struct mm_random random;
    struct mm_colour colour;
    struct mm_volume *voxels;
    mm_step_random(step, context, &random);
    if (!mm_step_happens(&random, p->prob))
        return MM_OK;
    if (MM_TRY(s, mm_colour_get(sample, field, p->bound, &colour, &voxels, err)))
        return s;
    double hue = mm_random_uniform(&random, -p->hue, p->hue);
    double saturation = mm_random_uniform(&random, 1 - p->saturation, 1 + p->saturation);
    double value = mm_random_uniform(&random, 1 - p->value, 1 + p->value);
    mm_colour_hsv(&colour, hue, saturation, value);
    return mm_colour_put(sample, field, voxels, err);
}

const struct mm_transform mm_transform_rand_hsv_jitter = {
    .name = "RandHSVJitter",
    .summary = "change hue, saturation and value at random, with a probability",
    .notes = "Images need three channels.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM,
    .is_random = is_random,
    .each = each,
    .example = "{\"name\": \"RandHSVJitter\", \"args\": {\"keys\": \"rgb\", \"prob\": 0.5, \"hue\": 0.05}}",
};
