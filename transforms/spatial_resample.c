/* Resamples to the directions, spacing and origin of an affine (MONAI SpatialResample); the size is that of the image in them. */
#include "transforms/motion.h"
#include "transforms/per_key.h"

struct spatial_resample {
    struct mm_strings dst_keys, mode, padding_mode;
    const cJSON *align_corners;
    struct mm_doubles corners_of_key; /* the last, read */
};
#define P struct spatial_resample

static const struct mm_param params[] = {
    MM_STRINGS(P, dst_keys, .def_text = "\"dst_affine\"", .count_min = 1,
               .help = "field with the affine: an image, whose affine is taken, or 16 numbers; one, or one a key"),
    MM_MOTION_SAMPLING_PARAMS(P, "\"border\""),
    MM_IGNORED("dtype", .help = "computed in float32"),
    MM_IGNORED("meta_keys", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("meta_key_postfix", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("meta_src_keys", .help = "images know their affine"),
    MM_PARAM_LAZY,
    MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    P *p = self;
    return mm_motion_sampling_read(arena, &p->mode, &p->padding_mode, p->align_corners, &p->corners_of_key, err);
}

static enum mm_status find_affine(struct mm_sample *sample, const char *name, double affine[16], struct mm_error *err)
{
    enum mm_status s;
    struct mm_field *field;
    if (MM_TRY(s, mm_sample_field(sample, name, &field, err)))
        return s;
    bool numbers = field->kind == MM_FIELD_NUMBER || field->kind == MM_FIELD_CLASS;
    if (numbers && field->count == 16)
        memcpy(affine, field->numbers, 16 * sizeof *affine);
    else if (numbers)
        return mm_fail(err, MM_ERR_DATA, "%s has %zu numbers, an affine has 16", name, field->count);
    else if (!MM_TRY(s, mm_sample_volume(sample, name, &field, err)))
        memcpy(affine, field->volume->affine, 16 * sizeof *affine);
    return s;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    struct mm_grid grid;
    if (MM_TRY(s, mm_field_volume(field, &image, err)) ||
        MM_TRY(s, find_affine(sample, mm_string_of_key(&p->dst_keys, key), grid.affine, err)) ||
        MM_TRY(s, mm_regrid_size(image, &grid, err)))
        return s;
    const struct mm_regrid_sampling how = mm_motion_sampling(&p->mode, &p->padding_mode, &p->corners_of_key, key);
    return mm_regrid_apply(step, sample, field, &grid, &how, err);
}

const struct mm_transform mm_transform_spatial_resample = {
    .name = "SpatialResample",
    .summary = "resample to the affine of another image",
    .notes = "The size is that which the image has along the new axes, as of Spacing; ResampleToMatch takes the size "
             "of the "
             "other image too.",
    .version = 1,
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL | MM_INVERTIBLE,
    .check = check,
    .each = each,
    .invert = mm_regrid_invert,
    .example = "{\"name\": \"SpatialResampled\", \"args\": {\"keys\": \"label\", \"dst_keys\": \"image\", \"mode\": "
               "\"nearest\"}}",
};
