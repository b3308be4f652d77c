/* Keras' affine augmentation. Sources: keras_preprocessing/image/affine_transformations.py and
 * scipy/ndimage/src/ni_interpolation.c (map_coordinate). */
#include "transforms/keras.h"

#include <math.h>

#include "image/affine.h"
#include "transforms/motion.h"
#include "transforms/warp.h"

static void multiply(double m[9], const double b[9])
{
    double a[9];
    memcpy(a, m, sizeof a);
    for (int r = 0; r < 3; r++)
        for (int c = 0; c < 3; c++)
            m[3 * r + c] = a[3 * r] * b[c] + a[3 * r + 1] * b[3 + c] + a[3 * r + 2] * b[6 + c];
}

void mm_keras_matrix(const struct mm_keras_motion *motion, const struct mm_volume *image, double matrix[9])
{
    const double theta = motion->theta * MM_MOTION_PI / 180, shear = motion->shear * MM_MOTION_PI / 180;
    const double row = 0.5 * image->size[1] + motion->center_offset;
    const double column = 0.5 * image->size[0] + motion->center_offset;
    const double parts[][9] = {{cos(theta), -sin(theta), 0, sin(theta), cos(theta), 0, 0, 0, 1},
                               {1, 0, motion->tx, 0, 1, motion->ty, 0, 0, 1},
                               {1, -sin(shear), 0, 0, cos(shear), 0, 0, 0, 1},
                               {motion->zx, 0, 0, 0, motion->zy, 0, 0, 0, 1},
                               {1, 0, -row, 0, 1, -column, 0, 0, 1}};
    const double first[9] = {1, 0, row, 0, 1, column, 0, 0, 1};
    memcpy(matrix, first, sizeof first);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        multiply(matrix, parts[i]);
}

/* The same between voxel indices (x, y, z), with the flips. */
static void map_of(const struct mm_keras_motion *motion, const struct mm_volume *image, const double m[9],
                   double map[16])
{
    double flips[16];
    mm_affine_identity(map);
    mm_affine_identity(flips);
    for (int r = 0; r < 2; r++) {
        for (int c = 0; c < 2; c++)
            map[4 * (1 - r) + (1 - c)] = m[3 * r + c];
        map[4 * (1 - r) + 3] = m[3 * r + 2];
    }
    for (int a = 0; a < 2; a++)
        if (a == 0 ? motion->flip_horizontal : motion->flip_vertical) {
            flips[5 * a] = -1;
            flips[4 * a + 3] = image->size[a] - 1;
        }
    mm_affine_multiply(map, map, flips);
}

struct rows {
    const struct mm_volume *image;
    const struct mm_keras_fill *fill;
    double map[16];
};

/* The place inside that has the value of p, on an axis of n voxels; NaN when it is cval. */
static double place(double p, int n, const char *mode)
{
    double last = n - 1;
    if (p >= 0 && p <= last)
        return p;
    if (strcmp(mode, "constant") == 0)
        return NAN;
    if (strcmp(mode, "wrap") == 0)
        return n == 1 ? 0 : p < 0 ? p + last * (trunc(-p / last) + 1) : p - last * trunc(p / last);
    if (strcmp(mode, "reflect") == 0) { /* about -0.5 and n - 0.5 */
        p = fmod(fabs(p + 0.5), 2.0 * n);
        p = (p < n ? p : 2.0 * n - p) - 0.5;
    }
    return fmin(fmax(p, 0), last);
}

static void fill_row(const void *self, int z, int y, double (*points)[3])
{
    const struct rows *rows = self;
    const struct mm_volume *image = rows->image;
    for (int x = 0; x < image->size[0]; x++) {
        mm_affine_point(points[x], rows->map, (double[]){x, y, z});
        for (int a = 0; a < 2; a++) {
            points[x][a] = place(points[x][a], image->size[a], rows->fill->mode);
            if (isnan(points[x][a]))
                points[x][0] = NAN;
            else if (rows->fill->order == 0) /* halves go up, as in scipy */
                points[x][a] = floor(points[x][a] + 0.5);
        }
    }
}

enum mm_status mm_keras_apply(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                              const struct mm_keras_motion *motion, const struct mm_keras_fill *fill,
                              struct mm_error *err)
{
    enum mm_status s;
    struct rows rows = {.fill = fill};
    struct mm_volume *image;
    double matrix[9], inverse[16];
    if (MM_TRY(s, mm_field_volume(field, &image, err)))
        return s;
    rows.image = image;
    mm_keras_matrix(motion, image, matrix);
    map_of(motion, image, matrix, rows.map);
    if (!mm_affine_invert(inverse, rows.map))
        return mm_fail(err, MM_ERR_CONFIG, "the affine map of the arguments is singular or not finite");
    const struct mm_warp warp = {.size = {image->size[0], image->size[1], image->size[2]},
                                 .interpolation = fill->order ? MM_LINEAR : MM_NEAREST,
                                 .outside = MM_OUTSIDE_BORDER,
                                 .fill = fill->cval,
                                 .row = fill_row,
                                 .self = &rows};
    struct mm_volume *out = mm_warp(sample->arena, image, &warp);
    if (!out)
        return mm_fail_memory(err, "a moved image");
    mm_affine_multiply(out->affine, image->affine, rows.map);
    const struct mm_regrid_sampling back = {warp.interpolation, MM_OUTSIDE_BORDER, false};
    return mm_field_moved(sample, field, step, out, &back, sizeof back, err);
}
