/* Chains read as data: narrowed to the steps that concern one field, and as canonical text. */
#include "transforms/group.h"

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

static bool narrow_chain(struct mm_arena *arena, const struct mm_chain *chain, const char *field, bool values_only,
                         struct mm_chain *out);

/* The group with its members narrowed. All of them stay, those without a step too: what is drawn is among as many as before.
 * *keeps: has any of them a step left? */
static bool narrow_group(struct mm_arena *arena, struct mm_step *step, const char *field, bool values_only,
                         bool *keeps)
{
    const struct mm_group *group = mm_step_group(step);
    struct mm_group *self = mm_arena_alloc(arena, step->transform->params_size);
    struct mm_chain *members = mm_arena_array(arena, struct mm_chain, group->count);
    if (!self || !members)
        return false;
    *keeps = false;
    for (size_t i = 0; i < group->count; i++) {
        if (!narrow_chain(arena, &group->members[i], field, values_only, &members[i]))
            return false;
        *keeps = *keeps || members[i].count;
    }
    memcpy(self, group, step->transform->params_size);
    self->members = members;
    step->self = self;
    return true;
}

static bool narrow_chain(struct mm_arena *arena, const struct mm_chain *chain, const char *field, bool values_only,
                         struct mm_chain *out)
{
    struct mm_step *steps = mm_arena_array(arena, struct mm_step, chain->count);
    *out = (struct mm_chain){.steps = steps};
    for (size_t i = 0; steps && i < chain->count; i++) {
        struct mm_step step = chain->steps[i];
        bool keeps;
        if (!mm_step_group(&step))
            keeps = concerns(&step, field, values_only);
        else if (!narrow_group(arena, &step, field, values_only, &keeps))
            return false;
        /* The keys stay, so that arguments with one value a key still meet theirs. */
        step.common.allow_missing_keys = true;
        if (keeps)
            steps[out->count++] = step;
    }
    return steps != NULL;
}

struct mm_chain *mm_chain_narrow(struct mm_arena *arena, const struct mm_chain *chain, const char *field,
                                 bool values_only)
{
    struct mm_chain *narrow = mm_arena_new(arena, struct mm_chain);
    return narrow && narrow_chain(arena, chain, field, values_only, narrow) ? narrow : NULL;
}

static cJSON *describe_steps(struct mm_arena *arena, const struct mm_chain *chain, size_t to);

static cJSON *describe_members(struct mm_arena *arena, const struct mm_group *group)
{
    cJSON *array = mm_json_array(arena);
    for (size_t i = 0; i < group->count; i++)
        mm_json_append(array, describe_steps(arena, &group->members[i], group->members[i].count));
    return array;
}

static cJSON *describe_step(struct mm_arena *arena, const struct mm_step *step)
{
    const struct mm_transform *transform = step->transform;
    const struct mm_group *group = mm_step_group(step);
    cJSON *object = mm_json_object(arena);
    mm_json_add(arena, object, "name", mm_json_text(arena, transform->name));
    mm_json_add(arena, object, "version", mm_json_integer(arena, transform->version));
    if (transform->fields == MM_FIELDS_LISTED)
        mm_json_add(arena, object, "fields", mm_params_json(arena, mm_transform_common_params, &step->common));
    cJSON *args = transform->params ? mm_params_json(arena, transform->params, step->self) : NULL;
    if (group) {
        mm_json_detach((cJSON *)mm_json_get(args, "transforms"));
        mm_json_add(arena, args, "transforms", describe_members(arena, group));
    }
    if (args)
        mm_json_add(arena, object, "args", args);
    return object;
}

static cJSON *describe_steps(struct mm_arena *arena, const struct mm_chain *chain, size_t to)
{
    cJSON *array = mm_json_array(arena);
    for (size_t i = 0; i < to && i < chain->count; i++)
        mm_json_append(array, describe_step(arena, &chain->steps[i]));
    return array;
}

char *mm_chain_describe(struct mm_arena *arena, const struct mm_chain *chain, size_t to)
{
    cJSON *array = describe_steps(arena, chain, to);
    return array ? mm_json_print(arena, array, MM_JSON_CANONICAL) : NULL;
}
