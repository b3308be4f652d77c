/* 1 where the value reaches a threshold, else 0 (Clara v3 ThresholdValues). */
#include "transforms/labels.h"
#include "transforms/transform.h"

struct threshold_values {
    double threshold;
};
#define P struct threshold_values

static const struct mm_param params[] = {MM_DOUBLE(P, threshold, .def = 0.5, .help = "least value that becomes 1"),
                                         MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    const struct mm_volume *v;
    if (MM_TRY(s, mm_voxels_read(sample, field, &v, err)) ||
        MM_TRY(s, mm_labels_threshold(sample, v, p->threshold, &v, err)))
        return s;
    mm_field_put(sample, field, (struct mm_volume *)v);
    return MM_OK;
}

const struct mm_transform mm_transform_threshold_values = {
    .name = "ThresholdValues",
    .summary = "make a mask of what reaches a threshold, in Clara v3's words",
    .notes = "AsDiscrete with threshold",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_VOXELWISE | MM_LABELS,
    .each = each,
    .example = "{\"name\": \"ThresholdValues\", \"args\": {\"fields\": \"image\", \"threshold\": 0.5}}",
};
