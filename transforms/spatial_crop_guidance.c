/* DeepGrow: cuts out a box about the clicks (MONAI SpatialCropGuidance). */
#include "transforms/box.h"
#include "transforms/clicks.h"

struct spatial_crop_guidance {
    const char *guidance;
    struct mm_ints spatial_size, margin;
};
#define P struct spatial_crop_guidance

static const struct mm_param params[] = {
    MM_STRING(P, guidance, .required = true, .help = "field with the clicks"),
    MM_INTS(P, spatial_size, .required = true, .min = 1, .max = 1 << 16, .count_min = 1, .count_max = 3,
            .unit = "voxel", .help = "least size of the box, x first; two numbers for a 3D image: all of z"),
    MM_INTS(P, margin, .def_text = "20", .min = 0, .max = 1 << 16, .count_min = 1, .count_max = 3, .unit = "voxel",
            .help = "about the clicks on each side"),
    MM_IGNORED("meta_keys", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("meta_key_postfix", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("start_coord_key", .help = "where the box was is in the history of the image"),
    MM_IGNORED("end_coord_key", .help = "see start_coord_key"),
    MM_IGNORED("original_shape_key", .help = "see start_coord_key"),
    MM_IGNORED("cropped_shape_key", .help = "see start_coord_key"),
    MM_PARAMS_END};

static struct mm_box box_of_clicks(const struct mm_clicks *clicks, const struct mm_volume *v, const int margin[3])
{
    struct mm_box box = {{0, 0, 0}, {1, 1, 1}};
    for (int a = 0; a < v->rank; a++) {
        int low = v->size[a], high = 0;
        for (int side = 0; side < MM_CLICK_SIDES; side++)
            for (size_t i = 0; i < clicks->count[side]; i++) {
                int at = (int)clicks->points[side][i][a];
                low = at - margin[a] < low ? at - margin[a] : low;
                high = at + margin[a] + 1 > high ? at + margin[a] + 1 : high;
            }
        box.start[a] = low > 0 ? low : 0;
        box.size[a] = (high < v->size[a] ? high : v->size[a]) - box.start[a];
    }
    return box;
}

static enum mm_status find_box(const P *p, const struct mm_clicks *clicks, const struct mm_volume *v,
                               struct mm_box *box, struct mm_error *err)
{
    enum mm_status s;
    int margin[3], size[3] = {v->size[0], v->size[1], v->size[2]}, middle[3] = {0};
    bool fits = true, is_flat = v->rank == 3 && p->spatial_size.count == 2;
    if (MM_TRY(s, mm_spatial_ints(&p->margin, "margin", v->rank, 0, margin, err)) ||
        (!is_flat && MM_TRY(s, mm_spatial_sizes(&p->spatial_size, "spatial_size", v, size, err))))
        return s;
    for (int a = 0; is_flat && a < 2; a++)
        size[a] = (int)p->spatial_size.items[a];
    *box = box_of_clicks(clicks, v, margin);
    for (int a = 0; a < v->rank; a++) {
        middle[a] = (2 * box->start[a] + box->size[a]) / 2;
        fits = fits && (box->size[a] < size[a] || (is_flat && a == 2));
    }
    if (v->rank == 3)
        middle[2] = size[2] / 2; /* MONAI: a 3D box begins at the first slice */
    if (fits)
        *box = mm_box_about(v, middle, size);
    return MM_OK;
}

static enum mm_status crop(const struct mm_step *step, struct mm_sample *sample, const struct mm_box *box,
                           const struct mm_field *first, struct mm_error *err)
{
    const struct mm_strings *keys = &step->common.keys;
    for (size_t key = 0; key < keys->count; key++) {
        enum mm_status s;
        struct mm_field *field;
        if (step->common.allow_missing_keys && !mm_sample_find(sample, keys->items[key]))
            continue;
        if (MM_TRY(s, mm_sample_volume(sample, keys->items[key], &field, err)))
            return s;
        if ((field != first && mm_field_same_grid(first, field, err)) ||
            (field != first && mm_box_apply(step, sample, field, box, NULL, err)))
            return mm_fail_in(err, "%s", keys->items[key]);
    }
    return MM_OK;
}

/* The first field is cropped last: the others are held against its grid. */
static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_field *first;
    struct mm_clicks clicks, moved;
    struct mm_box box;
    if (MM_TRY(s, mm_sample_volume(sample, step->common.keys.items[0], &first, err)) ||
        MM_TRY(s, mm_clicks_get(sample, p->guidance, &clicks, err)))
        return s;
    if (!clicks.count[MM_CLICKS_INSIDE] && !clicks.count[MM_CLICKS_OUTSIDE])
        return mm_fail(err, MM_ERR_DATA, "\"%s\" has no click", p->guidance);
    if (MM_TRY(s, find_box(p, &clicks, first->volume, &box, err)) || MM_TRY(s, crop(step, sample, &box, first, err)))
        return s;
    if (mm_box_apply(step, sample, first, &box, NULL, err))
        return mm_fail_in(err, "%s", first->name);
    const double shift[3] = {box.start[0], box.start[1], box.start[2]}, same[3] = {1, 1, 1};
    if (MM_TRY(s, mm_clicks_move(sample->arena, &clicks, shift, same, &moved, err)))
        return s;
    return mm_clicks_put(sample, p->guidance, &moved, err);
}

const struct mm_transform mm_transform_spatial_crop_guidance = {
    .name = "SpatialCropGuidance",
    .summary = "cut out a box about the clicks",
    .notes = "DeepGrow. Sizes are x, y, z here; MONAI's DeepGrow examples, whose volumes have z in front, list z "
             "first. Where the clicks "
             "with their margin need more along an axis, their own box is cut out.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL | MM_INVERTIBLE,
    .apply = apply,
    .invert = mm_box_invert,
    .example = "{\"name\": \"SpatialCropGuidanced\", \"args\": {\"keys\": [\"image\", \"label\"], \"guidance\": "
               "\"guidance\", "
               "\"spatial_size\": [12, 12, 12], \"margin\": 2}}",
};
