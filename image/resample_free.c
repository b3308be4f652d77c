/* Resampling by maps that mix axes: each output voxel by itself, row by row. Rows know which of their outputs can
 * touch the input and which have all taps inside; linear interpolation of those is the fast case. */
#include <math.h>

#include "image/affine.h"
#include "image/resample_internal.h"
#include "image/taps.h"

/* A row of output voxels of a task that mixes axes. */
struct row {
    double start[3], step[3]; /* input coordinate of x = 0 and its change per x */
    int z, y;
    int first, last; /* outputs x in [first, last) get a value, the others stay zero */
    int begin, end;  /* of those, the ones that need no rule for the outside */
};

static void row_point(const struct row *row, int x, double p[3])
{
    for (int a = 0; a < 3; a++)
        p[a] = row->start[a] + row->step[a] * x;
}

static bool row_is_inside(const struct row *row, int x, const double low[3], const double high[3])
{
    double p[3];
    row_point(row, x, p);
    return p[0] >= low[0] && p[1] >= low[1] && p[2] >= low[2] && p[0] < high[0] && p[1] < high[1] && p[2] < high[2];
}

/* The outputs of 0..n-1 with low <= p < high on all axes, as [*begin, *end). Division finds them up to rounding;
 * the test of both ends makes sure, and since coordinates are monotonous in x, of all between. */
static void find_inside(const struct row *row, int n, const double low[3], const double high[3], int *begin, int *end)
{
    double first = 0, last = n - 1;
    for (int a = 0; a < 3; a++) {
        if (row->step[a] == 0)
            continue;
        double x0 = (low[a] - row->start[a]) / row->step[a], x1 = (high[a] - row->start[a]) / row->step[a];
        first = fmax(first, fmin(x0, x1));
        last = fmin(last, fmax(x0, x1));
    }
    *begin = first <= last ? (int)ceil(first) : 0;
    *end = first <= last ? (int)floor(last) + 1 : 0;
    while (*begin < *end && !row_is_inside(row, *begin, low, high))
        ++*begin;
    while (*begin < *end && !row_is_inside(row, *end - 1, low, high))
        --*end;
}

static void start_row(struct row *row, const struct mm_resample_task *task, int z, int y)
{
    const double origin[3] = {0, y, z};
    const enum mm_interpolation interpolation = task->how.interpolation;
    const int n = task->how.size[0];
    double low[3], high[3], near[3], far[3];
    row->z = z;
    row->y = y;
    mm_affine_point(row->start, task->how.matrix, origin);
    for (int a = 0; a < 3; a++) {
        int size = task->from->size[a];
        bool flat = a == 2 && task->from->rank == 2;
        row->step[a] = task->how.matrix[4 * a];
        near[a] = -3; /* further out no tap of any interpolation reaches the grid */
        far[a] = size + 2.0;
        low[a] = interpolation == MM_NEAREST ? -0.25 : 0; /* rounding cannot leave the grid */
        high[a] = interpolation == MM_NEAREST ? size - 0.75 : flat ? 1 : size - 1;
    }
    row->first = row->begin = row->end = 0;
    row->last = n;
    if (task->how.outside == MM_OUTSIDE_ZEROS)
        find_inside(row, n, near, far, &row->first, &row->last);
    if (interpolation == MM_NEAREST || interpolation == MM_LINEAR || interpolation == MM_SPLINE_1)
        find_inside(row, n, low, high, &row->begin, &row->end);
    if (row->begin == row->end)
        row->begin = row->end = row->first;
}

static void copy_element(void *to, const void *from, size_t width)
{
    if (width == 1)
        *(uint8_t *)to = *(const uint8_t *)from;
    else if (width == 2)
        *(uint16_t *)to = *(const uint16_t *)from;
    else if (width == 4)
        *(uint32_t *)to = *(const uint32_t *)from;
    else
        *(uint64_t *)to = *(const uint64_t *)from;
}

static void copy_voxel(const struct mm_resample_task *task, const struct row *row, int x, const int at[3],
                       struct mm_volume *to)
{
    size_t width = mm_type_bytes(to->type);
    for (int c = 0; c < to->channels; c++) {
        const unsigned char *source = mm_volume_row(task->from, c, at[2], at[1]);
        unsigned char *target = mm_volume_row(to, c, row->z, row->y);
        copy_element(target + (size_t)x * width, source + at[0] * task->from->stride[0] * (ptrdiff_t)width, width);
    }
}

static void nearest_anywhere(const struct mm_resample_task *task, const struct row *row, int x, struct mm_volume *to)
{
    int index[3];
    double p[3], weight[3];
    row_point(row, x, p);
    for (int a = 0; a < 3; a++) {
        double whole = task->from->rank == 3 ? round(p[a]) : rint(p[a]);
        bool by_spline = task->how.interpolation == MM_SPLINE_0; /* rounds by itself */
        mm_taps_at(by_spline ? p[a] : whole, task->from->size[a], task->how.interpolation, task->how.outside,
                   &index[a], &weight[a]);
    }
    if (weight[0] != 0 && weight[1] != 0 && weight[2] != 0)
        copy_voxel(task, row, x, index, to);
}

