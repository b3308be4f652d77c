/* The two sides of a comparison, and JSON against JSON. */
#include "mmar/diff.h"

#include "base/file.h"
#include "mmar/archive/archive.h"

#define MEMBERS_MAX 10000 /* larger objects are compared as one value */

static enum mm_status open_folder(struct mm_arena *arena, const char *folder, struct mm_diff_side *side,
                                  struct mm_error *err)
{
    enum mm_status s;
    cJSON *config, *metrics;
    const char *config_path = mm_file_join(arena, folder, "config/config_train.json"),
               *metrics_path = mm_file_join(arena, folder, "eval/metrics.json"),
               *weights = mm_file_join(arena, folder, "models/model.safetensors");
    if (!config_path || !metrics_path || !weights)
        return mm_fail_memory(err, "a file name");
    if (!mm_file_exists(config_path))
        return mm_fail(err, MM_ERR_USAGE, "%s: is no MMAR: it has no config/config_train.json", folder);
    if (MM_TRY(s, mm_json_read(arena, config_path, &config, err)))
        return s;
    side->config = config;
    if (mm_file_exists(metrics_path)) {
        if (MM_TRY(s, mm_json_read(arena, metrics_path, &metrics, err)))
            return s;
        side->metrics = mm_json_get(metrics, "metrics");
    }
    side->weights = mm_file_exists(weights) ? weights : NULL;
    return MM_OK;
}

enum mm_status mm_diff_open(struct mm_arena *arena, const char *path, struct mm_diff_side *side, struct mm_error *err)
{
    enum mm_status s;
    cJSON *manifest;
    *side = (struct mm_diff_side){.config = NULL};
    if (mm_file_is_folder(path))
        return open_folder(arena, path, side, err);
    if (mm_text_ends(path, ".safetensors")) {
        side->weights = path;
        return MM_OK;
    }
    if (MM_TRY(s, mm_unpack_temporary(arena, path, &side->temporary, &manifest, err)))
        return s;
    const char *model = mm_file_join(arena, side->temporary, "model");
    s = model ? open_folder(arena, model, side, err) : mm_fail_memory(err, "a file name");
    if (s != MM_OK)
        mm_diff_close(side);
    return s;
}

void mm_diff_close(struct mm_diff_side *side)
{
    if (side->temporary)
        mm_file_remove_tree(side->temporary, NULL);
    side->temporary = NULL;
}

static void add(struct mm_arena *arena, cJSON *out, const char *path, const cJSON *a, const cJSON *b)
{
    cJSON *row = mm_json_append(out, mm_json_object(arena));
    mm_json_add(arena, row, "path", mm_json_text(arena, path));
    if (a)
        mm_json_add(arena, row, "a", mm_json_copy(arena, a));
    if (b)
        mm_json_add(arena, row, "b", mm_json_copy(arena, b));
}

static bool is_same(struct mm_arena *arena, const cJSON *a, const cJSON *b)
{
    const char *x = mm_json_print(arena, a, MM_JSON_CANONICAL), *y = mm_json_print(arena, b, MM_JSON_CANONICAL);
    return x && y && !strcmp(x, y);
}

static void compare(struct mm_arena *arena, cJSON *out, const char *path, const cJSON *a, const cJSON *b);

static void compare_objects(struct mm_arena *arena, cJSON *out, const char *path, const cJSON *a, const cJSON *b)
{
    const cJSON *item;
    const char *dot = *path ? "." : "";
    cJSON_ArrayForEach (item, a)
        compare(arena, out, mm_arena_format(arena, "%s%s%s", path, dot, item->string), item,
                mm_json_get(b, item->string));
    cJSON_ArrayForEach (item, b) {
        if (!mm_json_get(a, item->string))
            add(arena, out, mm_arena_format(arena, "%s%s%s", path, dot, item->string), NULL, item);
    }
}

static void compare_arrays(struct mm_arena *arena, cJSON *out, const char *path, const cJSON *a, const cJSON *b)
{
    const cJSON *x = a->child, *y = b->child;
    for (size_t i = 0; x || y; i++, x = x ? x->next : NULL, y = y ? y->next : NULL)
        compare(arena, out, mm_arena_format(arena, "%s[%zu]", path, i), x, y);
}

static void compare(struct mm_arena *arena, cJSON *out, const char *path, const cJSON *a, const cJSON *b)
{
    if (!path)
        return; /* out of memory, which the caller finds by the list */
    bool small = cJSON_GetArraySize(a) <= MEMBERS_MAX && cJSON_GetArraySize(b) <= MEMBERS_MAX;
    if (cJSON_IsObject(a) && cJSON_IsObject(b) && small)
        compare_objects(arena, out, path, a, b);
    else if (cJSON_IsArray(a) && cJSON_IsArray(b))
        compare_arrays(arena, out, path, a, b);
    else if (!a || !b || !is_same(arena, a, b))
        add(arena, out, path, a, b);
}

cJSON *mm_diff_json(struct mm_arena *arena, const cJSON *a, const cJSON *b)
{
    cJSON *out = mm_json_array(arena);
    if (a || b)
        compare(arena, out, "", a, b);
    return out;
}
