/* Index of the greatest channel (Clara v3 ArgmaxAcrossChannels). */
#include "transforms/labels.h"
#include "transforms/transform.h"

static const struct mm_param params[] = {MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)step, (void)key, (void)context;
    enum mm_status s;
    const struct mm_volume *v;
    if (MM_TRY(s, mm_voxels_read(sample, field, &v, err)) || MM_TRY(s, mm_labels_argmax(sample, v, &v, err)))
        return s;
    mm_field_put(sample, field, (struct mm_volume *)v);
    return MM_OK;
}

const struct mm_transform mm_transform_argmax_across_channels = {
    .name = "ArgmaxAcrossChannels",
    .summary = "replace the channels by the index of the greatest, in Clara v3's words",
    .notes = "AsDiscrete with argmax: true; ties go to the first channel",
    .params = params,
    .flags = MM_VOXELWISE | MM_LABELS,
    .each = each,
    .example = "{\"name\": \"ArgmaxAcrossChannels\", \"args\": {\"fields\": \"image\"}}",
};
