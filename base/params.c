/* Reading parameters: defaults, a JSON object into its targets, one value from the command line. */
#include "base/params.h"

#include "base/names.h"
#include "base/params_internal.h"

#define NAMES_LISTED 12 /* so many allowed names are listed when no name is near */

static bool is_called(const struct mm_param *param, const char *name)
{
    return strcmp(param->name, name) == 0 || (param->aliases && mm_names_contain(param->aliases, name));
}

const struct mm_param *mm_params_find(const struct mm_param *table, const char *name)
{
    for (; table && table->type != MM_PARAM_END_OF_TABLE; table++)
        if (is_called(table, name))
            return table;
    return NULL;
}

/* Defaults. ------------------------------------------------------------------------------------------------------ */

/* The default of a list or of JSON, which the table writes as JSON. */
static enum mm_status default_of_json(struct mm_arena *arena, const struct mm_param *param, void *object,
                                      struct mm_error *err)
{
    if (!param->def_text)
        return MM_OK;
    cJSON *node;
    enum mm_status s;
    if (MM_TRY(s, mm_json_parse(arena, "default", param->def_text, strlen(param->def_text), &node, err))) {
        if (s == MM_ERR_MEMORY)
            return s;
        mm_bug("the default of parameter %s is no JSON: %s", param->name, param->def_text);
    }
    struct mm_problems problems;
    mm_problems_init(&problems, arena);
    struct mm_param_reader reader = {.arena = arena, .problems = &problems};
    if (mm_param_read(&reader, param, object, node))
        return MM_OK;
    if (!reader.out_of_memory)
        mm_bug("the default of parameter %s is refused: %s", param->name, problems.items[0].text);
    return mm_fail_memory(err, "the defaults of parameters");
}

enum mm_status mm_params_defaults(struct mm_arena *arena, const struct mm_param *table, void *object,
                                  struct mm_error *err)
{
    for (const struct mm_param *param = table; param->type != MM_PARAM_END_OF_TABLE; param++) {
        if (!mm_param_has_field(param))
            continue;
        void *field = mm_param_field(param, object);
        enum mm_status s;
        switch (param->type) {
        case MM_PARAM_BOOL:
            *(bool *)field = param->def != 0;
            break;
        case MM_PARAM_INT:
            *(int64_t *)field = (int64_t)param->def;
            break;
        case MM_PARAM_DOUBLE:
            *(double *)field = param->def;
            break;
        case MM_PARAM_STRING:
        case MM_PARAM_CHOICE:
            *(const char **)field = param->def_text;
            break;
        default:
            if (MM_TRY(s, default_of_json(arena, param, object, err)))
                return s;
        }
    }
    return MM_OK;
}

/* A JSON object. ------------------------------------------------------------------------------------------------- */

struct reading {
    struct mm_param_reader reader;
    const struct mm_param_target *targets;
    size_t count;
    const cJSON *args, *where;
};

/* The member of the arguments that gives this parameter, or NULL. */
static const cJSON *find_member(const struct reading *r, const struct mm_param *param)
{
    const cJSON *found = NULL, *member;
    cJSON_ArrayForEach (member, r->args) {
        if (cJSON_IsNull(member) || !is_called(param, member->string))
            continue;
        if (!found)
            found = member;
        else
            mm_problem(r->reader.problems, MM_SEVERITY_ERROR, member, "%s and %s are two names of one parameter",
                       found->string, member->string);
    }
    return found;
}

/* About a parameter's name: told where that stands. */
static void problem_of_name(struct reading *r, enum mm_severity severity, const cJSON *member, const char *text)
{
    struct mm_problems *problems = r->reader.problems;
    struct mm_place name = mm_json_key_place(problems->arena, member), value = mm_json_place(problems->arena, member);
    if (name.file == value.file)
        mm_problem(problems, severity, member, "%s", text);
    else
        mm_problem_at(problems, severity, name, "%s", text);
}

static void read_param(struct reading *r, const struct mm_param *param, void *object)
{
    const cJSON *member = find_member(r, param);
    if (!member) {
        if (param->required)
            mm_problem(r->reader.problems, MM_SEVERITY_ERROR, r->where, "required parameter %s is missing",
                       param->name);
        return;
    }
    if (mm_param_has_field(param) && !mm_param_read(&r->reader, param, object, member))
        return;
    if (param->no_effect)
        problem_of_name(r, MM_SEVERITY_NOTE, member,
                        mm_arena_format(r->reader.problems->arena, "%s has no effect here%s%s", member->string,
                                        param->help ? ": " : "", param->help ? param->help : ""));
}

static bool is_known(const struct reading *r, const char *name)
{
    for (size_t i = 0; i < r->count; i++)
        if (mm_params_find(r->targets[i].table, name))
            return true;
    return false;
}

