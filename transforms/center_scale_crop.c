/* Cuts out the middle, a share of each axis. */
#include <math.h>

#include "transforms/box.h"

struct center_scale_crop {
    struct mm_doubles roi_scale;
};
#define P struct center_scale_crop

static const struct mm_param params[] = {MM_DOUBLES(P, roi_scale, .required = true, .max = 1, .exclusive_min = true,
                                                    .count_min = 1, .count_max = 3,
                                                    .help = "share of all axes, or of each"),
                                         MM_PARAM_LAZY, MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    double share[3];
    int size[3];
    if (MM_TRY(s, mm_field_volume(field, &image, err)) ||
        MM_TRY(s, mm_spatial_doubles(&p->roi_scale, "roi_scale", image->rank, 1, share, err)))
        return s;
    for (int a = 0; a < 3; a++)
        size[a] = (int)ceil(image->size[a] * share[a]);
    struct mm_box box = mm_box_centre(image, size);
    return mm_box_apply(step, sample, field, &box, NULL, err);
}

const struct mm_transform mm_transform_center_scale_crop = {
    .name = "CenterScaleCrop",
    .summary = "cut out the middle, a share of each axis",
    .notes = "An axis of n voxels gets ceil(n * roi_scale).",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL | MM_INVERTIBLE | MM_TAKES_PACKED | MM_VIEWS,
    .each = each,
    .invert = mm_box_invert,
    .example = "{\"name\": \"CenterScaleCropd\", \"args\": {\"keys\": [\"image\", \"label\"], \"roi_scale\": [0.5, "
               "0.75, 1]}}",
};
