/* Clara v3. Images are channel-first from the moment they are read, so there is nothing to move: checks that the field is an
 * image. */
#include "transforms/transform.h"

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)step, (void)sample, (void)key, (void)context;
    struct mm_volume *image;
    return mm_field_volume(field, &image, err);
}

const struct mm_transform mm_transform_convert_to_channels_first = {
    .name = "ConvertToChannelsFirst",
    .summary = "nothing: images are channel-first when read",
    .flags = MM_LABELS,
    .each = each,
    .example = "{\"name\": \"ConvertToChannelsFirst\", \"args\": {\"fields\": [\"image\", \"label\"]}}",
};
