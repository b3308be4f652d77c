/* Voxels to coefficients of B-splines, axis by axis, in place. A line c of n voxels is filtered by each pole z of its order, forth
 * c[i] += z c[i-1] and back c[i] = z (c[i+1] - c[i]); how the first value of each direction continues the line beyond its end is
 * scipy's (ni_splines.c). Lines are taken LANES at a time as [n][LANES] doubles, so that the recursion runs in vectors. */
#include "image/spline.h"

#include <math.h>

#include "base/vectors.h"

#define LANES      16
#define MARGIN     12    /* scipy's */
#define NEGLIGIBLE 1e-18 /* powers of z below add nothing to a double */

enum extension { MIRRORED, REFLECTED, WRAPPED };

static enum extension extension_of(enum mm_outside outside)
{
    return outside == MM_OUTSIDE_BORDER || outside == MM_OUTSIDE_REFLECTION ? REFLECTED
           : outside == MM_OUTSIDE_GRID_WRAP                                ? WRAPPED
                                                                            : MIRRORED;
}

/* The poles of an order, at most two; 0 ends them. */
static const double poles[MM_SPLINE_ORDER_MAX + 1][3] = {
    [2] = {-0.171572875253809902396622551580603843},                                          /* sqrt(8) - 3 */
    [3] = {-0.267949192431122706472553658494127633},                                          /* sqrt(3) - 2 */
    [4] = {-0.361341225900220177092212841325675255, -0.013725429297339121360331226939128204}, /* scipy's */
    [5] = {-0.430575347099973791851434783493520110, -0.043096288203264653822712376822550182},
};

/* first += weight (c[i] + other c[j]) in all lanes */
static void add_pair(double *first, double weight, const double *a, double other, const double *b)
{
    for (int l = 0; l < LANES; l++)
        first[l] += weight * (a[l] + other * b[l]);
}

/* The value that the filter has at c[0] when the line goes on before it. REFLECTED meets c[0] in its last pair when it is half
 * summed up, as in scipy; it matters to lines of a few voxels. */
static void begin_forth(double (*c)[LANES], int n, double z, enum extension extension)
{
    const double far = extension == MIRRORED ? pow(z, n - 1) : pow(z, n);
    double first[LANES], power = z, scale = 1 / (1 - far * far);
    memcpy(first, c[0], sizeof first);
    if (extension == WRAPPED) {
        for (int i = 1; i < n && fabs(power) > NEGLIGIBLE; i++, power *= z)
            add_pair(c[0], power, c[n - i], 0, c[0]);
        scale = 1 / (1 - far);
    } else {
        add_pair(c[0], far, c[n - 1], 0, c[0]);
        for (int i = 1; i < n - (extension == MIRRORED) && fabs(power) > NEGLIGIBLE; i++, power *= z)
            add_pair(c[0], power, c[i], far, c[n - 1 - i]);
    }
    for (int l = 0; l < LANES; l++)
        c[0][l] = extension == REFLECTED ? c[0][l] * z * scale + first[l] : c[0][l] * scale;
}

static void begin_back(double (*c)[LANES], int n, double z, enum extension extension)
{
    double *last = c[n - 1], power = z;
    if (extension == WRAPPED)
        for (int i = 0; i < n - 1 && fabs(power) > NEGLIGIBLE; i++, power *= z)
            add_pair(last, power, c[i], 0, c[i]);
    for (int l = 0; l < LANES; l++) {
        if (extension == WRAPPED)
            last[l] *= z / (pow(z, n) - 1);
        else if (extension == REFLECTED)
            last[l] *= z / (z - 1);
        else
            last[l] = (z * c[n - 2][l] + last[l]) * z / (z * z - 1);
    }
}

MM_VECTORS static void run_forth(double (*restrict c)[LANES], int n, double z)
{
    for (int i = 1; i < n; i++)
        for (int l = 0; l < LANES; l++)
            c[i][l] += z * c[i - 1][l];
}

MM_VECTORS static void run_back(double (*restrict c)[LANES], int n, double z)
{
    for (int i = n - 2; i >= 0; i--)
        for (int l = 0; l < LANES; l++)
            c[i][l] = z * (c[i + 1][l] - c[i][l]);
}

