/* Clara v3: each channel of an image as a field of its own. */
#include "transforms/channels.h"
#include "transforms/transform.h"

struct split_across_channels {
    const char *field;
    struct mm_strings channel_names;
};
#define P struct split_across_channels

static const struct mm_param params[] = {MM_STRING(P, field, .required = true, .help = "image"),
                                         MM_STRINGS(P, channel_names, .required = true, .count_min = 1,
                                                    .count_max = MM_SAMPLE_FIELDS_MAX,
                                                    .help = "names of its channels, in order"),
                                         MM_PARAMS_END};

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_field *field;
    if (MM_TRY(s, mm_sample_volume(sample, p->field, &field, err)))
        return s;
    const struct mm_field from = *field;
    if ((size_t)from.volume->channels != p->channel_names.count)
        return mm_fail(err, MM_ERR_DATA, "%s has %d channels, channel_names %zu names", p->field,
                       from.volume->channels, p->channel_names.count);
    for (size_t i = 0; i < p->channel_names.count; i++)
        if (MM_TRY(s, mm_channels_take(sample, &from, (int)i, p->channel_names.items[i], err)))
            return s;
    return MM_OK;
}

const struct mm_transform mm_transform_split_across_channels = {
    .name = "SplitAcrossChannels",
    .summary = "make a field of each channel",
    .notes = "Clara v3",
    .params = params,
    .params_size = sizeof(P),
    .fields = MM_FIELDS_OWN,
    .flags = MM_VOXELWISE,
    .apply = apply,
    .example = "{\"name\": \"SplitAcrossChannels\", \"args\": {\"field\": \"label\", \"channel_names\": "
               "[\"heart\"]}}",
};
