/* Cuts out a box of fixed or random size at a random place or about the middle. Draws, an axis after the other:
 * the size (with random_size), then the start (with random_center). Axes smaller than the box stay whole. */
#include "transforms/box.h"

struct rand_spatial_crop {
    struct mm_ints roi_size, max_roi_size;
    bool random_center, random_size;
};
#define P struct rand_spatial_crop

static const struct mm_param params[] = {
    MM_INTS(P, roi_size, .required = true, .min = -1, .max = 1 << 20, .count_min = 1, .count_max = 3, .unit = "voxel",
            .help = "size, or smallest size with random_size; -1 or 0 keeps the axis"),
    MM_INTS(P, max_roi_size, .min = -1, .max = 1 << 20, .count_max = 3, .unit = "voxel",
            .help = "largest size with random_size; the image's when left out"),
    MM_BOOL(P, random_center, .def = 1, .help = "at a random place instead of about the middle"),
    MM_BOOL(P, random_size, .help = "draw the size"),
    MM_PARAM_LAZY,
    MM_PARAMS_END};

static bool is_random(const void *self)
{
    const P *p = self;
    return p->random_center || p->random_size;
}

static enum mm_status find_sizes(const P *p, const struct mm_volume *image, struct mm_random *random, int size[3],
                                 struct mm_error *err)
{
    enum mm_status s;
    int most[3] = {image->size[0], image->size[1], image->size[2]};
    if (MM_TRY(s, mm_spatial_sizes(&p->roi_size, "roi_size", image, size, err)) || !p->random_size)
        return s;
    if (p->max_roi_size.count && MM_TRY(s, mm_spatial_sizes(&p->max_roi_size, "max_roi_size", image, most, err)))
        return s;
    for (int a = 0; a < image->rank; a++) {
        if (size[a] > most[a])
            return mm_fail(err, MM_ERR_DATA, "axis %d: the smallest size, %d, is above the largest, %d", a, size[a],
                           most[a]);
        size[a] += (int)mm_random_below(random, (uint32_t)(most[a] - size[a]) + 1);
    }
    return MM_OK;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    struct mm_random random;
    int size[3];
    mm_step_random(step, context, &random);
    if (MM_TRY(s, mm_field_volume(field, &image, err)) || MM_TRY(s, find_sizes(p, image, &random, size, err)))
        return s;
    struct mm_box box = mm_box_centre(image, size);
    if (p->random_center)
        mm_box_place(image, &random, &box);
    return mm_box_apply(step, sample, field, &box, NULL, err);
}

const struct mm_transform mm_transform_rand_spatial_crop = {
    .name = "RandSpatialCrop",
    .summary = "cut out a box at a random place",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_SPATIAL | MM_INVERTIBLE,
    .is_random = is_random,
    .each = each,
    .invert = mm_box_invert,
    .example =
        "{\"name\": \"RandSpatialCropd\", \"args\": {\"keys\": [\"image\", \"label\"], \"roi_size\": [8, 8, 8]}}",
};
