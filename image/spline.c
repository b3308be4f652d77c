/* Which coefficients of a B-spline a coordinate takes, and how much of them. */
#include "image/spline.h"

#include <math.h>

/* Voxels. A coordinate that left the grid by rounding alone has not left it: else whole outer slices become zero. */
#define EDGE_ROUNDING 1e-6

int mm_spline_order(enum mm_interpolation interpolation)
{
    return interpolation >= MM_SPLINE_0 ? (int)interpolation - MM_SPLINE_0 : -1;
}

static double clamp(double p, double low, double high)
{
    return p > low ? p < high ? p : high : low; /* NaN becomes low */
}

static double period_of(int n, enum mm_outside outside)
{
    return outside == MM_OUTSIDE_REFLECTION  ? 2.0 * n
           : outside == MM_OUTSIDE_MIRROR    ? 2.0 * (n - 1)
           : outside == MM_OUTSIDE_GRID_WRAP ? n
                                             : n - 1;
}

/* To where `fold` finds its way back by whole periods that fit an int. WRAP alone changes the fraction here: its period is
 * not that of the coefficients, which mirror. */
static double bring_near(double p, int n, enum mm_outside outside)
{
    if (p >= 0 && p <= n - 1)
        return p;
    if (outside == MM_OUTSIDE_ZEROS)
        return clamp(p, 0, n - 1);
    if (outside == MM_OUTSIDE_BORDER || outside == MM_OUTSIDE_GRID_CONSTANT)
        return clamp(p, -8, n + 8.0);
    double period = period_of(n, outside);
    if (period == 0 || !isfinite(p))
        return 0;
    if (outside == MM_OUTSIDE_WRAP && p < 0)
        return p + period * (floor(-p / period) + 1);
    return p - period * floor(p / period);
}

static int modulo(int i, int n)
{
    return i % n < 0 ? i % n + n : i % n;
}

/* Index of a coefficient by the rule outside; -1: there is none, it counts as zero. */
static int fold(int i, int n, enum mm_outside outside)
{
    if (i >= 0 && i < n)
        return i;
    if (outside == MM_OUTSIDE_GRID_CONSTANT)
        return -1;
    if (outside == MM_OUTSIDE_BORDER)
        return i < 0 ? 0 : n - 1;
    if (outside == MM_OUTSIDE_GRID_WRAP)
        return modulo(i, n);
    if (outside == MM_OUTSIDE_REFLECTION) {
        i = modulo(i, 2 * n);
        return i < n ? i : 2 * n - 1 - i;
    }
    i = n > 1 ? modulo(i, 2 * n - 2) : 0; /* ZEROS, MIRROR and WRAP */
    return i < n ? i : 2 * n - 2 - i;
}

/* weight[j] = B(u + order - j), the B-spline on [0, order + 1], by Cox and de Boor's recursion over the orders k:
 * B_k(s) = (s B_{k-1}(s) + (k + 1 - s) B_{k-1}(s - 1)) / k. u lies in [0, 1). */
static void find_weights(double u, int order, double *weight)
{
    weight[0] = 1;
    for (int k = 1; k <= order; k++) {
        weight[k] = 0;
        for (int j = k; j >= 0; j--) {
            double before = j > 0 ? weight[j - 1] : 0;
            weight[j] = ((u + k - j) * before + (j + 1 - u) * weight[j]) / k;
        }
    }
}

int mm_spline_taps_at(double p, int n, int order, enum mm_outside outside, int *index, double *weight)
{
    bool inside = p >= -EDGE_ROUNDING && p <= n - 1 + EDGE_ROUNDING;
    p = bring_near(p, n, outside);
    double middle = order % 2 ? p : p + 0.5, low = floor(middle);
    find_weights(middle - low, order, weight);
    for (int k = 0; k <= order; k++) {
        int at = fold((int)low - order / 2 + k, n, outside);
        index[k] = at < 0 ? 0 : at;
        if (at < 0 || (outside == MM_OUTSIDE_ZEROS && !inside))
            weight[k] = 0;
    }
    if (n == 1 && order > 1) { /* all are the one there is; the flat axis of a 2D image comes here */
        weight[0] = outside != MM_OUTSIDE_ZEROS || inside;
        for (int k = 1; k <= order; k++)
            weight[k] = index[k] = 0;
        index[0] = 0;
    }
    return order + 1;
}
