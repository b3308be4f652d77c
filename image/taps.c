/* Weights of nearest, linear and cubic interpolation and the rules outside, as in PyTorch's grid_sample
 * (GridSampler.h) with align_corners false: a voxel is the interval [i - 0.5, i + 0.5]. */
#include "image/taps.h"

#include <limits.h>
#include <math.h>

#include "image/spline.h"

#define CUBIC_A -0.75

/* Mirrors p about -0.5 and n - 0.5 until it lies between them. */
static double reflect(double p, int n)
{
    double distance = fabs(p + 0.5), turns = floor(distance / n), rest = distance - turns * n;
    return (fmod(turns, 2) == 0 ? rest : n - rest) - 0.5;
}

static double clamp(double p, double low, double high)
{
    return p > low ? p < high ? p : high : low; /* NaN becomes low */
}

/* Into the range where floor fits an int and nothing changes further out. */
static double bring_near(double p, int n, enum mm_outside outside)
{
    if (outside == MM_OUTSIDE_REFLECTION && !(p >= -4 && p <= n + 4.0))
        return isfinite(p) ? reflect(p, n) : 0;
    return clamp(p, -4, n + 4.0);
}

/* Coordinate or whole index by the rule outside; with zeros it stays where it is. */
static double apply_outside(double p, int n, enum mm_outside outside)
{
    if (outside == MM_OUTSIDE_ZEROS)
        return p;
    return clamp(outside == MM_OUTSIDE_REFLECTION ? reflect(p, n) : p, 0, n - 1);
}

static void set_tap(int at, double tap_weight, int n, int *index, double *weight)
{
    bool inside = at >= 0 && at < n;
    *index = inside ? at : 0;
    *weight = inside ? tap_weight : 0;
}

/* Keys' kernel at distance 1 + t, t, 1 - t, 2 - t. */
static void cubic_weights(double t, double weight[4])
{
    const double a = CUBIC_A, u = 1 - t;
    weight[0] = ((a * (t + 1) - 5 * a) * (t + 1) + 8 * a) * (t + 1) - 4 * a;
    weight[1] = ((a + 2) * t - (a + 3)) * t * t + 1;
    weight[2] = ((a + 2) * u - (a + 3)) * u * u + 1;
    weight[3] = ((a * (u + 1) - 5 * a) * (u + 1) + 8 * a) * (u + 1) - 4 * a;
}

int mm_taps_at(double p, int n, enum mm_interpolation interpolation, enum mm_outside outside, int *index,
               double *weight)
{
    const double given = p;
    p = bring_near(p, n, outside);
    if (interpolation == MM_NEAREST) {
        set_tap((int)lrint(apply_outside(p, n, outside)), 1, n, index, weight);
        return 1;
    }
    if (interpolation == MM_LINEAR) {
        p = apply_outside(p, n, outside);
        int low = (int)floor(p);
        set_tap(low, 1 - (p - low), n, index, weight);
        set_tap(low + 1, p - low, n, index + 1, weight + 1);
        return 2;
    }
    if (interpolation != MM_CUBIC)
        return mm_spline_taps_at(given, n, mm_spline_order(interpolation), outside, index, weight);
    int low = (int)floor(p);
    double kernel[4];
    cubic_weights(p - low, kernel);
    for (int k = 0; k < 4; k++)
        set_tap((int)apply_outside(low - 1 + k, n, outside), kernel[k], n, index + k, weight + k);
    return 4;
}

bool mm_taps_make(struct mm_arena *arena, struct mm_taps *taps, int outputs, int width)
{
    size_t count = (size_t)outputs * (size_t)width;
    *taps = (struct mm_taps){.outputs = outputs, .width = width, .begin = outputs};
    taps->index = mm_arena_array(arena, int, count);
    taps->weight = mm_arena_array(arena, float, count);
    return outputs <= INT_MAX / width && taps->index && taps->weight;
}

/* One output: how many taps have weight; those that have none repeat one that has. A lone tap moves to the front. */
static int tidy_output(int *index, float *weight, int width)
{
    int used = 0, last = 0;
    for (int k = 0; k < width; k++) {
        if (weight[k] != 0) {
            used++;
            last = k;
        }
    }
    for (int k = 0; k < width; k++)
        index[k] = weight[k] != 0 ? index[k] : index[last];
    if (used == 1 && last > 0) {
        weight[0] = weight[last];
        weight[last] = 0;
    }
    return used;
}

void mm_taps_finish(struct mm_taps *taps)
{
    for (int i = 0; i < taps->outputs; i++) {
        size_t first = (size_t)i * (size_t)taps->width;
        if (tidy_output(taps->index + first, taps->weight + first, taps->width) == 0)
            continue;
        taps->begin = i < taps->begin ? i : taps->begin;
        taps->end = i + 1;
    }
}
