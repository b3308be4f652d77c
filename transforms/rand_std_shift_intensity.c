/* x + factor * std(x), factor drawn from a range (MONAI RandStdShiftIntensity). */
#include "transforms/intensity.h"
#include "transforms/transform.h"

struct rand_std_shift_intensity {
    struct mm_doubles factors;
    double prob;
    bool nonzero, channel_wise;
};
#define P struct rand_std_shift_intensity

static const struct mm_param params[] = {
    MM_DOUBLES(P, factors, .required = true, .count_min = 1, .count_max = 2,
               .help = "range of the factor; one number v means -v to v"),
    MM_DOUBLE(P, prob, .def = 0.1, .min = 0, .max = 1, .help = "probability of doing it"),
    MM_BOOL(P, nonzero, .help = "only voxels that are not 0 count and change"),
    MM_BOOL(P, channel_wise, .help = "each channel by itself"),
    MM_IGNORED("dtype", .help = "results are float32"),
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
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)))
        return s;
    double low, high;
    mm_intensity_ends(&p->factors, &low, &high);
    mm_intensity_std_shift(v, mm_random_uniform(&random, low, high), p->nonzero, p->channel_wise);
    return MM_OK;
}

const struct mm_transform mm_transform_rand_std_shift_intensity = {
    .name = "RandStdShiftIntensity",
    .summary = "add a random multiple of the standard deviation",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_IN_PLACE,
    .is_random = is_random,
    .each = each,
    .example =
        "{\"name\": \"RandStdShiftIntensityd\", \"args\": {\"keys\": \"image\", \"factors\": 0.2, \"prob\": 0.3}}",
};
