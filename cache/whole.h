/* Whole samples out of a loader, for validation: beside the batches, and not installed with them. */
#ifndef MM_CACHE_WHOLE_H
#define MM_CACHE_WHOLE_H

#include "cache/loader.h"
#include "transforms/sample.h"

/* Whole samples after the deterministic prefix, cached (validation): item i of the list, valid until the next call
 * from this thread with the same arena reset; pinned until mm_loader_release. *out NULL where the item is quarantined:
 * nothing serves in its place. With ranks each asks for the items i mod W = w. */
enum mm_status mm_loader_sample(struct mm_loader *loader, uint32_t item, struct mm_arena *arena,
                                struct mm_sample **out, struct mm_error *err);
void mm_loader_release(struct mm_loader *loader, uint32_t item);

/* A loader of whole samples that are asked for once each, in the order of the list: those that come next are prepared ahead, as many as
 * there are threads, and a sample is forgotten when it is released. What is ready and being made ahead takes at most the pipeline's
 * cache_memory, else MM_CACHE_SHARE of the memory that is free; where one sample takes more, nothing is made ahead. Nothing is read from
 * or written to cache_dir. What the loader reads of the source beside it lives in the arena. */
enum mm_status mm_loader_open_once(struct mm_arena *arena, const struct mm_source *source,
                                   const struct mm_loader_options *options, struct mm_loader **out,
                                   struct mm_error *err);

#endif
