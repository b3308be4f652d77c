/* Gaussian blur with a sigma drawn for each axis (MONAI RandGaussianSmooth). */
#include "transforms/smooth.h"
#include "transforms/transform.h"
#include "transforms/voxels.h"

struct rand_gaussian_smooth {
    struct mm_doubles sigma_x, sigma_y, sigma_z;
    double prob;
    const char *approx;
};
#define P struct rand_gaussian_smooth

static const struct mm_param params[] = {
    MM_DOUBLES(P, sigma_x, .def_text = "[0.25, 1.5]", .min = 0, .max = MM_SMOOTH_SIGMA_MAX, .count_min = 2,
               .count_max = 2, .unit = "voxel", .help = "range of the standard deviation along x"),
    MM_DOUBLES(P, sigma_y, .def_text = "[0.25, 1.5]", .min = 0, .max = MM_SMOOTH_SIGMA_MAX, .count_min = 2,
               .count_max = 2, .unit = "voxel", .help = "range of the standard deviation along y"),
    MM_DOUBLES(P, sigma_z, .def_text = "[0.25, 1.5]", .min = 0, .max = MM_SMOOTH_SIGMA_MAX, .count_min = 2,
               .count_max = 2, .unit = "voxel", .help = "range of the standard deviation along z"),
    MM_DOUBLE(P, prob, .def = 0.1, .min = 0, .max = 1, .help = "probability of doing it"),
    MM_CHOICE(P, approx, .choices = MM_SMOOTH_APPROX, .def_text = "erf", .help = "form of the discrete kernel"),
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
    const struct mm_doubles *const ranges[3] = {&p->sigma_x, &p->sigma_y, &p->sigma_z};
    double sigma[3];
    for (int a = 0; a < 3; a++)
        sigma[a] = mm_random_uniform(&random, ranges[a]->items[0], ranges[a]->items[1]);
    return mm_smooth(v, sigma, p->approx, err);
}

const struct mm_transform mm_transform_rand_gaussian_smooth = {
    .name = "RandGaussianSmooth",
    .summary = "blur with a Gaussian of random width",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_IN_PLACE,
    .is_random = is_random,
    .each = each,
    .example = "{\"name\": \"RandGaussianSmoothd\", \"args\": {\"keys\": \"image\", \"prob\": 0.2}}",
};
