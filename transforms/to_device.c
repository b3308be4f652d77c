/* What MONAI does to tensors and nothing to their values: moving them, wrapping them, printing about them. */
#include "transforms/transform.h"

static const struct mm_param params[] = {MM_IGNORED("device", .help = "images go to the device with their batch"),
                                         MM_IGNORED("non_blocking", .help = "see device"),
                                         MM_IGNORED("data_type", .help = "there is one kind of image here"),
                                         MM_IGNORED("dtype", .help = "CastToType changes element types"),
                                         MM_IGNORED("wrap_sequence", .help = "fields are no sequences"),
                                         MM_IGNORED("name", .help = "of DataStats: nothing is printed"),
                                         MM_IGNORED("prefix", .help = "see name"),
                                         MM_IGNORED("data_shape", .help = "see name"),
                                         MM_IGNORED("value_range", .help = "see name"),
                                         MM_IGNORED("data_value", .help = "see name"),
                                         MM_IGNORED("meta_info", .help = "see name"),
                                         MM_IGNORED("additional_info", .help = "see name"),
                                         MM_IGNORED("delay_time", .help = "of SimulateDelay: nothing waits"),
                                         MM_IGNORED("ops", .help = "of IntensityStats: nothing is kept"),
                                         MM_IGNORED("key_prefix", .help = "see ops"),
                                         MM_IGNORED("mask_keys", .help = "see ops"),
                                         MM_IGNORED("channel_wise", .help = "see ops"),
                                         MM_IGNORED("meta_keys", .help = "see ops"),
                                         MM_IGNORED("meta_key_postfix", .help = "see ops"),
                                         MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)step, (void)sample, (void)field, (void)key, (void)context, (void)err;
    return MM_OK;
}

const struct mm_transform mm_transform_to_device = {
    .name = "ToDevice",
    .aliases = "ApplyPending ToMetaTensor FromMetaTensor ToCupy DataStats SimulateDelay IntensityStats",
    .summary = "nothing: a step that MONAI needs for its tensors",
    .params = params,
    .flags = MM_VOXELWISE | MM_LABELS,
    .each = each,
    .example = "{\"name\": \"ToDeviced\", \"args\": {\"keys\": [\"image\", \"label\"], \"device\": \"cpu\"}}",
};
