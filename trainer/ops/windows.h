/* The arithmetic of windows that slide over a tensor: convolution, its transpose, and pooling.
 *
 * A "small" tensor (n, s, sd, sh, sw) and a "large" one (n, l, ld, lh, lw) are tied by
 *     position in large = position in small * stride + tap * dilation - low
 * and weights (s, l / groups, kd, kh, kw). A convolution goes from large to small; its gradient, and a transposed convolution,
 * from small to large. That is why transposed convolutions store their weights (in, out, ...).
 * The three sums add to what is there. */
#ifndef MM_TRAINER_OPS_WINDOWS_H
#define MM_TRAINER_OPS_WINDOWS_H

#include "trainer/tensor.h"

struct mm_windows {
    int64_t batch, small_channels, large_channels, groups;
    int64_t small[3], large[3]; /* extents z, y, x */
    int kernel[3], stride[3], dilation[3], low[3];
};

/* Extent of small for an extent of large; below 1 when the window does not fit. */
int64_t mm_windows_count(int64_t large, int kernel, int stride, int dilation, int low, int high);
/* The positions first..last-1 of small for which the tap lies inside large, along an axis. */
void mm_windows_range(const struct mm_windows *windows, int axis, int tap, int64_t *first, int64_t *last);

/* small[s] += sum over l and taps of weight * large[l]: convolution, and the data gradient of its transpose. */
void mm_windows_gather(const struct mm_windows *windows, const float *large, const float *weight, float *small);
/* large[l] += sum over s and taps of weight * small[s]: transposed convolution, and the data gradient of a convolution. */
void mm_windows_scatter(const struct mm_windows *windows, const float *small, const float *weight, float *large);
/* dweight += small * large: the weight gradient of both. */
void mm_windows_correlate(const struct mm_windows *windows, const float *small, const float *large, float *dweight);

/* Every plane of y to its channel's bias (0 when NULL), and dbias += the sums of dy's planes. */
void mm_windows_bias(const struct mm_desc *out, const float *bias, float *y);
void mm_windows_bias_gradient(const struct mm_desc *out, const float *dy, float *dbias);

#endif
