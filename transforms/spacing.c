/* Resamples to a voxel spacing (MONAI 1.3 Spacingd). */
#include <math.h>

#include "image/affine.h"
#include "transforms/motion.h"
#include "transforms/per_key.h"

struct spacing {
    struct mm_doubles pixdim, min_pixdim, max_pixdim;
    bool diagonal, recompute_affine, ensure_same_shape;
    struct mm_strings mode, padding_mode;
    const cJSON *align_corners, *scale_extent;
    struct mm_doubles corners_of_key, extent_of_key; /* the two above, read */
};
#define P struct spacing

static const struct mm_param params[] = {
    MM_DOUBLES(P, pixdim, .required = true, .min = -1e6, .max = 1e6, .count_min = 1, .unit = "mm",
               .help = "spacing of x, y, z; not positive keeps the axis; the last one serves the axes left"),
    MM_DOUBLES(P, min_pixdim, .min = 0, .max = 1e6, .unit = "mm", .help = "axes with a spacing from here ..."),
    MM_DOUBLES(P, max_pixdim, .min = 0, .max = 1e6, .unit = "mm", .help = "... to here are kept"),
    MM_BOOL(P, diagonal, .help = "let the axes lie along the world's"),
    MM_MOTION_SAMPLING_PARAMS(P, "\"border\""),
    MM_JSON(P, scale_extent, .def_text = "false",
            .help = "match the faces of the outer voxels: true or false, or one a key"),
    MM_BOOL(P, recompute_affine, .help = "derive the affine from the rounded size"),
    MM_BOOL(P, ensure_same_shape, .def = 1,
            .help = "fields of the same size and spacing before have the same size after"),
    MM_IGNORED("dtype", .help = "coordinates are float64, values float32, labels keep their type"),
    MM_IGNORED("meta_keys", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("meta_key_postfix", .help = "what MONAI keeps beside the image"),
    MM_PARAM_LAZY,
    MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    P *p = self;
    for (size_t i = 0; i < p->min_pixdim.count && i < p->max_pixdim.count; i++)
        if (p->min_pixdim.items[i] > p->max_pixdim.items[i])
            return mm_fail(err, MM_ERR_CONFIG, "min_pixdim (%g) is above max_pixdim (%g)", p->min_pixdim.items[i],
                           p->max_pixdim.items[i]);
    enum mm_status s;
    if (MM_TRY(s,
               mm_motion_sampling_read(arena, &p->mode, &p->padding_mode, p->align_corners, &p->corners_of_key, err)))
        return s;
    return mm_per_key_read(arena, p->scale_extent, "scale_extent", MM_PER_KEY_BOOL, NULL, &p->extent_of_key, err);
}

/* The first image of the step: those that were like it get the size that it got. */
struct first {
    bool known;
    int before[3], after[3];
    double spacing[3];
};

static bool is_like(const struct first *first, const struct mm_volume *image, const double spacing[3])
{
    for (int a = 0; a < image->rank; a++)
        if (first->before[a] != image->size[a] ||
            fabs(first->spacing[a] - spacing[a]) > 1e-3 + 1e-5 * fabs(spacing[a]))
            return false;
    return true;
}

/* MONAI's recompute_affine: the affine of the image, scaled about the middle by the ratio of the sizes. */
static void recompute_affine(struct mm_field *field)
{
    const struct mm_applied *applied = field->applied;
    double scale[16];
    mm_affine_identity(scale);
    for (int a = 0; a < applied->rank; a++) {
        scale[5 * a] = (double)applied->size_before[a] / applied->size_after[a];
        scale[4 * a + 3] = (scale[5 * a] - 1) / 2;
    }
    mm_affine_multiply(field->volume->affine, applied->affine_before, scale);
}

static enum mm_status space_field(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                                  size_t key, struct first *first, struct mm_error *err)
{
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    struct mm_grid grid;
    double spacing[3];
    if (MM_TRY(s, mm_field_volume(field, &image, err)))
        return s;
    mm_affine_spacing(image->affine, spacing);
    const struct mm_regrid_target target = {.spacing = &p->pixdim,
                                            .least = &p->min_pixdim,
                                            .most = &p->max_pixdim,
                                            .diagonal = p->diagonal,
                                            .scale_extent = mm_per_key_on(&p->extent_of_key, key)};
    if (MM_TRY(s, mm_regrid_find(image, &target, &grid, err)))
        return s;
    if (p->ensure_same_shape && first->known && is_like(first, image, spacing))
        memcpy(grid.size, first->after, sizeof grid.size);
    if (!first->known) {
        first->known = true;
        memcpy(first->before, image->size, sizeof first->before);
        memcpy(first->after, grid.size, sizeof first->after);
        memcpy(first->spacing, spacing, sizeof spacing);
    }
    const struct mm_applied *newest = field->applied;
    const struct mm_regrid_sampling how = mm_motion_sampling(&p->mode, &p->padding_mode, &p->corners_of_key, key);
    if (MM_TRY(s, mm_regrid_apply(step, sample, field, &grid, &how, err)))
        return s;
    if (p->recompute_affine && field->applied != newest)
        recompute_affine(field);
    return MM_OK;
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    (void)context;
    enum mm_status s;
    struct first first = {.known = false};
    for (size_t key = 0; key < step->common.keys.count; key++) {
        const char *name = step->common.keys.items[key];
        struct mm_field *field = mm_sample_find(sample, name);
        if (!field && step->common.allow_missing_keys)
            continue;
        if (MM_TRY(s, mm_sample_field(sample, name, &field, err)))
            return s;
        if (space_field(step, sample, field, key, &first, err))
            return field->source ? mm_fail_in(err, "%s (%s)", name, field->source) : mm_fail_in(err, "%s", name);
    }
    return MM_OK;
}

const struct mm_transform mm_transform_spacing = {
    .name = "Spacing",
    .summary = "resample to a voxel spacing",
    .notes = "An image that has the spacing to within 1e-3 stays as it is.",
    .version = 1,
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL | MM_INVERTIBLE,
    .check = check,
    .apply = apply,
    .invert = mm_regrid_invert,
    .example = "{\"name\": \"Spacingd\", \"args\": {\"keys\": [\"image\", \"label\"], \"pixdim\": [1.5, 1, 2], "
               "\"mode\": [\"bilinear\", \"nearest\"]}}",
};
