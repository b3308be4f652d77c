/* Crops to the box of the voxels above 0 of one field, with a margin, sizes rounded up to multiples of k about the
 * middle. The box is clipped to the image with allow_smaller; otherwise, and where k reaches outside, the image is
 * padded. */
#include "transforms/box.h"
#include "transforms/foreground.h"

struct crop_foreground {
    const char *source_key;
    struct mm_ints channel_indices, margin, k_divisible;
    bool allow_smaller;
    struct mm_strings mode;
    double value;
    const char *start_coord_key, *end_coord_key;
};
#define P struct crop_foreground

static const struct mm_param params[] = {
    MM_STRING(P, source_key, .required = true, .help = "field whose voxels above 0 are the foreground"),
    MM_IGNORED("select_fn", .help = "the foreground is what is above 0"),
    MM_INTS(P, channel_indices, .min = 0, .max = 1 << 16, .help = "channels to look at; all when left out"),
    MM_INTS(P, margin, .def_text = "0", .min = 0, .max = 1 << 16, .count_min = 1, .count_max = 3, .unit = "voxel",
            .help = "added on each side"),
    MM_BOOL(P, allow_smaller, .def = 1, .help = "clip the box to the image instead of padding"),
    MM_INTS(P, k_divisible, .def_text = "1", .min = -1, .max = 1 << 16, .count_min = 1, .count_max = 3,
            .unit = "voxel", .help = "sizes become multiples of it"),
    MM_BOX_FILL_PARAMS(P),
    MM_STRING(P, start_coord_key, .def_text = "foreground_start_coord", .help = "field for the box's first voxel"),
    MM_STRING(P, end_coord_key, .def_text = "foreground_end_coord", .help = "field for the voxel behind its last"),
    MM_PARAM_LAZY,
    MM_PARAMS_END};

static enum mm_status find_box(const P *p, const struct mm_volume *v, struct mm_box *box, struct mm_error *err)
{
    enum mm_status s;
    int margin[3], k[3];
    struct mm_foreground b;
    if (MM_TRY(s, mm_spatial_ints(&p->margin, "margin", v->rank, 0, margin, err)) ||
        MM_TRY(s, mm_spatial_ints(&p->k_divisible, "k_divisible", v->rank, 1, k, err)) ||
        MM_TRY(s, mm_foreground_find(v, &p->channel_indices, &b, err)))
        return s;
    const struct mm_box about = mm_foreground_box(&b, v, margin, p->allow_smaller);
    for (int a = 0; a < 3; a++) {
        box->size[a] = mm_box_multiple(about.size[a], k[a]);
        box->start[a] = about.start[a] - (box->size[a] - about.size[a]) / 2;
    }
    return MM_OK;
}

static enum mm_status keep_coordinates(struct mm_sample *sample, const char *name, int rank, const int at[3],
                                       struct mm_error *err)
{
    if (!name || !*name)
        return MM_OK;
    enum mm_status s;
    struct mm_field *field;
    if (MM_TRY(s, mm_sample_add(sample, name, MM_FIELD_NUMBER, &field, err)))
        return s;
    double *numbers = mm_arena_array(sample->arena, double, 3);
    if (!numbers)
        return mm_fail_memory(err, "coordinates");
    for (int a = 0; a < rank; a++)
        numbers[a] = at[a];
    field->numbers = numbers;
    field->count = (size_t)rank;
    return MM_OK;
}

/* Crops the field of that key; its image must lie on the grid the box was found on. */
static enum mm_status crop_key(const struct mm_step *step, struct mm_sample *sample, size_t key,
                               const struct mm_field *source, const struct mm_box *box, struct mm_error *err)
{
    const P *p = step->self;
    const char *name = step->common.keys.items[key];
    if (step->common.allow_missing_keys && !mm_sample_find(sample, name))
        return MM_OK;
    enum mm_status s;
    struct mm_field *field;
    if (MM_TRY(s, mm_sample_volume(sample, name, &field, err)) || MM_TRY(s, mm_field_same_grid(field, source, err)))
        return s;
    struct mm_box_fill fill = mm_box_fill_of(&p->mode, key, p->value);
    return mm_box_apply(step, sample, field, box, &fill, err) ? mm_fail_in(err, "%s", name) : MM_OK;
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_field *field;
    if (mm_sample_volume(sample, p->source_key, &field, err))
        return mm_fail_in(err, "source_key");
    const struct mm_field source = *field; /* as it was, while the keys are cropped */
    struct mm_box box;
    if (find_box(p, source.volume, &box, err))
        return mm_fail_in(err, "%s (%s)", source.name, source.source ? source.source : "made here");
    for (size_t key = 0; key < step->common.keys.count; key++)
        if (MM_TRY(s, crop_key(step, sample, key, &source, &box, err)))
            return s;
    int end[3];
    for (int a = 0; a < 3; a++)
        end[a] = box.start[a] + box.size[a];
    if (MM_TRY(s, keep_coordinates(sample, p->start_coord_key, source.volume->rank, box.start, err)))
        return s;
    return keep_coordinates(sample, p->end_coord_key, source.volume->rank, end, err);
}

const struct mm_transform mm_transform_crop_foreground = {
    .name = "CropForeground",
    .summary = "crop to the box around what is above 0",
    .notes = "An image without foreground is an error here; MONAI makes an image of no voxels of it. At inference "
             "only the image "
             "is there, so source_key must name it.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL | MM_INVERTIBLE | MM_VIEWS,
    .apply = apply,
    .invert = mm_box_invert,
    .example =
        "{\"name\": \"CropForegroundd\", \"args\": {\"keys\": [\"image\", \"label\"], \"source_key\": \"image\"}}",
};
