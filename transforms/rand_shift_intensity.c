/* x + offset, offset drawn from a range (MONAI RandShiftIntensity). */
#include "transforms/intensity.h"
#include "transforms/transform.h"

struct rand_shift_intensity {
    struct mm_doubles offsets;
    double prob;
    bool channel_wise;
};
#define P struct rand_shift_intensity

static const struct mm_param params[] = {
    MM_DOUBLES(P, offsets, .required = true, .count_min = 1, .count_max = 2, .unit = "intensity",
               .help = "range of the offset; one number v means -v to v"),
    MM_DOUBLE(P, prob, .def = 0.1, .min = 0, .max = 1, .help = "probability of doing it"),
    MM_BOOL(P, channel_wise, .help = "draw for each channel by itself"),
    MM_IGNORED("safe", .help = "results are float32, which does not overflow here"),
    MM_IGNORED("factor_key", .help = "statistics of IntensityStats are not kept"),
    MM_IGNORED("meta_keys", .help = "see factor_key"),
    MM_IGNORED("meta_key_postfix", .help = "see factor_key"),
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
    struct mm_volume *v;
    struct mm_random random;
    mm_step_random(step, context, &random);
    if (!mm_step_happens(&random, p->prob))
        return MM_OK;
    double low, high;
    mm_intensity_ends(&p->offsets, &low, &high);
    if (!p->channel_wise)
        return mm_voxels_rescale(sample, field, 1, mm_random_uniform(&random, low, high), err);
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)))
        return s;
    struct mm_voxels_parts parts = mm_voxels_split(v, true);
    for (size_t i = 0; i < parts.count; i++)
        mm_intensity_scale(parts.data + i * parts.length, parts.length, 1, mm_random_uniform(&random, low, high));
    return MM_OK;
}

const struct mm_transform mm_transform_rand_shift_intensity = {
    .name = "RandShiftIntensity",
    .summary = "add a random offset to the intensities",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_VOXELWISE | MM_IN_PLACE | MM_VIEWS | MM_RESCALES,
    .is_random = is_random,
    .each = each,
    .example =
        "{\"name\": \"RandShiftIntensityd\", \"args\": {\"keys\": \"image\", \"offsets\": 0.1, \"prob\": 0.5}}",
};
