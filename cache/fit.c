/* Memory decides about N: N + R places of the largest item's size must not exceed the limit. */
#include "cache/fit.h"

#include "cache/policy.h"

#define RESERVE 4 /* R "auto" with a limit: N / RESERVE places are kept free for replacements */

enum mm_status mm_pipeline_limit(const struct mm_pipeline *pipeline, uint64_t *bytes, struct mm_error *err)
{
    *bytes = pipeline->cache_memory;
    if (!pipeline->auto_memory)
        return MM_OK;
    *bytes = (uint64_t)((double)mm_memory_available() * MM_CACHE_SHARE);
    if (*bytes == 0)
        return mm_fail(err, MM_ERR_CONFIG,
                       "cache_memory is \"auto\", but how much memory is free is not known on this machine: "
                       "write a size, such as \"8GiB\"");
    return MM_OK;
}

bool mm_pipeline_is_open(const struct mm_pipeline *pipeline)
{
    return pipeline->caches && !pipeline->is_resolved &&
           (pipeline->auto_objects || pipeline->auto_replace || pipeline->auto_memory || pipeline->cache_memory);
}

/* N + R grows with N up to T - R, and is T from there on, so N can be sought by halves. */
uint32_t mm_cache_fit_share(uint32_t total, uint32_t wanted, double share, uint64_t places)
{
    uint32_t low = 1, high = wanted;
    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;
        if ((uint64_t)middle + mm_policy_replacements(total, middle, share) <= places)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

static bool rotates(const struct mm_pipeline *pipeline)
{
    return pipeline->auto_replace || pipeline->replace_percent > 0;
}

enum mm_status mm_cache_fit(const struct mm_pipeline *pipeline, struct mm_cache_plan *plan, struct mm_error *err)
{
    enum mm_status s;
    uint64_t places = UINT64_MAX;
    plan->wanted = plan->cached;
    if (pipeline->caches && MM_TRY(s, mm_pipeline_limit(pipeline, &plan->limit, err)))
        return s;
    if (plan->limit && plan->bytes_per_item)
        places = plan->limit / plan->bytes_per_item;
    if (rotates(pipeline) && !pipeline->is_resolved)
        plan->cached = mm_cache_fit_share(plan->items, plan->wanted,
                                          pipeline->auto_replace ? 1.0 / RESERVE : pipeline->replace_percent, places);
    plan->replaced = mm_policy_replacements(plan->items, plan->cached, pipeline->replace_percent);
    plan->coverage_epochs = mm_policy_coverage(plan->items, plan->cached, plan->replaced);
    if (pipeline->caches && pipeline->auto_replace && !pipeline->is_resolved) {
        uint64_t most = mm_policy_replacements(plan->items, plan->cached, 1);
        uint64_t beside = places > plan->cached ? places - plan->cached : 1;
        plan->replaced_max = (uint32_t)(most < beside ? most : beside);
    }
    return MM_OK;
}
