/* Separable smoothing. Lines along the axis are filtered in blocks of up to WIDTH that lie side by side in x (one
 * line when the axis is x). A block is copied between zeros into lines[tail + n + tail][width]; then y[m] is the
 * sum over k of w[k] * lines[m + k * width]. */
#include "transforms/smooth.h"

#include <math.h>

#define WIDTH 64

struct filter {
    int axis, tail;
    float *weights; /* 2 * tail + 1             */
    float *lines;   /* (n + 2 * tail) * WIDTH   */
    float *sums;    /* n * WIDTH                */
};

/* exp(-x) I_i(x) for i = 0..tail by Miller's recurrence, I_{i-1} = I_{i+1} + 2i/x I_i downward from far behind the
 * tail, and exp(x) = I_0 + 2 (I_1 + I_2 + ...). */
static bool bessel_weights(struct mm_arena *scratch, double x, int tail, float *middle)
{
    int last = 2 * tail + 40;
    double sum = 0, *bessel = mm_arena_array(scratch, double, (size_t)last + 2);
    if (!bessel)
        return false;
    bessel[last] = 1e-200;
    for (int i = last; i > 0; i--) {
        bessel[i - 1] = bessel[i + 1] + 2 * i / x * bessel[i];
        double scale = bessel[i - 1] > 1e100 ? 1e-100 : 1;
        for (int k = i - 1; scale < 1 && k <= last; k++)
            bessel[k] *= scale;
    }
    for (int i = 0; i <= last; i++)
        sum += (i ? 2 : 1) * bessel[i];
    for (int i = 0; i <= tail; i++)
        middle[i] = middle[-i] = (float)(bessel[i] / sum);
    return true;
}

static bool make_weights(struct mm_arena *scratch, struct filter *filter, double sigma, const char *approx)
{
    int tail = filter->tail;
    filter->weights = mm_arena_array(scratch, float, 2 * (size_t)tail + 1);
    if (!filter->weights)
        return false;
    float *middle = filter->weights + tail;
    if (strcmp(approx, "scalespace") == 0)
        return bessel_weights(scratch, fmax(sigma * sigma, 1e-8), tail, middle);
    bool sampled = strcmp(approx, "sampled") == 0;
    double t = 0.70710678 / sigma;
    for (int i = -tail; i <= tail; i++)
        middle[i] = (float)(sampled ? exp(-0.5 * i * i / (sigma * sigma)) / (2.5066282 * sigma)
                                    : fmax(0.5 * (erf(t * (i + 0.5)) - erf(t * (i - 0.5))), 0));
    return true;
}

/* Filters `width` neighbouring lines of n voxels that start at `first`. */
static void smooth_block(float *first, ptrdiff_t stride, size_t n, size_t width, const struct filter *filter)
{
    size_t tail = (size_t)filter->tail, zeros = tail * width, all = n * width;
    float *lines = filter->lines, *sums = filter->sums;
    memset(lines, 0, zeros * sizeof *lines);
    memset(lines + zeros + all, 0, zeros * sizeof *lines);
    memset(sums, 0, all * sizeof *sums);
    for (size_t i = 0; i < n; i++)
        memcpy(lines + zeros + i * width, first + (ptrdiff_t)i * stride, width * sizeof *lines);
    for (size_t k = 0; k <= 2 * tail; k++)
        for (size_t m = 0; m < all; m++)
            sums[m] += filter->weights[k] * lines[m + k * width];
    for (size_t i = 0; i < n; i++)
        memcpy(first + (ptrdiff_t)i * stride, sums + i * width, width * sizeof *sums);
}

static void smooth_channel(struct mm_volume *v, int c, const struct filter *filter)
{
    int axis = filter->axis, width = axis == 0 ? 1 : WIDTH;
    int end[3] = {v->size[0], v->size[1], v->size[2]};
    end[axis] = 1;
    for (int z = 0; z < end[2]; z++)
        for (int y = 0; y < end[1]; y++)
            for (int x = 0; x < end[0]; x += width) {
                int left = end[0] - x;
                smooth_block((float *)mm_volume_row(v, c, z, y) + x, v->stride[axis], (size_t)v->size[axis],
                             (size_t)(left < width ? left : width), filter);
            }
}

static enum mm_status smooth_axis(struct mm_volume *v, int axis, double sigma, double truncated, const char *approx,
                                  struct mm_error *err)
{
    struct mm_arena scratch;
    mm_arena_init(&scratch, NULL);
    struct filter filter = {.axis = axis, .tail = (int)(fmax(truncated * sigma, 0.5) + 0.5)};
    bool made = make_weights(&scratch, &filter, sigma, approx);
    size_t width = axis == 0 ? 1 : WIDTH, n = (size_t)v->size[axis];
    if (made) {
        filter.lines = mm_arena_array(&scratch, float, (n + 2 * (size_t)filter.tail) * width);
        filter.sums = mm_arena_array(&scratch, float, n *width);
        made = filter.lines && filter.sums;
    }
    for (int c = 0; made && c < v->channels; c++)
        smooth_channel(v, c, &filter);
    mm_arena_done(&scratch);
    return made ? MM_OK : mm_fail_memory(err, "a filter");
}

enum mm_status mm_smooth_to(struct mm_volume *v, const double sigma[3], double truncated, const char *approx,
                            struct mm_error *err)
{
    enum mm_status s;
    for (int a = 0; a < v->rank; a++) {
        if (!(sigma[a] <= MM_SMOOTH_SIGMA_MAX))
            return mm_fail(err, MM_ERR_DATA, "a sigma of %g voxels: 0 to %d is allowed", sigma[a],
                           MM_SMOOTH_SIGMA_MAX);
        if (sigma[a] > 0 && MM_TRY(s, smooth_axis(v, a, sigma[a], truncated, approx, err)))
            return s;
    }
    return MM_OK;
}

enum mm_status mm_smooth(struct mm_volume *v, const double sigma[3], const char *approx, struct mm_error *err)
{
    return mm_smooth_to(v, sigma, 4, approx, err);
}

enum mm_status mm_smooth_sharpen(struct mm_arena *arena, struct mm_volume *v, const double sigma1[3],
                                 const double sigma2[3], double alpha, const char *approx, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, mm_smooth(v, sigma1, approx, err)))
        return s;
    struct mm_volume *blurred = mm_volume_copy(arena, v);
    if (!blurred)
        return mm_fail_memory(err, "a blurred image");
    if (MM_TRY(s, mm_smooth(blurred, sigma2, approx, err)))
        return s;
    float *once = v->data, *twice = blurred->data;
    size_t count = mm_volume_voxels(v) * (size_t)v->channels;
    for (size_t i = 0; i < count; i++)
        once[i] += (float)alpha * (once[i] - twice[i]);
    return MM_OK;
}
