/* Synthetic images with labels: for demos, tests and benchmarks. Documented so that others can make the same ones.
 *
 * An image is an oval body (intensity 100) on air (0). Inside it lie `per_class` objects of each class 1..classes, at random places,
 * sizes and directions: class 1 ellipsoids (intensity 160), class 2 boxes (55), class 3 tubes (220), class 4 shells (190), then again
 * from the start with other intensities. Objects are measured in millimetres, so anisotropic spacing squeezes them in voxels; each
 * class also has unlabelled decoys of half its contrast. Then, in this order: a smooth multiplicative bias field (a quadratic in the
 * normalised position, 1 +- bias), Gaussian noise (standard deviation `noise`), rounding. The label is the object's class; later
 * objects cover earlier ones.
 * Draws: Philox, domain synthesis, a = image number, b = object number, c = purpose (0 body, 1 object, 2 noise, 3 bias). */
#ifndef MM_IMAGE_PHANTOM_H
#define MM_IMAGE_PHANTOM_H

#include "image/volume.h"

struct mm_phantom {
    int rank, size[3];
    double spacing[3]; /* mm */
    int classes, per_class;
    double noise, bias; /* intensity units; share */
    uint64_t seed;
    enum mm_type type; /* of the image: MM_U8 clamps to 0..255, MM_I16 does not */
};

/* Image number `number`; the label is u8. Same spec and number, same voxels. */
enum mm_status mm_phantom_make(struct mm_arena *arena, const struct mm_phantom *spec, uint32_t number,
                               struct mm_volume **image, struct mm_volume **label, struct mm_error *err);

#endif
