/* k-space: there, changed, and back. Source of the formulas: MONAI monai/transforms/intensity/array.py (GibbsNoise, KSpaceSpikeNoise). */
#include "transforms/kspace.h"

#include <math.h>
#include <stddef.h>

#include "base/memory.h"
#include "image/fft.h"

/* Where frequency k of n stands when frequency 0 is in the middle, and the other way round. */
static int to_middle(int k, int n)
{
    return (k + n / 2) % n;
}

static int from_middle(int i, int n)
{
    return (i + n - n / 2) % n;
}

static size_t voxels_of(const int size[3])
{
    return (size_t)size[0] * (size_t)size[1] * (size_t)size[2];
}

static enum mm_status there(const float *x, const int size[3], struct mm_complex **out, struct mm_error *err)
{
    size_t n = voxels_of(size);
    struct mm_complex *k = *out = mm_alloc(n * sizeof *k);
    if (!k)
        return mm_fail_memory(err, "k-space");
    for (size_t i = 0; i < n; i++)
        k[i] = (struct mm_complex){(double)x[i], 0};
    return mm_fft_volume(k, size, false, err);
}

static enum mm_status back(struct mm_complex *k, const int size[3], float *x, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, mm_fft_volume(k, size, true, err)))
        return s;
    for (size_t i = 0, n = voxels_of(size); i < n; i++)
        x[i] = (float)k[i].re;
    return MM_OK;
}

static void cut(struct mm_complex *k, const int size[3], int rank, double radius)
{
    for (int c = 0; c < size[2]; c++)
        for (int b = 0; b < size[1]; b++)
            for (int a = 0; a < size[0]; a++, k++) {
                const int at[3] = {a, b, c};
                double square = 0;
                for (int i = 0; i < rank; i++) {
                    double away = to_middle(at[i], size[i]) - (size[i] - 1) / 2.0;
                    square += away * away;
                }
                if (sqrt(square) > radius)
                    *k = (struct mm_complex){0, 0};
            }
}

enum mm_status mm_kspace_gibbs(float *x, const int size[3], int rank, double alpha, struct mm_error *err)
{
    struct mm_complex *k = NULL;
    int longest = 0;
    for (int a = 0; a < rank; a++)
        longest = size[a] > longest ? size[a] : longest;
    enum mm_status s = there(x, size, &k, err);
    if (!s) {
        cut(k, size, rank, (1 - alpha) * longest * sqrt(2) / 2);
        s = back(k, size, x, err);
    }
    mm_free(k);
    return s;
}

/* ln(|k| + 1e-10) */
static double log_of(struct mm_complex k)
{
    return log(hypot(k.re, k.im) + 1e-10);
}

static void set_spike(struct mm_complex *k, double intensity)
{
    double phase = atan2(k->im, k->re), magnitude = exp(intensity);
    k->re = magnitude * cos(phase);
    k->im = magnitude * sin(phase);
}

enum mm_status mm_kspace_spikes(float *x, const int size[3], const struct mm_kspace_spike *spikes, int count,
                                struct mm_error *err)
{
    struct mm_complex *k = NULL;
    size_t n = voxels_of(size);
    double mean = 0;
    enum mm_status s = there(x, size, &k, err);
    for (size_t i = 0; !s && i < n; i++)
        mean += log_of(k[i]) / (double)n;
    for (int i = 0; !s && i < count; i++) {
        size_t place = 0;
        for (int a = 2; a >= 0; a--)
            place = place * (size_t)size[a] + (size_t)from_middle(spikes[i].at[a], size[a]);
        set_spike(&k[place], isnan(spikes[i].intensity) ? spikes[i].share * mean : spikes[i].intensity);
    }
    if (!s)
        s = back(k, size, x, err);
    mm_free(k);
    return s;
}
