/* Rigid and affine motions. Sources of the formulas: MONAI 1.3 monai/transforms/utils.py (create_rotate, create_shear)
 * and spatial/functional.py (rotate, affine_func). */
#include "transforms/motion.h"

#include <math.h>

#include "image/affine.h"
#include "transforms/per_key.h"

#define SIZE_MAX_AXIS 65536

const struct mm_motion mm_motion_none = {.scale = {1, 1, 1}};

/* m = m * (turn by the angle from axis a towards axis b) */
static void turn(double m[16], int a, int b, double angle)
{
    double r[16];
    mm_affine_identity(r);
    r[5 * a] = r[5 * b] = cos(angle);
    r[4 * b + a] = sin(angle);
    r[4 * a + b] = -sin(angle);
    mm_affine_multiply(m, m, r);
}

static bool is_fixed(const char *order)
{
    return *order >= 'x' && *order <= 'z';
}

static void turn_about_axes(double m[16], const struct mm_motion *motion)
{
    const char *order = motion->order ? motion->order : "XYZ";
    int n = (int)strlen(order);
    for (int i = 0; i < n; i++) {
        int k = is_fixed(order) ? n - 1 - i : i, axis = order[k] - (is_fixed(order) ? 'x' : 'X');
        turn(m, (axis + 1) % 3, (axis + 2) % 3, motion->rotate[k]);
    }
}

enum mm_status mm_motion_order_check(const char *order, size_t angles, struct mm_error *err)
{
    const char *axes = is_fixed(order) ? "xyz" : "XYZ";
    size_t n = strlen(order);
    bool good = n >= 1 && n <= 3 && strspn(order, axes) == n;
    for (size_t i = 1; i < n; i++)
        good = good && order[i] != order[i - 1];
    if (!good)
        return mm_fail(err, MM_ERR_CONFIG,
                       "rotate_order is \"%s\": 1 to 3 of X, Y, Z or of x, y, z, no axis twice in a row, are allowed",
                       order);
    if (n < angles)
        return mm_fail(err, MM_ERR_CONFIG, "rotate_order \"%s\" has fewer axes than there are angles, %zu", order,
                       angles);
    return MM_OK;
}

void mm_motion_matrix(const struct mm_motion *motion, int rank, double matrix[16])
{
    double shear[16], rest[16];
    mm_affine_identity(matrix);
    mm_affine_identity(shear);
    mm_affine_identity(rest);
    if (rank == 2)
        turn(matrix, 0, 1, motion->rotate[0]);
    else
        turn_about_axes(matrix, motion);
    for (int r = 0, i = 0; r < rank; r++)
        for (int c = 0; c < rank; c++)
            if (r != c)
                shear[4 * r + c] = motion->shear[i++];
    for (int a = 0; a < rank; a++) { /* T Z */
        rest[5 * a] = motion->scale[a];
        rest[4 * a + 3] = motion->translate[a];
    }
    mm_affine_multiply(matrix, matrix, shear);
    mm_affine_multiply(matrix, matrix, rest);
}

void mm_motion_map(const double matrix[16], const struct mm_volume *image, const int size[3], double map[16])
{
    double back[3] = {0};
    memcpy(map, matrix, 16 * sizeof *map);
    for (int a = 0; a < image->rank; a++)
        back[a] = -0.5 * (size[a] - 1);
    mm_affine_shift(map, back);
    for (int a = 0; a < image->rank; a++)
        map[4 * a + 3] += 0.5 * (image->size[a] - 1);
}

enum mm_status mm_motion_apply(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                               const double map[16], const int size[3], const struct mm_regrid_sampling *how,
                               struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *image;
    double inverse[16];
    if (MM_TRY(s, mm_field_volume(field, &image, err)))
        return s;
    if (!mm_affine_invert(inverse, map))
        return mm_fail(err, MM_ERR_CONFIG, "the affine map of the arguments is singular or not finite");
    struct mm_volume *out = mm_regrid_resample(sample->arena, image, map, size, how);
    if (!out)
        return mm_fail_memory(err, "a resampled image");
    return mm_field_moved(sample, field, step, out, how, sizeof *how, err);
}

