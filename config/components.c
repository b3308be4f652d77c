/* Components: {"name": "X#alias", "args": {...}}, {"ref": ...}, "disabled", "path". */
#include "base/names.h"
#include "config/config_internal.h"

void mm_config_split_name(struct mm_arena *arena, const char *text, const char **name, const char **alias)
{
    const char *hash = strchr(text, '#');
    *name = hash ? mm_arena_textn(arena, text, (size_t)(hash - text)) : text;
    *alias = hash ? hash + 1 : NULL;
}

/* Lists. -------------------------------------------------------------------------------------------------------- */

/* "name", or of a component that has only a Python class the last part of that. */
static const char *name_of(const cJSON *component)
{
    const cJSON *name = mm_json_get(component, "name"), *path = mm_json_get(component, "path");
    if (cJSON_IsString(name))
        return name->valuestring;
    if (name || !cJSON_IsString(path))
        return NULL;
    const char *dot = strrchr(path->valuestring, '.');
    return dot ? dot + 1 : path->valuestring;
}

const cJSON *mm_config_nested(const cJSON *node)
{
    if (cJSON_IsArray(node))
        return node;
    const char *name = name_of(node);
    const cJSON *inner = mm_json_get(mm_json_get(node, "args"), "transforms");
    return name && !strcmp(name, "Compose") && cJSON_IsArray(inner) && !cJSON_IsTrue(mm_json_get(node, "disabled"))
               ? inner
               : NULL;
}

size_t mm_config_flatten(const cJSON *node, const cJSON **out)
{
    const cJSON *list = mm_config_nested(node), *item;
    size_t count = 0;
    if (!list && out)
        *out = node;
    if (!list)
        return 1;
    cJSON_ArrayForEach (item, list)
        count += mm_config_flatten(item, out ? out + count : NULL);
    return count;
}

enum mm_status mm_config_read_list(struct mm_config_reader *reader, const cJSON *node, struct mm_components *list)
{
    size_t more = mm_config_flatten(node, NULL);
    if (list->count + more > MM_CONFIG_COMPONENTS_MAX) {
        mm_problem(reader->problems, MM_SEVERITY_ERROR, node, "%zu components, at most %d are read",
                   list->count + more, MM_CONFIG_COMPONENTS_MAX);
        return MM_OK;
    }
    struct mm_component *items = mm_arena_array(reader->arena, struct mm_component, list->count + more);
    const cJSON **nodes = mm_arena_array(reader->arena, const cJSON *, more);
    if (!items || !nodes)
        return mm_fail_memory(reader->err, "a config");
    if (list->count)
        memcpy(items, list->items, list->count * sizeof *items);
    mm_config_flatten(node, nodes);
    for (size_t i = 0; i < more; i++)
        if (mm_config_read_component(reader, nodes[i], &items[list->count]))
            list->count++;
    list->items = items;
    return MM_OK;
}

/* Refs. --------------------------------------------------------------------------------------------------------- */

/* The components of a list that have names, and their members: counted, and kept where there is room for them. */
static enum mm_status collect(struct mm_config_reader *reader, const cJSON *node, size_t *count)
{
    const cJSON *list = mm_config_nested(node), *item;
    enum mm_status s = MM_OK;
    if (list) {
        cJSON_ArrayForEach (item, list)
            if (MM_TRY(s, collect(reader, item, count)))
                return s;
        return MM_OK;
    }
    const char *text = name_of(node);
    struct mm_named named = {.node = node};
    if (text && reader->named) {
        mm_config_split_name(reader->arena, text, &named.name, &named.alias);
        if (!named.name)
            return mm_fail_memory(reader->err, "a config");
        reader->named[*count] = named;
    }
    *count += text != NULL;
    const cJSON *members = cJSON_IsTrue(mm_json_get(node, "disabled")) ? NULL : mm_config_members(node);
    return members ? collect(reader, members, count) : MM_OK;
}

