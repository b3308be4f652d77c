/* Rotates the image about its middle. */
#include "transforms/motion.h"
#include "transforms/per_key.h"

struct rotate {
    struct mm_doubles angle;
    const char *rotate_order;
    bool keep_size;
    struct mm_strings mode, padding_mode;
    const cJSON *align_corners;
    struct mm_doubles corners_of_key; /* the last, read */
};
#define P struct rotate

static const struct mm_param params[] = {
    MM_DOUBLES(P, angle, .required = true, .count_min = 1, .count_max = 3, .unit = "rad",
               .help = "about the axes of rotate_order; one serves all three; 2D: one, in the plane"),
    MM_BOOL(P, keep_size, .def = 1, .help = "keep the grid; false: enlarge it so that the turned image fits"),
    MM_MOTION_TORCH_PARAMS(P, "\"border\""),
    MM_MOTION_ORDER_PARAM(P),
    MM_IGNORED("dtype", .help = "coordinates are float64, values float32"),
    MM_PARAM_LAZY,
    MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    P *p = self;
    enum mm_status s;
    if (MM_TRY(s, mm_motion_order_check(p->rotate_order, p->angle.count, err)))
        return s;
    return mm_per_key_read(arena, p->align_corners, "align_corners", MM_PER_KEY_BOOL, NULL, &p->corners_of_key, err);
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    double angles[3];
    if (MM_TRY(s, mm_field_volume(field, &image, err)) ||
        MM_TRY(s, mm_spatial_doubles(&p->angle, "angle", image->rank == 2 ? 1 : 3, 0, angles, err)))
        return s;
    const struct mm_regrid_sampling how =
        mm_motion_sampling_by_torch(&p->mode, &p->padding_mode, &p->corners_of_key, key);
    return mm_motion_rotate(step, sample, field, angles, p->rotate_order, p->keep_size, &how, err);
}

const struct mm_transform mm_transform_rotate = {
    .name = "Rotate",
    .summary = "rotate the image by angles about its axes",
    .notes = "The voxels of the image are those of the result, turned by Rx Ry Rz, or as rotate_order says, about "
             "the middles of both.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL | MM_INVERTIBLE,
    .check = check,
    .each = each,
    .invert = mm_regrid_invert,
    .example = "{\"name\": \"Rotated\", \"args\": {\"keys\": [\"image\", \"label\"], \"angle\": [0.2, 0, 0.4], "
               "\"keep_size\": false, \"mode\": [\"bilinear\", \"nearest\"]}}",
};
