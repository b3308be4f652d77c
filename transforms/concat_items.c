/* The channels of several images as one image (MONAI ConcatItems). */
#include "transforms/channels.h"

struct concat_items {
    const char *name;
    int64_t dim;
};
#define P struct concat_items

static const struct mm_param params[] = {
    MM_STRING(P, name, .required = true, .help = "field that gets the result; may be one of the keys"),
    MM_INT(P, dim, .def = 0, .help = "only 0, the channels"), MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const P *p = self;
    if (p->dim != 0)
        return mm_fail(err, MM_ERR_CONFIG, "dim is %lld, only channels can be concatenated: 0", (long long)p->dim);
    return MM_OK;
}

/* Channels of `from` to channel `at` and on. */
static void put_channels(const struct mm_volume *from, struct mm_volume *to, int at)
{
    for (int c = 0; c < from->channels; c++)
        for (int z = 0; z < from->size[2]; z++)
            for (int y = 0; y < from->size[1]; y++)
                mm_convert(mm_volume_row(to, at + c, z, y), to->type, mm_volume_row(from, c, z, y), from->type,
                           (size_t)from->size[0], from->stride[0]);
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    const struct mm_field *fields[MM_SAMPLE_FIELDS_MAX];
    size_t count;
    enum mm_status s;
    if (MM_TRY(s, mm_channels_collect(step, sample, fields, &count, err)) || count == 0)
        return s;
    enum mm_type type = fields[0]->volume->type;
    int64_t channels = 0;
    for (size_t i = 0; i < count; i++) {
        channels += fields[i]->volume->channels;
        type = fields[i]->volume->type == type ? type : MM_F32;
    }
    struct mm_volume *all =
        channels > INT32_MAX ? NULL : mm_volume_like(sample->arena, fields[0]->volume, type, (int)channels);
    if (!all)
        return mm_fail_memory(err, "the images together");
    for (size_t i = 0, at = 0; i < count; at += (size_t)fields[i++]->volume->channels)
        put_channels(fields[i]->volume, all, (int)at);
    return mm_sample_derive(sample, fields[0], p->name, all, err);
}

const struct mm_transform mm_transform_concat_items = {
    .name = "ConcatItems",
    .summary = "put the channels of several images into one",
    .notes = "affine and history are those of the first; different types become float32",
    .params = params,
    .params_size = sizeof(P),
    .check = check,
    .apply = apply,
    .example = "{\"name\": \"ConcatItemsd\", \"args\": {\"keys\": [\"image\", \"label\"], \"name\": \"both\"}}",
};
