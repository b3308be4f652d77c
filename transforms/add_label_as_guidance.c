/* Adds a mask of the label as a channel of the image (MONAI AddLabelAsGuidance, of NuClick). */
#include "transforms/labels.h"
#include "transforms/transform.h"

struct add_label_as_guidance {
    const char *source;
};
#define P struct add_label_as_guidance

static const struct mm_param params[] = {MM_STRING(P, source, .def_text = "label", .help = "field of the label"),
                                         MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    const struct mm_volume *image, *label;
    struct mm_field *source;
    struct mm_volume *to;
    if (MM_TRY(s, mm_sample_volume(sample, p->source, &source, err)) ||
        MM_TRY(s, mm_field_same_grid(field, source, err)) || MM_TRY(s, mm_voxels_read(sample, field, &image, err)) ||
        MM_TRY(s, mm_voxels_read(sample, source, &label, err)) ||
        MM_TRY(s, mm_voxels_make(sample, image, image->type, image->channels + label->channels, &to, err)))
        return s;
    size_t voxels = mm_volume_voxels(image);
    memcpy(to->data, image->data, mm_volume_bytes(image));
    double x[MM_VOXELS_CHUNK];
    for (int c = 0; c < label->channels; c++)
        for (size_t at = 0, n; at < voxels && (n = mm_voxels_get(label, c, at, x)); at += n) {
            for (size_t i = 0; i < n; i++)
                x[i] = x[i] > 0;
            mm_voxels_put(to, image->channels + c, at, n, x);
        }
    mm_field_put(sample, field, to);
    return MM_OK;
}

const struct mm_transform mm_transform_add_label_as_guidance = {
    .name = "AddLabelAsGuidance",
    .summary = "add a mask of the label as a channel of the image",
    .params = params,
    .params_size = sizeof(P),
    .each = each,
    .example = "{\"name\": \"AddLabelAsGuidanced\", \"args\": {\"keys\": \"image\", \"source\": \"label\"}}",
};
