/* With a probability, deforms a 3D image by smoothed random offsets of its voxels. Draws: 1 happens or not,
 * 2 magnitude, 3 sigma, then rotation, shear, translation and scale, then the offsets. */
#include "image/affine.h"
#include "transforms/elastic.h"
#include "transforms/smooth.h"

#define GIVEN_FIELD "rand_offset"
#define TRUNCATED   3 /* the Gaussian ends there, in sigmas */

struct rand_3d_elastic {
    double prob;
    struct mm_doubles sigma_range, magnitude_range;
    const cJSON *rotate_range, *shear_range, *translate_range, *scale_range;
    struct mm_ints spatial_size;
    struct mm_strings mode, padding_mode;
    struct mm_motion_ranges ranges; /* the above, read */
};
#define P struct rand_3d_elastic

static const struct mm_param params[] = {
    MM_DOUBLE(P, prob, .def = 0.1, .max = 1, .help = "probability to deform"),
    MM_DOUBLES(P, sigma_range, .required = true, .max = MM_SMOOTH_SIGMA_MAX, .count_min = 2, .count_max = 2,
               .unit = "voxel", .help = "range of the sigma by which offsets are smoothed"),
    MM_DOUBLES(P, magnitude_range, .required = true, .count_min = 2, .count_max = 2, .unit = "voxel",
               .help = "range of the factor of the smoothed offsets, which were in [-1, 1)"),
    MM_MOTION_RANGE_PARAMS(P),
    MM_INTS(P, spatial_size, .def_text = "[-1]", .min = -1, .max = 1 << 16, .count_min = 1, .count_max = 3,
            .unit = "voxel", .help = "size of the result, deformed or not; -1 or 0 keeps the axis"),
    MM_MOTION_MODE_PARAMS(P, MM_REGRID_MODES, MM_REGRID_PADDINGS, "\"reflection\""),
    MM_IGNORED("as_tensor_output", .help = "there is one kind of image here"),
    MM_IGNORED("device", .help = "transforms run on the CPU"),
    MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    P *p = self;
    enum mm_status s;
    if (MM_TRY(s, mm_regrid_modes_check(&p->mode, &p->padding_mode, err)))
        return s;
    return mm_motion_ranges_read(p->rotate_range, p->shear_range, p->translate_range, p->scale_range, &p->ranges,
                                 err);
}

static bool is_random(const void *self)
{
    const P *p = self;
    return p->prob > 0;
}

static enum mm_status find_points(const P *p, struct mm_sample *sample, const int size[3], struct mm_random *random,
                                  struct mm_volume **out, struct mm_error *err)
{
    static const double one[3] = {1, 1, 1};
    enum mm_status s;
    double matrix[16];
    double magnitude = mm_random_uniform(random, p->magnitude_range.items[0], p->magnitude_range.items[1]);
    double sigma = mm_random_uniform(random, p->sigma_range.items[0], p->sigma_range.items[1]);
    mm_motion_draw(&p->ranges, 3, random, matrix);
    if (MM_TRY(s, mm_elastic_offsets(sample, GIVEN_FIELD, size, 3, MM_ELASTIC_UNIFORM, random, out, err)) ||
        MM_TRY(s, mm_smooth_to(*out, (const double[]){sigma, sigma, sigma}, TRUNCATED, "erf", err)))
        return s;
    mm_elastic_points(*out, one, magnitude, matrix);
    return MM_OK;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image, *points;
    double identity[16];
    int size[3];
    if (MM_TRY(s, mm_field_volume(field, &image, err)))
        return s;
    if (image->rank != 3)
        return mm_fail(err, MM_ERR_DATA, "the image is 2D: Rand2DElastic is for those");
    if (MM_TRY(s, mm_spatial_sizes(&p->spatial_size, "spatial_size", image, size, err)))
        return s;
    const struct mm_doubles no_corners = {0};
    const struct mm_regrid_sampling how = mm_motion_sampling(&p->mode, &p->padding_mode, &no_corners, key);
    struct mm_random random;
    mm_step_random(step, context, &random);
    if (mm_step_happens(&random, p->prob)) {
        if (MM_TRY(s, find_points(p, sample, size, &random, &points, err)))
            return s;
        return mm_elastic_apply(step, sample, field, points, &how, err);
    }
    if (memcmp(size, image->size, sizeof size) == 0)
        return MM_OK;
    mm_affine_identity(identity);
    return mm_motion_move(step, sample, field, identity, size, &how, err);
}

const struct mm_transform mm_transform_rand_3d_elastic = {
    .name = "Rand3DElastic",
    .summary = "deform a 3D image by smoothed random offsets, with a probability",
    .notes = MM_ELASTIC_NOTES(GIVEN_FIELD),
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_SPATIAL,
    .check = check,
    .is_random = is_random,
    .each = each,
    .example = "{\"name\": \"Rand3DElasticd\", \"args\": {\"keys\": [\"image\", \"label\"], \"prob\": 0.5, "
               "\"sigma_range\": [2, 3], \"magnitude_range\": [20, 40], \"mode\": [\"bilinear\", \"nearest\"]}}",
};
