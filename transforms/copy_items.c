/* Copies of fields under new names (MONAI CopyItems). */
#include "transforms/transform.h"

struct copy_items {
    int64_t times;
    struct mm_strings names;
};
#define P struct copy_items

static const struct mm_param params[] = {
    MM_INT(P, times, .def = 1, .min = 1, .max = MM_SAMPLE_FIELDS_MAX, .help = "copies of each field"),
    MM_STRINGS(P, names, .help = "names of the first copies of all keys, then of the second; none: key_0, key_1 ..."),
    MM_PARAMS_END};

static enum mm_status copy_field(struct mm_sample *sample, const struct mm_field *from, const char *name,
                                 struct mm_error *err)
{
    enum mm_status s;
    struct mm_field *to;
    if (mm_sample_find(sample, name))
        return mm_fail(err, MM_ERR_DATA, "there is a field \"%s\" already", name);
    if (MM_TRY(s, mm_sample_add(sample, name, from->kind, &to, err)))
        return s;
    const char *kept = to->name;
    *to = *from;
    to->name = kept;
    if (from->kind == MM_FIELD_VOLUME && !(to->volume = mm_volume_copy(sample->arena, from->volume)))
        return mm_fail_memory(err, "a copy of an image");
    return MM_OK;
}

static enum mm_status copy_time(const struct mm_step *step, struct mm_sample *sample, size_t time,
                                struct mm_error *err)
{
    const P *p = step->self;
    const struct mm_strings *keys = &step->common.keys;
    enum mm_status s;
    for (size_t key = 0; key < keys->count; key++) {
        struct mm_field *from = mm_sample_find(sample, keys->items[key]);
        if (!from && step->common.allow_missing_keys)
            continue;
        if (!from)
            return mm_sample_field(sample, keys->items[key], &from, err);
        const char *name = p->names.count ? p->names.items[time * keys->count + key]
                                          : mm_arena_format(sample->arena, "%s_%zu", from->name, time);
        if (!name)
            return mm_fail_memory(err, "a field's name");
        if (MM_TRY(s, copy_field(sample, from, name, err)))
            return s;
    }
    return MM_OK;
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    size_t times = (size_t)p->times, wanted = step->common.keys.count * times;
    if (p->names.count && p->names.count != wanted)
        return mm_fail(err, MM_ERR_CONFIG, "names has %zu entries, %zu keys copied %zu times need %zu",
                       p->names.count, step->common.keys.count, times, wanted);
    enum mm_status s;
    for (size_t time = 0; time < times; time++)
        if (MM_TRY(s, copy_time(step, sample, time, err)))
            return s;
    return MM_OK;
}

const struct mm_transform mm_transform_copy_items = {
    .name = "CopyItems",
    .summary = "copy fields under new names",
    .notes =
        "without names, copies are called key_0, key_1 ...; MONAI mixes these up for several keys and times above 1",
    .params = params,
    .params_size = sizeof(P),
    .apply = apply,
    .example = "{\"name\": \"CopyItemsd\", \"args\": {\"keys\": \"label\", \"times\": 1, "
               "\"names\": \"label_foreground\"}}",
};
