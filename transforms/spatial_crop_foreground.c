/* DeepGrow: cuts out a box about the foreground, of a given size when the foreground is smaller. */
#include "transforms/box.h"
#include "transforms/foreground.h"

struct spatial_crop_foreground {
    const char *source_key;
    struct mm_ints spatial_size, channel_indices, margin;
    bool allow_smaller;
};
#define P struct spatial_crop_foreground

static const struct mm_param params[] = {
    MM_STRING(P, source_key, .required = true, .help = "field whose voxels above 0 are the foreground"),
    MM_INTS(P, spatial_size, .required = true, .min = 1, .max = 1 << 16, .count_min = 1, .count_max = 3,
            .unit = "voxel", .help = "size of the box where the foreground fits into it along all axes"),
    MM_INTS(P, channel_indices, .min = 0, .max = 1 << 16, .help = "channels to look at; all when left out"),
    MM_INTS(P, margin, .def_text = "0", .min = 0, .max = 1 << 16, .count_min = 1, .count_max = 3, .unit = "voxel",
            .help = "added to the foreground on each side"),
    MM_BOOL(P, allow_smaller, .def = 1, .help = "clip the foreground's box to the image"),
    MM_IGNORED("select_fn", .help = "the foreground is what is above 0"),
    MM_IGNORED("meta_keys", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("meta_key_postfix", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("start_coord_key", .help = "where the box was is in the history of the image"),
    MM_IGNORED("end_coord_key", .help = "see start_coord_key"),
    MM_IGNORED("original_shape_key", .help = "see start_coord_key"),
    MM_IGNORED("cropped_shape_key", .help = "see start_coord_key"),
    MM_PARAMS_END};

static enum mm_status find_box(const P *p, const struct mm_volume *v, struct mm_box *box, struct mm_error *err)
{
    enum mm_status s;
    int margin[3], size[3], middle[3];
    struct mm_foreground bounds;
    if (MM_TRY(s, mm_spatial_ints(&p->margin, "margin", v->rank, 0, margin, err)) ||
        MM_TRY(s, mm_spatial_sizes(&p->spatial_size, "spatial_size", v, size, err)) ||
        MM_TRY(s, mm_foreground_find(v, &p->channel_indices, &bounds, err)))
        return s;
    *box = mm_foreground_box(&bounds, v, margin, p->allow_smaller);
    bool fits = true;
    for (int a = 0; a < 3; a++) {
        middle[a] = (2 * box->start[a] + box->size[a]) / 2;
        fits = fits && (a >= v->rank || box->size[a] < size[a]);
    }
    if (fits)
        *box = mm_box_about(v, middle, size);
    return MM_OK;
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    const struct mm_strings *keys = &step->common.keys;
    enum mm_status s;
    struct mm_field *source, *field;
    struct mm_box box;
    if (MM_TRY(s, mm_sample_volume(sample, p->source_key, &source, err)))
        return s;
    if (find_box(p, source->volume, &box, err))
        return mm_fail_in(err, "%s", p->source_key);
    for (size_t key = 0; key < keys->count; key++) {
        if (step->common.allow_missing_keys && !mm_sample_find(sample, keys->items[key]))
            continue;
        if (MM_TRY(s, mm_sample_volume(sample, keys->items[key], &field, err)))
            return s;
        if (mm_box_apply(step, sample, field, &box, NULL, err))
            return mm_fail_in(err, "%s", keys->items[key]);
    }
    return MM_OK;
}

const struct mm_transform mm_transform_spatial_crop_foreground = {
    .name = "SpatialCropForeground",
    .summary = "cut out a box of a size about the foreground",
    .notes = "DeepGrow. Where the foreground is larger along an axis, its own box is cut out.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL | MM_INVERTIBLE | MM_VIEWS,
    .apply = apply,
    .invert = mm_box_invert,
    .example = "{\"name\": \"SpatialCropForegroundd\", \"args\": {\"keys\": [\"image\", \"label\"], \"source_key\": "
               "\"label\", \"spatial_size\": [14, 14, 14]}}",
};
