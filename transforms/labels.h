/* What transforms of labels share: values as masks, argmax, one-hot form, thresholds. Labels stay integer where they are. */
#ifndef MM_TRANSFORMS_LABELS_H
#define MM_TRANSFORMS_LABELS_H

#include "base/params.h"
#include "transforms/voxels.h"

#define MM_LABELS_MAX 65536 /* classes of a one-hot form, different values of a label */

/* Index of the greatest channel, one channel: uint8, or int32 for more than 256 channels. Ties: the first. */
enum mm_status mm_labels_argmax(struct mm_sample *sample, const struct mm_volume *v, const struct mm_volume **out,
                                struct mm_error *err);
/* uint8, `classes` channels of 0 and 1 from one channel of values 0 to classes - 1 (fractions are cut off). */
enum mm_status mm_labels_one_hot(struct mm_sample *sample, const struct mm_volume *v, int classes,
                                 const struct mm_volume **out, struct mm_error *err);
/* uint8: 1 where the value is at least `threshold`. */
enum mm_status mm_labels_threshold(struct mm_sample *sample, const struct mm_volume *v, double threshold,
                                   const struct mm_volume **out, struct mm_error *err);

/* Is the value one of those? */
bool mm_labels_contain(const struct mm_ints *labels, double value);
/* mask[i] = 1 where voxel i of channel c has one of the values, else 0. */
void mm_labels_mask(const struct mm_volume *v, int c, const struct mm_ints *labels, uint8_t *mask);
/* mask[i] = 1 where voxel i of channel c is above `threshold`, else 0. */
void mm_labels_above(const struct mm_volume *v, int c, double threshold, uint8_t *mask);
/* The different whole values of a channel but 0, ascending. Errors: a fraction (no label), more than MM_LABELS_MAX. */
enum mm_status mm_labels_values(struct mm_arena *arena, const struct mm_volume *v, int c, struct mm_ints *out,
                                struct mm_error *err);
/* The labels to work on: those given; else of a one-hot form the channels with a voxel above 0 but channel 0, of one channel
 * its values but 0. Errors: a given channel that does not exist, more than one channel without `onehot`. */
enum mm_status mm_labels_applied(struct mm_arena *arena, const struct mm_volume *v, const struct mm_ints *given,
                                 bool onehot, struct mm_ints *out, struct mm_error *err);

#endif
