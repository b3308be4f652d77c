/* Shared arithmetic on intensities. Formulas follow MONAI 1.3, monai/transforms/intensity/array.py.
 *
 * Sums run in LANES independent partial sums, which the compiler keeps in vector registers; their order is fixed, so the
 * result depends on the data alone. */
#include "transforms/intensity.h"

#include "base/vectors.h"
#include "image/rescale.h"

#define LANES 8
#define BLOCK 4096 /* values that stay in the L1 cache from one loop to the next */

static double sum_lanes(const double lanes[LANES])
{
    double sum = 0;
    for (int j = 0; j < LANES; j++)
        sum += lanes[j];
    return sum;
}

/* Sum of the values and, in *count, how many are not 0. */
static double sum_of(const float *x, size_t n, size_t *nonzero)
{
    double lanes[LANES] = {0}, counts[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int j = 0; j < LANES; j++) {
            lanes[j] += x[i + j];
            counts[j] += x[i + j] != 0 ? 1.0 : 0.0;
        }
    for (; i < n; i++) {
        lanes[i % LANES] += x[i];
        counts[i % LANES] += x[i] != 0 ? 1.0 : 0.0;
    }
    *nonzero = (size_t)sum_lanes(counts);
    return sum_lanes(lanes);
}

/* Sum of squared deviations, of all values or of those that are not 0. */
static double squares_of(const float *x, size_t n, double mean, bool nonzero)
{
    double lanes[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int j = 0; j < LANES; j++) {
            double v = x[i + j], d = v - mean;
            d = (nonzero & (v == 0)) ? 0 : d;
            lanes[j] += d * d;
        }
    for (; i < n; i++) {
        double d = nonzero && x[i] == 0 ? 0 : x[i] - mean;
        lanes[i % LANES] += d * d;
    }
    return sum_lanes(lanes);
}

struct mm_intensity_stats mm_intensity_stats(const float *x, size_t n, bool nonzero)
{
    struct mm_intensity_stats stats = {0};
    size_t counted;
    double sum = sum_of(x, n, &counted);
    stats.count = nonzero ? counted : n;
    if (stats.count == 0)
        return stats;
    stats.mean = sum / (double)stats.count;
    stats.std = sqrt(squares_of(x, n, stats.mean, nonzero) / (double)stats.count);
    return stats;
}

void mm_intensity_bounds(const float *x, size_t n, float *low, float *high)
{
    float lows[LANES], highs[LANES];
    for (int j = 0; j < LANES; j++)
        lows[j] = highs[j] = x[0];
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int j = 0; j < LANES; j++) {
            lows[j] = x[i + j] < lows[j] ? x[i + j] : lows[j];
            highs[j] = x[i + j] > highs[j] ? x[i + j] : highs[j];
        }
    for (; i < n; i++) {
        lows[0] = x[i] < lows[0] ? x[i] : lows[0];
        highs[0] = x[i] > highs[0] ? x[i] : highs[0];
    }
    *low = lows[0];
    *high = highs[0];
    for (int j = 1; j < LANES; j++) {
        *low = lows[j] < *low ? lows[j] : *low;
        *high = highs[j] > *high ? highs[j] : *high;
    }
}

void mm_intensity_scale(float *x, size_t n, double scale, double shift)
{
    mm_rescale_run(x, n, (float)scale, (float)shift);
}

MM_VECTORS static void shift_scale(float *x, size_t n, float minus, float by, float plus)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (x[i] - minus) * by + plus;
}

MM_VECTORS static void clamp(float *x, size_t n, float least, float most)
{
    for (size_t i = 0; i < n; i++) {
        float v = x[i] < least ? least : x[i];
        x[i] = v > most ? most : v;
    }
}

