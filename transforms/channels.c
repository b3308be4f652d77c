/* Channels as images: shared views of one channel. */
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
