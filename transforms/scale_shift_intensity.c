/* x * (1 + factor) + offset, both drawn (Clara v3 ScaleShiftIntensity). */
#include "transforms/intensity.h"
#include "transforms/transform.h"

struct scale_shift_intensity {
    double scale, shift, probability;
};
#define P struct scale_shift_intensity

static const struct mm_param params[] = {
    MM_DOUBLE(P, scale, .def = 0.1, .min = 0, .max = 1e6, .help = "the factor is drawn from 1 - scale to 1 + scale"),
    MM_DOUBLE(P, shift, .def = 0.1, .min = 0, .max = 1e6, .unit = "intensity",
              .help = "the offset is drawn from -shift to shift"),
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
    double scale = 1 + mm_random_uniform(&random, -p->scale, p->scale);
    double shift = mm_random_uniform(&random, -p->shift, p->shift);
    return mm_voxels_rescale(sample, field, scale, shift, err);
}

const struct mm_transform mm_transform_scale_shift_intensity = {
    .name = "ScaleShiftIntensity",
    .summary = "scale and shift the intensities at random, in Clara v3's words",
    .notes = "RandScaleIntensity and then RandShiftIntensity in one step; happens always unless probability says "
             "otherwise",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_VOXELWISE | MM_IN_PLACE | MM_VIEWS | MM_RESCALES,
    .is_random = is_random,
    .each = each,
    .example =
        "{\"name\": \"ScaleShiftIntensity\", \"args\": {\"fields\": \"image\", \"scale\": 0.1, \"shift\": 0.1}}",
};
