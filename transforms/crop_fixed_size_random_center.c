/* Clara v3: cuts out a box of fixed size at a random place. Draws: the start of each axis. */
#include "transforms/box.h"

struct crop_fixed_size_random_center {
    struct mm_ints size;
};
#define P struct crop_fixed_size_random_center

static const struct mm_param params[] = {MM_INTS(P, size, .required = true, .min = -1, .max = 1 << 20, .count_min = 1,
                                                 .count_max = 3, .unit = "voxel",
                                                 .help = "size; -1 or 0 keeps the axis"),
                                         MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    int size[3];
    if (MM_TRY(s, mm_field_volume(field, &image, err)) ||
        MM_TRY(s, mm_spatial_sizes(&p->size, "size", image, size, err)) || MM_TRY(s, mm_box_fits(image, size, err)))
        return s;
    struct mm_random random;
    mm_step_random(step, context, &random);
    struct mm_box box = mm_box_centre(image, size);
    mm_box_place(image, &random, &box);
    return mm_box_apply(step, sample, field, &box, NULL, err);
}

const struct mm_transform mm_transform_crop_fixed_size_random_center = {
    .name = "CropFixedSizeRandomCenter",
    .summary = "cut out a box of fixed size at a random place",
    .notes = "An image smaller than the box is refused: crops of other sizes could not be put into one batch.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_SPATIAL | MM_INVERTIBLE | MM_TAKES_PACKED | MM_VIEWS,
    .each = each,
    .invert = mm_box_invert,
    .example = "{\"name\": \"CropFixedSizeRandomCenter\", \"args\": {\"fields\": [\"image\", \"label\"], \"size\": "
               "[8, 8, 8]}}",
};
