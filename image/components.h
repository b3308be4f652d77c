/* Connected components of binary and label images (face, face+edge, or full connectivity). */
#ifndef MM_IMAGE_COMPONENTS_H
#define MM_IMAGE_COMPONENTS_H

#include "image/volume.h"

/* Labels the non-zero voxels of one channel: `labels` (one int32 per voxel, x fastest, zeroed or not) gets 0 or 1..count in
 * scan order. `mask` is one byte a voxel. connectivity 1 faces, 2 and edges, 3 and corners (2D: 1 or 2). MM_ERR_MEMORY only. */
enum mm_status mm_components_label(struct mm_arena *scratch, const uint8_t *mask, const int size[3], int connectivity,
                                   int32_t *labels, int32_t *count, struct mm_error *err);

#endif
