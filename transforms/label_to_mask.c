/* Some labels as masks (MONAI LabelToMask): values of one channel, or channels of a one-hot form. */
#include "transforms/labels.h"
#include "transforms/transform.h"

struct label_to_mask {
    struct mm_ints select_labels;
    bool merge_channels;
};
#define P struct label_to_mask

static const struct mm_param params[] = {
    MM_INTS(P, select_labels, .required = true, .count_min = 1, .count_max = MM_LABELS_MAX, .min = 0,
            .max = INT32_MAX, .help = "label values of one channel; channel numbers when there are several"),
    MM_BOOL(P, merge_channels, .help = "one channel: 1 where any of the selected channels is not 0"), MM_PARAMS_END};

/* to = 1 where channel c is not 0; where it is 0, what was there stays. */
static void add_channel(const struct mm_volume *from, int c, uint8_t *to)
{
    double x[MM_VOXELS_CHUNK];
    for (size_t at = 0, n; (n = mm_voxels_get(from, c, at, x)); at += n)
        for (size_t i = 0; i < n; i++)
            to[at + i] |= x[i] != 0;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    const struct mm_volume *from;
    struct mm_volume *to;
    struct mm_ints labels;
    if (MM_TRY(s, mm_voxels_read(sample, field, &from, err)))
        return s;
    bool onehot = from->channels > 1;
    int channels = onehot && !p->merge_channels ? (int)p->select_labels.count : 1;
    if (MM_TRY(s, mm_labels_applied(sample->arena, from, &p->select_labels, onehot, &labels, err)) ||
        MM_TRY(s, mm_voxels_make(sample, from, MM_U8, channels, &to, err)))
        return s;
    if (!onehot)
        mm_labels_mask(from, 0, &labels, to->data);
    for (size_t i = 0; onehot && i < labels.count; i++)
        add_channel(from, (int)labels.items[i], (uint8_t *)to->data + (p->merge_channels ? 0 : i * to->stride[3]));
    mm_field_put(sample, field, to);
    return MM_OK;
}

const struct mm_transform mm_transform_label_to_mask = {
    .name = "LabelToMask",
    .summary = "make masks of some labels",
    .notes = "masks are uint8, 0 and 1; selected channels that are not merged become 0 and 1 too",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_VOXELWISE | MM_LABELS,
    .each = each,
    .example = "{\"name\": \"LabelToMaskd\", \"args\": {\"keys\": \"label\", \"select_labels\": [1, 2]}}",
};
