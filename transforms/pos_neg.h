/* Crops about voxels of the foreground or the background of a label: the core of MONAI's and Clara's crops by that
 * ratio.
 *
 * Foreground: voxels where a label channel is not 0 (of several channels the first, the background, is left out).
 * Background: all others or, with `image_field`, those of them where a channel of that image is above the
 * threshold. Draws of a crop: 1 foreground with probability pos / (pos + neg) or background, 2 the voxel, evenly.
 * Foreground voxels are listed once in a cached sample's field "<label>:foreground". The background is not listed:
 * voxels are drawn from the whole image until one is background (at most TRIES times, then it is scanned). */
#ifndef MM_TRANSFORMS_POS_NEG_H
#define MM_TRANSFORMS_POS_NEG_H

#include "transforms/box.h"

struct mm_pos_neg {
    const char *label_field;
    const char *image_field; /* NULL: the background is all that is not foreground */
    double threshold;
    const struct mm_ints *size;
    double pos, neg;
    bool allow_smaller;       /* crops of axes shorter than `size` are as long as the axis; otherwise an error */
    struct mm_strings fields; /* what is cropped */
    bool crops_label;         /* the label too, when it is not among them */
    bool allow_missing_fields;
};

#define MM_POS_NEG_NOTES                                                                                             \
    "Without foreground all crops are of the background; without background, of the foreground. The voxel becomes "  \
    "the crop's "                                                                                                    \
    "middle, moved so that the crop lies inside the image."

/* pos and neg must not both be 0. */
enum mm_status mm_pos_neg_check(double pos, double neg, struct mm_error *err);
enum mm_status mm_pos_neg_crop(const struct mm_step *step, struct mm_sample *sample, const struct mm_pos_neg *how,
                               const struct mm_context *context, struct mm_error *err);
/* Lists the foreground. Nothing happens when that has been done, or when there is no label. */
enum mm_status mm_pos_neg_prepare(struct mm_sample *sample, const char *label_field, struct mm_error *err);

#endif
