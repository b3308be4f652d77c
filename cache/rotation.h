/* How much of what a cache holds is replaced, and how often. */
#ifndef MM_CACHE_ROTATION_H
#define MM_CACHE_ROTATION_H

#include <stdint.h>

/* R items after every k epochs, k at least 1. */
struct mm_rotation {
    uint32_t replaced, every;
};

#endif
