/* x + normal noise (Clara v3 AddGaussianNoise). */
#include "transforms/intensity.h"
#include "transforms/transform.h"

struct add_gaussian_noise {
    double probability, mean, std;
};
#define P struct add_gaussian_noise

static const struct mm_param params[] = {
    MM_DOUBLE(P, probability, .def = 0.1, .min = 0, .max = 1, .help = "probability of doing it"),
    MM_DOUBLE(P, mean, .def = 0, .unit = "intensity", .help = "mean of the noise"),
    MM_DOUBLE(P, std, .def = 0.1, .min = 0, .max = 1e9, .unit = "intensity",
              .help = "upper end of its standard deviation, which is drawn from 0 to this"),
    MM_PARAMS_END};

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
    enum mm_status s;
    struct mm_volume *v;
    struct mm_random random;
    mm_step_random(step, context, &random);
    if (!mm_step_happens(&random, p->probability))
        return MM_OK;
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)))
        return s;
    double std = mm_random_uniform(&random, 0, p->std);
    struct mm_voxels_parts all = mm_voxels_split(v, false);
    mm_intensity_noise(all.data, all.length, p->mean, std, &random);
    return MM_OK;
}

const struct mm_transform mm_transform_add_gaussian_noise = {
    .name = "AddGaussianNoise",
    .summary = "add Gaussian noise of random strength, in Clara v3's words",
    .notes = "RandGaussianNoise with prob = probability; v3 names no strength, MONAI's default is taken",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_IN_PLACE,
    .is_random = is_random,
    .each = each,
    .example = "{\"name\": \"AddGaussianNoise\", \"args\": {\"fields\": \"image\", \"probability\": 0.1}}",
};
