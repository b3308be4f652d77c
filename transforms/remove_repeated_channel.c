/* The first of each so many channels: undoes RepeatChannel (MONAI RemoveRepeatedChannel). */
#include "transforms/transform.h"
#include "transforms/voxels.h"

struct remove_repeated_channel {
    int64_t repeats;
};
#define P struct remove_repeated_channel

static const struct mm_param params[] = {
    MM_INT(P, repeats, .required = true, .min = 1, .max = 65536, .help = "one of so many channels stays"),
    MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    const struct mm_volume *from;
    struct mm_volume *to;
    if (MM_TRY(s, mm_voxels_read(sample, field, &from, err)))
        return s;
    if (from->channels < 2)
        return mm_fail(err, MM_ERR_DATA, "the image has one channel: none is repeated");
    size_t repeats = (size_t)p->repeats, kept = ((size_t)from->channels + repeats - 1) / repeats;
    if (MM_TRY(s, mm_voxels_make(sample, from, from->type, (int)kept, &to, err)))
        return s;
    size_t bytes = mm_volume_voxels(from) * mm_type_bytes(from->type);
    for (size_t c = 0; c < kept; c++)
        memcpy((char *)to->data + c * bytes, (const char *)from->data + c * repeats * bytes, bytes);
    mm_field_put(sample, field, to);
    return MM_OK;
}

const struct mm_transform mm_transform_remove_repeated_channel = {
    .name = "RemoveRepeatedChannel",
    .summary = "keep the first of each so many channels",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_VOXELWISE,
    .each = each,
    .example = "{\"name\": \"RemoveRepeatedChanneld\", \"args\": {\"keys\": \"rgb\", \"repeats\": 3}}",
};