/* ", did you mean a_max?", or the names there are when these are few. */
static void add_hint(struct mm_text *hint, const struct reading *r, const char *name)
{
    struct mm_nearest nearest;
    char buffer[128], words[128];
    size_t names = 0;
    mm_nearest_init(&nearest, name);
    for (size_t i = 0; i < r->count; i++)
        for (const struct mm_param *p = r->targets[i].table; p->type != MM_PARAM_END_OF_TABLE; p++, names++) {
            mm_nearest_offer(&nearest, p->name);
            if (p->aliases)
                mm_nearest_offer_words(&nearest, p->aliases, words, sizeof words);
        }
    mm_text_add(hint, mm_nearest_hint(&nearest, buffer, sizeof buffer));
    if (nearest.best)
        return;
    if (names == 0)
        mm_text_add(hint, ", there are none");
    if (names > NAMES_LISTED)
        return;
    const char *before = "; known are ";
    for (size_t i = 0; i < r->count; i++)
        for (const struct mm_param *p = r->targets[i].table; p->type != MM_PARAM_END_OF_TABLE; p++, before = ", ")
            mm_text_format(hint, "%s%s", before, p->name);
}

static void check_unknown(struct reading *r)
{
    const cJSON *member;
    cJSON_ArrayForEach (member, r->args) {
        if (mm_text_starts(member->string, "__") || is_known(r, member->string))
            continue;
        struct mm_text hint;
        mm_text_init(&hint, 1024);
        if (!r->reader.problems->dropped)
            add_hint(&hint, r, member->string);
        mm_problem(r->reader.problems, MM_SEVERITY_ERROR, member, "unknown parameter \"%.60s\"%s", member->string,
                   hint.bytes);
        mm_text_done(&hint);
    }
}

enum mm_status mm_params_read(struct mm_arena *arena, const struct mm_param_target *targets, size_t count,
                              const cJSON *args, const cJSON *where, struct mm_problems *problems)
{
    struct reading r = {.reader = {.arena = arena, .problems = problems},
                        .targets = targets,
                        .count = count,
                        .args = args,
                        .where = where ? where : args};
    size_t told = problems->told; /* a component that is read again has the same mistakes, which are listed once */
    for (size_t i = 0; i < count; i++)
        if (mm_params_defaults(arena, targets[i].table, targets[i].object, NULL) != MM_OK)
            r.reader.out_of_memory = true;
    if (r.reader.out_of_memory) {
        mm_problem(problems, MM_SEVERITY_ERROR, r.where, "out of memory");
        return MM_ERR_MEMORY;
    }
    if (args && !cJSON_IsObject(args)) {
        mm_problem(problems, MM_SEVERITY_ERROR, args, "expected an object of parameters, got %s",
                   mm_json_found(arena, args));
        return MM_ERR_CONFIG;
    }
    for (size_t i = 0; i < count; i++)
        for (const struct mm_param *param = targets[i].table; param->type != MM_PARAM_END_OF_TABLE; param++)
            read_param(&r, param, targets[i].object);
    check_unknown(&r);
    if (r.reader.out_of_memory)
        return MM_ERR_MEMORY;
    return problems->told > told ? MM_ERR_CONFIG : MM_OK;
}

/* The command line. ---------------------------------------------------------------------------------------------- */

static cJSON *text_node(struct mm_arena *arena, const char *text, size_t length)
{
    const char *copy = mm_arena_textn(arena, text, length);
    return copy ? mm_json_text(arena, copy) : NULL;
}

static cJSON *bool_node(struct mm_arena *arena, const char *text)
{
    bool is_true = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
    bool is_false = strcmp(text, "false") == 0 || strcmp(text, "0") == 0;
    return is_true || is_false ? mm_json_bool(arena, is_true) : mm_json_text(arena, text);
}

/* The text as the node that a JSON file would have had. */
static enum mm_status node_of_text(struct mm_arena *arena, const struct mm_param *param, const char *text,
                                   cJSON **node, struct mm_error *err)
{
    switch (param->type) {
    case MM_PARAM_BOOL:
        *node = bool_node(arena, text);
        break;
    case MM_PARAM_INT:
    case MM_PARAM_DOUBLE:
        *node = mm_param_node(arena, text, strlen(text));
        break;
    case MM_PARAM_STRINGS:
        *node = mm_param_split(arena, text, text_node);
        break;
    case MM_PARAM_JSON:
        return mm_json_parse(arena, param->name, text, strlen(text), node, err);
    default:
        *node = mm_json_text(arena, text);
    }
    return *node ? MM_OK : mm_fail_memory(err, "a parameter");
}

enum mm_status mm_params_set(struct mm_arena *arena, const struct mm_param *param, void *object, const char *text,
                             struct mm_error *err)
{
    cJSON *node;
    enum mm_status s;
    if (MM_TRY(s, node_of_text(arena, param, text, &node, err)))
        return s;
    struct mm_problems problems;
    mm_problems_init(&problems, arena);
    struct mm_param_reader reader = {.arena = arena, .problems = &problems};
    if (!mm_param_has_field(param) || mm_param_read(&reader, param, object, node))
        return MM_OK;
    return mm_fail(err, reader.out_of_memory ? MM_ERR_MEMORY : MM_ERR_USAGE, "%s", problems.items[0].text);
}
