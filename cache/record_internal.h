/* Shared by the writer and the reader of records. */
#ifndef MM_CACHE_RECORD_INTERNAL_H
#define MM_CACHE_RECORD_INTERNAL_H

#include "cache/record.h"

#define RECORD_MAGIC   "mmrecord"
#define RECORD_ALIGN   ((size_t)64)
#define RECORD_VOXELS  ((size_t)64) /* alignment of voxels */
#define RECORD_TAIL    (sizeof(uint64_t) + MM_XXH3_SIZE)
#define RECORD_HISTORY 4096 /* steps of a field's history, at most: those of a chain */

enum record_text { RECORD_TEXT_NONE, RECORD_TEXT_HERE, RECORD_TEXT_PATH };
enum record_voxels { RECORD_RAW, RECORD_PACKED };

/* Doubles that a field of that kind holds for each of its `count`; 0: it holds none. */
size_t mm_record_numbers(enum mm_field_kind kind);
/* A cached step as a number, and back: its place in the chain, or where it is in a group its index, which is behind all places. UINT32_MAX and
 * NULL: there is none. record_step.c. */
uint32_t mm_record_number_of(const struct mm_source *source, const struct mm_step *step);
const struct mm_step *mm_record_step(const struct mm_source *source, uint32_t number);
/* Path `number` of an item, counted over its entries; NULL when there are not so many. */
const char *mm_record_path(const struct mm_item *item, size_t number);

#endif
