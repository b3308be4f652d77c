/* The channels of several images as one image (MONAI ConcatItems). */
#include "transforms/transform.h"

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

/* The listed fields that exist, all images of one size. */
static enum mm_status collect(const struct mm_step *step, struct mm_sample *sample,
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
    if (MM_TRY(s, collect(step, sample, fields, &count, err)) || count == 0)
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
