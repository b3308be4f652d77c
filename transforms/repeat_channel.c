/* Each channel several times, one after the other (MONAI RepeatChannel). */
#include "transforms/transform.h"
#include "transforms/voxels.h"

struct repeat_channel {
    int64_t repeats;
};
#define P struct repeat_channel

static const struct mm_param params[] = {
    MM_INT(P, repeats, .required = true, .min = 1, .max = 65536, .help = "copies of each channel, itself included"),
    MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    const struct mm_volume *from;
    struct mm_volume *to;
    enum mm_status s;
    if (MM_TRY(s, mm_voxels_read(sample, field, &from, err)))
        return s;
    int64_t channels = from->channels * p->repeats;
    if (channels > INT32_MAX)
        return mm_fail(err, MM_ERR_DATA, "%lld channels are too many", (long long)channels);
    if (MM_TRY(s, mm_voxels_make(sample, from, from->type, (int)channels, &to, err)))
        return s;
    size_t bytes = mm_volume_voxels(from) * mm_type_bytes(from->type);
    for (size_t c = 0; c < (size_t)channels; c++)
        memcpy((char *)to->data + c * bytes, (const char *)from->data + c / (size_t)p->repeats * bytes, bytes);
    mm_field_put(sample, field, to);
    return MM_OK;
}

const struct mm_transform mm_transform_repeat_channel = {
    .name = "RepeatChannel",
    .summary = "repeat each channel",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_VOXELWISE,
    .each = each,
    .example = "{\"name\": \"RepeatChanneld\", \"args\": {\"keys\": \"image\", \"repeats\": 3}}",
};
