/* Boxes of fixed or random size at a random place or about the middle: the core of RandSpatialCrop, RandSpatialCropSamples and
 * RandScaleCrop. Draws, an axis after the other: the size (with random_size), then the start (with random_center). Axes smaller than
 * the box stay whole. */
#ifndef MM_TRANSFORMS_RANDOM_BOX_H
#define MM_TRANSFORMS_RANDOM_BOX_H

#include "transforms/box.h"

struct mm_random_box {
    bool random_center, random_size;
};
/* Two rows of the parameter table of a struct with a member `box` of that type. */
#define MM_RANDOM_BOX_PARAMS(P)                                                                                      \
    {.name = "random_center",                                                                                        \
     .type = MM_PARAM_BOOL,                                                                                          \
     .offset = offsetof(P, box.random_center),                                                                       \
     .def = 1,                                                                                                       \
     .help = "at a random place instead of about the middle"},                                                       \
    {                                                                                                                \
        .name = "random_size", .type = MM_PARAM_BOOL, .offset = offsetof(P, box.random_size),                        \
        .help = "draw the size"                                                                                      \
    }

/* Cuts a box of `least` to `most` voxels (without random_size: of `least`) out of the field. */
enum mm_status mm_random_box_cut(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                                 const struct mm_random_box *how, const int least[3], const int most[3],
                                 const struct mm_context *context, struct mm_error *err);
/* The same with sizes from parameters: roi_size, and max_roi_size, where an empty list is the image. */
enum mm_status mm_random_box_cut_sizes(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                                       const struct mm_random_box *how, const struct mm_ints *roi_size,
                                       const struct mm_ints *max_roi_size, const struct mm_context *context,
                                       struct mm_error *err);

#endif
