/* --set: "name=value" sets a variable, "train.pre_transforms[4].args.a_max=300" a place in the config, and a path may
 * start at a component's alias or name instead. It runs before substitution, so a value may contain variables. */
#include "base/names.h"
#include "config/config_internal.h"

/* One step of a path: a member's name, or an index in brackets. */
struct step {
    const char *name; /* NULL: an index */
    size_t index;
};

static void report(struct mm_config_reader *reader, const char *text, const char *what)
{
    mm_problem_at(reader->problems, MM_SEVERITY_ERROR, (struct mm_place){.file = "--set"}, "\"%.200s\": %s", text,
                  what);
}

/* A string as a node whose place is the command line; NULL when it is not UTF-8, or memory is out. */
static cJSON *text_of(struct mm_config_reader *reader, const char *text, struct mm_error *err)
{
    cJSON *json = NULL;
    const char *quoted = mm_json_print(reader->arena, mm_json_text(reader->arena, text), MM_JSON_COMPACT);
    if (!quoted)
        mm_fail_memory(err, "a variable");
    else
        mm_json_parse(reader->arena, "--set", quoted, strlen(quoted), &json, err);
    return json;
}

/* JSON where it parses as JSON, else a string. */
static cJSON *value_of(struct mm_config_reader *reader, const char *text, struct mm_error *err)
{
    cJSON *json = NULL;
    if (mm_json_parse(reader->arena, "--set", text, strlen(text), &json, NULL) != MM_OK)
        return text_of(reader, text, err);
    mm_config_drop_comments(json);
    return json;
}

/* The next step of the path at *at; false when it is malformed. */
static bool next_step(struct mm_config_reader *reader, const char **at, struct step *step)
{
    if (**at == '[') {
        char *end;
        if ((*at)[1] < '0' || (*at)[1] > '9')
            return false;
        step->name = NULL;
        step->index = strtoul(*at + 1, &end, 10);
        *at = end + 1;
        return *end == ']' && (**at == '\0' || **at == '.' || **at == '[');
    }
    *at += **at == '.';
    size_t length = strcspn(*at, ".[");
    step->name = mm_arena_textn(reader->arena, *at, length);
    *at += length;
    return length > 0 && step->name;
}

/* Where a path may start: a member of the config, else the component of that alias, else the only one of that name. */
struct search {
    const char *wanted;
    cJSON *by_alias, *by_name;
    size_t aliases, names;
    struct mm_nearest nearest;
};

static void search_components(struct mm_config_reader *reader, struct search *search, cJSON *node)
{
    const cJSON *text = mm_json_get(node, "name");
    if (cJSON_IsString(text)) {
        const char *name, *alias;
        mm_config_split_name(reader->arena, text->valuestring, &name, &alias);
        if (name)
            mm_nearest_offer(&search->nearest, name);
        if (alias)
            mm_nearest_offer(&search->nearest, alias);
        if (alias && strcmp(alias, search->wanted) == 0) {
            search->by_alias = node;
            search->aliases++;
        } else if (name && strcmp(name, search->wanted) == 0) {
            search->by_name = node;
            search->names++;
        }
    }
    for (cJSON *child = node->child; child; child = child->next)
        search_components(reader, search, child);
}

static cJSON *find_start(struct mm_config_reader *reader, const char *text, const char *name)
{
    cJSON *own = (cJSON *)mm_json_get(reader->root, name);
    own = own ? own : mm_config_value(reader, name);
    if (own)
        return own;
    struct search search = {.wanted = name};
    mm_nearest_init(&search.nearest, name);
    for (const cJSON *member = reader->root->child; member; member = member->next)
        mm_nearest_offer(&search.nearest, member->string);
    search_components(reader, &search, reader->root);
    char what[512], hint[128];
    if (search.aliases > 1 || (!search.aliases && search.names > 1))
        snprintf(what, sizeof what,
                 "there are %zu components called %s; give its place, such as train.pre_transforms[0]",
                 search.aliases ? search.aliases : search.names, name);
    else if (!search.aliases && !search.names)
        snprintf(what, sizeof what, "the config has no %s%s", name,
                 mm_nearest_hint(&search.nearest, hint, sizeof hint));
    else
        return search.by_alias ? search.by_alias : search.by_name;
    report(reader, text, what);
    return NULL;
}

