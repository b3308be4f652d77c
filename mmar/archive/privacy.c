/* Privacy of archives: templates of environments, anonymous cases, and a search for local paths. */
#include "mmar/archive/privacy.h"

#include "base/file.h"

#define TEXT_MAX (4u << 20)
#define NEEDLES_MAX 8

/* {"training": [{"image": ...}, ...]}: names of cases, so it stays. */
static bool is_datalist(const cJSON *json)
{
    static const char *const keys[] = {"training", "validation", "test", "testing"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const cJSON *list = mm_json_get(json, keys[i]);
        if (cJSON_IsArray(list) && (mm_json_get(list->child, "image") || cJSON_IsString(list->child)))
            return true;
    }
    return false;
}

static bool is_local(const char *value)
{
    bool drive = ((value[0] | 32) >= 'a' && (value[0] | 32) <= 'z') && value[1] == ':' && (value[2] == '\\' || value[2] == '/');
    return value[0] == '/' || value[0] == '~' || value[0] == '\\' || drive || strstr(value, "../");
}

enum mm_status mm_privacy_config(struct mm_arena *arena, const char *root, const char *name, char **text, bool *stays, struct mm_error *err)
{
    enum mm_status s;
    cJSON *json;
    if (MM_TRY(s, mm_json_read(arena, mm_file_join(arena, root, name), &json, err)))
        return s;
    *stays = is_datalist(json);
    if (*stays || strcmp(name, "config/environment.json"))
        return MM_OK;
    bool changed = false;
    for (cJSON *item = json->child, *next; item; item = next) {
        next = item->next;
        if (cJSON_IsString(item) && is_local(item->valuestring)) {
            mm_json_replace(item, mm_json_text(arena, ""));
            changed = true;
        }
    }
    if (!changed)
        return MM_OK;
    char *printed = mm_json_print(arena, json, MM_JSON_INDENTED);
    *text = printed ? mm_arena_format(arena, "%s\n", printed) : NULL;
    return *text ? MM_OK : mm_fail_memory(err, "environment.json");
}

enum mm_status mm_privacy_metrics(struct mm_arena *arena, const char *root, char **text, struct mm_error *err)
{
    enum mm_status s;
    cJSON *json;
    const char *path = mm_file_join(arena, root, "eval/metrics.json");
    if (!mm_file_exists(path))
        return MM_OK;
    if (MM_TRY(s, mm_json_read(arena, path, &json, err)))
        return s;
    const cJSON *cases = mm_json_get(json, "cases");
    int number = 0;
    for (cJSON *item = cases ? cases->child : NULL; item; item = item->next) {
        cJSON *image = (cJSON *)mm_json_get(item, "image");
        number++;
        if (image)
            mm_json_replace(image, mm_json_text(arena, mm_arena_format(arena, "case %d", number)));
    }
    char *printed = mm_json_print(arena, json, MM_JSON_INDENTED);
    *text = printed ? mm_arena_format(arena, "%s\n", printed) : NULL;
    return *text ? MM_OK : mm_fail_memory(err, "the metrics");
}

struct needles {
    const char *items[NEEDLES_MAX];
    size_t count;
};

/* Only paths long enough to mean something. */
static void add_needle(struct needles *n, const char *path)
{
    if (path && strlen(path) > 4 && n->count < NEEDLES_MAX)
        n->items[n->count++] = path;
}

static void find_needles(struct mm_arena *arena, const char *root, struct needles *n)
{
    cJSON *json;
    char *real = realpath(root, NULL);
    add_needle(n, real ? mm_arena_text(arena, real) : NULL);
    free(real);
    add_needle(n, getenv("HOME"));
    if (mm_json_read(arena, mm_file_join(arena, root, "config/environment.json"), &json, NULL) == MM_OK)
        for (const cJSON *item = json->child; item; item = item->next)
            if (cJSON_IsString(item) && is_local(item->valuestring))
                add_needle(n, item->valuestring);
}

static enum mm_status scan_text(const char *name, const char *text, const struct needles *n, struct mm_error *err)
{
    for (size_t i = 0; i < n->count; i++) {
        const char *found = strstr(text, n->items[i]);
        if (!found)
            continue;
        int line = 1;
        for (const char *c = text; c < found; c++)
            line += *c == '\n';
        return mm_fail(err, MM_NO, "%s:%d: holds the local path %s: take it out (or move it into config/environment.json, which travels as a "
                       "template)", name, line, n->items[i]);
    }
    return MM_OK;
}

enum mm_status mm_privacy_scan(struct mm_arena *arena, const char *root, const struct mm_archive_list *list, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    struct needles needles = {.count = 0};
    struct mm_arena scratch;
    find_needles(arena, root, &needles);
    mm_arena_init(&scratch, NULL);
    for (size_t i = 0; i < list->count && s == MM_OK; i++) {
        const struct mm_archive_file *f = &list->files[i];
        unsigned char *bytes = NULL;
        size_t size;
        mm_arena_reset(&scratch);
        if (f->size > TEXT_MAX || (f->path && MM_TRY(s, mm_file_read(&scratch, f->path, TEXT_MAX, &bytes, &size, err))))
            continue;
        s = scan_text(f->name, bytes ? (const char *)bytes : f->bytes, &needles, err);
    }
    mm_arena_done(&scratch);
    return s;
}
