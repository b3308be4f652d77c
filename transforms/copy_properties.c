/* Clara v3: gives images the properties of another one. */
#include "transforms/transform.h"

struct copy_properties {
    const char *from_field;
    struct mm_strings properties;
};
#define P struct copy_properties

static const struct mm_param params[] = {
    MM_STRING(P, from_field, .required = true, .help = "image whose properties are taken"),
    MM_STRINGS(P, properties, .choices = "affine original_affine", .def_text = "\"affine\"", .count_min = 1,
               .help = "affine: where the voxels are; original_affine: the grid of the file"),
    MM_PARAMS_END};

static enum mm_status take_affine(struct mm_sample *sample, struct mm_field *field, const struct mm_field *from,
                                  struct mm_error *err)
{
    struct mm_volume *view = mm_volume_view(sample->arena, field->volume);
    if (!view)
        return mm_fail_memory(err, "an image");
    view->shared = field->volume->shared;
    memcpy(view->affine, from->volume->affine, sizeof view->affine);
    mm_field_put(sample, field, view);
    return MM_OK;
}

static void take_file(struct mm_field *field, const struct mm_field *from)
{
    field->source = from->source;
    field->file = from->file;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_field *from;
    struct mm_volume *image;
    if (MM_TRY(s, mm_field_volume(field, &image, err)) ||
        MM_TRY(s, mm_sample_volume(sample, p->from_field, &from, err)))
        return s;
    for (size_t i = 0; i < p->properties.count; i++) {
        if (strcmp(p->properties.items[i], "original_affine") == 0)
            take_file(field, from);
        else if (MM_TRY(s, take_affine(sample, field, from, err)))
            return s;
    }
    return MM_OK;
}

const struct mm_transform mm_transform_copy_properties = {
    .name = "CopyProperties",
    .summary = "give images the affine of another one",
    .notes = "Clara v3",
    .params = params,
    .params_size = sizeof(P),
    .each = each,
    .example = "{\"name\": \"CopyProperties\", \"args\": {\"fields\": \"pred\", \"from_field\": \"image\", "
               "\"properties\": [\"affine\"]}}",
};
