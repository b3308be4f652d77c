/* Leaves the fields as they are (MONAI Identity): a place for a transform that is switched off. */
#include "transforms/transform.h"

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)step, (void)sample, (void)field, (void)key, (void)context, (void)err;
    return MM_OK;
}

const struct mm_transform mm_transform_identity = {
    .name = "Identity",
    .summary = "nothing",
    .flags = MM_LABELS | MM_TAKES_PACKED,
    .each = each,
    .example = "{\"name\": \"Identityd\", \"args\": {\"keys\": [\"image\", \"label\"]}}",
};
