/* Files into images: the core of the loaders. */
#ifndef MM_TRANSFORMS_LOAD_H
#define MM_TRANSFORMS_LOAD_H

#include "transforms/transform.h"

/* Reads the field's files; several become the channels of one image, in order. They must share size and affine.
 * The voxels keep the type of the file, or the smallest that holds those of all. Remembers the grid of the file,
 * where predictions return to. */
enum mm_status mm_load_field(struct mm_sample *sample, struct mm_field *field, struct mm_error *err);
/* As the `each` of a loader. */
enum mm_status mm_load_each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                            const struct mm_context *context, struct mm_error *err);

#endif
