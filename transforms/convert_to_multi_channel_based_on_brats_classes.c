/* BraTS labels as three overlapping masks (MONAI ConvertToMultiChannelBasedOnBratsClasses): tumour core (1 and 4), whole tumour
 * (1, 2 and 4), enhancing tumour (4). */
#include "transforms/labels.h"
#include "transforms/transform.h"

static const struct mm_param params[] = {MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)step, (void)key, (void)context;
    static const int64_t core[] = {1, 4}, whole[] = {1, 2, 4}, enhancing[] = {4};
    static const struct mm_ints regions[] = {{2, core}, {3, whole}, {1, enhancing}};
    const struct mm_volume *from;
    struct mm_volume *to;
    enum mm_status s;
    if (MM_TRY(s, mm_voxels_read(sample, field, &from, err)))
        return s;
    if (from->channels != 1)
        return mm_fail(err, MM_ERR_DATA, "BraTS labels have one channel, there are %d", from->channels);
    if (MM_TRY(s, mm_voxels_make(sample, from, MM_U8, 3, &to, err)))
        return s;
    for (size_t i = 0; i < 3; i++)
        mm_labels_mask(from, 0, &regions[i], (uint8_t *)to->data + i * to->stride[3]);
    mm_field_put(sample, field, to);
    return MM_OK;
}

const struct mm_transform mm_transform_convert_to_multi_channel_based_on_brats_classes = {
    .name = "ConvertToMultiChannelBasedOnBratsClasses",
    .summary = "make the three masks of BraTS from its labels",
    .params = params,
    .flags = MM_VOXELWISE | MM_LABELS,
    .each = each,
    .example = "{\"name\": \"ConvertToMultiChannelBasedOnBratsClassesd\", \"args\": {\"keys\": \"label\"}}",
};
