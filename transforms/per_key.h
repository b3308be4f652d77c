/* Arguments that MONAI takes as one value for all keys or as a list of one for each: true, false, null, integers, numbers, a word.
 * They are MM_JSON parameters; `check` reads them once into a list of numbers. */
#ifndef MM_TRANSFORMS_PER_KEY_H
#define MM_TRANSFORMS_PER_KEY_H

#include "base/params.h"

enum mm_per_key_allowed {
    MM_PER_KEY_BOOL = 1 << 0,
    MM_PER_KEY_INT = 1 << 1,
    MM_PER_KEY_NUMBER = 1 << 2,
};
#define MM_PER_KEY_MAX 64

/* null and false become NaN, true and the word become infinity, numbers themselves. `node` may be NULL (empty list) and `word`
 * NULL (no strings). The error names the parameter and what it allows. */
enum mm_status mm_per_key_read(struct mm_arena *arena, const cJSON *node, const char *name, unsigned allowed,
                               const char *word, struct mm_doubles *out, struct mm_error *err);

/* The value for the key of that place: the last one serves all further keys, NaN when there is none. */
double mm_per_key(const struct mm_doubles *list, size_t key);
/* Given and neither null nor false. */
bool mm_per_key_on(const struct mm_doubles *list, size_t key);

#endif
