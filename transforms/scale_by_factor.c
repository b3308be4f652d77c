/* Clara v3: scales the image by a factor. */
#include "transforms/scaling.h"

struct scale_by_factor {
    struct mm_doubles factor;
    bool is_label;
};
#define P struct scale_by_factor

static const struct mm_param params[] = {
    MM_DOUBLES(P, factor, .required = true, .max = MM_SCALING_FACTOR_MAX, .exclusive_min = true, .count_min = 1,
               .count_max = 3, .help = "of all axes, or of each"),
    MM_BOOL(P, is_label, .help = "take the nearest voxel instead of interpolating; always for integer types"),
    MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    struct mm_scaling how = {0};
    if (MM_TRY(s, mm_field_volume(field, &image, err)) ||
        MM_TRY(s, mm_spatial_doubles(&p->factor, "factor", image->rank, 1, how.factor, err)))
        return s;
    how.mode = p->is_label || mm_type_is_integer(image->type) ? MM_RESIZE_NEAREST : MM_RESIZE_LINEAR;
    return mm_scaling_apply(step, sample, field, &how, err);
}

const struct mm_transform mm_transform_scale_by_factor = {
    .name = "ScaleByFactor",
    .summary = "scale the image by a factor",
    .notes = "Clara v3. An axis of n voxels gets floor(n * factor).",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL | MM_INVERTIBLE,
    .each = each,
    .invert = mm_scaling_invert,
    .example = "{\"name\": \"ScaleByFactor\", \"args\": {\"fields\": [\"image\", \"label\"], \"factor\": 0.5}}",
};
