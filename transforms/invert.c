/* Undoes the spatial steps of one field on another: takes a prediction back to the grid of the file its image came from. */
#include "transforms/per_key.h"
#include "transforms/transform.h"

struct invert {
    struct mm_strings orig_keys;
    const cJSON *transform, *nearest_interp;
    struct mm_doubles nearest_of_key; /* nearest_interp, read */
};
#define P struct invert

static const struct mm_param params[] = {
    MM_JSON(P, transform, .help = "the chain to undo: always what the sample records of orig_keys"),
    MM_STRINGS(P, orig_keys, .help = "field whose steps are undone: one, or one a key; the key itself when left out"),
    MM_JSON(P, nearest_interp, .def_text = "true", .help = "take the nearest voxel: true or false, or one a key"),
    MM_IGNORED("meta_keys", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("orig_meta_keys", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("meta_key_postfix", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("to_tensor", .help = "everything is a tensor"),
    MM_IGNORED("device", .help = "runs on the CPU"),
    MM_IGNORED("post_func", .help = "Python"),
    MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    P *p = self;
    return mm_per_key_read(arena, p->nearest_interp, "nearest_interp", MM_PER_KEY_BOOL, NULL, &p->nearest_of_key,
                           err);
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *prediction, *back;
    struct mm_field *original = field;
    const char *name = mm_string_of_key(&p->orig_keys, key);
    if (MM_TRY(s, mm_field_volume(field, &prediction, err)) ||
        (name && MM_TRY(s, mm_sample_volume(sample, name, &original, err))) ||
        MM_TRY(s, mm_field_invert(original, sample->arena, prediction, mm_per_key_on(&p->nearest_of_key, key), &back,
                                  err)))
        return s;
    const struct mm_field from = *original;
    mm_field_put(sample, field, back);
    field->applied = NULL;
    field->source = from.source;
    field->file_rank = from.file_rank;
    field->file_type = from.file_type;
    memcpy(field->file_size, from.file_size, sizeof from.file_size);
    memcpy(field->file_affine, from.file_affine, sizeof from.file_affine);
    return MM_OK;
}

const struct mm_transform mm_transform_invert = {
    .name = "Invert",
    .summary = "take a prediction back to the grid of its image's file",
    .params = params,
    .params_size = sizeof(P),
    .check = check,
    .each = each,
    .example = "{\"name\": \"Invertd\", \"args\": {\"keys\": \"pred\", \"transform\": \"@pre_transforms\", "
               "\"orig_keys\": \"image\", "
               "\"nearest_interp\": false}}",
};