enum mm_status mm_motion_move(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                              const double matrix[16], const int size[3], const struct mm_regrid_sampling *how,
                              struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *image;
    double map[16];
    if (MM_TRY(s, mm_field_volume(field, &image, err)))
        return s;
    mm_motion_map(matrix, image, size, map);
    return mm_motion_apply(step, sample, field, map, size, how, err);
}

/* The extent of the turned box of the image, n long along each axis, plus a half and cut off. */
static enum mm_status turned_size(const double matrix[16], const struct mm_volume *image, int size[3],
                                  struct mm_error *err)
{
    for (int r = 0; r < image->rank; r++) {
        double extent = 0.5;
        for (int c = 0; c < image->rank; c++)
            extent += fabs(matrix[4 * r + c]) * image->size[c];
        if (!(extent < SIZE_MAX_AXIS))
            return mm_fail(err, MM_ERR_DATA, "axis %d would have %g voxels, at most %d are allowed", r, extent,
                           SIZE_MAX_AXIS);
        size[r] = (int)extent;
    }
    return MM_OK;
}

enum mm_status mm_motion_rotate(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                                const double angles[3], const char *order, bool keep_size,
                                const struct mm_regrid_sampling *how, struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *image;
    struct mm_motion motion = mm_motion_none;
    double matrix[16];
    if (MM_TRY(s, mm_field_volume(field, &image, err)))
        return s;
    int size[3] = {image->size[0], image->size[1], image->size[2]};
    memcpy(motion.rotate, angles, sizeof motion.rotate);
    motion.order = order;
    mm_motion_matrix(&motion, image->rank, matrix);
    if (!keep_size && MM_TRY(s, turned_size(matrix, image, size, err)))
        return s;
    return mm_motion_move(step, sample, field, matrix, size, how, err);
}

enum mm_status mm_motion_sampling_read(struct mm_arena *arena, const struct mm_strings *mode,
                                       const struct mm_strings *padding_mode, const cJSON *align_corners,
                                       struct mm_doubles *corners_of_key, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, mm_regrid_modes_check(mode, padding_mode, err)))
        return s;
    return mm_per_key_read(arena, align_corners, "align_corners", MM_PER_KEY_BOOL, NULL, corners_of_key, err);
}

struct mm_regrid_sampling mm_motion_sampling(const struct mm_strings *mode, const struct mm_strings *padding_mode,
                                             const struct mm_doubles *align_corners, size_t key)
{
    return mm_regrid_sampling(mm_string_of_key(mode, key), mm_string_of_key(padding_mode, key),
                              mm_per_key_on(align_corners, key));
}

struct mm_regrid_sampling mm_motion_sampling_by_torch(const struct mm_strings *mode,
                                                      const struct mm_strings *padding_mode,
                                                      const struct mm_doubles *align_corners, size_t key)
{
    return mm_regrid_sampling_by_torch(mm_string_of_key(mode, key), mm_string_of_key(padding_mode, key),
                                       mm_per_key_on(align_corners, key));
}

struct mm_regrid_sampling mm_motion_sampling_of_type(const struct mm_volume *image, enum mm_outside outside)
{
    return (struct mm_regrid_sampling){mm_type_is_integer(image->type) ? MM_NEAREST : MM_LINEAR, outside, false};
}

enum mm_status mm_motion_ranges_read(const cJSON *rotate, const cJSON *shear, const cJSON *translate,
                                     const cJSON *scale, struct mm_motion_ranges *out, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, mm_ranges_read(rotate, "rotate_range", 3, &out->rotate, err)) ||
        MM_TRY(s, mm_ranges_read(shear, "shear_range", 6, &out->shear, err)) ||
        MM_TRY(s, mm_ranges_read(translate, "translate_range", 3, &out->translate, err)))
        return s;
    return mm_ranges_read(scale, "scale_range", 3, &out->scale, err);
}

void mm_motion_draw(const struct mm_motion_ranges *ranges, int rank, struct mm_random *random, double matrix[16])
{
    struct mm_motion motion = mm_motion_none;
    mm_ranges_draw(&ranges->rotate, 0, random, motion.rotate, 3);
    mm_ranges_draw(&ranges->shear, 0, random, motion.shear, 6);
    mm_ranges_draw(&ranges->translate, 0, random, motion.translate, 3);
    mm_ranges_draw(&ranges->scale, 1, random, motion.scale, 3);
    mm_motion_matrix(&motion, rank, matrix);
}
