/* Which slice of a volume people are shown, and as what picture. */
#ifndef MM_IMAGE_SLICE_H
#define MM_IMAGE_SLICE_H

#include "image/volume.h"

/* The slice (z) with the most voxels other than 0 in its first channel, the middle one when there is none. */
int mm_slice_busiest(const struct mm_volume *labels);
/* Lowest and highest finite value of a slice's channel, or of all channels (c < 0); 0 and 0 when there is none. */
void mm_slice_range(const struct mm_volume *image, int c, int z, double *low, double *high);
/* A slice as a 2D image of the same type and channels, its first row on top: volumes are turned so that y points upward, as
 * mm_draw_slice shows them. NULL when memory is out. */
struct mm_volume *mm_slice_flat(struct mm_arena *arena, const struct mm_volume *image, int z);
/* A 2D image as a PNG can hold it. Whole numbers from 0 to 65535 keep their values (uint8 where they fit, else uint16); all else is
 * mapped from its range to 0..255. `kept` tells which. NULL when memory is out. */
struct mm_volume *mm_slice_pixels(struct mm_arena *arena, const struct mm_volume *flat, bool *kept);

#endif
