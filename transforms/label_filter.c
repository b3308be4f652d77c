/* Labels that are not listed become 0 (MONAI LabelFilter). */
#include "transforms/labels.h"
#include "transforms/transform.h"

struct label_filter {
    struct mm_ints applied_labels;
};
#define P struct label_filter

static const struct mm_param params[] = {
    MM_INTS(P, applied_labels, .required = true, .count_min = 1, .help = "labels that stay"), MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *v;
    if (MM_TRY(s, mm_voxels_write(sample, field, &v, err)))
        return s;
    uint8_t *kept = mm_alloc_raw(mm_volume_voxels(v));
    if (!kept)
        return mm_fail_memory(err, "a mask");
    for (int c = 0; c < v->channels; c++) {
        mm_labels_mask(v, c, &p->applied_labels, kept);
        mm_voxels_keep(v, c, kept);
    }
    mm_free(kept);
    return MM_OK;
}

const struct mm_transform mm_transform_label_filter = {
    .name = "LabelFilter",
    .summary = "keep some labels and set the others to 0",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_VOXELWISE | MM_IN_PLACE | MM_LABELS,
    .each = each,
    .example = "{\"name\": \"LabelFilterd\", \"args\": {\"keys\": \"label\", \"applied_labels\": [1, 3]}}",
};
