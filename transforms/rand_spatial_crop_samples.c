/* Cuts out several boxes at random places (MONAI RandSpatialCropSamples). */
#include "transforms/random_box.h"

struct rand_spatial_crop_samples {
    struct mm_ints roi_size, max_roi_size;
    int64_t num_samples;
    struct mm_random_box box;
};
#define P struct rand_spatial_crop_samples

static const struct mm_param params[] = {
    MM_INTS(P, roi_size, .required = true, .min = -1, .max = 1 << 20, .count_min = 1, .count_max = 3, .unit = "voxel",
            .help = "size, or smallest size with random_size; -1 or 0 keeps the axis"),
    MM_INT(P, num_samples, .required = true, .min = 1, .max = 1 << 16, .help = "crops of one image"),
    MM_INTS(P, max_roi_size, .min = -1, .max = 1 << 20, .count_max = 3, .unit = "voxel",
            .help = "largest size with random_size; the image's when left out"),
    MM_RANDOM_BOX_PARAMS(P),
    MM_IGNORED("meta_keys", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("meta_key_postfix", .help = "what MONAI keeps beside the image"),
    MM_PARAM_LAZY,
    MM_PARAMS_END};

static size_t outputs(const void *self)
{
    const P *p = self;
    return (size_t)p->num_samples;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key;
    const P *p = step->self;
    return mm_random_box_cut_sizes(step, sample, field, &p->box, &p->roi_size, &p->max_roi_size, context, err);
}

const struct mm_transform mm_transform_rand_spatial_crop_samples = {
    .name = "RandSpatialCropSamples",
    .summary = "crops at random places",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_SPATIAL | MM_MANY | MM_INVERTIBLE | MM_TAKES_PACKED | MM_VIEWS,
    .outputs = outputs,
    .each = each,
    .invert = mm_box_invert,
    .example = "{\"name\": \"RandSpatialCropSamplesd\", \"args\": {\"keys\": [\"image\", \"label\"], \"roi_size\": "
               "[8, 8, 8], "
               "\"num_samples\": 4}}",
};
