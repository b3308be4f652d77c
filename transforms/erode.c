/* Erosion of labels (for masks: MONAI's erode). */
#include "transforms/morphology.h"

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    static const enum mm_morphology_step steps[] = {MM_ERODE};
    return mm_morphology_run(step->self, sample, field, steps, sizeof steps / sizeof *steps, err);
}

const struct mm_transform mm_transform_erode = {
    .name = "Erode",
    .summary = "take the rim off labels",
    .notes = MM_MORPHOLOGY_NOTES,
    .params = mm_morphology_params,
    .params_size = sizeof(struct mm_morphology),
    .flags = MM_IN_PLACE | MM_LABELS,
    .check = mm_morphology_check,
    .each = each,
    .example = "{\"name\": \"Eroded\", \"args\": {\"keys\": \"label\", \"filter_size\": 3}}",
};
