/* Channels of an image as images of their own. */
#ifndef MM_TRANSFORMS_CHANNELS_H
#define MM_TRANSFORMS_CHANNELS_H

#include "transforms/voxels.h"

/* Channel c of the field becomes field `name`, with the source and history of the first. */
enum mm_status mm_channels_take(struct mm_sample *sample, const struct mm_field *from, int c, const char *name,
                                struct mm_error *err);

#endif
