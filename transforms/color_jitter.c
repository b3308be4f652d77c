/* Random brightness, contrast, saturation and hue of RGB images (torchvision ColorJitter). */
#include "transforms/colour.h"

struct color_jitter {
    double prob;
    struct mm_doubles brightness, contrast, saturation, hue;
    double bound;
};
#define P struct color_jitter

static const struct mm_param params[] = {MM_DOUBLE(P, prob, .def = 1, .max = 1, .help = "probability of doing it"),
                                         MM_COLOUR_JITTER_PARAMS(P), MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const P *p = self;
    const struct mm_colour_jitter jitter = MM_COLOUR_JITTER_OF(p);
    return mm_colour_jitter_check(&jitter, err);
}

static bool is_random(const void *self)
{
    const P *p = self;
    const struct mm_colour_jitter jitter = MM_COLOUR_JITTER_OF(p);
    return p->prob > 0 && mm_colour_jitter_is_random(&jitter);
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key;
    const P *p = step->self;
    const struct mm_colour_jitter jitter = MM_COLOUR_JITTER_OF(p);
    struct mm_random random;
    mm_step_random(step, context, &random);
    return mm_step_happens(&random, p->prob) ? mm_colour_jitter(sample, field, &jitter, &random, err) : MM_OK;
}

const struct mm_transform mm_transform_color_jitter = {
    .name = "ColorJitter",
    .summary = "change brightness, contrast, saturation and hue at random",
    .notes = "torchvision's, in a random order. Images need three channels.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM,
    .check = check,
    .is_random = is_random,
    .each = each,
    .example = "{\"name\": \"ColorJitter\", \"args\": {\"keys\": \"rgb\", \"brightness\": 0.25, \"contrast\": 0.75, "
               "\"saturation\": 0.25, \"hue\": 0.04}}",
};
