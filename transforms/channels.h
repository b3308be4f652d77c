/* Channels of an image as images of their own, and images whose channels are put together. */
#ifndef MM_TRANSFORMS_CHANNELS_H
#define MM_TRANSFORMS_CHANNELS_H

#include "transforms/transform.h"
#include "transforms/voxels.h"

/* Channel c of the field becomes field `name`, with the source and history of the first. */
enum mm_status mm_channels_take(struct mm_sample *sample, const struct mm_field *from, int c, const char *name,
                                struct mm_error *err);
/* The listed fields that exist: images, all of one size. */
enum mm_status mm_channels_collect(const struct mm_step *step, struct mm_sample *sample,
                                   const struct mm_field *fields[MM_SAMPLE_FIELDS_MAX], size_t *count,
                                   struct mm_error *err);

#endif
