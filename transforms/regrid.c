/* Other spacings. The memo of a step is its sampling; the grids are in the record. Names: A is the affine of the
 * image, B of the new grid, both reduced to the image's axes (a 2D image moves within its plane). */
#include "transforms/regrid.h"

#include <math.h>

#include "image/affine.h"

#define TOLERANCE     1e-3 /* MONAI's AFFINE_TOL */
#define SIZE_MAX_AXIS 65536

/* Paddings in the words of torch, then of scipy; what each is to the other. */
static const struct padding {
    const char *name;
    enum mm_outside by_torch, by_spline;
} paddings[] = {
    {"zeros", MM_OUTSIDE_ZEROS, MM_OUTSIDE_ZEROS},
    {"border", MM_OUTSIDE_BORDER, MM_OUTSIDE_BORDER},
    {"reflection", MM_OUTSIDE_REFLECTION, MM_OUTSIDE_REFLECTION},
    {"constant", MM_OUTSIDE_ZEROS, MM_OUTSIDE_ZEROS},
    {"nearest", MM_OUTSIDE_BORDER, MM_OUTSIDE_BORDER},
    {"reflect", MM_OUTSIDE_REFLECTION, MM_OUTSIDE_REFLECTION},
    {"grid-mirror", MM_OUTSIDE_REFLECTION, MM_OUTSIDE_REFLECTION},
    {"wrap", MM_OUTSIDE_REFLECTION, MM_OUTSIDE_WRAP},
    {"grid-wrap", MM_OUTSIDE_REFLECTION, MM_OUTSIDE_GRID_WRAP},
    {"grid-constant", MM_OUTSIDE_ZEROS, MM_OUTSIDE_GRID_CONSTANT},
    {"mirror", MM_OUTSIDE_REFLECTION, MM_OUTSIDE_MIRROR},
};

static const struct padding *find_padding(const char *name)
{
    size_t i = 0;
    while (i + 1 < sizeof paddings / sizeof *paddings && strcmp(paddings[i].name, name) != 0)
        i++;
    return &paddings[i];
}

static bool is_order(const char *mode)
{
    return mode[0] >= '0' && mode[0] <= '5' && !mode[1];
}

struct mm_regrid_sampling mm_regrid_sampling_by_torch(const char *mode, const char *padding_mode, bool align_corners)
{
    struct mm_regrid_sampling how = {MM_LINEAR, find_padding(padding_mode)->by_torch, align_corners};
    if (strcmp(mode, "nearest") == 0 || strcmp(mode, "0") == 0)
        how.interpolation = MM_NEAREST;
    else if (strcmp(mode, "bicubic") == 0 || strcmp(mode, "3") == 0)
        how.interpolation = MM_CUBIC;
    return how;
}

struct mm_regrid_sampling mm_regrid_sampling(const char *mode, const char *padding_mode, bool align_corners)
{
    struct mm_regrid_sampling how = mm_regrid_sampling_by_torch(mode, padding_mode, align_corners);
    enum mm_outside outside = find_padding(padding_mode)->by_spline;
    bool agrees = outside == MM_OUTSIDE_BORDER || outside == MM_OUTSIDE_REFLECTION;
    if (is_order(mode) && (mode[0] > '1' || !agrees)) {
        how.interpolation = (enum mm_interpolation)(MM_SPLINE_0 + mode[0] - '0');
        how.outside = outside;
    }
    return how;
}

enum mm_status mm_regrid_modes_check(const struct mm_strings *modes, const struct mm_strings *names,
                                     struct mm_error *err)
{
    const size_t keys = modes->count > names->count ? modes->count : names->count;
    for (size_t key = 0; key < keys; key++) {
        const char *mode = mm_string_of_key(modes, key);
        if (!is_order(mode) && strcmp(mm_string_of_key(names, key), "mirror") == 0)
            return mm_fail(
                err, MM_ERR_CONFIG,
                "padding_mode mirror goes with the modes 0 to 5, mode %s takes zeros, border or reflection", mode);
    }
    return MM_OK;
}

