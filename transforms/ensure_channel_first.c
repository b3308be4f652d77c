/* Images are channel-first from the moment they are read, so there is nothing to move: checks that the field is an image. */
#include "transforms/transform.h"

static const struct mm_param params[] = {
    MM_IGNORED("channel_dim", .help = "the reader knows which axis holds the channels"),
    MM_IGNORED("strict_check", .help = "of channel_dim"),
    MM_IGNORED("meta_keys", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("meta_key_postfix", .help = "what MONAI keeps beside the image"), MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)step, (void)sample, (void)key, (void)context;
    struct mm_volume *image;
    return mm_field_volume(field, &image, err);
}

const struct mm_transform mm_transform_ensure_channel_first = {
    .name = "EnsureChannelFirst",
    .aliases = "AddChannel AsChannelFirst",
    .summary = "nothing: images are channel-first when read",
    .notes = "The fourth axis of a NIfTI file and the colours of a PNG are its channels.",
    .params = params,
    .flags = MM_LABELS,
    .each = each,
    .example = "{\"name\": \"EnsureChannelFirstd\", \"args\": {\"keys\": [\"image\", \"label\"]}}",
};
