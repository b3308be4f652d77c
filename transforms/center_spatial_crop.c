/* Cuts out the middle. Sizes that are not positive, or larger than the image, keep the image's. */
#include "transforms/box.h"

struct center_spatial_crop {
    struct mm_ints roi_size;
};
#define P struct center_spatial_crop

static const struct mm_param params[] = {MM_INTS(P, roi_size, .aliases = "size", .required = true, .min = -1,
                                                 .max = 1 << 20, .count_min = 1, .count_max = 3, .unit = "voxel",
                                                 .help = "size of the box; -1 or 0 keeps the axis"),
                                         MM_PARAM_LAZY, MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    int size[3];
    if (MM_TRY(s, mm_field_volume(field, &image, err)) ||
        MM_TRY(s, mm_spatial_sizes(&p->roi_size, "roi_size", image, size, err)))
        return s;
    struct mm_box box = mm_box_centre(image, size);
    return mm_box_apply(step, sample, field, &box, NULL, err);
}

const struct mm_transform mm_transform_center_spatial_crop = {
    .name = "CenterSpatialCrop",
    .aliases = "CropSubVolumeCenter",
    .summary = "cut out the middle of the image",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL | MM_INVERTIBLE | MM_TAKES_PACKED | MM_VIEWS,
    .each = each,
    .invert = mm_box_invert,
    .example =
        "{\"name\": \"CenterSpatialCropd\", \"args\": {\"keys\": [\"image\", \"label\"], \"roi_size\": [8, 8, -1]}}",
};
