/* Each channel as a field of its own, named after the key (MONAI SplitDim). */
#include "transforms/channels.h"
#include "transforms/transform.h"

struct split_dim {
    struct mm_strings output_postfixes;
    int64_t dim;
};
#define P struct split_dim

static const struct mm_param params[] = {
    MM_STRINGS(P, output_postfixes, .help = "endings of the names, one a channel; none: 0, 1, 2 ..."),
    MM_INT(P, dim, .def = 0, .min = 0, .max = 0, .help = "only 0, the channels"),
    MM_IGNORED("list_output", .help = "the channels become fields"),
    MM_IGNORED("keepdim", .help = "images always have channels"),
    MM_IGNORED("update_meta", .help = "always done"),
    MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    if (MM_TRY(s, mm_field_volume(field, &image, err)))
        return s;
    const struct mm_strings *endings = &p->output_postfixes;
    if (endings->count && endings->count != (size_t)image->channels)
        return mm_fail(err, MM_ERR_DATA, "%d channels, output_postfixes has %zu", image->channels, endings->count);
    if (image->channels > MM_SAMPLE_FIELDS_MAX)
        return mm_fail(err, MM_ERR_DATA, "%d channels, a sample has at most %d fields", image->channels,
                       MM_SAMPLE_FIELDS_MAX);
    const struct mm_field from = *field;
    for (int c = 0; c < image->channels; c++) {
        const char *name = endings->count ? mm_arena_format(sample->arena, "%s_%s", from.name, endings->items[c])
                                          : mm_arena_format(sample->arena, "%s_%d", from.name, c);
        if (!name)
            return mm_fail_memory(err, "a field's name");
        if (MM_TRY(s, mm_channels_take(sample, &from, c, name, err)))
            return s;
    }
    return MM_OK;
}

const struct mm_transform mm_transform_split_dim = {
    .name = "SplitDim",
    .aliases = "SplitChannel",
    .summary = "make a field of each channel",
    .notes = "They are named key_0, key_1 ... unless output_postfixes says otherwise.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_VOXELWISE,
    .each = each,
    .example = "{\"name\": \"SplitDimd\", \"args\": {\"keys\": \"image\", \"output_postfixes\": [\"t1\"]}}",
};
