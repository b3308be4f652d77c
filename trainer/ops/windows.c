/* Windows: all three sums are walks over the same pairs of rows (x contiguous), with another inner loop. */
#include "trainer/ops/windows.h"

#include "trainer/ops/rows.h"

/* One pair of rows: `count` elements of small from `small`, every stride-th of large from `large`, tied by weight
 * number `weight`. */
typedef void row_work(const void *context, int64_t small, int64_t large, int64_t weight, int64_t count,
                      int64_t stride);

int64_t mm_windows_count(int64_t large, int kernel, int stride, int dilation, int low, int high)
{
    int64_t room = large + low + high - (int64_t)dilation * (kernel - 1) - 1;
    return room < 0 ? 0 : room / stride + 1;
}

void mm_windows_range(const struct mm_windows *windows, int axis, int tap, int64_t *first, int64_t *last)
{
    int64_t stride = windows->stride[axis];
    int64_t back = windows->low[axis] - (int64_t)tap * windows->dilation[axis]; /* position = p * stride - back */
    int64_t end = windows->large[axis] - 1 + back;                              /* p * stride <= end           */
    *first = back > 0 ? (back + stride - 1) / stride : 0;
    *last = end < 0 ? 0 : end / stride + 1;
    if (*last > windows->small[axis])
        *last = windows->small[axis];
}

/* A 1x1x1 kernel that moves voxel by voxel sees a slice as one long row. */
static struct mm_windows flattened(const struct mm_windows *windows)
{
    struct mm_windows flat = *windows;
    for (int i = 0; i < 3; i++)
        if (flat.kernel[i] != 1 || flat.stride[i] != 1 || flat.low[i] != 0 || flat.small[i] != flat.large[i])
            return flat;
    flat.small[2] *= flat.small[1];
    flat.large[2] = flat.small[2];
    flat.small[1] = flat.large[1] = 1;
    return flat;
}

struct walk {
    struct mm_windows g;
    row_work *work;
    const void *context;
};

/* All taps of one slice z of one pair of channels; the offsets are those of the two channels and of their kernel. */
static void walk_slice(const struct walk *walk, int64_t z, int64_t small, int64_t large, int64_t weight)
{
    const struct mm_windows *g = &walk->g;
    int64_t z0, z1, y0, y1, x0, x1;
    for (int kz = 0; kz < g->kernel[0]; kz++) {
        mm_windows_range(g, 0, kz, &z0, &z1);
        if (z < z0 || z >= z1) {
            weight += (int64_t)g->kernel[1] * g->kernel[2];
            continue;
        }
        int64_t lz = z * g->stride[0] + (int64_t)kz * g->dilation[0] - g->low[0];
        for (int ky = 0; ky < g->kernel[1]; ky++) {
            mm_windows_range(g, 1, ky, &y0, &y1);
            for (int kx = 0; kx < g->kernel[2]; kx++, weight++) {
                mm_windows_range(g, 2, kx, &x0, &x1);
                for (int64_t y = y0; y < y1 && x0 < x1; y++) {
                    int64_t ly = y * g->stride[1] + (int64_t)ky * g->dilation[1] - g->low[1];
                    int64_t lx = x0 * g->stride[2] + (int64_t)kx * g->dilation[2] - g->low[2];
                    walk->work(walk->context, small + (z * g->small[1] + y) * g->small[2] + x0,
                               large + (lz * g->large[1] + ly) * g->large[2] + lx, weight, x1 - x0, g->stride[2]);
                }
            }
        }
    }
}

/* Slices outside, channels inside: the rows in use stay in the cache. */
static void walk_all(const struct walk *walk)
{
    const struct mm_windows *g = &walk->g;
    int64_t small_area = g->small[0] * g->small[1] * g->small[2],
            large_area = g->large[0] * g->large[1] * g->large[2];
    int64_t taps = (int64_t)g->kernel[0] * g->kernel[1] * g->kernel[2];
    int64_t s_group = g->small_channels / g->groups, l_group = g->large_channels / g->groups;
    for (int64_t n = 0; n < g->batch; n++)
        for (int64_t z = 0; z < g->small[0]; z++)
            for (int64_t s = 0; s < g->small_channels; s++)
                for (int64_t l = 0; l < l_group; l++)
                    walk_slice(walk, z, (n * g->small_channels + s) * small_area,
                               (n * g->large_channels + s / s_group * l_group + l) * large_area,
                               (s * l_group + l) * taps);
}

struct gather {
    const float *large, *weight;
    float *small;
};

static void gather_row(const void *context, int64_t small, int64_t large, int64_t weight, int64_t count,
                       int64_t stride)
{
    const struct gather *c = context;
    mm_rows_gather(c->small + small, c->weight[weight], c->large + large, stride, count);
}

void mm_windows_gather(const struct mm_windows *windows, const float *large, const float *weight, float *small)
{
    const struct gather context = {large, weight, small};
    const struct walk walk = {flattened(windows), gather_row, &context};
    walk_all(&walk);
}

struct scatter {
    const float *small, *weight;
    float *large;
};

static void scatter_row(const void *context, int64_t small, int64_t large, int64_t weight, int64_t count,
                        int64_t stride)
{
    const struct scatter *c = context;
    mm_rows_scatter(c->large + large, c->weight[weight], c->small + small, stride, count);
}

void mm_windows_scatter(const struct mm_windows *windows, const float *small, const float *weight, float *large)
{
    const struct scatter context = {small, weight, large};
    const struct walk walk = {flattened(windows), scatter_row, &context};
    walk_all(&walk);
}

struct correlate {
    const float *small, *large;
    float *dweight;
};

static void correlate_row(const void *context, int64_t small, int64_t large, int64_t weight, int64_t count,
                          int64_t stride)
{
    const struct correlate *c = context;
    c->dweight[weight] += mm_rows_dot(c->small + small, c->large + large, stride, count);
}

void mm_windows_correlate(const struct mm_windows *windows, const float *small, const float *large, float *dweight)
{
    const struct correlate context = {small, large, dweight};
    const struct walk walk = {flattened(windows), correlate_row, &context};
    walk_all(&walk);
}

void mm_windows_bias(const struct mm_desc *out, const float *bias, float *y)
{
    int64_t area = mm_desc_area(out), channels = out->dim[1];
    for (int64_t i = 0; i < out->dim[0] * channels; i++, y += area)
        for (int64_t j = 0; j < area; j++)
            y[j] = bias ? bias[i % channels] : 0;
}

void mm_windows_bias_gradient(const struct mm_desc *out, const float *dy, float *dbias)
{
    int64_t area = mm_desc_area(out), channels = out->dim[1];
    for (int64_t i = 0; i < out->dim[0] * channels; i++)
        dbias[i % channels] += (float)mm_rows_sum(dy + i * area, area);
}