void mm_intensity_map(float *x, size_t n, const struct mm_intensity_range *range)
{
    double span = range->a_max - range->a_min;
    bool both = !isnan(range->b_min) && !isnan(range->b_max);
    double scale = both ? range->b_max - range->b_min : 1, shift = both ? range->b_min : 0;
    if (span == 0) {
        span = scale = 1;
        shift = isnan(range->b_min) ? 0 : range->b_min;
    }
    float minus = (float)range->a_min, by = (float)(scale / span), plus = (float)shift;
    float least = isnan(range->b_min) ? -INFINITY : (float)range->b_min;
    float most = isnan(range->b_max) ? INFINITY : (float)range->b_max;
    bool clips = range->clip && range->a_max != range->a_min;
    for (size_t from = 0; from < n; from += BLOCK) { /* once through memory */
        size_t count = n - from < BLOCK ? n - from : BLOCK;
        shift_scale(x + from, count, minus, by, plus);
        if (clips)
            clamp(x + from, count, least, most);
    }
}

void mm_intensity_normalize(float *x, size_t n, double mean, double std, bool nonzero)
{
    if (isnan(mean) || isnan(std)) {
        struct mm_intensity_stats own = mm_intensity_stats(x, n, nonzero);
        mean = isnan(mean) ? own.mean : mean;
        std = isnan(std) ? own.std : std;
    }
    float minus = (float)mean, by = (float)(1 / (std == 0 ? 1 : std));
    for (size_t i = 0; i < n; i++) {
        float v = x[i], scaled = (v - minus) * by;
        x[i] = (nonzero & (v == 0)) ? 0 : scaled;
    }
}

void mm_intensity_std_shift(const struct mm_volume *v, double factor, bool nonzero, bool channel_wise)
{
    struct mm_voxels_parts parts = mm_voxels_split(v, channel_wise);
    for (size_t p = 0; p < parts.count; p++) {
        float *x = parts.data + p * parts.length;
        float plus = (float)(factor * mm_intensity_stats(x, parts.length, nonzero).std);
        for (size_t i = 0; i < parts.length; i++) {
            float value = x[i], shifted = value + plus;
            x[i] = (nonzero & (value == 0)) ? 0 : shifted;
        }
    }
}

/* Standard deviation of a sample, divided by n - 1: torch.std's default. */
static double sample_std(struct mm_intensity_stats stats)
{
    return stats.count < 2 ? NAN : stats.std * sqrt((double)stats.count / (double)(stats.count - 1));
}

void mm_intensity_gamma(float *x, size_t n, double gamma, bool invert, bool retain)
{
    if (invert)
        mm_intensity_scale(x, n, -1, 0);
    struct mm_intensity_stats before = retain ? mm_intensity_stats(x, n, false) : (struct mm_intensity_stats){0};
    float low, high;
    mm_intensity_bounds(x, n, &low, &high);
    float range = high - low, by = (float)(1 / (range + 1e-7)), power = (float)gamma;
    for (size_t i = 0; i < n; i++)
        x[i] = powf((x[i] - low) * by, power) * range + low;
    if (retain) {
        struct mm_intensity_stats after = mm_intensity_stats(x, n, false);
        double scale = sample_std(before) / (sample_std(after) + 1e-8);
        mm_intensity_scale(x, n, scale, before.mean - after.mean * scale);
    }
    if (invert)
        mm_intensity_scale(x, n, -1, 0);
}

void mm_intensity_noise(float *x, size_t n, double mean, double std, struct mm_random *random)
{
    float draws[MM_VOXELS_CHUNK], plus = (float)mean, by = (float)std;
    for (size_t from = 0; from < n; from += MM_VOXELS_CHUNK) {
        size_t count = n - from < MM_VOXELS_CHUNK ? n - from : MM_VOXELS_CHUNK;
        mm_random_normals(random, draws, count);
        for (size_t i = 0; i < count; i++)
            x[from + i] += plus + by * draws[i];
    }
}

void mm_intensity_stretch(float *x, size_t n, double factor, bool about_mean, bool keeps_range)
{
    float low, high;
    double mean = about_mean ? mm_intensity_stats(x, n, false).mean : 0;
    mm_intensity_bounds(x, n, &low, &high);
    mm_intensity_scale(x, n, 1 + factor, -mean * factor);
    for (size_t i = 0; keeps_range && i < n; i++)
        x[i] = x[i] < low ? low : x[i] > high ? high : x[i];
}

void mm_intensity_ends(const struct mm_doubles *list, double *low, double *high)
{
    double a = list->count == 2 ? list->items[0] : -list->items[0], b = list->items[list->count - 1];
    *low = a < b ? a : b;
    *high = a < b ? b : a;
}