/* The rows and columns of the image's axes, and the origin in them; the rest is identity. */
static void reduce(double out[16], const double m[16], int rank)
{
    mm_affine_identity(out);
    for (int r = 0; r < rank; r++) {
        for (int c = 0; c < rank; c++)
            out[4 * r + c] = m[4 * r + c];
        out[4 * r + 3] = m[4 * r + 3];
    }
}

/* X = A^-1 B: voxels of the new grid to voxels of the image. */
static enum mm_status find_map(double x[16], const double from[16], const double to[16], int rank,
                               struct mm_error *err)
{
    double a[16], b[16], inverse[16];
    reduce(a, from, rank);
    reduce(b, to, rank);
    if (!mm_affine_invert(inverse, a))
        return mm_fail(err, MM_ERR_DATA, "the affine of the image is singular or not finite");
    mm_affine_multiply(x, inverse, b);
    return MM_OK;
}

static double at(const struct mm_doubles *list, int axis, double otherwise)
{
    return list && (size_t)axis < list->count ? list->items[axis] : otherwise;
}

/* The spacing wanted of each axis. `now` is the image's. */
static enum mm_status find_spacing(const struct mm_regrid_target *target, int rank, const double now[3],
                                   double spacing[3], struct mm_error *err)
{
    const struct mm_doubles *list = target->spacing;
    for (int a = 0; a < 3; a++) {
        spacing[a] = now[a];
        if (a >= rank)
            continue;
        double wanted = list->items[(size_t)a < list->count ? (size_t)a : list->count - 1];
        double least = fmin(at(target->least, a, wanted), wanted), most = fmax(at(target->most, a, wanted), wanted);
        bool stays = !(wanted > 0) || (least - TOLERANCE <= now[a] && now[a] <= most + TOLERANCE);
        spacing[a] = stays ? now[a] : wanted;
        if (!(spacing[a] > 0))
            return mm_fail(err, MM_ERR_DATA, "axis %d of the image has a spacing of %g", a, spacing[a]);
    }
    return MM_OK;
}

/* Corner i of 8: bit a tells which end of axis a. */
static void corner_of(double out[3], const struct mm_volume *image, int i, double margin)
{
    for (int a = 0; a < 3; a++)
        out[a] = a >= image->rank ? 0 : i >> a & 1 ? image->size[a] - 1 + margin : -margin;
}

/* The first corner, z varying fastest, from which no other lies in a negative direction; -1 when there is none. */
static int smallest_corner(double corners[8][3], const double least[3], int rank)
{
    for (int k = 0; k < 8; k++) {
        int i = (k >> 2 & 1) | (k & 2) | (k & 1) << 2;
        bool smallest = true;
        for (int a = 0; a < rank; a++)
            smallest &= corners[i][a] - least[a] <= 1e-8;
        if (smallest)
            return i;
    }
    return -1;
}

/* The origin without scale_extent: the smallest corner, or the one that brings n/2 of both grids together. */
static void plain_origin(const struct mm_volume *image, const double a[16], int corner, double margin,
                         const struct mm_grid *grid, double origin[3])
{
    double from[3], half[3], offset[3] = {0};
    if (corner >= 0) {
        corner_of(from, image, corner, margin);
    } else {
        for (int i = 0; i < 3; i++) {
            from[i] = i < image->rank ? 0.5 * image->size[i] : 0;
            half[i] = i < image->rank ? 0.5 * grid->size[i] : 0;
        }
        mm_affine_point(offset, grid->affine, half);
    }
    mm_affine_point(origin, a, from);
    for (int i = 0; i < 3; i++)
        origin[i] -= offset[i];
}

