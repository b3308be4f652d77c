/* A change of intensities that waits, x * by + plus for every voxel: a crop out of a cache is copied once anyway, into the batch, and the
 * change is made there, while the voxels are in the processor's cache. The same operations in the same order as at once, so
 * the same bits. */
#ifndef MM_IMAGE_RESCALE_H
#define MM_IMAGE_RESCALE_H

#include "image/volume.h"

struct mm_rescale {
    float by, plus;
    const struct mm_rescale *before; /* what is done first; NULL: nothing */
};

void mm_rescale_run(float *x, size_t n, float by, float plus);
void mm_rescale_run_all(const struct mm_rescale *rescale, float *x, size_t n);

/* A view of a float32 volume that waits for this, after what it waits for already. Only copies (mm_volume_copy, _convert,
 * _flatten, each to float32 where the type is told) and mm_volume_get see the change; views of a view keep it. NULL: memory is out. */
struct mm_volume *mm_volume_rescale_later(struct mm_arena *arena, const struct mm_volume *from, double by,
                                          double plus);

#endif
