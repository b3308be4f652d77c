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
    MM_IGNORED("num_workers", .help = "runs where the chain runs"),
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
    struct mm_field *original = field;
    const char *name = mm_string_of_key(&p->orig_keys, key);
    if (name && MM_TRY(s, mm_sample_volume(sample, name, &original, err)))
        return s;
    return mm_field_return(sample, field, original, mm_per_key_on(&p->nearest_of_key, key), err);
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
