/* Clara v3: cuts out a box of random size, moved away from the middle at random. Draws, an axis after the other: the
 * size, then the displacement. */
#include <math.h>

#include "transforms/box.h"

struct crop_random_size_with_displacement {
    struct mm_ints lower_size;
    struct mm_doubles max_displacement;
};
#define P struct crop_random_size_with_displacement

static const struct mm_param params[] = {
    MM_INTS(P, lower_size, .required = true, .min = 1, .max = 1 << 20, .count_min = 1, .count_max = 3,
            .unit = "voxel", .help = "smallest size; the largest is the image's"),
    MM_DOUBLES(P, max_displacement, .def_text = "[1]", .max = 1, .count_min = 1, .count_max = 3,
               .help = "share of the room beside the box by which it may leave the middle; 0: stays there"),
    MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    double share[3];
    int size[3];
    if (MM_TRY(s, mm_field_volume(field, &image, err)) ||
        MM_TRY(s, mm_spatial_ints(&p->lower_size, "lower_size", image->rank, 1, size, err)) ||
        MM_TRY(s, mm_spatial_doubles(&p->max_displacement, "max_displacement", image->rank, 0, share, err)))
        return s;
    struct mm_random random;
    mm_step_random(step, context, &random);
    for (int a = 0; a < image->rank; a++)
        if (size[a] < image->size[a])
            size[a] += (int)mm_random_below(&random, (uint32_t)(image->size[a] - size[a]) + 1);
    struct mm_box box = mm_box_centre(image, size);
    for (int a = 0; a < image->rank; a++) {
        int room = image->size[a] - box.size[a];
        double most = share[a] * room / 2, start = box.start[a] + rint(mm_random_uniform(&random, -most, most));
        box.start[a] = (int)fmin(fmax(start, 0), room);
    }
    return mm_box_apply(step, sample, field, &box, NULL, err);
}

const struct mm_transform mm_transform_crop_random_size_with_displacement = {
    .name = "CropRandomSizeWithDisplacement",
    .summary = "cut out a box of random size near the middle",
    .notes = "Clara v3. Axes shorter than lower_size stay whole. max_displacement's default is ours.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_SPATIAL | MM_INVERTIBLE | MM_TAKES_PACKED | MM_VIEWS,
    .each = each,
    .invert = mm_box_invert,
    .example = "{\"name\": \"CropRandomSizeWithDisplacement\", \"args\": {\"fields\": [\"image\", \"label\"], "
               "\"lower_size\": [8, 8, 8]}}",
};
