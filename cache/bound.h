/* How large a prepared item can be, before one was prepared. Inside the cache layer only. */
#ifndef MM_CACHE_BOUND_H
#define MM_CACHE_BOUND_H

#include "cache/pipeline.h"

/* Raises *bound to the bytes of the largest of `headers` items, evenly spread over the list; *largest is that item where it did. */
enum mm_status mm_bound_items(const struct mm_source *source, size_t headers, uint64_t *bound, uint32_t *largest,
                              struct mm_error *err);

#endif
