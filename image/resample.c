/* Resampling on another grid. Maps that take axes to axes go axis by axis (image/taps_apply.c); others visit each
 * output voxel (image/resample_free.c). Coordinates are double, values float. */
#include <math.h>

#include "image/affine.h"
#include "image/gather.h"
#include "image/resample_internal.h"
#include "image/spline.h"
#include "image/taps.h"

#define SAME_COORDINATE 1e-7 /* voxels: off-diagonal terms that move no output further than this are rounding */

/* permutation[b] = the input axis that output axis b runs along; false when an output axis mixes input axes. */
static bool find_axes(const struct mm_resample *how, int permutation[3])
{
    bool taken[3] = {false};
    for (int b = 0; b < 3; b++) {
        permutation[b] = -1;
        for (int a = 0; a < 3; a++) {
            if (fabs(how->matrix[4 * a + b]) * (how->size[b] - 1) <= SAME_COORDINATE)
                continue;
            if (permutation[b] >= 0 || taken[a])
                return false;
            permutation[b] = a;
            taken[a] = true;
        }
    }
    for (int b = 0; b < 3; b++) { /* axes of one voxel run along whatever is left, their own if they can */
        for (int k = 0; k < 3 && permutation[b] < 0; k++) {
            int a = (b + k) % 3;
            if (!taken[a]) {
                permutation[b] = a;
                taken[a] = true;
            }
        }
    }
    return true;
}

/* The voxel, of n, nearest to slope * i + origin for output i, of m, computed as PyTorch before 2.1 does:
 * affine_grid and grid_sample go through coordinates in [-1, 1], and their rounding errors decide between two
 * voxels that are equally near, which happens along whole slices when a spacing is doubled or halved. Its 3D
 * kernel rounds halves away from 0, its 2D kernel to even. */
static double nearest_as_torch(double slope, double origin, int n, int m, int i, int rank)
{
    double to_unit = 2.0 / n, from_unit = 1 / (2.0 / m), scaled = to_unit * slope;
    double theta = scaled * from_unit;
    double shift = scaled * (-(1.0 / m - 1) * from_unit) + (to_unit * origin + (1.0 / n - 1));
    double step = m > 1 ? 2.0 / (m - 1) : 0;
    double line = m == 1 ? 0 : i < m / 2 ? -1 + step * i : 1 - step * (m - i - 1);
    double unit = line * (m - 1) / m * theta + shift;
    return rank == 3 ? round(((unit + 1) * n - 1) / 2) : rint((unit + 1) * (n / 2.0) - 0.5);
}

static bool fill_taps(struct mm_arena *scratch, const struct mm_resample_task *task, const int permutation[3],
                      struct mm_taps taps[3])
{
    const struct mm_resample *how = &task->how;
    int index[MM_TAPS_MAX];
    double weight[MM_TAPS_MAX];
    for (int b = 0; b < 3; b++) {
        int a = permutation[b], n = task->from->size[a];
        int width = mm_taps_at(0, n, how->interpolation, how->outside, index, weight);
        if (!mm_taps_make(scratch, &taps[b], how->size[b], width))
            return false;
        for (int i = 0; i < how->size[b]; i++) {
            double slope = how->matrix[4 * a + b], origin = how->matrix[4 * a + 3], p = slope * i + origin;
            if (how->interpolation == MM_NEAREST)
                p = nearest_as_torch(slope, origin, n, how->size[b], i, task->from->rank);
            mm_taps_at(p, n, how->interpolation, how->outside, index, weight);
            for (int k = 0; k < width; k++) {
                taps[b].index[i * width + k] = index[k];
                taps[b].weight[i * width + k] = (float)weight[k];
            }
        }
        mm_taps_finish(&taps[b]);
    }
    return true;
}

/* Whole voxels, in the input's type. Taps without weight are outside. */
static struct mm_volume *gather_nearest(struct mm_arena *arena, const struct mm_volume *from, struct mm_taps taps[3],
                                        const int size[3])
{
    int *const index[3] = {taps[0].index, taps[1].index, taps[2].index};
    for (int b = 0; b < 3; b++) {
        for (int i = 0; i < size[b]; i++)
            index[b][i] = taps[b].weight[i] != 0 ? index[b][i] : MM_GATHER_OUTSIDE;
    }
    return mm_volume_gather(arena, from, size, index, 0);
}

static struct mm_volume *resample_axes(struct mm_arena *arena, struct mm_arena *scratch,
                                       const struct mm_resample_task *task, const int permutation[3],
                                       enum mm_type type)
{
    struct mm_taps taps[3];
    const struct mm_volume *from = task->from;
    if (!fill_taps(scratch, task, permutation, taps))
        return NULL;
    if (permutation[0] != 0 || permutation[1] != 1)
        from = mm_volume_reorient(scratch, from, permutation, 0);
    if (!from)
        return NULL;
    if (!mm_interpolation_keeps_values(task->how.interpolation))
        return mm_taps_apply(arena, from, taps, type);
    if (type == from->type)
        return gather_nearest(arena, from, taps, task->how.size);
    from = gather_nearest(scratch, from, taps, task->how.size);
    return from ? mm_volume_convert(arena, from, type) : NULL;
}

/* A spline samples its coefficients in the place of the voxels, on a grid that is larger by a margin. */
static bool turn_to_coefficients(struct mm_arena *scratch, struct mm_resample_task *task)
{
    int margin;
    task->from = mm_spline_coefficients(scratch, task->from, task->how.interpolation, task->how.outside, &margin);
    for (int a = 0; task->from && a < task->from->rank; a++)
        task->how.matrix[4 * a + 3] += margin;
    return task->from != NULL;
}

struct mm_volume *mm_volume_resample(struct mm_arena *arena, const struct mm_volume *from,
                                     const struct mm_resample *how, enum mm_type type)
{
    static const double identity_row[4] = {0, 0, 1, 0};
    struct mm_resample_task task = {.from = from, .how = *how};
    struct mm_arena scratch;
    struct mm_volume *to = NULL;
    double matrix[16];
    int permutation[3];
    if (from->rank == 2) {
        task.how.size[2] = 1;
        task.how.matrix[2] = task.how.matrix[6] = 0;
        memcpy(task.how.matrix + 8, identity_row, sizeof identity_row);
    }
    memcpy(matrix, task.how.matrix, sizeof matrix);
    mm_arena_init(&scratch, arena->budget);
    if (mm_spline_order(how->interpolation) < 1 || turn_to_coefficients(&scratch, &task)) {
        if (find_axes(&task.how, permutation))
            to = resample_axes(arena, &scratch, &task, permutation, type);
        else
            to = mm_resample_freely(arena, &scratch, &task, type);
    }
    mm_arena_done(&scratch);
    if (to)
        mm_affine_multiply(to->affine, from->affine, matrix);
    return to;
}
