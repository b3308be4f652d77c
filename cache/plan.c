/* The plan: numbers that follow from pipeline, datalist and chain. */
#include "cache/bound.h"
#include "cache/fit.h"
#include "cache/policy.h"
#include "cache/twins.h"

struct mm_rotation mm_cache_plan_rotation(const struct mm_cache_plan *plan)
{
    return (struct mm_rotation){.replaced = plan->replaced, .every = plan->every};
}

enum mm_status mm_cache_plan_make(const struct mm_source *source, size_t headers, uint32_t ranks,
                                  struct mm_cache_plan *plan, struct mm_error *err)
{
    const struct mm_pipeline *pipeline = source->pipeline;
    enum mm_status s;
    size_t total = source->list->count, outputs = mm_chain_outputs(source->chain, source->prefix);
    if (total < 1 || total > INT32_MAX)
        return mm_fail(err, MM_ERR_DATA, "%s: %zu items, allowed are 1 to %d", source->list->file, total, INT32_MAX);
    if (total < ranks)
        return mm_fail(err, MM_ERR_CONFIG, "%s: %zu items for %u ranks, each needs at least one", source->list->file,
                       total, ranks);
    *plan = (struct mm_cache_plan){.items = (uint32_t)total,
                                   .cached = (uint32_t)total,
                                   .distinct = mm_twins_distinct(source->list),
                                   .every = pipeline->replace_every > 1 ? (uint32_t)pipeline->replace_every : 1,
                                   .ranks = ranks};
    if (pipeline->caches && pipeline->num_cache_objects > 0 && (uint64_t)pipeline->num_cache_objects < total)
        plan->cached = (uint32_t)pipeline->num_cache_objects;
    bool all = headers > 0 && mm_pipeline_asks_sizes(pipeline);
    uint32_t largest = 0;
    if (MM_TRY(s, mm_bound_items(source, all ? total : headers, &plan->bytes_per_item, &largest, err)) ||
        MM_TRY(s, mm_cache_fit(source, largest, plan, err)))
        return s;
    plan->plain = plan->replaced == 0 && plan->replaced_max == 0;
    plan->coverage_epochs = mm_policy_coverage(plan->items, plan->cached, mm_cache_plan_rotation(plan));

    int64_t volumes =
        pipeline->batched_by_transforms || pipeline->output_batch_size < 1 ? 1 : pipeline->output_batch_size;
    uint32_t own = plan->cached / ranks;
    plan->volumes_per_step = volumes < own ? (uint32_t)volumes : own;
    plan->steps = (own - 1) / plan->volumes_per_step + 1;
    size_t batch;
    if (!mm_size_mul(plan->volumes_per_step, outputs, &batch) || batch > INT32_MAX)
        return mm_fail(err, MM_ERR_CONFIG, "a batch of %u volumes with %zu samples each is too large",
                       plan->volumes_per_step, outputs);
    plan->outputs = (uint32_t)outputs;
    plan->batch = (uint32_t)batch;
    return MM_OK;
}
