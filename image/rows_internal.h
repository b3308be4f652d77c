/* What copying and transposing rows share. A crop's rows lie far apart, beyond what the processor fetches by itself, so
 * rows further on are asked for ahead, into the second cache: the first has too few places for lines under way. */
#ifndef MM_IMAGE_ROWS_INTERNAL_H
#define MM_IMAGE_ROWS_INTERNAL_H

#include "image/past.h"
#include "image/rows.h"

#if defined(__has_builtin) && __has_builtin(__builtin_shufflevector)
#define HAS_SHUFFLES 1
#else
#define HAS_SHUFFLES 0
#endif
#define LINE MM_PAST_LINE

static inline __attribute__((always_inline)) const void *row_from(const struct mm_rows *rows, size_t row)
{
    return (const char *)rows->from + (ptrdiff_t)row * rows->from_step;
}

static inline __attribute__((always_inline)) void *row_to(const struct mm_rows *rows, size_t row)
{
    return (char *)rows->to + (ptrdiff_t)row * rows->to_step;
}

static inline __attribute__((always_inline)) void fetch(const char *from, size_t bytes)
{
    for (size_t at = 0; at < bytes; at += LINE)
        __builtin_prefetch(from + at, 0, 2);
    __builtin_prefetch(from + bytes - 1, 0, 2);
}

static inline __attribute__((always_inline)) mm_sixteen load_sixteen(const void *from)
{
    mm_sixteen v;
    memcpy(&v, from, sizeof v);
    return v;
}

/* Can the output go past the cache? Its rows are whole lines, or lie without gaps, so that each line is completed by
 * the next row. */
static inline bool goes_past(const struct mm_rows *rows, size_t width)
{
    size_t bytes = rows->n * width;
    bool is_run = rows->to_step == (ptrdiff_t)bytes;
    size_t unit = is_run ? sizeof(mm_sixteen) : LINE;
    return rows->is_past && bytes % unit == 0 && (uintptr_t)rows->to % unit == 0 && (size_t)rows->to_step % unit == 0;
}

#endif
