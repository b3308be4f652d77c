/* Chains read as data: narrowed to the steps that concern one field, and as canonical text. */
#include "transforms/chain.h"

static bool lists(const struct mm_strings *list, const char *field)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], field) == 0)
            return true;
    return false;
}

/* Does one of the step's own parameters ("image_field": "image") name the field? */
static bool names_field(const struct mm_step *step, const char *field)
{
    for (const struct mm_param *p = step->transform->params; p && p->type != MM_PARAM_END_OF_TABLE; p++) {
        if (p->offset == SIZE_MAX)
            continue;
        const void *value = (const char *)step->self + p->offset;
        const char *text = p->type == MM_PARAM_STRING ? *(const char *const *)value : NULL;
        if ((text && strcmp(text, field) == 0) || (p->type == MM_PARAM_STRINGS && lists(value, field)))
            return true;
    }
    return false;
}

static bool concerns(const struct mm_step *step, const char *field, bool values_only)
{
    if (values_only && (step->transform->flags & (MM_LABELS | MM_SPATIAL)) != MM_LABELS)
        return false;
    return step->transform->fields == MM_FIELDS_LISTED ? lists(&step->common.keys, field) : names_field(step, field);
}

struct mm_chain *mm_chain_narrow(struct mm_arena *arena, const struct mm_chain *chain, const char *field,
                                 bool values_only)
{
    struct mm_chain *narrow = mm_arena_new(arena, struct mm_chain);
    struct mm_step *steps = mm_arena_array(arena, struct mm_step, chain->count);
    if (!narrow || !steps)
        return NULL;
    narrow->steps = steps;
    for (size_t i = 0; i < chain->count; i++)
        if (concerns(&chain->steps[i], field, values_only)) {
            struct mm_step *step = &steps[narrow->count++];
            *step = chain->steps[i];
            /* The keys stay, so that arguments with one value a key still meet theirs. */
            step->common.allow_missing_keys = true;
        }
    return narrow;
}

static cJSON *describe_step(struct mm_arena *arena, const struct mm_step *step)
{
    const struct mm_transform *transform = step->transform;
    cJSON *object = mm_json_object(arena);
    mm_json_add(arena, object, "name", mm_json_text(arena, transform->name));
    mm_json_add(arena, object, "version", mm_json_integer(arena, transform->version));
    if (transform->fields == MM_FIELDS_LISTED)
        mm_json_add(arena, object, "fields", mm_params_json(arena, mm_transform_common_params, &step->common));
    if (transform->params)
        mm_json_add(arena, object, "args", mm_params_json(arena, transform->params, step->self));
    return object;
}

char *mm_chain_describe(struct mm_arena *arena, const struct mm_chain *chain, size_t to)
{
    cJSON *array = mm_json_array(arena);
    for (size_t i = 0; i < to && i < chain->count; i++)
        mm_json_append(array, describe_step(arena, &chain->steps[i]));
    return array ? mm_json_print(arena, array, MM_JSON_CANONICAL) : NULL;
}
