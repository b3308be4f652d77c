/* Gamma correction: ((x - min) / range)^gamma * range + min (MONAI AdjustContrast). */
#include "transforms/intensity.h"
#include "transforms/transform.h"

struct adjust_contrast {
    double gamma;
    bool invert_image, retain_stats;
};
#define P struct adjust_contrast

static const struct mm_param params[] = {
    MM_DOUBLE(P, gamma, .required = true, .min = 0, .max = 1e3, .help = "exponent"),
    MM_BOOL(P, invert_image, .help = "work on the negated image"),
    MM_BOOL(P, retain_stats, .help = "restore the mean and standard deviation that the image had"), MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *v;
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)))
        return s;
    struct mm_voxels_parts all = mm_voxels_split(v, false);
    mm_intensity_gamma(all.data, all.length, p->gamma, p->invert_image, p->retain_stats);
    return MM_OK;
}

const struct mm_transform mm_transform_adjust_contrast = {
    .name = "AdjustContrast",
    .summary = "gamma correction over the range of the image",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_IN_PLACE | MM_VIEWS,
    .each = each,
    .example = "{\"name\": \"AdjustContrastd\", \"args\": {\"keys\": \"image\", \"gamma\": 1.5}}",
};
