/* How many items fit into the memory there is. Inside the cache layer only. */
#ifndef MM_CACHE_FIT_H
#define MM_CACHE_FIT_H

#include "cache/pipeline.h"

/* From items, cached (N asked for) and bytes_per_item of the plan: its cached, wanted, replaced, replaced_max, limit, packs and
 * packed_per_item. `largest`: the item of that bound. */
enum mm_status mm_cache_fit(const struct mm_source *source, uint32_t largest, struct mm_cache_plan *plan,
                            struct mm_error *err);
/* The largest N up to `wanted` that fits into so many places with the share of it that is replaced; the smallest when
 * none does. Of the plan: T, ranks and the N asked for. */
uint32_t mm_cache_fit_share(const struct mm_cache_plan *plan, uint32_t wanted, double share, uint64_t places);
/* Places for items of so many bytes that the memory of each rank has, over all ranks; UINT64_MAX where all items have room, or nothing
 * is known. And the places that N and R need. An item that is listed twice takes one. */
uint64_t mm_cache_places(const struct mm_cache_plan *plan, uint64_t memory, uint64_t bytes);
uint64_t mm_cache_places_needed(const struct mm_cache_plan *plan);
/* Does anything depend on how large the items are? */
bool mm_pipeline_asks_sizes(const struct mm_pipeline *pipeline);

#endif
