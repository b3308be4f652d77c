/* Ranges of random numbers. A range that is null is left out, and those after it move up, as in MONAI. */
#include "transforms/ranges.h"

static bool read_range(const cJSON *node, double *low, double *high)
{
    if (cJSON_IsNumber(node)) {
        *low = -node->valuedouble;
        *high = node->valuedouble;
        return true;
    }
    if (!cJSON_IsArray(node) || cJSON_GetArraySize(node) != 2)
        return false;
    const cJSON *first = node->child, *second = first->next;
    *low = first->valuedouble;
    *high = second->valuedouble;
    return cJSON_IsNumber(first) && cJSON_IsNumber(second);
}

enum mm_status mm_ranges_read(const cJSON *node, const char *name, size_t most, struct mm_ranges *out,
                              struct mm_error *err)
{
    *out = (struct mm_ranges){0};
    if (!node || cJSON_IsNull(node))
        return MM_OK;
    const cJSON *item = cJSON_IsArray(node) ? node->child : node;
    for (size_t i = 0; item; item = cJSON_IsArray(node) ? item->next : NULL, i++) {
        if (i == most)
            return mm_fail(err, MM_ERR_CONFIG, "%s: more than %zu ranges", name, most);
        if (cJSON_IsNull(item))
            continue;
        if (!read_range(item, &out->low[out->count], &out->high[out->count]))
            return mm_fail(err, MM_ERR_CONFIG,
                           "%s: expected a number, or for each axis null, a number or [low, high], got %s", name,
                           mm_json_kind(item));
        out->count++;
    }
    return MM_OK;
}

void mm_ranges_draw(const struct mm_ranges *ranges, double base, struct mm_random *random, double *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = base;
    for (size_t i = 0; i < ranges->count; i++) {
        double drawn = mm_random_uniform(random, ranges->low[i], ranges->high[i]);
        if (i < count)
            out[i] += drawn;
    }
}