static void report_missing(struct mm_config_reader *reader, const char *text, const cJSON *at, const char *name)
{
    struct mm_nearest nearest;
    char hint[128], what[512];
    mm_nearest_init(&nearest, name);
    for (const cJSON *member = at->child; member; member = member->next)
        mm_nearest_offer(&nearest, member->string);
    snprintf(what, sizeof what, "there is no %s%s", name, mm_nearest_hint(&nearest, hint, sizeof hint));
    report(reader, text, what);
}

/* One step down from `at`. A missing "args" is made, and so is what the path ends with; NULL is reported. */
static cJSON *walk(struct mm_config_reader *reader, const char *text, cJSON *at, const struct step *step,
                   bool is_last)
{
    char what[256];
    if (!step->name) {
        int count = cJSON_IsArray(at) ? cJSON_GetArraySize(at) : -1;
        if (count >= 0 && step->index < (size_t)count)
            return cJSON_GetArrayItem(at, (int)step->index);
        if (count >= 0)
            snprintf(what, sizeof what, "there is no [%zu], the list has %d", step->index, count);
        else
            snprintf(what, sizeof what, "[%zu] needs an array, there is %s", step->index, mm_json_kind(at));
        report(reader, text, what);
        return NULL;
    }
    if (!cJSON_IsObject(at)) {
        snprintf(what, sizeof what, "%.60s needs an object, there is %s", step->name, mm_json_kind(at));
        report(reader, text, what);
        return NULL;
    }
    cJSON *child = (cJSON *)mm_json_get(at, step->name);
    if (child)
        return child;
    if (!is_last && strcmp(step->name, "args") != 0) {
        report_missing(reader, text, at, step->name);
        return NULL;
    }
    return mm_json_add(reader->arena, at, step->name, mm_json_object(reader->arena));
}

static void set_path(struct mm_config_reader *reader, const char *text, const char *path, cJSON *value)
{
    struct step step;
    const char *rest = path;
    if (*rest == '.' || !next_step(reader, &rest, &step) || !step.name) {
        report(reader, text, "a path starts with a name");
        return;
    }
    cJSON *at = find_start(reader, text, step.name);
    while (at && *rest) {
        if (!next_step(reader, &rest, &step)) {
            report(reader, text, "a path is names and indices, such as train.pre_transforms[4].args.a_max");
            return;
        }
        at = walk(reader, text, at, &step, !*rest);
    }
    if (at)
        mm_json_replace(at, value);
}

static enum mm_status set_variable(struct mm_config_reader *reader, const char *name, cJSON *value)
{
    cJSON *before = (cJSON *)mm_json_get(reader->root, name);
    before = before ? before : mm_config_value(reader, name);
    if (before)
        mm_json_replace(before, value);
    else if (!mm_json_add(reader->arena, reader->extra, name, value))
        return mm_fail_memory(reader->err, "a variable");
    return MM_OK;
}

/* The name that the config has a variable under, where versions 3 and 4 of Clara spell it differently. */
static const char *own_spelling(const struct mm_config_reader *reader, const char *key)
{
    static const char *const pairs[][2] = {{"num_training_epoch_per_valid", "num_interval_per_valid"},
                                           {"use_amp", "amp"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs && !mm_json_get(reader->root, key); i++)
        for (int k = 0; k < 2; k++)
            if (strcmp(pairs[i][k], key) == 0 && mm_json_get(reader->root, pairs[i][1 - k]))
                return pairs[i][1 - k];
    return key;
}

enum mm_status mm_config_apply_set(struct mm_config_reader *reader, const char *text)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text) {
        report(reader, text, "expected key=value");
        return MM_OK;
    }
    struct mm_error err = {0};
    cJSON *whole = text_of(reader, text, &err), *value = whole ? value_of(reader, equals + 1, &err) : NULL;
    if (!value && err.status == MM_ERR_CONFIG) {
        report(reader, text, "these bytes are not UTF-8");
        return MM_OK;
    }
    const char *key = mm_arena_textn(reader->arena, text, (size_t)(equals - text));
    if (!key || !value)
        return mm_fail_memory(reader->err, "a variable");
    if (!strpbrk(key, ".["))
        return set_variable(reader, own_spelling(reader, key), value);
    set_path(reader, text, key, value);
    return MM_OK;
}
