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

#endif
