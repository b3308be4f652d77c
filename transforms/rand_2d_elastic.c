/* With a probability, deforms the image in the plane of x and y by random offsets of the nodes of a coarse grid. Draws: 1 happens or not,
 * 2 magnitude, then rotation, shear, translation and scale, then the offsets. */
#include <math.h>

#include "image/affine.h"
#include "transforms/box.h"
#include "transforms/elastic.h"

#define GIVEN_FIELD "random_offset"

struct rand_2d_elastic {
    double prob;
    struct mm_doubles spacing, magnitude_range;
    const cJSON *rotate_range, *shear_range, *translate_range, *scale_range;
    struct mm_ints spatial_size;
    struct mm_strings mode, padding_mode;
    struct mm_motion_ranges ranges; /* the above, read */
};
#define P struct rand_2d_elastic

static const struct mm_param params[] = {
    MM_DOUBLE(P, prob, .def = 0.1, .max = 1, .help = "probability to deform"),
    MM_DOUBLES(P, spacing, .required = true, .min = 1, .max = 1 << 16, .count_min = 1, .count_max = 2,
               .unit = "voxel", .help = "between the nodes of the coarse grid"),
    MM_DOUBLES(P, magnitude_range, .required = true, .count_min = 2, .count_max = 2, .unit = "voxel",
               .help = "range of the standard deviation of the offsets"),
    MM_MOTION_RANGE_PARAMS(P),
    MM_INTS(P, spatial_size, .def_text = "[-1]", .min = -1, .max = 1 << 16, .count_min = 1, .count_max = 2,
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

/* Nodes along an axis of n voxels: enough to reach beyond both ends. */
static int nodes(int n, double spacing)
{
    double half = (n - 1) / (2 * spacing);
    return (int)(n % 2 == 0 ? ceil(half + 0.5) * 2 + 2 : ceil(half) * 2 + 3);
}

/* A point for each voxel of the result: those of the nodes, interpolated, and the middle of that. */
static enum mm_status find_points(const P *p, struct mm_sample *sample, const int size[3], struct mm_random *random,
                                  struct mm_volume **out, struct mm_error *err)
{
    enum mm_status s;
    double spacing[3], matrix[16];
    int coarse[3] = {1, 1, 1}, fine[3] = {1, 1, 1};
    if (MM_TRY(s, mm_spatial_doubles(&p->spacing, "spacing", 2, 1, spacing, err)))
        return s;
    for (int a = 0; a < 2; a++) {
        coarse[a] = nodes(size[a], spacing[a]);
        fine[a] = (int)floor(coarse[a] * spacing[a]);
    }
    double magnitude = mm_random_uniform(random, p->magnitude_range.items[0], p->magnitude_range.items[1]);
    mm_motion_draw(&p->ranges, 2, random, matrix);
    if (MM_TRY(s, mm_elastic_offsets(sample, GIVEN_FIELD, coarse, 2, MM_ELASTIC_NORMAL, random, out, err)))
        return s;
    mm_elastic_points(*out, spacing, magnitude, matrix);
    *out = mm_volume_resize(sample->arena, *out, fine, MM_RESIZE_CUBIC, false, NULL, MM_F32);
    if (!*out)
        return mm_fail_memory(err, "a grid of points");
    const struct mm_box middle = mm_box_centre(*out, (const int[]){size[0], size[1], 1});
    *out = mm_box_cut(sample->arena, *out, &middle, NULL);
    return *out ? MM_OK : mm_fail_memory(err, "a grid of points");
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
    if (MM_TRY(s, mm_spatial_ints(&p->spatial_size, "spatial_size", 2, -1, size, err)))
        return s;
    for (int a = 0; a < 3; a++)
        size[a] = size[a] > 0 ? size[a] : image->size[a];
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

const struct mm_transform mm_transform_rand_2d_elastic = {
    .name = "Rand2DElastic",
    .summary = "deform the image in its plane by random offsets, with a probability",
    .notes = "All slices of a 3D image are deformed alike. " MM_ELASTIC_NOTES(GIVEN_FIELD),
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_SPATIAL,
    .check = check,
    .is_random = is_random,
    .each = each,
    .example = "{\"name\": \"Rand2DElasticd\", \"args\": {\"keys\": [\"image\", \"label\"], \"prob\": 0.5, "
               "\"spacing\": [20, 20], \"magnitude_range\": [1, 2], \"mode\": [\"bilinear\", \"nearest\"]}}",
};
