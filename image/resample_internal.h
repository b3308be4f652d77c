/* The two ways of resampling, behind mm_volume_resample. */
#ifndef MM_IMAGE_RESAMPLE_INTERNAL_H
#define MM_IMAGE_RESAMPLE_INTERNAL_H

#include "image/resample.h"

/* A 2D image has the identity along z. */
struct mm_resample_task {
    const struct mm_volume *from;
    struct mm_resample how;
};

/* Any map: each output voxel by itself. NULL when memory is out; the affine is the caller's to set. */
struct mm_volume *mm_resample_freely(struct mm_arena *arena, struct mm_arena *scratch, struct mm_resample_task *task,
                                     enum mm_type type);

#endif
