/* x + normal noise whose standard deviation is drawn too (MONAI RandGaussianNoise). */
#include "transforms/intensity.h"
#include "transforms/transform.h"

struct rand_gaussian_noise {
    double prob, mean, std;
    bool sample_std;
};
#define P struct rand_gaussian_noise

static const struct mm_param params[] = {
    MM_DOUBLE(P, prob, .def = 0.1, .min = 0, .max = 1, .help = "probability of doing it"),
    MM_DOUBLE(P, mean, .def = 0, .unit = "intensity", .help = "mean of the noise"),
    MM_DOUBLE(P, std, .def = 0.1, .min = 0, .max = 1e9, .unit = "intensity",
              .help = "its standard deviation, or the upper end of it with sample_std"),
    MM_BOOL(P, sample_std, .def = 1, .help = "draw the standard deviation from 0 to std"),
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
    double std = p->sample_std ? mm_random_uniform(&random, 0, p->std) : p->std;
    struct mm_voxels_parts all = mm_voxels_split(v, false);
    mm_intensity_noise(all.data, all.length, p->mean, std, &random);
    return MM_OK;
}

const struct mm_transform mm_transform_rand_gaussian_noise = {
    .name = "RandGaussianNoise",
    .summary = "add Gaussian noise of random strength",
    .notes = "the listed fields get the same noise, as in MONAI",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_IN_PLACE | MM_VIEWS,
    .is_random = is_random,
    .each = each,
    .example = "{\"name\": \"RandGaussianNoised\", \"args\": {\"keys\": \"image\", \"prob\": 0.1, \"std\": 0.1}}",
};
