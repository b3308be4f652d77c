/* Otsu's threshold by a histogram with the edges and the middles of numpy.histogram's. */
#include "transforms/otsu.h"

#include "base/memory.h"
#include "transforms/intensity.h"

#define BINS      256
#define WHOLE_MAX 65535

struct histogram {
    size_t bins;
    double *counts, *middles;
};

static enum mm_status histogram_make(size_t bins, struct histogram *out, struct mm_error *err)
{
    double *memory = mm_alloc(2 * bins * sizeof *memory);
    *out = (struct histogram){bins, memory, memory + bins};
    return memory ? MM_OK : mm_fail_memory(err, "a histogram");
}

static void count_whole(const float *x, size_t n, double low, struct histogram *out)
{
    for (size_t i = 0; i < out->bins; i++) {
        out->counts[i] = 0;
        out->middles[i] = low + (double)i;
    }
    for (size_t i = 0; i < n; i++)
        out->counts[(size_t)((double)x[i] - low)]++;
}

/* Edge i of the 256 bins, in the type of the values. */
static double edge_of(double low, double high, size_t i)
{
    return (double)(float)(i == BINS ? high : low + (high - low) / BINS * (double)i);
}

static void count_bins(const float *x, size_t n, double low, double high, struct histogram *out)
{
    for (size_t i = 0; i < BINS; i++) {
        out->counts[i] = 0;
        out->middles[i] = (edge_of(low, high, i) + edge_of(low, high, i + 1)) / 2;
    }
    for (size_t i = 0; i < n; i++) {
        double place = ((double)x[i] - low) / (high - low) * BINS;
        size_t bin = place >= BINS ? BINS - 1 : (size_t)place;
        if (bin > 0 && (double)x[i] < edge_of(low, high, bin))
            bin--;
        else if (bin < BINS - 1 && (double)x[i] >= edge_of(low, high, bin + 1))
            bin++;
        out->counts[bin]++;
    }
}

/* The middle of the last bin of the lower population. */
static double split(const struct histogram *h)
{
    double count = 0, sum = 0, below = 0, sum_below = 0, most = -1, threshold = h->middles[0];
    for (size_t i = 0; i < h->bins; i++) {
        count += h->counts[i];
        sum += h->counts[i] * h->middles[i];
    }
    for (size_t i = 0; i + 1 < h->bins; i++) {
        below += h->counts[i];
        sum_below += h->counts[i] * h->middles[i];
        double apart = sum_below / below - (sum - sum_below) / (count - below);
        double variance = below * (count - below) * apart * apart;
        if (variance > most) {
            most = variance;
            threshold = h->middles[i];
        }
    }
    return threshold;
}

enum mm_status mm_otsu(const float *x, size_t n, bool whole, double *threshold, struct mm_error *err)
{
    float low, high;
    struct histogram h;
    enum mm_status s;
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return mm_fail(err, MM_ERR_DATA, "Otsu's threshold needs finite values, got %g", (double)x[i]);
    mm_intensity_bounds(x, n, &low, &high);
    *threshold = (double)low;
    if (low == high)
        return MM_OK;
    bool each = whole && high - low <= WHOLE_MAX;
    if (MM_TRY(s, histogram_make(each ? (size_t)(high - low) + 1 : BINS, &h, err)))
        return s;
    if (each)
        count_whole(x, n, (double)low, &h);
    else
        count_bins(x, n, (double)low, (double)high, &h);
    *threshold = split(&h);
    mm_free(h.counts);
    return MM_OK;
}
