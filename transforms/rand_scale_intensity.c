/* x * (1 + factor), factor drawn from a range (MONAI RandScaleIntensity). */
#include "transforms/intensity.h"
#include "transforms/transform.h"

struct rand_scale_intensity {
    struct mm_doubles factors;
    double prob;
    bool channel_wise;
};
#define P struct rand_scale_intensity

static const struct mm_param params[] = {
    MM_DOUBLES(P, factors, .required = true, .count_min = 1, .count_max = 2,
               .help = "range of the factor; one number v means -v to v"),
    MM_DOUBLE(P, prob, .def = 0.1, .min = 0, .max = 1, .help = "probability of doing it"),
    MM_BOOL(P, channel_wise, .help = "draw for each channel by itself"),
    MM_IGNORED("dtype", .help = "results are float32"), MM_PARAMS_END};

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
    struct mm_volume *v;
    struct mm_random random;
    mm_step_random(step, context, &random);
    if (!mm_step_happens(&random, p->prob))
        return MM_OK;
    double low, high;
    mm_intensity_ends(&p->factors, &low, &high);
    if (!p->channel_wise)
        return mm_voxels_rescale(sample, field, 1 + mm_random_uniform(&random, low, high), 0, err);
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)))
        return s;
    struct mm_voxels_parts parts = mm_voxels_split(v, true);
    for (size_t i = 0; i < parts.count; i++)
        mm_intensity_scale(parts.data + i * parts.length, parts.length, 1 + mm_random_uniform(&random, low, high), 0);
    return MM_OK;
}

const struct mm_transform mm_transform_rand_scale_intensity = {
    .name = "RandScaleIntensity",
    .summary = "multiply the intensities by 1 plus a random factor",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_VOXELWISE | MM_IN_PLACE | MM_VIEWS | MM_RESCALES,
    .is_random = is_random,
    .each = each,
    .example =
        "{\"name\": \"RandScaleIntensityd\", \"args\": {\"keys\": \"image\", \"factors\": 0.1, \"prob\": 0.5}}",
};
