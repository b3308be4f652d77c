/* Stores past the cache, for outputs that are large and not read at once: the lines are not fetched before they are
 * written, and nothing is pushed out for them. It pays where lines are written whole and in order; a line that is
 * written in parts goes to memory part by part. */
#ifndef MM_IMAGE_PAST_H
#define MM_IMAGE_PAST_H

#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define MM_PAST_LINE 64 /* bytes of the cache */

typedef uint8_t mm_sixteen __attribute__((vector_size(16)));

/* `to` is a multiple of 16. */
static inline __attribute__((always_inline)) void mm_past_store(void *to, mm_sixteen v)
{
#if defined(__SSE2__)
    _mm_stream_si128(to, (__m128i)v);
#else
    memcpy(to, &v, sizeof v);
#endif
}

/* Before another thread is told of what was written. */
static inline void mm_past_end(void)
{
#if defined(__SSE2__)
    _mm_sfence();
#endif
}

#endif
