/* BraTS labels as three overlapping masks (MONAI ConvertToMultiChannelBasedOnBratsClasses): tumour core (1 and 4), whole tumour
 * (1, 2 and 4), enhancing tumour (4). */
#include "transforms/labels.h"
#include "transforms/transform.h"

struct brats_classes {
    int64_t et_label;
};
#define P struct brats_classes

static const struct mm_param params[] = {
    MM_INT(P, et_label, .def = 4, .min = 1, .max = 255,
           .help = "value of the enhancing tumour, which stands for the 4 above: 3 from BraTS 2023 on"),
    MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const P *p = self;
    if (p->et_label == 1 || p->et_label == 2)
        return mm_fail(err, MM_ERR_CONFIG, "et_label is %d, which is the value of another region: usual are 4 and 3",
                       (int)p->et_label);
    return MM_OK;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    const int64_t core[] = {1, p->et_label}, whole[] = {1, 2, p->et_label};
    const struct mm_ints regions[] = {{2, core}, {3, whole}, {1, &p->et_label}};
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
    .params_size = sizeof(P),
    .check = check,
    .flags = MM_VOXELWISE | MM_LABELS,
    .each = each,
    .example = "{\"name\": \"ConvertToMultiChannelBasedOnBratsClassesd\", \"args\": {\"keys\": \"label\"}}",
};
