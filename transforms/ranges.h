/* Ranges that random numbers are drawn from, in the ways MONAI writes them: null, one number v for [-v, v], or a list
 * that has for each axis null, a number or a pair [low, high]. They are MM_JSON parameters; `check` reads them once. */
#ifndef MM_TRANSFORMS_RANGES_H
#define MM_TRANSFORMS_RANGES_H

#include "base/params.h"
#include "base/random.h"

#define MM_RANGES_MAX 6

struct mm_ranges {
    size_t count;
    double low[MM_RANGES_MAX], high[MM_RANGES_MAX];
};

/* At most `most` ranges. The error names the parameter. */
enum mm_status mm_ranges_read(const cJSON *node, const char *name, size_t most, struct mm_ranges *out,
                              struct mm_error *err);
/* out[i] = base + a draw from range i, in order, for those there are and fit; base for the others. All ranges are
 * drawn from, so that the draws that follow do not depend on the image. */
void mm_ranges_draw(const struct mm_ranges *ranges, double base, struct mm_random *random, double *out, size_t count);

#endif
