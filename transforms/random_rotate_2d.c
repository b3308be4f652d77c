/* Clara v3: rotates the image in the plane of x and y. Draws: the angle. */
#include "transforms/motion.h"

struct random_rotate_2d {
    double angle;
    bool is_random;
};
#define P struct random_rotate_2d

static const struct mm_param params[] = {
    MM_DOUBLE(P, angle, .required = true, .min = -360, .max = 360, .unit = "degree",
              .help = "angle, or the largest angle either way"),
    MM_BOOL(P, is_random, .def = 1, .help = "draw the angle from [-angle, angle]"), MM_PARAMS_END};

static bool is_random(const void *self)
{
    const P *p = self;
    return p->is_random && p->angle != 0;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    if (MM_TRY(s, mm_field_volume(field, &image, err)))
        return s;
    struct mm_random random;
    mm_step_random(step, context, &random);
    double angle = p->is_random ? mm_random_uniform(&random, -p->angle, p->angle) : p->angle, angles[3] = {0};
    angles[image->rank == 2 ? 0 : 2] = angle * MM_MOTION_PI / 180;
    const struct mm_regrid_sampling how = mm_motion_sampling_of_type(image, MM_OUTSIDE_ZEROS);
    return mm_motion_rotate(step, sample, field, angles, NULL, true, &how, err);
}

const struct mm_transform mm_transform_random_rotate_2d = {
    .name = "RandomRotate2D",
    .summary = "rotate the image in the plane of x and y",
    .notes =
        "Clara v3. Zeros come in at the border; fields of an integer type get the nearest voxel. What Clara did at "
        "the border is not public.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_SPATIAL | MM_INVERTIBLE,
    .is_random = is_random,
    .each = each,
    .invert = mm_regrid_invert,
    .example = "{\"name\": \"RandomRotate2D\", \"args\": {\"fields\": [\"image\", \"label\"], \"is_random\": true, "
               "\"angle\": 15}}",
};