/* With scale_extent: A * (n/n' - 1)/2, with the signs of the origin without (as MONAI does). */
static void extent_origin(const struct mm_volume *image, const double a[16], const struct mm_grid *grid,
                          double origin[3])
{
    double from[3], point[3];
    for (int i = 0; i < 3; i++)
        from[i] = i < image->rank ? 0.5 * ((double)image->size[i] / grid->size[i] - 1) : 0;
    mm_affine_point(point, a, from);
    for (int i = 0; i < 3; i++)
        origin[i] = origin[i] == 0 ? 0 : copysign(point[i], origin[i]);
}

/* Sets the size and the origin of a grid whose directions are there (its origin at 0). */
static enum mm_status find_extent(const struct mm_volume *image, const double a[16],
                                  const struct mm_regrid_target *target, struct mm_grid *grid, struct mm_error *err)
{
    double to_new[16], map[16], corners[8][3], margin = target->scale_extent ? 0.5 : 0;
    double least[3] = {INFINITY, INFINITY, INFINITY}, most[3] = {-INFINITY, -INFINITY, -INFINITY};
    if (!mm_affine_invert(to_new, grid->affine))
        return mm_fail(err, MM_ERR_DATA, "the affine of the image is singular or not finite");
    mm_affine_multiply(map, to_new, a);
    for (int i = 0; i < 8; i++) {
        double corner[3];
        corner_of(corner, image, i, margin);
        mm_affine_point(corners[i], map, corner);
        for (int k = 0; k < 3; k++) {
            least[k] = fmin(least[k], corners[i][k]);
            most[k] = fmax(most[k], corners[i][k]);
        }
    }
    for (int k = 0; k < 3; k++) {
        double size = k < image->rank ? rint(most[k] - least[k] + (target->scale_extent ? 0 : 1)) : image->size[k];
        if (!(size <= SIZE_MAX_AXIS))
            return mm_fail(err, MM_ERR_DATA, "axis %d would have %g voxels, at most %d are allowed", k, size,
                           SIZE_MAX_AXIS);
        grid->size[k] = size < 1 ? 1 : (int)size;
    }
    double origin[3];
    plain_origin(image, a, smallest_corner(corners, least, image->rank), margin, grid, origin);
    if (target->scale_extent)
        extent_origin(image, a, grid, origin);
    for (int i = 0; i < image->rank; i++)
        grid->affine[4 * i + 3] = origin[i];
    return MM_OK;
}

enum mm_status mm_regrid_find(const struct mm_volume *image, const struct mm_regrid_target *target,
                              struct mm_grid *grid, struct mm_error *err)
{
    enum mm_status s;
    double a[16], now[3], spacing[3];
    reduce(a, image->affine, image->rank);
    mm_affine_spacing(a, now);
    if (MM_TRY(s, find_spacing(target, image->rank, now, spacing, err)))
        return s;
    mm_affine_zoom(grid->affine, a, spacing, image->rank, target->diagonal);
    for (int i = 0; i < 3; i++)
        grid->affine[4 * i + 3] = 0;
    return find_extent(image, a, target, grid, err);
}

enum mm_status mm_regrid_size(const struct mm_volume *image, struct mm_grid *grid, struct mm_error *err)
{
    enum mm_status s;
    double a[16], wanted[16];
    const struct mm_regrid_target plain = {.scale_extent = false};
    reduce(a, image->affine, image->rank);
    reduce(wanted, grid->affine, image->rank);
    struct mm_grid moved = {.size = {0}};
    memcpy(moved.affine, wanted, sizeof moved.affine);
    for (int i = 0; i < 3; i++)
        moved.affine[4 * i + 3] = 0;
    if (MM_TRY(s, find_extent(image, a, &plain, &moved, err)))
        return s;
    memcpy(grid->size, moved.size, sizeof grid->size);
    memcpy(grid->affine, wanted, sizeof wanted);
    return MM_OK;
}

