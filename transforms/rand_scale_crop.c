/* Cuts out a box, a share of each axis, at a random place (MONAI RandScaleCrop). */
#include <math.h>

#include "transforms/random_box.h"

struct rand_scale_crop {
    struct mm_doubles roi_scale, max_roi_scale;
    struct mm_random_box box;
};
#define P struct rand_scale_crop

static const struct mm_param params[] = {
    MM_DOUBLES(P, roi_scale, .required = true, .max = 1, .exclusive_min = true, .count_min = 1, .count_max = 3,
               .help = "share of all axes, or of each; the smallest with random_size"),
    MM_DOUBLES(P, max_roi_scale, .max = 1, .exclusive_min = true, .count_max = 3,
               .help = "largest share with random_size; all when left out"),
    MM_RANDOM_BOX_PARAMS(P), MM_PARAM_LAZY, MM_PARAMS_END};

static bool is_random(const void *self)
{
    const P *p = self;
    return p->box.random_center || p->box.random_size;
}

static enum mm_status shares_of(const struct mm_doubles *scale, const char *name, const struct mm_volume *image,
                                int size[3], struct mm_error *err)
{
    enum mm_status s;
    double share[3];
    memcpy(size, image->size, 3 * sizeof *size);
    if (!scale->count)
        return MM_OK;
    if (MM_TRY(s, mm_spatial_doubles(scale, name, image->rank, 1, share, err)))
        return s;
    for (int a = 0; a < 3; a++)
        size[a] = (int)ceil(image->size[a] * share[a]);
    return MM_OK;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    int least[3], most[3];
    if (MM_TRY(s, mm_field_volume(field, &image, err)) ||
        MM_TRY(s, shares_of(&p->roi_scale, "roi_scale", image, least, err)) ||
        MM_TRY(s, shares_of(&p->max_roi_scale, "max_roi_scale", image, most, err)))
        return s;
    return mm_random_box_cut(step, sample, field, &p->box, least, most, context, err);
}

const struct mm_transform mm_transform_rand_scale_crop = {
    .name = "RandScaleCrop",
    .summary = "cut out a share of each axis at a random place",
    .notes = "An axis of n voxels gets ceil(n * share).",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_SPATIAL | MM_INVERTIBLE | MM_TAKES_PACKED | MM_VIEWS,
    .is_random = is_random,
    .each = each,
    .invert = mm_box_invert,
    .example =
        "{\"name\": \"RandScaleCropd\", \"args\": {\"keys\": [\"image\", \"label\"], \"roi_scale\": [0.5, 0.75, 1]}}",
};
