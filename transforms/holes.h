/* Boxes at random places in which something happens to the voxels: the core of RandCoarseDropout and RandCoarseShuffle
 * (Cutout, DeVries and Taylor 2017). */
#ifndef MM_TRANSFORMS_HOLES_H
#define MM_TRANSFORMS_HOLES_H

#include "transforms/transform.h"

#define MM_HOLES_MAX 4096

struct mm_holes {
    int64_t count, most;                  /* most below count: always `count` */
    const struct mm_ints *size, *largest; /* largest empty: always `size` */
};
#define MM_HOLES_PARAMS(P)                                                                                           \
    MM_INT(P, holes, .required = true, .min = 1, .max = MM_HOLES_MAX, .help = "boxes, or the least number of them"), \
        MM_INT(P, max_holes, .def = 0, .min = 0, .max = MM_HOLES_MAX, .help = "their greatest number; 0: holes"),    \
        MM_INTS(P, spatial_size, .required = true, .min = -1, .max = 1 << 16, .count_min = 1, .count_max = 3,        \
                .unit = "voxel", .help = "size of a box, or its least; -1 or 0: the whole axis"),                    \
        MM_INTS(P, max_spatial_size, .min = -1, .max = 1 << 16, .count_max = 3, .unit = "voxel",                     \
                .help = "greatest size; none: spatial_size")

/* The boxes, inside the image, in the arena. Draws: their number; then of each the size and the place, axis by axis. */
enum mm_status mm_holes_draw(struct mm_arena *arena, const struct mm_holes *holes, const struct mm_volume *image,
                             struct mm_random *random, struct mm_box **out, size_t *count, struct mm_error *err);

#endif
