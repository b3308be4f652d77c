/* Clara v3: with a probability, rotates the image about all its axes. Draws: 1 happens or not, 2 to 4 the angles. */
#include "transforms/motion.h"

struct random_rotate_3d {
    double probability, angle;
};
#define P struct random_rotate_3d

static const struct mm_param params[] = {
    MM_DOUBLE(P, probability, .def = 0.1, .max = 1, .help = "probability to rotate"),
    MM_DOUBLE(P, angle, .def = 15, .min = 0, .max = 360, .unit = "degree", .help = "largest angle either way"),
    MM_PARAMS_END};

static bool is_random(const void *self)
{
    const P *p = self;
    return p->probability > 0;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    struct mm_random random;
    mm_step_random(step, context, &random);
    if (!mm_step_happens(&random, p->probability))
        return MM_OK;
    if (MM_TRY(s, mm_field_volume(field, &image, err)))
        return s;
    double angles[3];
    for (int a = 0; a < 3; a++)
        angles[a] = mm_random_uniform(&random, -p->angle, p->angle) * MM_MOTION_PI / 180;
    const struct mm_regrid_sampling how = mm_motion_sampling_of_type(image, MM_OUTSIDE_ZEROS);
    return mm_motion_rotate(step, sample, field, angles, NULL, true, &how, err);
}

const struct mm_transform mm_transform_random_rotate_3d = {
    .name = "RandomRotate3D",
    .summary = "rotate the image by random angles, with a probability",
    .notes = "Clara v3. Zeros come in at the border; fields of an integer type get the nearest voxel. How far Clara "
             "turned is not public: 15 degrees is ours.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_SPATIAL | MM_INVERTIBLE,
    .is_random = is_random,
    .each = each,
    .invert = mm_regrid_invert,
    .example = "{\"name\": \"RandomRotate3D\", \"args\": {\"fields\": [\"image\", \"label\"], \"probability\": 0.5}}",
};
