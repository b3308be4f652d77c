/* Flips and quarter turns are one thing: axes flipped, then exchanged. No voxel value changes. */
#ifndef MM_TRANSFORMS_TURN_H
#define MM_TRANSFORMS_TURN_H

#include "transforms/transform.h"

/* As mm_volume_reorient: input axes of the mask `flips` reversed, then output axis a = input axis permutation[a]. */
struct mm_turn {
    int permutation[3];
    unsigned flips;
};

struct mm_turn mm_turn_flip(unsigned axes);
/* torch.rot90: `k` quarter turns from axes[0] towards axes[1]. */
struct mm_turn mm_turn_rot90(int64_t k, const int axes[2]);
/* Reads MONAI's spatial_axes: two different axes, negative ones counted from the end. */
enum mm_status mm_turn_axes(const struct mm_ints *list, int rank, int axes[2], struct mm_error *err);

/* Turns the field's image and records it; nothing happens when the turn is none. */
enum mm_status mm_turn_apply(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                             const struct mm_turn *turn, struct mm_error *err);
bool mm_turn_is_permutation(const int permutation[3]);
enum mm_status mm_turn_invert(const struct mm_applied *applied, struct mm_arena *arena, const struct mm_volume *in,
                              bool nearest, struct mm_volume **out, struct mm_error *err);

#endif
