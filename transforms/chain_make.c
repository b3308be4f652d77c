/* Making chains of the components of a config: names looked up, arguments read and checked, members put into their groups. */
#include "base/names.h"
#include "transforms/group.h"
#include "transforms/instead.h"

#define STEPS_MAX 4096 /* the index has 12 bits in a draw's counter */

struct maker {
    struct mm_arena *arena;
    struct mm_problems *problems;
    uint32_t next; /* index of the next member of a group */
};

static void unknown(const struct mm_component *component, struct mm_problems *problems)
{
    struct mm_nearest nearest;
    char word[128], hint[128], instead[256];
    mm_nearest_init(&nearest, component->name);
    for (const struct mm_transform *const *t = mm_transforms; *t; t++) {
        mm_nearest_offer(&nearest, (*t)->name);
        if ((*t)->aliases)
            mm_nearest_offer_words(&nearest, (*t)->aliases, word, sizeof word);
    }
    mm_transform_instead(component->name, component->args, instead, sizeof instead);
    const cJSON *name = mm_json_get(component->node, "name");
    mm_problem(problems, MM_SEVERITY_ERROR, name ? name : component->node, "unknown transform \"%s\"%s",
               component->name, *instead ? instead : mm_nearest_hint(&nearest, hint, sizeof hint));
}

/* Of one list, which is the chain's own or a member of the group `inside`. */
struct place {
    const struct mm_step *inside;
    uint32_t member;
};

static enum mm_status make_steps(struct maker *maker, const struct mm_components *components, struct place place,
                                 struct mm_chain *out);

/* Which of them run is not known before a sample is there, so none may change how many there are. */
static enum mm_status check_member(struct maker *maker, const struct mm_step *group, const struct mm_chain *member)
{
    enum mm_status s = MM_OK;
    const char *name = group->transform->name;
    for (size_t i = 0; i < member->count; i++) {
        size_t outputs = mm_step_outputs(&member->steps[i]);
        if (outputs == 1)
            continue;
        s = MM_ERR_CONFIG;
        mm_problem(
            maker->problems, MM_SEVERITY_ERROR, member->steps[i].node,
            "%s makes %zu samples of one, which a member of %s cannot: have it make one, or put it before or behind "
            "%s",
            member->steps[i].transform->name, outputs, name, name);
    }
    return s;
}

static enum mm_status make_members(struct maker *maker, const struct mm_component *component,
                                   const struct mm_step *step, struct mm_group *group)
{
    const cJSON *list = mm_json_get(component->args, "transforms");
    struct mm_chain *members = mm_arena_array(maker->arena, struct mm_chain, component->member_count);
    if (!members)
        return MM_ERR_MEMORY;
    if (!list || cJSON_IsNull(list))
        return MM_OK; /* it is required, which was told */
    if (!component->member_count) {
        bool is_list = cJSON_IsArray(list) || cJSON_IsObject(list);
        mm_problem(maker->problems, MM_SEVERITY_ERROR, list, "%s%s",
                   is_list ? "there is no transform in it: name at least one, or leave out "
                           : "expected a list of transforms, got ",
                   is_list ? step->transform->name : mm_json_found(maker->arena, list));
        return MM_ERR_CONFIG;
    }
    enum mm_status worst = MM_OK;
    for (uint32_t i = 0; i < component->member_count; i++) {
        const struct place place = {step, i};
        enum mm_status s = make_steps(maker, &component->members[i], place, &members[i]);
        s = s ? s : check_member(maker, step, &members[i]);
        worst = s ? s : worst;
    }
    group->members = members;
    group->count = component->member_count;
    return worst;
}

static enum mm_status check_rules(struct maker *maker, const struct mm_component *component,
                                  const struct mm_step *step, void *self)
{
    struct mm_error err = {0};
    enum mm_status s = step->transform->check ? step->transform->check(maker->arena, self, &err) : MM_OK;
    if (s)
        mm_problem(maker->problems, MM_SEVERITY_ERROR, component->args ? component->args : component->node, "%s: %s",
                   step->transform->name, err.text);
    return s;
}

/* Reads the arguments and checks their rules. What is wrong goes to problems. */
static enum mm_status read_arguments(struct maker *maker, const struct mm_component *component, struct mm_step *step)
{
    const struct mm_transform *transform = step->transform;
    void *self = mm_arena_alloc(maker->arena, transform->params_size);
    if (!self)
        return MM_ERR_MEMORY;
    struct mm_param_target targets[2];
    size_t count = 0;
    if (transform->fields == MM_FIELDS_LISTED)
        targets[count++] = (struct mm_param_target){mm_transform_common_params, &step->common};
    if (transform->params)
        targets[count++] = (struct mm_param_target){transform->params, self};
    step->self = self;
    struct mm_group *group = transform->flags & MM_GROUP ? self : NULL;
    enum mm_status s =
        mm_params_read(maker->arena, targets, count, component->args, component->node, maker->problems);
    enum mm_status of_members = group ? make_members(maker, component, step, group) : MM_OK;
    if (!s && (!group || group->count))
        s = check_rules(maker, component, step, self);
    return s ? s : of_members;
}

static enum mm_status make_step(struct maker *maker, const struct mm_component *component, struct mm_step *step)
{
    if (step->transform)
        return read_arguments(maker, component, step);
    unknown(component, maker->problems);
    return MM_ERR_CONFIG;
}

static enum mm_status make_steps(struct maker *maker, const struct mm_components *components, struct place place,
                                 struct mm_chain *out)
{
    struct mm_step *steps = mm_arena_array(maker->arena, struct mm_step, components->count);
    if (!steps)
        return MM_ERR_MEMORY;
    if (components->count + (place.inside ? maker->next : 0) > STEPS_MAX) {
        mm_problem(maker->problems, MM_SEVERITY_ERROR, components->items[0].node,
                   "%zu transforms: a chain has at most %d, members of groups included",
                   components->count + (place.inside ? maker->next : 0), STEPS_MAX);
        return MM_ERR_CONFIG;
    }
    enum mm_status worst = MM_OK;
    for (uint32_t i = 0; i < components->count; i++) {
        const struct mm_component *component = &components->items[i];
        steps[i] = (struct mm_step){.transform = mm_transform_find(component->name),
                                    .index = place.inside ? maker->next++ : i,
                                    .node = component->node,
                                    .inside = place.inside,
                                    .member = place.member};
        enum mm_status s = make_step(maker, component, &steps[i]);
        worst = s ? s : worst;
    }
    *out = (struct mm_chain){.count = components->count, .steps = steps};
    return worst;
}

enum mm_status mm_chain_make(struct mm_arena *arena, const struct mm_components *components, struct mm_chain **out,
                             struct mm_problems *problems)
{
    struct mm_chain *chain = mm_arena_new(arena, struct mm_chain);
    if (!chain)
        return MM_ERR_MEMORY;
    struct maker maker = {.arena = arena, .problems = problems, .next = (uint32_t)components->count};
    enum mm_status s = make_steps(&maker, components, (struct place){0}, chain);
    *out = chain;
    return s;
}
