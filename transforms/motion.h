/* Rotation, shear, translation and scaling about the middle of the image: the core of Affine, Rotate and their random
 * forms, after MONAI's. Maps go from the voxels of the result to those of the image. They are undone by
 * mm_regrid_invert: the memo of a step is its sampling, the map is in the affines. */
#ifndef MM_TRANSFORMS_MOTION_H
#define MM_TRANSFORMS_MOTION_H

#include "transforms/ranges.h"
#include "transforms/regrid.h"

#define MM_MOTION_PI 3.14159265358979323846

/* Angles about x, y, z (2D: the first, in the plane) in radians; shear in the order of the rows off the diagonal. */
struct mm_motion {
    double rotate[3], shear[6], translate[3], scale[3];
    const char *order; /* see MM_MOTION_ORDER_PARAM; NULL: XYZ. Angle i is about axis i of it */
};
extern const struct mm_motion mm_motion_none;

/* The axes that a 3D rotation turns about, in scipy's words: capital letters for axes that turn along (the product of the turns in that
 * order), small ones for axes that stay (in reverse). */
#define MM_MOTION_ORDER_PARAM(P)                                                                                     \
    MM_STRING(P, rotate_order, .def_text = "XYZ",                                                                    \
              .help = "axes of the angles in 3D: capital letters turn along with the image, small ones stay")
enum mm_status mm_motion_order_check(const char *order, size_t angles, struct mm_error *err);

/* M = R S T Z with R = Rx Ry Rz, or by `order`. Coordinates are voxels from the middle. */
void mm_motion_matrix(const struct mm_motion *motion, int rank, double matrix[16]);
/* Between voxel indices: T((n-1)/2) M T(-(m-1)/2) for an image of n voxels and a result of m. */
void mm_motion_map(const double matrix[16], const struct mm_volume *image, const int size[3], double map[16]);
/* Resamples the field's image by the map and records it. */
enum mm_status mm_motion_apply(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                               const double map[16], const int size[3], const struct mm_regrid_sampling *how,
                               struct mm_error *err);

/* The same from the matrix, on a grid of that size. */
enum mm_status mm_motion_move(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                              const double matrix[16], const int size[3], const struct mm_regrid_sampling *how,
                              struct mm_error *err);
/* A rotation alone; `order` as above. With keep_size the grid stays; without it becomes so large that the turned image just fits. */
enum mm_status mm_motion_rotate(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                                const double angles[3], const char *order, bool keep_size,
                                const struct mm_regrid_sampling *how, struct mm_error *err);

/* What the resampling members of MONAI take for each key: `mode`, `padding_mode` and the JSON align_corners; and those of them that MONAI
 * has torch alone compute. `read` is for their check. */
#define MM_MOTION_MODE_PARAMS(P, modes, paddings, default_padding)                                                   \
    MM_STRINGS(P, mode, .choices = modes, .def_text = "\"bilinear\"", .count_min = 1,                                \
               .help = "interpolation: one, or one a key; a number is the order of a B-spline"),                     \
        MM_STRINGS(P, padding_mode, .choices = paddings, .def_text = default_padding, .count_min = 1,                \
                   .help = "values outside the image, in torch's words or scipy's: one, or one a key")
#define MM_MOTION_SAMPLING_PARAMS(P, default_padding)                                                                \
    MM_MOTION_MODE_PARAMS(P, MM_REGRID_MODES, MM_REGRID_PADDINGS, default_padding), MM_MOTION_CORNERS_PARAM(P)
#define MM_MOTION_TORCH_PARAMS(P, default_padding)                                                                   \
    MM_MOTION_MODE_PARAMS(P, MM_REGRID_TORCH_MODES, MM_REGRID_TORCH_PADDINGS, default_padding),                      \
        MM_MOTION_CORNERS_PARAM(P)
#define MM_MOTION_CORNERS_PARAM(P)                                                                                   \
    MM_JSON(P, align_corners, .def_text = "false", .help = "as torch's grid_sample: true or false, or one a key")
enum mm_status mm_motion_sampling_read(struct mm_arena *arena, const struct mm_strings *mode,
                                       const struct mm_strings *padding_mode, const cJSON *align_corners,
                                       struct mm_doubles *corners_of_key, struct mm_error *err);
struct mm_regrid_sampling mm_motion_sampling(const struct mm_strings *mode, const struct mm_strings *padding_mode,
                                             const struct mm_doubles *align_corners, size_t key);
struct mm_regrid_sampling mm_motion_sampling_by_torch(const struct mm_strings *mode,
                                                      const struct mm_strings *padding_mode,
                                                      const struct mm_doubles *align_corners, size_t key);
/* Nearest for voxels of an integer type, which are labels or whole counts, else linear: for members that have no mode. */
struct mm_regrid_sampling mm_motion_sampling_of_type(const struct mm_volume *image, enum mm_outside outside);

/* The random form of all four, in MONAI's parameters and order of draws: rotate, shear, translate, scale. */
struct mm_motion_ranges {
    struct mm_ranges rotate, shear, translate, scale;
};
#define MM_MOTION_RANGE_PARAMS(P)                                                                                    \
    MM_JSON(P, rotate_range, .unit = "rad", .help = "angles: v or [v, ...] for [-v, v], [[low, high], ...]"),        \
        MM_JSON(P, shear_range, .help = "shear factors, as rotate_range"),                                           \
        MM_JSON(P, translate_range, .unit = "voxel", .help = "shifts, as rotate_range"),                             \
        MM_JSON(P, scale_range, .help = "v: factor 1 + v, as rotate_range; above 1 shows more of the image")
enum mm_status mm_motion_ranges_read(const cJSON *rotate, const cJSON *shear, const cJSON *translate,
                                     const cJSON *scale, struct mm_motion_ranges *out, struct mm_error *err);
void mm_motion_draw(const struct mm_motion_ranges *ranges, int rank, struct mm_random *random, double matrix[16]);

#endif
