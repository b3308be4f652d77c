/* x * (1 + factor), factor drawn from -magnitude..magnitude (Clara v3 ScaleIntensityOscillation). */
#include "transforms/intensity.h"
#include "transforms/transform.h"

struct scale_intensity_oscillation {
    double magnitude, probability;
};
#define P struct scale_intensity_oscillation

static const struct mm_param params[] = {
    MM_DOUBLE(P, magnitude, .required = true, .min = 0, .max = 1e6,
              .help = "the factor is drawn from -magnitude to magnitude"),
    MM_DOUBLE(P, probability, .def = 1, .min = 0, .max = 1, .help = "probability of doing it"), MM_PARAMS_END};

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
    struct mm_random random;
    mm_step_random(step, context, &random);
    if (!mm_step_happens(&random, p->probability))
        return MM_OK;
    return mm_voxels_rescale(sample, field, 1 + mm_random_uniform(&random, -p->magnitude, p->magnitude), 0, err);
}

const struct mm_transform mm_transform_scale_intensity_oscillation = {
    .name = "ScaleIntensityOscillation",
    .summary = "multiply the intensities by 1 plus a random factor, in Clara v3's words",
    .notes = "RandScaleIntensity with factors = magnitude; happens always unless probability says otherwise",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_VOXELWISE | MM_IN_PLACE | MM_VIEWS | MM_RESCALES,
    .is_random = is_random,
    .each = each,
    .example = "{\"name\": \"ScaleIntensityOscillation\", \"args\": {\"fields\": \"image\", \"magnitude\": 0.1}}",
};
