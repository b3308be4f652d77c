/* AutoML in a training's config: "search" beside a component's name and args, or at the top for variables, is a list of
 *     {"domain": "lr" | "net" | "transform", "type": "float" | "enum", "args": names, "targets": ...}
 * float: targets are [least, greatest]; enum: a list of choices, each a list with a value an argument. A name may be "arg#alias", and another
 * component takes the alias' value by "apply": {"arg": "alias"}; "@disabled" is the attribute, not an argument.
 * Nothing searches here: the form is checked, and the file is trained with the values it has.
 * Source: Clara Train's AutoML user guide. */
#include "base/names.h"
#include "config/config_internal.h"

static void fail(struct mm_config_reader *reader, const cJSON *node, const cJSON *at, const char *expected)
{
    mm_problem(reader->problems, MM_SEVERITY_ERROR, at ? at : node, "expected %s, got %s", expected,
               at ? mm_json_found(reader->arena, at) : "nothing");
}

static bool is_one_of(const cJSON *node, const char *words)
{
    return cJSON_IsString(node) && mm_names_contain(words, node->valuestring);
}

static bool is_name(const cJSON *node)
{
    return cJSON_IsString(node) && *node->valuestring;
}

/* Number of names; 0 when they are malformed. */
static int count_names(struct mm_config_reader *reader, const cJSON *entry)
{
    const cJSON *args = mm_json_get(entry, "args"), *item;
    bool good = is_name(args) || (cJSON_IsArray(args) && args->child);
    if (cJSON_IsArray(args))
        cJSON_ArrayForEach (item, args)
            good = good && is_name(item);
    if (!good)
        fail(reader, entry, args, "\"args\": the name of an argument, or a list of names");
    return !good ? 0 : cJSON_IsArray(args) ? cJSON_GetArraySize(args) : 1;
}

static void check_targets(struct mm_config_reader *reader, const cJSON *entry, bool is_float, int names)
{
    const cJSON *targets = mm_json_get(entry, "targets"), *item;
    if (is_float) {
        const cJSON *low = cJSON_GetArrayItem(targets, 0), *high = cJSON_GetArrayItem(targets, 1);
        if (!cJSON_IsArray(targets) || cJSON_GetArraySize(targets) != 2 || !cJSON_IsNumber(low) ||
            !cJSON_IsNumber(high) || !(low->valuedouble <= high->valuedouble))
            fail(reader, entry, targets, "\"targets\" of a float search: [least, greatest]");
        return;
    }
    if (!cJSON_IsArray(targets) || !targets->child) {
        fail(reader, entry, targets, "\"targets\" of an enum search: a list of choices");
        return;
    }
    cJSON_ArrayForEach (item, targets)
        if (!cJSON_IsArray(item) || cJSON_GetArraySize(item) != names) {
            char expected[96];
            snprintf(expected, sizeof expected, "a choice of %d value%s in a list, one for each of \"args\"", names,
                     names == 1 ? "" : "s");
            fail(reader, entry, item, expected);
        }
}

static void check_entry(struct mm_config_reader *reader, const cJSON *entry)
{
    if (!cJSON_IsObject(entry)) {
        fail(reader, entry, entry, "a search {\"domain\", \"type\", \"args\", \"targets\"}");
        return;
    }
    const cJSON *type = mm_json_get(entry, "type"), *domain = mm_json_get(entry, "domain");
    if (!is_one_of(domain, "lr net transform"))
        fail(reader, entry, domain, "\"domain\": lr, net or transform");
    if (!is_one_of(type, "float enum"))
        fail(reader, entry, type, "\"type\": float or enum");
    int names = count_names(reader, entry);
    if (names && is_one_of(type, "float enum"))
        check_targets(reader, entry, strcmp(type->valuestring, "float") == 0, names);
}

static const cJSON *list_of(const cJSON *search)
{
    return cJSON_IsArray(search) ? search->child : search;
}

/* Whether some search anywhere gives its result that alias ("arg#alias"), or is over that very name at the top. */
static bool defines(const cJSON *node, const char *alias)
{
    const cJSON *search = mm_json_get(node, "search");
    for (const cJSON *entry = list_of(search); entry; entry = cJSON_IsArray(search) ? entry->next : NULL) {
        const cJSON *args = mm_json_get(entry, "args");
        for (const cJSON *item = cJSON_IsArray(args) ? args->child : args; item;
             item = cJSON_IsArray(args) ? item->next : NULL) {
            const char *hash = cJSON_IsString(item) ? strchr(item->valuestring, '#') : NULL;
            if (cJSON_IsString(item) && strcmp(hash ? hash + 1 : item->valuestring, alias) == 0)
                return true;
        }
    }
    for (const cJSON *child = node->child; child; child = child->next)
        if (!cJSON_IsString(child) && defines(child, alias))
            return true;
    return false;
}

static void check_apply(struct mm_config_reader *reader, const cJSON *apply)
{
    const cJSON *item;
    if (!cJSON_IsObject(apply)) {
        fail(reader, apply, apply, "an object of arguments and the aliases of searches");
        return;
    }
    cJSON_ArrayForEach (item, apply) {
        if (!is_name(item))
            fail(reader, apply, item, "the alias of a search");
        else if (reader->applied++ >= MM_CONFIG_COMPONENTS_MAX)
            return; /* each look-up walks the file: a hostile one has no more of our time */
        else if (!defines(reader->root, item->valuestring))
            mm_problem(reader->problems, MM_SEVERITY_ERROR, item, "no search has the alias \"%.60s\"",
                       item->valuestring);
    }
}

/* `apply` and `search` are words of components and of the top; inside "args" they would be arguments. */
static void check_tree(struct mm_config_reader *reader, const cJSON *node)
{
    if (cJSON_IsObject(node)) {
        const cJSON *search = mm_json_get(node, "search"), *apply = mm_json_get(node, "apply");
        for (const cJSON *entry = search && !cJSON_IsNull(search) ? list_of(search) : NULL; entry;
             entry = cJSON_IsArray(search) ? entry->next : NULL)
            check_entry(reader, entry);
        if (apply && !cJSON_IsNull(apply))
            check_apply(reader, apply);
    }
    for (const cJSON *child = node->child; child; child = child->next)
        if ((cJSON_IsObject(child) || cJSON_IsArray(child)) &&
            !(child->string && mm_names_contain("args search apply", child->string)))
            check_tree(reader, child);
}

void mm_config_check_search(struct mm_config_reader *reader)
{
    check_tree(reader, reader->root);
}
