/* Items that a datalist names more than once: what the prefix makes of them is the same, so one copy serves all.
 * People list cases several times to have them drawn more often. */
#ifndef MM_CACHE_TWINS_H
#define MM_CACHE_TWINS_H

#include "config/datalist.h"

/* [list->count]: for each item the first one with the same entries, itself where there is none before it. The caller's, by mm_free.
 * NULL when memory is out. */
uint32_t *mm_twins_find(const struct mm_datalist *list);
/* How many items there are when each is counted once. All of them when memory is out. */
uint32_t mm_twins_distinct(const struct mm_datalist *list);

#endif
