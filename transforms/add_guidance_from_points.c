/* DeepGrow at inference: a person's clicks, given in voxels of the file, as clicks on the image as it is now (MONAI
 * AddGuidanceFromPoints). */
#include <math.h>

#include "image/affine.h"
#include "transforms/clicks.h"
#include "transforms/slice.h"

struct add_guidance_from_points {
    const char *ref_image, *guidance, *foreground, *background, *slice_key;
    int64_t axis, spatial_dims;
    bool depth_first;
};
#define P struct add_guidance_from_points

static const struct mm_param params[] = {
    MM_STRING(P, ref_image, .required = true, .help = "image whose file the clicks are in"),
    MM_STRING(P, guidance, .def_text = "guidance", .help = "field that gets the clicks"),
    MM_STRING(P, foreground, .def_text = "foreground", .help = "field with x, y, z of each click inside"),
    MM_STRING(P, background, .def_text = "background", .help = "field with x, y, z of each click outside"),
    MM_INT(P, axis, .def = 0, .min = 0, .max = 2, .help = "axis across which slices lie; see depth_first"),
    MM_BOOL(P, depth_first, .def = 1, .help = "count axes from z (z, x, y), as MONAI's DeepGrow does; else x, y, z"),
    MM_INT(P, spatial_dims, .aliases = "dimensions", .def = 2, .min = 2, .max = 3,
           .help = "2: the clicks of one slice, for Fetch2DSlice"),
    MM_STRING(P, slice_key, .def_text = "slice",
              .help = "field with that slice; without it the first that has clicks"),
    MM_IGNORED("meta_keys", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("meta_key_postfix", .help = "what MONAI keeps beside the image"),
    MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const P *p = self;
    if (p->depth_first && p->axis != 0)
        return mm_fail(err, MM_ERR_CONFIG, "axis is %lld: with depth_first slices lie across axis 0",
                       (long long)p->axis);
    return MM_OK;
}

/* From voxels of the file to voxels of the image now: axes as they were turned, sizes as they were changed. */
struct mapping {
    int from[3]; /* axis of the file */
    bool flips[3];
    double factor[3], last[3]; /* last voxel along that axis of the file */
};

static void make_mapping(const struct mm_field *ref, struct mapping *map)
{
    const struct mm_volume *image = ref->volume;
    const struct mm_file_grid *file = mm_field_file(ref);
    int file_axis[3], file_sign[3], axis[3], sign[3];
    mm_affine_orientation(file->affine, 3, file_axis, file_sign);
    mm_affine_orientation(image->affine, 3, axis, sign);
    for (int a = 0; a < 3; a++) {
        map->from[a] = a;
        for (int f = 0; f < 3; f++)
            if (file_axis[f] == axis[a])
                map->from[a] = f;
        int f = map->from[a], size = file->size[f] > 0 ? file->size[f] : 1;
        map->flips[a] = file_sign[f] != sign[a];
        map->factor[a] = (double)image->size[a] / size;
        map->last[a] = size - 1;
    }
}

static enum mm_status read_side(struct mm_sample *sample, const char *name, const struct mapping *map,
                                struct mm_clicks *clicks, enum mm_click_side side, struct mm_error *err)
{
    enum mm_status s;
    const struct mm_field *field = mm_sample_find(sample, name);
    if (!field)
        return MM_OK;
    bool is_points = field->kind == MM_FIELD_POINTS;
    if (!is_points && field->kind != MM_FIELD_NUMBER && field->kind != MM_FIELD_CLASS)
        return mm_fail(err, MM_ERR_DATA, "\"%s\" is %s where the coordinates of clicks are needed", name,
                       mm_field_kind_name(field->kind));
    if (!is_points && field->count % 3)
        return mm_fail(err, MM_ERR_DATA, "\"%s\" has %zu numbers: each click has three, x, y and z", name,
                       field->count);
    for (size_t i = 0; i < field->count / (is_points ? 1 : 3); i++) {
        double point[3];
        for (int a = 0; a < 3; a++) {
            double at = field->numbers[3 * i + (size_t)map->from[a]];
            point[a] = trunc((map->flips[a] ? map->last[a] - at : at) * map->factor[a]);
        }
        if (MM_TRY(s, mm_clicks_add(sample->arena, clicks, side, point, err)))
            return s;
    }
    return MM_OK;
}

/* The first slice with clicks, or the one that was asked for. */
static enum mm_status choose_slice(const P *p, struct mm_sample *sample, const struct mm_clicks *all, int axis,
                                   double *slice, struct mm_error *err)
{
    const struct mm_field *given = mm_sample_find(sample, p->slice_key);
    bool is_given = given && (given->kind == MM_FIELD_NUMBER || given->kind == MM_FIELD_CLASS) && given->count == 1;
    bool has = false;
    *slice = INFINITY;
    for (int side = 0; side < MM_CLICK_SIDES; side++)
        for (size_t i = 0; i < all->count[side]; i++) {
            double at = all->points[side][i][axis];
            has = has || (is_given && at == given->numbers[0]);
            *slice = fmin(*slice, at);
        }
    if (is_given && !has)
        return mm_fail(err, MM_ERR_DATA, "no click lies in slice %g, which \"%s\" names", given->numbers[0],
                       p->slice_key);
    if (is_given)
        *slice = given->numbers[0];
    return MM_OK;
}

/* The clicks of one slice, without the axis across it. */
static enum mm_status keep_slice(struct mm_arena *arena, const struct mm_clicks *all, int axis, double slice,
                                 struct mm_clicks *out, struct mm_error *err)
{
    enum mm_status s;
    *out = (struct mm_clicks){0};
    for (enum mm_click_side side = 0; side < MM_CLICK_SIDES; side++)
        for (size_t i = 0; i < all->count[side]; i++) {
            const double *at = all->points[side][i];
            const double flat[3] = {at[axis == 0], at[axis == 2 ? 1 : 2], 0};
            if (at[axis] == slice && MM_TRY(s, mm_clicks_add(arena, out, side, flat, err)))
                return s;
        }
    return MM_OK;
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_field *ref;
    struct mm_clicks all = {0}, kept;
    struct mapping map;
    double slice;
    if (MM_TRY(s, mm_sample_volume(sample, p->ref_image, &ref, err)))
        return s;
    make_mapping(ref, &map);
    if (MM_TRY(s, read_side(sample, p->foreground, &map, &all, MM_CLICKS_INSIDE, err)) ||
        MM_TRY(s, read_side(sample, p->background, &map, &all, MM_CLICKS_OUTSIDE, err)))
        return s;
    if (!all.count[MM_CLICKS_INSIDE] && !all.count[MM_CLICKS_OUTSIDE])
        return mm_fail(err, MM_ERR_DATA, "there are no clicks: neither \"%s\" nor \"%s\" has a point", p->foreground,
                       p->background);
    if (p->spatial_dims == 3)
        return mm_clicks_put(sample, p->guidance, &all, err);
    int axis = p->depth_first ? mm_slice_axis(p->axis) : (int)p->axis;
    if (MM_TRY(s, choose_slice(p, sample, &all, axis, &slice, err)) ||
        MM_TRY(s, keep_slice(sample->arena, &all, axis, slice, &kept, err)) ||
        MM_TRY(s, mm_slice_choose(sample, p->guidance, slice, err)))
        return s;
    return mm_clicks_put(sample, p->guidance, &kept, err);
}

const struct mm_transform mm_transform_add_guidance_from_points = {
    .name = "AddGuidanceFromPoints",
    .summary = "carry a person's clicks from the file to the image as it is now",
    .notes = "DeepGrow. Coordinates are multiplied by the new size over the old and cut off to whole voxels, as "
             "MONAI does; unlike "
             "there, clicks follow an Orientation too.",
    .params = params,
    .params_size = sizeof(P),
    .fields = MM_FIELDS_OWN,
    .check = check,
    .apply = apply,
    .example =
        "{\"name\": \"AddGuidanceFromPointsd\", \"args\": {\"ref_image\": \"image\", \"guidance\": \"guidance\", "
        "\"foreground\": \"foreground\", \"background\": \"background\", \"spatial_dims\": 3}}",
};