static enum mm_status collect_stages(struct mm_config_reader *reader, size_t *count)
{
    const cJSON *const stages[] = {mm_json_get(reader->root, "train"), mm_json_get(reader->root, "validate"),
                                   reader->root};
    enum mm_status s = MM_OK;
    *count = 0;
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; mm_config_list_key(k) && !s; k++) {
            const cJSON *list = mm_json_get(stages[i], mm_config_list_key(k));
            s = cJSON_IsArray(list) ? collect(reader, list, count) : MM_OK;
        }
    return s;
}

enum mm_status mm_config_collect_named(struct mm_config_reader *reader)
{
    enum mm_status s;
    size_t count;
    reader->named = NULL;
    if (MM_TRY(s, collect_stages(reader, &count)))
        return s;
    reader->named = mm_arena_array(reader->arena, struct mm_named, count);
    if (!reader->named)
        return mm_fail_memory(reader->err, "a config");
    return collect_stages(reader, &reader->named_count);
}

static void fail_ambiguous(struct mm_config_reader *reader, const cJSON *ref, bool by_alias)
{
    struct mm_text choices;
    mm_text_init(&choices, 512);
    for (size_t i = 0; i < reader->named_count; i++) {
        const struct mm_named *named = &reader->named[i];
        const char *found = by_alias ? named->alias : named->name;
        if (!found || strcmp(found, ref->valuestring) != 0)
            continue;
        struct mm_place place = mm_json_place(reader->arena, named->node);
        mm_text_format(&choices, "%s%s%s%s (line %d)", choices.length ? ", " : "", place.path ? place.path : "?",
                       named->alias ? " #" : "", named->alias ? named->alias : "", place.line);
    }
    mm_problem(reader->problems, MM_SEVERITY_ERROR, ref, "\"%.60s\" is the %s of several components: %s",
               ref->valuestring, by_alias ? "alias" : "name", choices.bytes);
    mm_text_done(&choices);
}

static void fail_unknown(struct mm_config_reader *reader, const cJSON *ref)
{
    struct mm_nearest nearest;
    char hint[128];
    mm_nearest_init(&nearest, ref->valuestring);
    struct mm_text choices;
    mm_text_init(&choices, 512);
    for (size_t i = 0; i < reader->named_count; i++) {
        const struct mm_named *named = &reader->named[i];
        mm_nearest_offer(&nearest, named->alias ? named->alias : named->name);
        mm_text_format(&choices, "%s%s", i ? ", " : "", named->alias ? named->alias : named->name);
    }
    mm_nearest_hint(&nearest, hint, sizeof hint);
    mm_problem(reader->problems, MM_SEVERITY_ERROR, ref, "there is no component \"%.60s\" to refer to%s%s%s",
               ref->valuestring, hint, *hint || !choices.length ? "" : "; there are ", *hint ? "" : choices.bytes);
    mm_text_done(&choices);
}

/* By alias; else by the name of one that has no alias; else by a name that only one has. */
static const cJSON *find_ref(struct mm_config_reader *reader, const cJSON *ref)
{
    const cJSON *by_alias = NULL, *by_plain = NULL, *by_name = NULL;
    size_t aliases = 0, plain = 0, names = 0;
    for (size_t i = 0; i < reader->named_count; i++) {
        const struct mm_named *named = &reader->named[i];
        if (named->alias && strcmp(named->alias, ref->valuestring) == 0) {
            by_alias = named->node;
            aliases++;
        }
        if (strcmp(named->name, ref->valuestring) != 0)
            continue;
        by_name = named->node;
        names++;
        if (!named->alias) {
            by_plain = named->node;
            plain++;
        }
    }
    if (aliases == 1)
        return by_alias;
    if (aliases == 0 && plain == 1)
        return by_plain;
    if (aliases == 0 && names == 1)
        return by_name;
    if (aliases + names > 0)
        fail_ambiguous(reader, ref, aliases > 0);
    else
        fail_unknown(reader, ref);
    return NULL;
}

