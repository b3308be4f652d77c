/* Unsharp masking: f + alpha * (f - blur(f)) of a blurred image f (MONAI GaussianSharpen). */
#include "transforms/smooth.h"
#include "transforms/transform.h"
#include "transforms/voxels.h"

struct gaussian_sharpen {
    struct mm_doubles sigma1, sigma2;
    double alpha;
    const char *approx;
};
#define P struct gaussian_sharpen

static const struct mm_param params[] = {
    MM_DOUBLES(P, sigma1, .def_text = "[3]", .min = 0, .max = MM_SMOOTH_SIGMA_MAX, .count_min = 1, .count_max = 3,
               .unit = "voxel", .help = "first blur, one for all axes or one an axis"),
    MM_DOUBLES(P, sigma2, .def_text = "[1]", .min = 0, .max = MM_SMOOTH_SIGMA_MAX, .count_min = 1, .count_max = 3,
               .unit = "voxel", .help = "second blur, likewise"),
    MM_DOUBLE(P, alpha, .def = 30, .help = "strength"),
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
    double sigma1[3], sigma2[3];
    if (MM_TRY(s, mm_spatial_doubles(&p->sigma1, "sigma1", v->rank, 0, sigma1, err)) ||
        MM_TRY(s, mm_spatial_doubles(&p->sigma2, "sigma2", v->rank, 0, sigma2, err)))
        return s;
    return mm_smooth_sharpen(sample->arena, v, sigma1, sigma2, p->alpha, p->approx, err);
}

const struct mm_transform mm_transform_gaussian_sharpen = {
    .name = "GaussianSharpen",
    .summary = "sharpen by the difference of two blurs",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_IN_PLACE,
    .each = each,
    .example = "{\"name\": \"GaussianSharpend\", \"args\": {\"keys\": \"image\"}}",
};