static void align_corners(double map[16], int rank, const int in[3], const int out[3])
{
    double before[16], after[16];
    mm_affine_identity(before);
    mm_affine_identity(after);
    for (int i = 0; i < rank; i++) {
        double m = out[i], n = in[i];
        before[5 * i] = m > 1 ? m / (m - 1) : 0;
        before[4 * i + 3] = m > 1 ? -0.5 : 0;
        after[5 * i] = (n - 1) / n;
        after[4 * i + 3] = 0.5 * (n - 1) / n;
    }
    mm_affine_multiply(map, map, before);
    mm_affine_multiply(map, after, map);
}

struct mm_volume *mm_regrid_resample(struct mm_arena *arena, const struct mm_volume *image, const double map[16],
                                     const int size[3], const struct mm_regrid_sampling *how)
{
    bool keeps_type = mm_interpolation_keeps_values(how->interpolation);
    struct mm_resample sampling = {
        .size = {size[0], size[1], size[2]}, .interpolation = how->interpolation, .outside = how->outside};
    memcpy(sampling.matrix, map, sizeof sampling.matrix);
    if (how->align_corners)
        align_corners(sampling.matrix, image->rank, image->size, size);
    struct mm_volume *out = mm_volume_resample(arena, image, &sampling, keeps_type ? image->type : MM_F32);
    if (out)
        mm_affine_multiply(out->affine, image->affine, map);
    return out;
}

/* torch.allclose(a, b, atol=TOLERANCE) */
static bool all_close(const double a[16], const double b[16])
{
    for (int i = 0; i < 12; i++)
        if (!(fabs(a[i] - b[i]) <= TOLERANCE + 1e-5 * fabs(b[i])))
            return false;
    return true;
}

static bool is_same_grid(const struct mm_volume *image, const struct mm_grid *grid, const double map[16])
{
    double a[16], unchanged[16];
    if (memcmp(image->size, grid->size, sizeof grid->size) != 0)
        return false;
    reduce(a, image->affine, image->rank);
    mm_affine_identity(unchanged);
    return all_close(a, grid->affine) || all_close(map, unchanged);
}

enum mm_status mm_regrid_apply(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                               const struct mm_grid *grid, const struct mm_regrid_sampling *how, struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *image;
    double map[16];
    if (MM_TRY(s, mm_field_volume(field, &image, err)) ||
        MM_TRY(s, find_map(map, image->affine, grid->affine, image->rank, err)))
        return s;
    if (is_same_grid(image, grid, map))
        return MM_OK;
    struct mm_volume *out = mm_regrid_resample(sample->arena, image, map, grid->size, how);
    if (!out)
        return mm_fail_memory(err, "a resampled image");
    for (int r = 0; r < image->rank; r++) { /* the same without rounding */
        for (int c = 0; c < image->rank; c++)
            out->affine[4 * r + c] = grid->affine[4 * r + c];
        out->affine[4 * r + 3] = grid->affine[4 * r + 3];
    }
    return mm_field_moved(sample, field, step, out, how, sizeof *how, err);
}

enum mm_status mm_regrid_invert(const struct mm_applied *applied, struct mm_arena *arena, const struct mm_volume *in,
                                bool nearest, struct mm_volume **out, struct mm_error *err)
{
    const struct mm_regrid_sampling *memo = mm_applied_memo(applied, sizeof *memo);
    if (!memo || (unsigned)memo->interpolation > MM_SPLINE_5 || (unsigned)memo->outside > MM_OUTSIDE_GRID_WRAP ||
        (memo->interpolation < MM_SPLINE_0 && memo->outside > MM_OUTSIDE_REFLECTION) || memo->align_corners > 1)
        return mm_applied_damaged(err);
    struct mm_regrid_sampling how = *memo;
    if (nearest)
        how.interpolation = how.outside > MM_OUTSIDE_REFLECTION ? MM_SPLINE_0 : MM_NEAREST;
    enum mm_status s;
    double map[16];
    if (MM_TRY(s, find_map(map, applied->affine_after, applied->affine_before, applied->rank, err)))
        return s;
    *out = mm_regrid_resample(arena, in, map, applied->size_before, &how);
    return *out ? MM_OK : mm_fail_memory(err, "a resampled image");
}
