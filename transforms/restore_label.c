/* MONAI DeepGrow and MONAI Label: takes a prediction back to the grid of the file that its image came from. */
#include "transforms/transform.h"

struct restore_label {
    const char *ref_image;
    struct mm_strings mode;
};
#define P struct restore_label

static const struct mm_param params[] = {
    MM_STRING(P, ref_image, .required = true, .help = "image whose steps are undone"),
    MM_STRINGS(P, mode, .choices = "nearest bilinear", .def_text = "\"nearest\"", .count_min = 1,
               .help = "interpolation: one, or one a key"),
    MM_IGNORED("cropped_shape_key", .help = "the sample records the sizes before each step"),
    MM_IGNORED("original_shape_key", .help = "the sample records the sizes before each step"),
    MM_IGNORED("end_coord_key", .help = "the sample records where a crop was"),
    MM_IGNORED("start_coord_key", .help = "the sample records where a crop was"),
    MM_IGNORED("restore_resizing", .help = "all steps are undone"),
    MM_IGNORED("restore_cropping", .help = "all steps are undone"),
    MM_IGNORED("restore_spacing", .help = "all steps are undone"),
    MM_IGNORED("restore_slicing", .help = "all steps are undone"),
    MM_IGNORED("slice_only", .help = "the slice was one of a volume only before it was fetched"),
    MM_IGNORED("align_corners", .help = "grids are known"),
    MM_IGNORED("meta_keys", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("meta_key_postfix", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("has_channel", .help = "images know their channels"),
    MM_IGNORED("invert_orient", .help = "turns are undone like all else"),
    MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_field *source;
    if (MM_TRY(s, mm_sample_volume(sample, p->ref_image, &source, err)))
        return s;
    bool nearest = strcmp(mm_string_of_key(&p->mode, key), "nearest") == 0;
    return mm_field_return(sample, field, source, nearest, err);
}

const struct mm_transform mm_transform_restore_label = {
    .name = "RestoreLabel",
    .aliases = "Restore",
    .summary = "take a prediction back to the grid of its image's file",
    .notes = "Undoes what the sample records of ref_image, as Invert does.",
    .params = params,
    .params_size = sizeof(P),
    .each = each,
    .example = "{\"name\": \"RestoreLabeld\", \"args\": {\"keys\": \"pred\", \"ref_image\": \"image\", \"mode\": "
               "\"nearest\"}}",
};
