/* Gaussian blur (MONAI GaussianSmooth). */
#include "transforms/smooth.h"
#include "transforms/transform.h"
#include "transforms/voxels.h"

struct gaussian_smooth {
    struct mm_doubles sigma;
    const char *approx;
};
#define P struct gaussian_smooth

static const struct mm_param params[] = {
    MM_DOUBLES(P, sigma, .def_text = "[1]", .min = 0, .max = MM_SMOOTH_SIGMA_MAX, .count_min = 1, .count_max = 3,
               .unit = "voxel", .help = "standard deviation, one for all axes or one an axis"),
    MM_CHOICE(P, approx, .choices = MM_SMOOTH_APPROX, .def_text = "erf", .help = "form of the discrete kernel"),
    MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *v;
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)))
        return s;
    double sigma[3];
    if (MM_TRY(s, mm_spatial_doubles(&p->sigma, "sigma", v->rank, 0, sigma, err)))
        return s;
    return mm_smooth(v, sigma, p->approx, err);
}

const struct mm_transform mm_transform_gaussian_smooth = {
    .name = "GaussianSmooth",
    .summary = "blur with a Gaussian",
    .notes = "the image is 0 outside, so borders darken; sigma is in voxels",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_IN_PLACE,
    .each = each,
    .example = "{\"name\": \"GaussianSmoothd\", \"args\": {\"keys\": \"image\", \"sigma\": 1.0}}",
};