/* In 3D halves round away from 0, in 2D to even, as PyTorch's kernels do. */
static void sample_nearest(const struct mm_resample_task *task, const struct row *row, struct mm_volume *to)
{
    for (int x = row->first; x < row->begin; x++)
        nearest_anywhere(task, row, x, to);
    for (int x = row->begin; x < row->end; x++) {
        double p[3];
        int at[3];
        row_point(row, x, p);
        for (int a = 0; a < 3; a++)
            at[a] = task->from->rank == 3 ? (int)(p[a] + 0.5) : (int)lrint(p[a]);
        copy_voxel(task, row, x, at, to);
    }
    for (int x = row->end; x < row->last; x++)
        nearest_anywhere(task, row, x, to);
}

/* Any interpolation, any place: up to 216 taps. */
static void float_anywhere(const struct mm_resample_task *task, const struct row *row, int x, struct mm_volume *to)
{
    const struct mm_volume *from = task->from;
    int index[3][MM_TAPS_MAX], width = 0;
    double p[3], weight[3][MM_TAPS_MAX];
    row_point(row, x, p);
    for (int a = 0; a < 3; a++)
        width = mm_taps_at(p[a], from->size[a], task->how.interpolation, task->how.outside, index[a], weight[a]);
    for (int c = 0; c < from->channels; c++) {
        float sum = 0;
        for (int k = 0; k < width * width; k++) {
            double plane = weight[2][k / width] * weight[1][k % width];
            if (plane == 0)
                continue;
            const float *source = mm_volume_row(from, c, index[2][k / width], index[1][k % width]);
            for (int i = 0; i < width; i++)
                sum += weight[0][i] != 0 ? source[index[0][i]] * (float)(plane * weight[0][i]) : 0;
        }
        ((float *)mm_volume_row(to, c, row->z, row->y))[x] = sum;
    }
}

/* The eight voxels around a point, all inside. In 2D the step in z is zero. */
static float mix_eight(const float *at, ptrdiff_t dy, ptrdiff_t dz, const float f[3])
{
    float a = at[0] + (at[1] - at[0]) * f[0], b = at[dy] + (at[dy + 1] - at[dy]) * f[0];
    float c = at[dz] + (at[dz + 1] - at[dz]) * f[0], d = at[dz + dy] + (at[dz + dy + 1] - at[dz + dy]) * f[0];
    float low = a + (b - a) * f[1], high = c + (d - c) * f[1];
    return low + (high - low) * f[2];
}

static void linear_inside(const struct mm_resample_task *task, const struct row *row, struct mm_volume *to)
{
    const struct mm_volume *from = task->from;
    const ptrdiff_t dy = from->stride[1], dz = from->rank == 2 ? 0 : from->stride[2];
    const float *source = from->data;
    float *target = mm_volume_row(to, 0, row->z, row->y);
    for (int x = row->begin; x < row->end; x++) {
        double p[3];
        row_point(row, x, p);
        const int i[3] = {(int)p[0], (int)p[1], (int)p[2]};
        const float f[3] = {(float)(p[0] - i[0]), (float)(p[1] - i[1]), (float)(p[2] - i[2])};
        const float *at = source + i[0] + i[1] * dy + i[2] * dz;
        for (int c = 0; c < to->channels; c++)
            target[c * to->stride[3] + x] = mix_eight(at + c * from->stride[3], dy, dz, f);
    }
}

static void sample_float(const struct mm_resample_task *task, const struct row *row, struct mm_volume *to)
{
    for (int x = row->first; x < row->begin; x++)
        float_anywhere(task, row, x, to);
    linear_inside(task, row, to);
    for (int x = row->end; x < row->last; x++)
        float_anywhere(task, row, x, to);
}

/* Result in the input's type for nearest, in float otherwise; converted when another is wanted. */
struct mm_volume *mm_resample_freely(struct mm_arena *arena, struct mm_arena *scratch, struct mm_resample_task *task,
                                     enum mm_type type)
{
    bool nearest = mm_interpolation_keeps_values(task->how.interpolation);
    if (!nearest && (task->from->type != MM_F32 || task->from->stride[0] != 1))
        task->from = mm_volume_convert(scratch, task->from, MM_F32);
    if (!task->from)
        return NULL;
    struct mm_arena *home = task->from->type == type ? arena : scratch;
    struct mm_volume *to =
        mm_volume_make(home, task->from->type, task->from->rank, task->from->channels, task->how.size);
    if (!to)
        return NULL;
    struct row row;
    for (int z = 0; z < to->size[2]; z++) {
        for (int y = 0; y < to->size[1]; y++) {
            start_row(&row, task, z, y);
            if (nearest)
                sample_nearest(task, &row, to);
            else
                sample_float(task, &row, to);
        }
    }
    return home == arena ? to : mm_volume_convert(arena, to, type);
}
