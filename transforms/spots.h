/* Points drawn as blurred spots: how clicks enter a network as channels. */
#ifndef MM_TRANSFORMS_SPOTS_H
#define MM_TRANSFORMS_SPOTS_H

#include "transforms/voxels.h"

/* Zeros, 1 at each point, smoothed by sigma (0: not), then scaled so that the least value is `low` and the greatest
 * `high`; without any point `low` everywhere. Writes channel c of a float32 volume. */
enum mm_status mm_spots_draw(struct mm_arena *arena, struct mm_volume *v, int c, const double (*points)[3],
                             size_t count, double sigma, double low, double high, struct mm_error *err);

#endif
