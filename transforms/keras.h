/* The affine augmentation of Keras (ImageDataGenerator, apply_affine_transform) with scipy's rules at the border. Rows
 * and columns as Keras has them: row is y, column x. 3D images are moved slice by slice. */
#ifndef MM_TRANSFORMS_KERAS_H
#define MM_TRANSFORMS_KERAS_H

#include "transforms/transform.h"

struct mm_keras_motion {
    double theta, shear;                 /* degrees                          */
    double tx, ty;                       /* voxels: tx along rows, ty columns */
    double zx, zy;                       /* factors of rows and columns      */
    double center_offset;                /* the fixed point is size/2 + this  */
    bool flip_horizontal, flip_vertical; /* columns, rows: after the affine part */
};

/* scipy.ndimage's modes; values outside: constant = cval; nearest = a a | a b c | c c; reflect = b a | a b c | c b;
 * wrap = repeats with a period of n - 1, as scipy's "wrap" does. */
#define MM_KERAS_FILLS "constant nearest reflect wrap"
struct mm_keras_fill {
    const char *mode; /* one of MM_KERAS_FILLS */
    double cval;
    int order; /* 0 nearest voxel, 1 linear */
};

/* (row, column, 1) of the result to that of the image, without the flips:
 * T(c) R(theta) T(tx, ty) Shear Zoom T(-c), R = [[cos, -sin], [sin, cos]], Shear = [[1, -sin], [0, cos]]. */
void mm_keras_matrix(const struct mm_keras_motion *motion, const struct mm_volume *image, double matrix[9]);
/* Moves the field's image and records it. */
enum mm_status mm_keras_apply(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                              const struct mm_keras_motion *motion, const struct mm_keras_fill *fill,
                              struct mm_error *err);

#endif
