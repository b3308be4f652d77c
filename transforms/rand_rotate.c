/* With a probability, rotates the image by random angles. Draws: 1 happens or not, 2 to 4 the angles about x, y, z. */
#include "transforms/intensity.h"
#include "transforms/motion.h"
#include "transforms/per_key.h"

struct rand_rotate {
    double prob;
    struct mm_doubles range_x, range_y, range_z;
    bool keep_size;
    struct mm_strings mode, padding_mode;
    const cJSON *align_corners;
    struct mm_doubles corners_of_key; /* the last, read */
};
#define P struct rand_rotate

static const struct mm_param params[] = {
    MM_DOUBLE(P, prob, .def = 0.1, .max = 1, .help = "probability to rotate"),
    MM_DOUBLES(P, range_x, .def_text = "[0]", .count_min = 1, .count_max = 2, .unit = "rad",
               .help = "angle about x (2D: in the plane): v for [-v, v], or two ends"),
    MM_DOUBLES(P, range_y, .def_text = "[0]", .count_min = 1, .count_max = 2, .unit = "rad", .help = "about y"),
    MM_DOUBLES(P, range_z, .def_text = "[0]", .count_min = 1, .count_max = 2, .unit = "rad", .help = "about z"),
    MM_BOOL(P, keep_size, .def = 1, .help = "keep the grid; false: enlarge it so that the turned image fits"),
    MM_MOTION_TORCH_PARAMS(P, "\"border\""),
    MM_IGNORED("dtype", .help = "coordinates are float64, values float32"),
    MM_PARAM_LAZY,
    MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    P *p = self;
    return mm_per_key_read(arena, p->align_corners, "align_corners", MM_PER_KEY_BOOL, NULL, &p->corners_of_key, err);
}

static bool is_random(const void *self)
{
    const P *p = self;
    return p->prob > 0;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    const P *p = step->self;
    const struct mm_doubles *const ranges[3] = {&p->range_x, &p->range_y, &p->range_z};
    struct mm_random random;
    mm_step_random(step, context, &random);
    if (!mm_step_happens(&random, p->prob))
        return MM_OK;
    double angles[3];
    for (int a = 0; a < 3; a++) {
        double low, high;
        mm_intensity_ends(ranges[a], &low, &high);
        angles[a] = mm_random_uniform(&random, low, high);
    }
    const struct mm_regrid_sampling how =
        mm_motion_sampling_by_torch(&p->mode, &p->padding_mode, &p->corners_of_key, key);
    return mm_motion_rotate(step, sample, field, angles, NULL, p->keep_size, &how, err);
}

const struct mm_transform mm_transform_rand_rotate = {
    .name = "RandRotate",
    .summary = "rotate the image by random angles, with a probability",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_SPATIAL | MM_INVERTIBLE,
    .check = check,
    .is_random = is_random,
    .each = each,
    .invert = mm_regrid_invert,
    .example = "{\"name\": \"RandRotated\", \"args\": {\"keys\": [\"image\", \"label\"], \"prob\": 0.5, \"range_x\": "
               "0.3, \"range_z\": [0.1, 0.2], \"mode\": [\"bilinear\", \"nearest\"]}}",
};
