/* Clara v3: takes a prediction back to the grid of the file that another field came from. */
#include "transforms/transform.h"

struct restore_original_shape {
    const char *src_field;
    bool is_label;
};
#define P struct restore_original_shape

static const struct mm_param params[] = {
    MM_STRING(P, src_field, .required = true, .help = "image whose steps are undone"),
    MM_BOOL(P, is_label, .help = "take the nearest voxel instead of interpolating"), MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_field *source;
    if (MM_TRY(s, mm_sample_volume(sample, p->src_field, &source, err)))
        return s;
    return mm_field_return(sample, field, source, p->is_label, err);
}

const struct mm_transform mm_transform_restore_original_shape = {
    .name = "RestoreOriginalShape",
    .summary = "take a prediction back to the grid of its image's file",
    .notes = "Clara v3. All recorded steps are undone, crops and turns too, as Invert does.",
    .params = params,
    .params_size = sizeof(P),
    .each = each,
    .example = "{\"name\": \"RestoreOriginalShape\", \"args\": {\"field\": \"pred\", \"src_field\": \"image\", "
               "\"is_label\": true}}",
};