static void filter_lines(double (*c)[LANES], int n, int order, enum extension extension)
{
    double gain = 1;
    for (const double *z = poles[order]; *z != 0; z++)
        gain *= (1 - *z) * (1 - 1 / *z);
    for (int i = 0; i < n; i++)
        for (int l = 0; l < LANES; l++)
            c[i][l] *= gain;
    for (const double *z = poles[order]; *z != 0; z++) {
        begin_forth(c, n, *z, extension);
        run_forth(c, n, *z);
        begin_back(c, n, *z, extension);
        run_back(c, n, *z);
    }
}

/* Lines along an axis, `lanes` of them side by side from `first` on; `across` is the axis they are side by side in. */
static void filter_block(float *first, const struct mm_volume *v, int axis, int across, int lanes, double (*c)[LANES],
                         int order, enum extension extension)
{
    const ptrdiff_t along = v->stride[axis], aside = v->stride[across];
    const int n = v->size[axis];
    for (int i = 0; i < n; i++)
        for (int l = 0; l < LANES; l++)
            c[i][l] = l < lanes ? (double)first[i * along + l * aside] : 0;
    filter_lines(c, n, order, extension);
    for (int i = 0; i < n; i++)
        for (int l = 0; l < lanes; l++)
            first[i * along + l * aside] = (float)c[i][l];
}

static bool filter_axis(struct mm_arena *scratch, struct mm_volume *v, int axis, int order, enum extension extension)
{
    const int across = axis == 0 ? 1 : 0, outer = 3 - axis - across, n = v->size[axis];
    double(*c)[LANES] = mm_arena_alloc(scratch, sizeof *c * (size_t)n);
    if (n < 2)
        return true;
    for (int channel = 0; c && channel < v->channels; channel++)
        for (int o = 0; o < v->size[outer]; o++)
            for (int l = 0; l < v->size[across]; l += LANES) {
                int left = v->size[across] - l;
                float *first =
                    (float *)v->data + channel * v->stride[3] + o * v->stride[outer] + l * v->stride[across];
                filter_block(first, v, axis, across, left < LANES ? left : LANES, c, order, extension);
            }
    return c != NULL;
}

/* A copy of float32, larger by the margin on each side. */
static struct mm_volume *copy(struct mm_arena *arena, struct mm_arena *scratch, const struct mm_volume *from,
                              enum mm_outside outside, int margin)
{
    struct mm_box box = {.start = {0}};
    for (int a = 0; a < 3; a++) {
        box.start[a] = a < from->rank ? -margin : 0;
        box.size[a] = from->size[a] - 2 * box.start[a];
    }
    if (margin == 0)
        return mm_volume_convert(arena, from, MM_F32);
    const struct mm_volume *as_float = mm_volume_convert(scratch, from, MM_F32);
    return as_float
               ? mm_volume_pad(arena, as_float, &box, outside == MM_OUTSIDE_BORDER ? MM_PAD_EDGE : MM_PAD_CONSTANT, 0)
               : NULL;
}

const struct mm_volume *mm_spline_coefficients(struct mm_arena *arena, const struct mm_volume *from,
                                               enum mm_interpolation interpolation, enum mm_outside outside,
                                               int *margin)
{
    const int order = mm_spline_order(interpolation);
    *margin = 0;
    if (order < 2)
        return from->type == MM_F32 && from->stride[0] == 1 ? from : mm_volume_convert(arena, from, MM_F32);
    if (outside == MM_OUTSIDE_BORDER || outside == MM_OUTSIDE_GRID_CONSTANT)
        *margin = MARGIN;
    struct mm_arena scratch;
    mm_arena_init(&scratch, arena->budget);
    struct mm_volume *v = copy(arena, &scratch, from, outside, *margin);
    for (int a = 0; v && a < v->rank; a++)
        if (!filter_axis(&scratch, v, a, order, extension_of(outside)))
            v = NULL;
    mm_arena_done(&scratch);
    return v;
}
