/* Clara v3 and MONAI's AsChannelLast. Images are channel-first wherever they are, and files are written in the order of
 * their format, so there is nothing to move: checks that the field is an image. */
#include "transforms/transform.h"

static const struct mm_param params[] = {MM_IGNORED("channel_dim", .help = "images know their channels"),
                                         MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)step, (void)sample, (void)key, (void)context;
    struct mm_volume *image;
    return mm_field_volume(field, &image, err);
}

const struct mm_transform mm_transform_convert_to_channels_last = {
    .name = "ConvertToChannelsLast",
    .aliases = "AsChannelLast",
    .summary = "nothing: images stay channel-first",
    .params = params,
    .flags = MM_LABELS,
    .each = each,
    .example = "{\"name\": \"ConvertToChannelsLast\", \"args\": {\"fields\": [\"image\", \"label\"]}}",
};
