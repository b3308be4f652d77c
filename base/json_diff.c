/* JSON against JSON: the paths at which two trees differ. */
#include <string.h>

#include "base/json.h"

#define MEMBERS_MAX 10000 /* larger objects are compared as one value */

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

cJSON *mm_json_diff(struct mm_arena *arena, const cJSON *a, const cJSON *b)
{
    cJSON *out = mm_json_array(arena);
    if (a || b)
        compare(arena, out, "", a, b);
    return out;
}
