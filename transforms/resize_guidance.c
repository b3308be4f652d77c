/* DeepGrow: clicks after the image they lie in was cropped and resized (MONAI ResizeGuidance). */
#include "transforms/clicks.h"

struct resize_guidance {
    const char *guidance, *ref_image;
};
#define P struct resize_guidance

static const struct mm_param params[] = {
    MM_STRING(P, guidance, .required = true, .help = "field with the clicks"),
    MM_STRING(P, ref_image, .required = true, .help = "the image as it is now"),
    MM_IGNORED("meta_keys", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("meta_key_postfix", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("cropped_shape_key", .help = "the image's history knows its size after the crop"),
    MM_PARAMS_END};

/* The size that the clicks are in: before the last step, which resized, or where the image was not resized, its own. */
static void size_before(const struct mm_field *ref, int size[3])
{
    const struct mm_applied *last = ref->applied;
    bool is_resized = last && strcmp(last->step->transform->name, "Resize") == 0;
    memcpy(size, is_resized ? last->size_before : ref->volume->size, 3 * sizeof *size);
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_field *ref;
    struct mm_clicks clicks, moved;
    int before[3];
    double factor[3];
    const double shift[3] = {0};
    if (MM_TRY(s, mm_sample_volume(sample, p->ref_image, &ref, err)) ||
        MM_TRY(s, mm_clicks_get(sample, p->guidance, &clicks, err)))
        return s;
    size_before(ref, before);
    for (int a = 0; a < 3; a++)
        factor[a] = (double)ref->volume->size[a] / before[a];
    if (MM_TRY(s, mm_clicks_move(sample->arena, &clicks, shift, factor, &moved, err)))
        return s;
    return mm_clicks_put(sample, p->guidance, &moved, err);
}

const struct mm_transform mm_transform_resize_guidance = {
    .name = "ResizeGuidance",
    .summary = "move clicks as the image they lie in was resized",
    .notes = "DeepGrow. To stand behind Resize.",
    .params = params,
    .params_size = sizeof(P),
    .fields = MM_FIELDS_OWN,
    .apply = apply,
    .example = "{\"name\": \"ResizeGuidanced\", \"args\": {\"guidance\": \"guidance\", \"ref_image\": \"image\"}}",
};
