/* Only the listed fields stay (MONAI SelectItems). */
#include "transforms/transform.h"

static const struct mm_param params[] = {MM_PARAMS_END};

static bool is_listed(const struct mm_strings *keys, const char *name)
{
    for (size_t i = 0; i < keys->count; i++)
        if (strcmp(keys->items[i], name) == 0)
            return true;
    return false;
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    (void)context;
    const struct mm_strings *keys = &step->common.keys;
    enum mm_status s;
    struct mm_field *field;
    for (size_t i = 0; i < keys->count && !step->common.allow_missing_keys; i++)
        if (MM_TRY(s, mm_sample_field(sample, keys->items[i], &field, err)))
            return s;
    for (size_t i = sample->count; i-- > 0;)
        if (!is_listed(keys, sample->fields[i].name))
            mm_sample_remove(sample, sample->fields[i].name);
    return MM_OK;
}

const struct mm_transform mm_transform_select_items = {
    .name = "SelectItems",
    .summary = "drop all fields but those listed",
    .params = params,
    .flags = MM_TAKES_PACKED,
    .apply = apply,
    .example = "{\"name\": \"SelectItemsd\", \"args\": {\"keys\": [\"image\", \"label\"]}}",
};
