/* Memory decides about N: N + R places of the largest item's size must not exceed the limit. Where they would, packing is tried on that
 * item: its packed bytes and a margin are then the size of a place. */
#include "cache/fit.h"

#include "cache/policy.h"

#define MARGIN  1.25 /* other items may pack worse than the one that was measured */
#define RESERVE 4    /* R "auto" with a limit: N / RESERVE places are kept free for replacements */

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

uint64_t mm_cache_places(const struct mm_cache_plan *plan, uint64_t memory, uint64_t bytes)
{
    uint64_t own = bytes && memory ? memory / bytes : UINT64_MAX;
    return own >= plan->distinct ? UINT64_MAX : own * plan->ranks;
}

uint64_t mm_cache_places_needed(const struct mm_cache_plan *plan)
{
    uint64_t places = (uint64_t)plan->cached + (plan->replaced_max ? plan->replaced_max : plan->replaced);
    uint64_t most = (uint64_t)plan->distinct * plan->ranks;
    return places < most ? places : most;
}

bool mm_pipeline_is_open(const struct mm_pipeline *pipeline)
{
    return pipeline->caches && !pipeline->is_resolved &&
           (pipeline->auto_objects || pipeline->auto_replace || pipeline->auto_memory || pipeline->cache_memory);
}

static bool is_limited(const struct mm_pipeline *pipeline)
{
    return pipeline->caches && (pipeline->auto_memory || pipeline->cache_memory);
}

bool mm_pipeline_asks_sizes(const struct mm_pipeline *pipeline)
{
    return mm_pipeline_is_open(pipeline) || (is_limited(pipeline) && pipeline->compression == MM_COMPRESSION_AUTO);
}

/* R for N and a share, where nothing but ranks and share have a say. */
static uint32_t replaced_with(const struct mm_cache_plan *plan, uint32_t cached, double share)
{
    bool holds_all = plan->cached_alone == plan->items &&
                     cached == mm_policy_cached_for_ranks(plan->items, plan->items, plan->ranks);
    return mm_policy_replaced_for_ranks(plan->items, mm_policy_replacements(plan->items, cached, share), holds_all,
                                        plan->ranks);
}

/* N + R grows with N up to T - R, and is T from there on, so N can be sought by halves. */
uint32_t mm_cache_fit_share(const struct mm_cache_plan *plan, uint32_t wanted, double share, uint64_t places)
{
    uint32_t low = 1, high = wanted / plan->ranks;
    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2, cached = middle * plan->ranks;
        if ((uint64_t)cached + replaced_with(plan, cached, share) <= places)
            low = middle;
        else
            high = middle - 1;
    }
    return low * plan->ranks;
}

static bool rotates(const struct mm_pipeline *pipeline)
{
    return pipeline->auto_replace || pipeline->replace_percent > 0;
}

/* The most that may enter, of which memory has something to say. */
static uint32_t replaced_most(const struct mm_cache_plan *plan, uint64_t places)
{
    uint32_t most = replaced_with(plan, plan->cached, 1);
    uint64_t beside = places > plan->cached ? (places - plan->cached) / plan->ranks * plan->ranks : 0;
    beside = beside ? beside : plan->ranks;
    return (uint32_t)(most < beside ? most : beside);
}

/* Bytes of the item's entry in a store that packs. 0 when packing does not pay, or when it cannot be prepared, which is no failure of the plan: the item fails when
 * its turn comes, by the rules for that. */
static uint64_t measure_packed(const struct mm_source *source, uint32_t item)
{
    struct mm_arena arena;
    struct mm_sample *sample;
    uint64_t bytes = 0;
    mm_arena_init(&arena, NULL);
    if (!mm_source_prepare(source, item, 0, NULL, &arena, &sample, NULL) &&
        !mm_sample_pack(&arena, sample, &sample, NULL))
        bytes = mm_sample_packed_bytes(sample) ? mm_sample_bytes(sample) : 0;
    mm_arena_done(&arena);
    return bytes;
}

/* The largest N up to the one asked for. */
static uint32_t most_held(const struct mm_pipeline *pipeline, const struct mm_cache_plan *plan, uint64_t places)
{
    double share = pipeline->auto_replace ? 1.0 / RESERVE : pipeline->replace_percent;
    return mm_cache_fit_share(plan, plan->wanted, share, places);
}

/* Lowers N to what the places hold, which are more when packing makes them smaller. */
static void lower(const struct mm_source *source, uint32_t item, struct mm_cache_plan *plan, uint64_t *places)
{
    const struct mm_pipeline *pipeline = source->pipeline;
    plan->cached = most_held(pipeline, plan, *places);
    if (plan->cached == plan->wanted || pipeline->compression == MM_COMPRESSION_NONE)
        return;
    uint64_t packed = (uint64_t)(MARGIN * (double)measure_packed(source, item));
    if (packed == 0 || packed >= plan->bytes_per_item)
        return;
    plan->packed_per_item = packed;
    *places = mm_cache_places(plan, plan->limit, packed);
    plan->cached = most_held(pipeline, plan, *places);
}

/* Might the places be more than the limit with images as they are? */
static bool is_crowded(const struct mm_cache_plan *plan)
{
    return mm_cache_places_needed(plan) > mm_cache_places(plan, plan->limit, plan->bytes_per_item);
}

enum mm_status mm_cache_fit(const struct mm_source *source, uint32_t largest_item, struct mm_cache_plan *plan,
                            struct mm_error *err)
{
    const struct mm_pipeline *pipeline = source->pipeline;
    enum mm_status s;
    plan->cached_alone = plan->cached;
    plan->wanted = plan->cached = mm_policy_cached_for_ranks(plan->items, plan->cached, plan->ranks);
    if (pipeline->caches && MM_TRY(s, mm_pipeline_limit(pipeline, &plan->limit, err)))
        return s;
    uint64_t places = mm_cache_places(plan, plan->limit, plan->bytes_per_item);
    if (rotates(pipeline) && !pipeline->is_resolved)
        lower(source, largest_item, plan, &places);
    plan->replaced = replaced_with(plan, plan->cached, pipeline->replace_percent);
    plan->replaced_alone = mm_policy_replacements(plan->items, plan->cached, pipeline->replace_percent);
    if (pipeline->caches && pipeline->auto_replace && !pipeline->is_resolved && !plan->replaced)
        plan->replaced_max = replaced_most(plan, places);
    plan->packs = pipeline->caches && (pipeline->compression == MM_COMPRESSION_LZ4 ||
                                       (pipeline->compression == MM_COMPRESSION_AUTO && is_crowded(plan)));
    return MM_OK;
}
