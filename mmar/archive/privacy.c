/* Privacy of archives: datalists stay, environments become templates, cases get numbers. The search through what
 * travels is in privacy_scan.c. */
#include "mmar/archive/privacy.h"

#include "base/file.h"
#include "mmar/archive/privacy_internal.h"

/* {"training": [{"image": ...}, ...]}: names of cases, so it stays. */
bool mm_privacy_is_datalist(const cJSON *json)
{
    static const char *const keys[] = {"training", "validation", "test", "testing"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const cJSON *list = mm_json_get(json, keys[i]);
        if (cJSON_IsArray(list) && (mm_json_get(list->child, "image") || cJSON_IsString(list->child)))
            return true;
    }
    return false;
}

bool mm_privacy_is_local(const char *value)
{
    bool drive = ((value[0] | 32) >= 'a' && (value[0] | 32) <= 'z') && value[1] == ':' &&
                 (value[2] == '\\' || value[2] == '/');
    bool absolute = value[0] == '/' && value[1] && value[1] != ' ';
    return absolute || drive || mm_text_starts(value, "~/") || mm_text_starts(value, "\\\\") || strstr(value, "../");
}

const cJSON *mm_privacy_next(const cJSON *node)
{
    if (node->child)
        return node->child;
    while (node && !node->next)
        node = ((const struct mm_json_node *)node)->parent;
    return node ? node->next : NULL;
}

static char *printed(struct mm_arena *arena, const cJSON *json)
{
    const char *text = mm_json_print(arena, json, MM_JSON_INDENTED);
    return text ? mm_arena_format(arena, "%s\n", text) : NULL;
}

/* Every local path becomes "". */
static enum mm_status make_template(struct mm_arena *arena, cJSON *json, char **text, struct mm_error *err)
{
    bool changed = false;
    for (const cJSON *node = json->child, *next; node; node = next) {
        next = mm_privacy_next(node);
        if (!cJSON_IsString(node) || !mm_privacy_is_local(node->valuestring))
            continue;
        cJSON *empty = mm_json_text(arena, "");
        if (!empty)
            return mm_fail_memory(err, "environment.json");
        mm_json_replace((cJSON *)node, empty);
        changed = true;
    }
    if (!changed)
        return MM_OK;
    *text = printed(arena, json);
    return *text ? MM_OK : mm_fail_memory(err, "environment.json");
}

enum mm_status mm_privacy_json(struct mm_arena *arena, const char *root, const char *name, char **text, bool *stays,
                               struct mm_error *err)
{
    cJSON *json;
    enum mm_status s = mm_json_read(arena, mm_file_join(arena, root, name), &json, err);
    if ((s == MM_ERR_CONFIG || s == MM_ERR_DATA) && !mm_text_starts(name, "config/"))
        return MM_OK; /* no JSON, or too much of it: a resource like any other */
    if (s != MM_OK)
        return s;
    *stays = mm_privacy_is_datalist(json);
    return *stays || strcmp(name, "config/environment.json") ? MM_OK : make_template(arena, json, text, err);
}

/* Names of files become numbers that go on from `number`; what else stands beside them, of cases without scores, goes: causes name files, too. */
static bool number_cases(struct mm_arena *arena, cJSON *json, const char *key, bool keeps_rest, int *number)
{
    cJSON *cases = (cJSON *)mm_json_get(json, key), *numbered = mm_json_array(arena);
    for (cJSON *item = cases ? cases->child : NULL; item; item = item->next) {
        cJSON *row = keeps_rest ? mm_json_copy(arena, item) : mm_json_object(arena),
              *label = mm_json_text(arena, mm_arena_format(arena, "case %d", ++*number)),
              *image = (cJSON *)mm_json_get(row, "image");
        if (!row || !label || !numbered)
            return false;
        if (image)
            mm_json_replace(image, label);
        else if (!keeps_rest)
            mm_json_add(arena, row, "image", label);
        mm_json_append(numbered, row);
    }
    if (cases && numbered)
        mm_json_replace(cases, numbered);
    return numbered;
}

enum mm_status mm_privacy_metrics(struct mm_arena *arena, const char *root, const char *weights_sha256, char **text,
                                  struct mm_error *err)
{
    enum mm_status s;
    cJSON *json;
    const char *path = mm_file_join(arena, root, "eval/metrics.json");
    if (!mm_file_exists(path))
        return MM_OK;
    if (MM_TRY(s, mm_json_read(arena, path, &json, err)))
        return s;
    const cJSON *scored = mm_json_get(json, "weights_sha256");
    if (!weights_sha256 || !cJSON_IsString(scored) || strcmp(scored->valuestring, weights_sha256) != 0)
        return MM_OK;
    int number = 0;
    if (!number_cases(arena, json, "cases", true, &number) ||
        !number_cases(arena, json, "not_scored", false, &number))
        return mm_fail_memory(err, "the metrics");
    *text = printed(arena, json);
    return *text ? MM_OK : mm_fail_memory(err, "the metrics");
}
