/* Zooms the image by given factors. */
#include "transforms/per_key.h"
#include "transforms/scaling.h"

struct zoom {
    struct mm_doubles zoom;
    struct mm_strings mode, padding_mode;
    double constant_values;
    const cJSON *align_corners;
    bool keep_size;
    struct mm_doubles corners_of_key; /* align_corners, read */
};
#define P struct zoom

static const struct mm_param params[] = {
    MM_DOUBLES(P, zoom, .required = true, .max = MM_SCALING_FACTOR_MAX, .exclusive_min = true, .count_min = 1,
               .count_max = 3, .help = "factor of all axes, or of each"),
    MM_SCALING_PARAMS(P), MM_IGNORED("dtype", .help = "values are float32, labels keep their type"), MM_PARAM_LAZY,
    MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    P *p = self;
    return mm_per_key_read(arena, p->align_corners, "align_corners", MM_PER_KEY_BOOL, NULL, &p->corners_of_key, err);
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    struct mm_scaling how = {.mode = mm_scaling_mode(mm_string_of_key(&p->mode, key)),
                             .align_corners = mm_per_key_on(&p->corners_of_key, key),
                             .keep_size = p->keep_size,
                             .fill = mm_box_fill_of(&p->padding_mode, key, p->constant_values)};
    if (MM_TRY(s, mm_field_volume(field, &image, err)) ||
        MM_TRY(s, mm_spatial_doubles(&p->zoom, "zoom", image->rank, 1, how.factor, err)))
        return s;
    return mm_scaling_apply(step, sample, field, &how, err);
}

const struct mm_transform mm_transform_zoom = {
    .name = "Zoom",
    .summary = "scale the image by factors",
    .notes = "An axis of n voxels gets floor(n * zoom), then is cropped or padded to n.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL | MM_INVERTIBLE,
    .check = check,
    .each = each,
    .invert = mm_scaling_invert,
    .example = "{\"name\": \"Zoomd\", \"args\": {\"keys\": [\"image\", \"label\"], \"zoom\": [1.2, 0.8, 1], "
               "\"mode\": [\"trilinear\", \"nearest\"]}}",
};
