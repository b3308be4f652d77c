/* Clara v3: a mask of its own for each value of a label. */
#include "transforms/labels.h"
#include "transforms/transform.h"

struct split_based_on_label {
    const char *field;
    struct mm_strings label_names;
};
#define P struct split_based_on_label

static const struct mm_param params[] = {MM_STRING(P, field, .required = true, .help = "label of one channel"),
                                         MM_STRINGS(P, label_names, .required = true, .count_min = 1,
                                                    .count_max = MM_SAMPLE_FIELDS_MAX,
                                                    .help = "names of the masks of the values 0, 1, 2 ..."),
                                         MM_PARAMS_END};

static enum mm_status split(const P *p, struct mm_sample *sample, struct mm_error *err)
{
    enum mm_status s;
    struct mm_field *field;
    const struct mm_volume *label;
    if (MM_TRY(s, mm_sample_volume(sample, p->field, &field, err)) ||
        MM_TRY(s, mm_voxels_read(sample, field, &label, err)))
        return s;
    if (label->channels != 1)
        return mm_fail(err, MM_ERR_DATA, "the label has %d channels: SplitAcrossChannels is for those",
                       label->channels);
    const struct mm_field from = *field;
    for (size_t i = 0; i < p->label_names.count; i++) {
        const int64_t value = (int64_t)i;
        struct mm_volume *mask;
        if (MM_TRY(s, mm_voxels_make(sample, label, MM_U8, 1, &mask, err)))
            return s;
        mm_labels_mask(label, 0, &(struct mm_ints){1, &value}, mask->data);
        if (MM_TRY(s, mm_sample_derive(sample, &from, p->label_names.items[i], mask, err)))
            return s;
    }
    return MM_OK;
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    return split(p, sample, err) ? mm_fail_in(err, "%s", p->field) : MM_OK;
}

const struct mm_transform mm_transform_split_based_on_label = {
    .name = "SplitBasedOnLabel",
    .summary = "make a mask of each value of a label",
    .notes = "Clara v3. The first name is of the value 0, the background.",
    .params = params,
    .params_size = sizeof(P),
    .fields = MM_FIELDS_OWN,
    .flags = MM_VOXELWISE,
    .apply = apply,
    .example = "{\"name\": \"SplitBasedOnLabel\", \"args\": {\"field\": \"label\", \"label_names\": "
               "[\"label_class0\", \"label_class1\"]}}",
};
