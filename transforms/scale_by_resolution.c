/* Clara v3: resamples to a voxel spacing. */
#include "transforms/regrid.h"

struct scale_by_resolution {
    struct mm_doubles target_resolution;
    bool is_label;
};
#define P struct scale_by_resolution

static const struct mm_param params[] = {
    MM_DOUBLES(P, target_resolution, .required = true, .max = 1e6, .exclusive_min = true, .count_min = 1,
               .count_max = 3, .unit = "mm", .help = "spacing of x, y, z; the last one serves the axes left"),
    MM_BOOL(P, is_label, .help = "take the nearest voxel instead of interpolating"), MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    struct mm_grid grid;
    const struct mm_regrid_target target = {.spacing = &p->target_resolution};
    const struct mm_regrid_sampling how = {.interpolation = p->is_label ? MM_NEAREST : MM_LINEAR,
                                           .outside = MM_OUTSIDE_BORDER};
    if (MM_TRY(s, mm_field_volume(field, &image, err)) || MM_TRY(s, mm_regrid_find(image, &target, &grid, err)))
        return s;
    return mm_regrid_apply(step, sample, field, &grid, &how, err);
}

const struct mm_transform mm_transform_scale_by_resolution = {
    .name = "ScaleByResolution",
    .summary = "resample to a voxel spacing",
    .notes = "The same grid as Spacing's. How Clara rounded sizes is not public.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL | MM_INVERTIBLE,
    .each = each,
    .invert = mm_regrid_invert,
    .example =
        "{\"name\": \"ScaleByResolution\", \"args\": {\"fields\": \"label\", \"target_resolution\": [1.5, 1, 2], "
        "\"is_label\": true}}",
};
