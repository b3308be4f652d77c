/* With a probability, moves the image by a random affine map. Draws: 1 happens or not, then rotation, shear,
 * translation and scale, one for each range. */
#include "image/affine.h"
#include "transforms/motion.h"
#include "transforms/per_key.h"

struct rand_affine {
    double prob;
    const cJSON *rotate_range, *shear_range, *translate_range, *scale_range;
    struct mm_ints spatial_size;
    struct mm_strings mode, padding_mode;
    const cJSON *align_corners;
    struct mm_motion_ranges ranges; /* the above, read */
    struct mm_doubles corners_of_key;
};
#define P struct rand_affine

static const struct mm_param params[] = {
    MM_DOUBLE(P, prob, .def = 0.1, .max = 1, .help = "probability to move the image"),
    MM_MOTION_RANGE_PARAMS(P),
    MM_INTS(P, spatial_size, .def_text = "[-1]", .min = -1, .max = 1 << 16, .count_min = 1, .count_max = 3,
            .unit = "voxel", .help = "size of the result, moved or not; -1 or 0 keeps the axis"),
    MM_MOTION_SAMPLING_PARAMS(P, "\"reflection\""),
    MM_IGNORED("cache_grid", .help = "grids are never stored"),
    MM_IGNORED("dtype", .help = "coordinates are float64, values float32"),
    MM_IGNORED("as_tensor_output", .help = "there is one kind of image here"),
    MM_IGNORED("device", .help = "transforms run on the CPU"),
    MM_PARAM_LAZY,
    MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    P *p = self;
    enum mm_status s;
    if (MM_TRY(s, mm_motion_ranges_read(p->rotate_range, p->shear_range, p->translate_range, p->scale_range,
                                        &p->ranges, err)))
        return s;
    return mm_motion_sampling_read(arena, &p->mode, &p->padding_mode, p->align_corners, &p->corners_of_key, err);
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
    enum mm_status s;
    struct mm_volume *image;
    double matrix[16];
    int size[3];
    if (MM_TRY(s, mm_field_volume(field, &image, err)) ||
        MM_TRY(s, mm_spatial_sizes(&p->spatial_size, "spatial_size", image, size, err)))
        return s;
    struct mm_random random;
    mm_step_random(step, context, &random);
    if (mm_step_happens(&random, p->prob))
        mm_motion_draw(&p->ranges, image->rank, &random, matrix);
    else if (memcmp(size, image->size, sizeof size) == 0)
        return MM_OK;
    else
        mm_affine_identity(matrix);
    const struct mm_regrid_sampling how = mm_motion_sampling(&p->mode, &p->padding_mode, &p->corners_of_key, key);
    return mm_motion_move(step, sample, field, matrix, size, &how, err);
}

const struct mm_transform mm_transform_rand_affine = {
    .name = "RandAffine",
    .summary = "rotate, shear, shift and scale the image at random, with a probability",
    .notes = "The matrix takes voxels of the result to voxels of the image: R S T Z with R = Rx Ry Rz.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_SPATIAL | MM_INVERTIBLE,
    .check = check,
    .is_random = is_random,
    .each = each,
    .invert = mm_regrid_invert,
    .example = "{\"name\": \"RandAffined\", \"args\": {\"keys\": [\"image\", \"label\"], \"prob\": 0.5, "
               "\"rotate_range\": [0.2, 0.2, 0.2], \"scale_range\": 0.1, \"mode\": [\"bilinear\", \"nearest\"], "
               "\"padding_mode\": \"zeros\"}}",
};