/* The component a {"ref": ...} stands for; NULL is reported. */
static const cJSON *follow_ref(struct mm_config_reader *reader, const cJSON *node, const cJSON *ref)
{
    if (!cJSON_IsString(ref)) {
        mm_problem(reader->problems, MM_SEVERITY_ERROR, ref, "expected a string, got %s",
                   mm_json_found(reader->arena, ref));
        return NULL;
    }
    for (const cJSON *member = node->child; member; member = member->next)
        if (strcmp(member->string, "ref") != 0 && strcmp(member->string, "disabled") != 0)
            mm_problem(reader->problems, MM_SEVERITY_ERROR, member,
                       "\"%.60s\" cannot stand beside \"ref\": the component is taken as it is", member->string);
    return find_ref(reader, ref);
}

/* Components. ---------------------------------------------------------------------------------------------------- */

static bool is_disabled(struct mm_config_reader *reader, const cJSON *node)
{
    const cJSON *disabled = mm_json_get(node, "disabled");
    if (disabled && !cJSON_IsBool(disabled) && !cJSON_IsNull(disabled))
        mm_problem(reader->problems, MM_SEVERITY_ERROR, disabled, "expected true or false, got %s",
                   mm_json_found(reader->arena, disabled));
    return cJSON_IsTrue(disabled);
}

/* A class of MONAI's is one of ours by its last name; any other path is Python that cannot run here. */
static bool read_path(struct mm_config_reader *reader, const cJSON *path, const char **name)
{
    if (cJSON_IsString(path) && mm_text_starts(path->valuestring, "monai.")) {
        *name = strrchr(path->valuestring, '.') + 1;
        return true;
    }
    char proposal[256] = "";
    const char *last = cJSON_IsString(path) ? strrchr(path->valuestring, '.') : NULL;
    if (reader->propose && cJSON_IsString(path))
        reader->propose(last ? last + 1 : path->valuestring, proposal, sizeof proposal);
    mm_problem(reader->problems, MM_SEVERITY_ERROR, path, "Python components cannot run here, got %s%s",
               mm_json_found(reader->arena, path), proposal);
    return false;
}

static bool read_name(struct mm_config_reader *reader, const cJSON *node, struct mm_component *out)
{
    const cJSON *name = mm_json_get(node, "name"), *path = mm_json_get(node, "path");
    if (name && (!cJSON_IsString(name) || !*name->valuestring || *name->valuestring == '#')) {
        mm_problem(reader->problems, MM_SEVERITY_ERROR, name, "expected the name of a component, got %s",
                   mm_json_found(reader->arena, name));
        return false;
    }
    if (!name && !path) {
        mm_problem(reader->problems, MM_SEVERITY_ERROR, node, "a component needs a \"name\" or a \"ref\"");
        return false;
    }
    if (name)
        mm_config_split_name(reader->arena, name->valuestring, &out->name, &out->alias);
    if (path && !read_path(reader, path, &out->name))
        return false;
    if (out->name)
        return true;
    mm_problem(reader->problems, MM_SEVERITY_ERROR, node, "out of memory");
    return false;
}

bool mm_config_read_component(struct mm_config_reader *reader, const cJSON *node, struct mm_component *out)
{
    *out = (struct mm_component){0};
    if (!cJSON_IsObject(node)) {
        mm_problem(reader->problems, MM_SEVERITY_ERROR, node,
                   "expected a component {\"name\": ..., \"args\": {...}}, got %s",
                   mm_json_found(reader->arena, node));
        return false;
    }
    if (is_disabled(reader, node))
        return false;
    const cJSON *ref = mm_json_get(node, "ref");
    if (ref && !(node = follow_ref(reader, node, ref)))
        return false;
    if (!read_name(reader, node, out))
        return false;
    const cJSON *args = mm_json_get(node, "args");
    if (args && !cJSON_IsObject(args) && !cJSON_IsNull(args)) {
        mm_problem(reader->problems, MM_SEVERITY_ERROR, args, "expected an object of arguments, got %s",
                   mm_json_found(reader->arena, args));
        return false;
    }
    if (reader->is_v4 && cJSON_IsObject(args))
        mm_config_clean_v4(reader, (cJSON *)args);
    out->args = cJSON_IsObject(args) ? args : NULL;
    out->node = node;
    return mm_config_read_members(reader, out);
}
