/* One value for all keys, or one for each. */
#include "transforms/per_key.h"

#include <math.h>

static bool read_one(const cJSON *node, unsigned allowed, const char *word, double *out)
{
    int64_t integer;
    if (cJSON_IsNull(node)) {
        *out = NAN;
        return true;
    }
    if (cJSON_IsBool(node)) {
        *out = cJSON_IsTrue(node) ? INFINITY : NAN;
        return allowed & MM_PER_KEY_BOOL;
    }
    if (cJSON_IsString(node)) {
        *out = INFINITY;
        return word && strcmp(node->valuestring, word) == 0;
    }
    if (!cJSON_IsNumber(node))
        return false;
    *out = node->valuedouble;
    return allowed & MM_PER_KEY_NUMBER || (allowed & MM_PER_KEY_INT && mm_json_int(node, &integer));
}

static enum mm_status fail_value(const cJSON *node, const char *name, unsigned allowed, const char *word,
                                 struct mm_error *err)
{
    return mm_fail(err, MM_ERR_CONFIG, "%s: expected%s%s%s%s%s null, or a list of one for each key, got %s", name,
                   allowed & MM_PER_KEY_BOOL ? " true, false," : "", allowed & MM_PER_KEY_INT ? " an integer," : "",
                   allowed & MM_PER_KEY_NUMBER ? " a number," : "", word ? " " : "", word ? word : "",
                   mm_json_kind(node));
}

enum mm_status mm_per_key_read(struct mm_arena *arena, const cJSON *node, const char *name, unsigned allowed,
                               const char *word, struct mm_doubles *out, struct mm_error *err)
{
    *out = (struct mm_doubles){0};
    if (!node)
        return MM_OK;
    size_t count = cJSON_IsArray(node) ? (size_t)cJSON_GetArraySize(node) : 1;
    if (count > MM_PER_KEY_MAX)
        return mm_fail(err, MM_ERR_CONFIG, "%s: %zu values, at most %d are allowed", name, count, MM_PER_KEY_MAX);
    double *items = mm_arena_array(arena, double, count);
    if (!items)
        return mm_fail_memory(err, name);
    const cJSON *item = cJSON_IsArray(node) ? node->child : node;
    for (size_t i = 0; i < count; i++, item = item->next)
        if (!read_one(item, allowed, word, &items[i]))
            return fail_value(item, name, allowed, word, err);
    *out = (struct mm_doubles){count, items};
    return MM_OK;
}

double mm_per_key(const struct mm_doubles *list, size_t key)
{
    if (list->count == 0)
        return NAN;
    return list->items[key < list->count ? key : list->count - 1];
}

bool mm_per_key_on(const struct mm_doubles *list, size_t key)
{
    return !isnan(mm_per_key(list, key));
}
