/* Components inside a component: {"name": "OneOf", "args": {"transforms": [...]}}. Each item of that list is a member. What the owner does
 * with them is the business of whoever knows it. A component may be referred to inside itself, so depth and number are bounded here. */
#include "config/config_internal.h"

const cJSON *mm_config_members(const cJSON *component)
{
    const cJSON *list = mm_json_get(mm_json_get(component, "args"), "transforms");
    return cJSON_IsArray(list) || cJSON_IsObject(list) ? list : NULL;
}

static bool is_disabled(const cJSON *item)
{
    return cJSON_IsTrue(mm_json_get(item, "disabled"));
}

/* Counts so many more; false when there are too many, before they take memory. */
static bool has_room(struct mm_config_reader *reader, const cJSON *node, size_t more)
{
    reader->member_count += more;
    if (reader->member_count <= MM_CONFIG_COMPONENTS_MAX)
        return true;
    mm_problem(reader->problems, MM_SEVERITY_ERROR, node,
               "there are more than %d components inside others, those that \"ref\" repeats among them",
               MM_CONFIG_COMPONENTS_MAX);
    return false;
}

/* A member that is wrong stays, empty: what else is said of the owner then counts it. */
static bool read_member(struct mm_config_reader *reader, const cJSON *item, struct mm_components *member)
{
    size_t count = mm_config_flatten(item, NULL);
    if (count > 1 && !has_room(reader, item, count - 1))
        return false;
    if (mm_config_read_list(reader, item, member) == MM_OK)
        return true;
    mm_problem(reader->problems, MM_SEVERITY_ERROR, item, "out of memory");
    return false;
}

/* An item of the list each; one alone is a list of one. */
static bool read_items(struct mm_config_reader *reader, const cJSON *list, struct mm_component *component)
{
    bool is_array = cJSON_IsArray(list);
    size_t count = is_array ? (size_t)cJSON_GetArraySize(list) : 1;
    const cJSON *item = is_array ? list->child : list;
    if (!has_room(reader, list, count))
        return false;
    struct mm_components *members = mm_arena_array(reader->arena, struct mm_components, count);
    if (!members) {
        mm_problem(reader->problems, MM_SEVERITY_ERROR, list, "out of memory");
        return false;
    }
    component->members = members;
    for (; item; item = is_array ? item->next : NULL)
        if (!is_disabled(item) && !read_member(reader, item, &members[component->member_count++]))
            return false;
    return true;
}

bool mm_config_read_members(struct mm_config_reader *reader, struct mm_component *component)
{
    const cJSON *list = mm_config_members(component->node);
    if (!list)
        return true;
    if (reader->depth == MM_CONFIG_DEPTH_MAX) {
        mm_problem(reader->problems, MM_SEVERITY_ERROR, component->node,
                   "%s lies in other components %d deep, which is as deep as they may lie: does it contain itself?",
                   component->name, reader->depth);
        return false;
    }
    reader->depth++;
    bool good = read_items(reader, list, component);
    reader->depth--;
    return good;
}

enum mm_status mm_components_read(struct mm_arena *arena, const cJSON *list, struct mm_components *out,
                                  struct mm_problems *problems)
{
    struct mm_config_reader reader = {.arena = arena, .problems = problems};
    size_t told = problems->told;
    *out = (struct mm_components){0};
    enum mm_status s = mm_config_read_list(&reader, list, out);
    return s ? s : problems->told > told ? MM_ERR_CONFIG : MM_OK;
}
