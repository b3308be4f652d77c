/* Channels as images, and images whose channels belong together. */
#include "transforms/channels.h"

enum mm_status mm_channels_take(struct mm_sample *sample, const struct mm_field *from, int c, const char *name,
                                struct mm_error *err)
{
    struct mm_volume *one = mm_volume_view(sample->arena, from->volume);
    if (!one)
        return mm_fail_memory(err, "a channel");
    one->channels = 1;
    one->data = mm_volume_row(from->volume, c, 0, 0);
    return mm_sample_derive(sample, from, name, one, err);
}

enum mm_status mm_channels_collect(const struct mm_step *step, struct mm_sample *sample,
                                   const struct mm_field *fields[MM_SAMPLE_FIELDS_MAX], size_t *count,
                                   struct mm_error *err)
{
    const struct mm_strings *keys = &step->common.keys;
    enum mm_status s;
    *count = 0;
    for (size_t key = 0; key < keys->count; key++) {
        struct mm_field *field;
        if (step->common.allow_missing_keys && !mm_sample_find(sample, keys->items[key]))
            continue;
        if (*count == MM_SAMPLE_FIELDS_MAX)
            return mm_fail(err, MM_ERR_CONFIG, "more than %d images", MM_SAMPLE_FIELDS_MAX);
        if (MM_TRY(s, mm_sample_volume(sample, keys->items[key], &field, err)))
            return s;
        if (*count && !mm_volume_same_size(fields[0]->volume, field->volume))
            return mm_fail(err, MM_ERR_DATA, "\"%s\" has %dx%dx%d voxels, \"%s\" %dx%dx%d", field->name,
                           field->volume->size[0], field->volume->size[1], field->volume->size[2], fields[0]->name,
                           fields[0]->volume->size[0], fields[0]->volume->size[1], fields[0]->volume->size[2]);
        fields[(*count)++] = field;
    }
    return MM_OK;
}
