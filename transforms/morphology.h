/* Erosion and dilation of labels by a box (MONAI monai.transforms.utils_morphological_ops, for masks): the core of Erode, Dilate,
 * Opening and Closing. Each label is worked on as a mask of its own. */
#ifndef MM_TRANSFORMS_MORPHOLOGY_H
#define MM_TRANSFORMS_MORPHOLOGY_H

#include "transforms/transform.h"

struct mm_morphology {
    struct mm_ints filter_size, applied_labels;
};
extern const struct mm_param mm_morphology_params[];

#define MM_MORPHOLOGY_NOTES                                                                                          \
    "Each label is a mask of its own: what it loses becomes 0, what it wins was 0. Beyond the border all is set "    \
    "for "                                                                                                           \
    "erosion, nothing for dilation, as in MONAI."

enum mm_morphology_step { MM_ERODE, MM_DILATE };

/* `check` of the four: sizes are odd. */
enum mm_status mm_morphology_check(struct mm_arena *arena, void *self, struct mm_error *err);
/* Runs the steps on each label. What a label loses becomes 0; what it wins was 0 before, so that no label takes from another; of two
 * that want a voxel the one listed first gets it. Beyond the image's border all is set for erosion, nothing for dilation. */
enum mm_status mm_morphology_run(const struct mm_morphology *how, struct mm_sample *sample, struct mm_field *field,
                                 const enum mm_morphology_step *steps, size_t count, struct mm_error *err);

#endif
