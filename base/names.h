/* Names: the nearest one for a typo. */
#ifndef MM_BASE_NAMES_H
#define MM_BASE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* Edit distance with swaps of neighbours (optimal string alignment), case-insensitive. */
size_t mm_names_distance(const char *a, const char *b);

/* Collects candidates one by one and keeps the best; `best` stays NULL when none is near enough (a third of the length). */
struct mm_nearest {
    const char *wanted, *best;
    size_t distance;
};
void mm_nearest_init(struct mm_nearest *nearest, const char *wanted);
void mm_nearest_offer(struct mm_nearest *nearest, const char *candidate);
/* Each word of a space-separated list. `best` then points into a static-lifetime copy in `buffer`. */
void mm_nearest_offer_words(struct mm_nearest *nearest, const char *words, char *buffer, size_t size);
/* ", did you mean X?" or "". The buffer must hold 128 bytes; returns it. */
const char *mm_nearest_hint(const struct mm_nearest *nearest, char *buffer, size_t size);

/* Is `word` one of the space-separated `words`? */
bool mm_names_contain(const char *words, const char *word);

#endif
