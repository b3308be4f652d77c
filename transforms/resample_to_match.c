/* Resamples to the grid of another image (MONAI ResampleToMatch). */
#include "transforms/motion.h"
#include "transforms/per_key.h"

struct resample_to_match {
    const char *key_dst;
    struct mm_strings mode, padding_mode;
    const cJSON *align_corners;
    struct mm_doubles corners_of_key; /* align_corners, read */
};
#define P struct resample_to_match

static const struct mm_param params[] = {
    MM_STRING(P, key_dst, .aliases = "template_key", .required = true, .help = "image whose grid is taken"),
    MM_MOTION_SAMPLING_PARAMS(P, "\"border\""), MM_IGNORED("dtype", .help = "computed in float32"), MM_PARAM_LAZY,
    MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    P *p = self;
    return mm_motion_sampling_read(arena, &p->mode, &p->padding_mode, p->align_corners, &p->corners_of_key, err);
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_field *like;
    if (MM_TRY(s, mm_sample_volume(sample, p->key_dst, &like, err)))
        return s;
    const struct mm_regrid_sampling how = mm_motion_sampling(&p->mode, &p->padding_mode, &p->corners_of_key, key);
    struct mm_grid grid;
    memcpy(grid.size, like->volume->size, sizeof grid.size);
    memcpy(grid.affine, like->volume->affine, sizeof grid.affine);
    return mm_regrid_apply(step, sample, field, &grid, &how, err);
}

const struct mm_transform mm_transform_resample_to_match = {
    .name = "ResampleToMatch",
    .summary = "resample to the grid of another image",
    .version = 1,
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL | MM_INVERTIBLE,
    .check = check,
    .each = each,
    .invert = mm_regrid_invert,
    .example = "{\"name\": \"ResampleToMatchd\", \"args\": {\"keys\": \"label\", \"key_dst\": \"image\", \"mode\": "
               "\"nearest\"}}",
};
