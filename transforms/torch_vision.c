/* A transform of torchvision by its name (MONAI TorchVision): ColorJitter is there. */
#include "transforms/colour.h"

struct torch_vision {
    const char *name;
    struct mm_doubles brightness, contrast, saturation, hue;
    double bound;
};
#define P struct torch_vision

static const struct mm_param params[] = {
    MM_CHOICE(P, name, .required = true, .choices = "ColorJitter", .help = "torchvision's transform"),
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
    return mm_colour_jitter_is_random(&jitter);
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key;
    const P *p = step->self;
    const struct mm_colour_jitter jitter = MM_COLOUR_JITTER_OF(p);
    struct mm_random random;
    mm_step_random(step, context, &random);
    return mm_colour_jitter(sample, field, &jitter, &random, err);
}

const struct mm_transform mm_transform_torch_vision = {
    .name = "TorchVision",
    .aliases = "RandTorchVision",
    .summary = "torchvision's ColorJitter, in MONAI's words",
    .notes = "The same as ColorJitter.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM,
    .check = check,
    .is_random = is_random,
    .each = each,
    .example =
        "{\"name\": \"TorchVisiond\", \"args\": {\"keys\": \"rgb\", \"name\": \"ColorJitter\", \"brightness\": "
        "0.25, \"contrast\": 0.75, \"saturation\": 0.25, \"hue\": 0.04}}",
};
