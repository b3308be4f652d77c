/* Resampling of volumes on other grids: one core for spacing, resize, zoom, rotation, affine and inverse transforms.
 * Sampling coordinates are voxel indices of the input; interpolation and the rule outside follow PyTorch's grid_sample. */
#ifndef MM_IMAGE_RESAMPLE_H
#define MM_IMAGE_RESAMPLE_H

#include "image/volume.h"

/* Cubic: Keys with A = -0.75. Splines: B-splines of that order through the voxels (image/spline.h). */
enum mm_interpolation {
    MM_NEAREST,
    MM_LINEAR,
    MM_CUBIC,
    MM_SPLINE_0,
    MM_SPLINE_1,
    MM_SPLINE_2,
    MM_SPLINE_3,
    MM_SPLINE_4,
    MM_SPLINE_5
};
/* Value outside the input grid. BORDER repeats the edge voxel; REFLECTION mirrors about -0.5 and n-0.5. Of splines alone: MIRROR
 * mirrors about 0 and n-1, WRAP has the period n-1, GRID_WRAP the period n, GRID_CONSTANT sets zeros around the grid and interpolates
 * between it and them, where ZEROS of a spline is 0 from the middles of the outermost voxels on. */
enum mm_outside {
    MM_OUTSIDE_ZEROS,
    MM_OUTSIDE_BORDER,
    MM_OUTSIDE_REFLECTION,
    MM_OUTSIDE_MIRROR,
    MM_OUTSIDE_WRAP,
    MM_OUTSIDE_GRID_CONSTANT,
    MM_OUTSIDE_GRID_WRAP
};
/* Does a result take whole voxels, so that labels stay labels? */
static inline bool mm_interpolation_keeps_values(enum mm_interpolation interpolation)
{
    return interpolation == MM_NEAREST || interpolation == MM_SPLINE_0;
}

struct mm_resample {
    int size[3];       /* of the output                                                    */
    double matrix[16]; /* output voxel index -> input voxel index                          */
    /* Nearest: halves go away from 0 in 3D and to the even voxel in 2D, as in PyTorch before 2.1 (its 3D kernel used
     * std::round, its 2D kernel std::nearbyint). */
    enum mm_interpolation interpolation;
    enum mm_outside outside;
};

/* `type` is that of the result (nearest keeps labels exact in any type; all others compute in float).
 * The result's affine is from.affine * matrix. Separable axis-aligned maps take a fast path (same values). */
struct mm_volume *mm_volume_resample(struct mm_arena *arena, const struct mm_volume *from,
                                     const struct mm_resample *how, enum mm_type type);

/* torch.nn.functional.interpolate: sizes only, per channel. */
enum mm_resize { MM_RESIZE_NEAREST, MM_RESIZE_NEAREST_EXACT, MM_RESIZE_LINEAR, MM_RESIZE_CUBIC, MM_RESIZE_AREA };
/* align_corners as torch; `scale` (in/out per axis, 0 = n_in/n_out) matters where torch recomputes it. The result's affine maps
 * the outer faces of both grids onto each other (MONAI Resize: scaled about the centre of the field of view). */
struct mm_volume *mm_volume_resize(struct mm_arena *arena, const struct mm_volume *from, const int size[3],
                                   enum mm_resize mode, bool align_corners, const double scale[3], enum mm_type type);

#endif
