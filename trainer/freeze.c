/* Freezing by name; see freeze.h. */
#include "trainer/freeze.h"

#include <fnmatch.h>

size_t mm_graph_freeze(struct mm_graph *graph, const char *pattern)
{
    size_t count = 0;
    for (size_t i = 0; i < graph->param_count; i++) {
        struct mm_param_info *info = &graph->params[i];
        if (info->role != MM_ROLE_PARAM || info->frozen || fnmatch(pattern, info->name, 0) != 0)
            continue;
        info->frozen = true;
        count++;
    }
    return count;
}

size_t mm_graph_learned(const struct mm_graph *graph)
{
    size_t count = 0;
    for (size_t i = 0; i < graph->param_count; i++)
        count += graph->params[i].role == MM_ROLE_PARAM && !graph->params[i].frozen;
    return count;
}

cJSON *mm_graph_frozen_json(struct mm_arena *arena, const struct mm_graph *graph)
{
    cJSON *names = mm_json_array(arena);
    for (size_t i = 0; i < graph->param_count && names; i++)
        if (graph->params[i].frozen && !mm_json_append(names, mm_json_text(arena, graph->params[i].name)))
            return NULL;
    return names;
}
