/* Powers of two by Cooley and Tukey 1965, in place after bit reversal; other lengths as a convolution with a chirp of a power of two
 * (Bluestein 1970): jk = (j^2 + k^2 - (j - k)^2) / 2. Angles are reduced in whole numbers first, so that long lines stay exact. */
#include "image/fft.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"

#define PI 3.14159265358979323846

/* For lines of n. */
struct plan {
    size_t n, m;                              /* m: a power of two, n itself or at least 2n - 1 */
    struct mm_complex *roots;                 /* exp(-2 pi i k / m), k < m / 2                  */
    struct mm_complex *chirp, *filter, *work; /* not used when n == m                           */
    struct mm_complex *line;
};

static struct mm_complex times(struct mm_complex a, struct mm_complex b)
{
    return (struct mm_complex){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

static struct mm_complex conjugate(struct mm_complex a)
{
    return (struct mm_complex){a.re, -a.im};
}

/* exp(-2 pi i k / n) */
static struct mm_complex root(size_t k, size_t n)
{
    double angle = -2 * PI * (double)k / (double)n;
    return (struct mm_complex){cos(angle), sin(angle)};
}

static void reverse_bits(struct mm_complex *x, size_t m)
{
    for (size_t i = 1, j = 0; i < m; i++) {
        size_t bit = m >> 1;
        for (; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
        if (i < j) {
            struct mm_complex kept = x[i];
            x[i] = x[j];
            x[j] = kept;
        }
    }
}

static void transform_power_of_two(struct mm_complex *x, size_t m, const struct mm_complex *roots)
{
    reverse_bits(x, m);
    for (size_t half = 1; half < m; half *= 2)
        for (size_t from = 0; from < m; from += 2 * half)
            for (size_t k = 0; k < half; k++) {
                struct mm_complex a = x[from + k], b = times(x[from + k + half], roots[k * (m / (2 * half))]);
                x[from + k] = (struct mm_complex){a.re + b.re, a.im + b.im};
                x[from + k + half] = (struct mm_complex){a.re - b.re, a.im - b.im};
            }
}

static void transform_line(const struct plan *p)
{
    struct mm_complex *work = p->work;
    if (p->n == p->m) {
        transform_power_of_two(p->line, p->m, p->roots);
        return;
    }
    for (size_t i = 0; i < p->m; i++)
        work[i] = i < p->n ? times(p->line[i], p->chirp[i]) : (struct mm_complex){0, 0};
    transform_power_of_two(work, p->m, p->roots);
    for (size_t i = 0; i < p->m; i++) /* back by the conjugate's conjugate */
        work[i] = conjugate(times(work[i], p->filter[i]));
    transform_power_of_two(work, p->m, p->roots);
    for (size_t i = 0; i < p->n; i++) {
        struct mm_complex y = times(conjugate(work[i]), p->chirp[i]);
        p->line[i] = (struct mm_complex){y.re / (double)p->m, y.im / (double)p->m};
    }
}

static void plan_free(struct plan *p)
{
    mm_free(p->roots);
    mm_free(p->chirp);
    mm_free(p->filter);
    mm_free(p->work);
    mm_free(p->line);
}

static void fill_chirp(struct plan *p)
{
    for (size_t i = 0; i < p->m; i++)
        p->filter[i] = (struct mm_complex){0, 0};
    for (size_t i = 0; i < p->n; i++) {
        p->chirp[i] = root((size_t)((uint64_t)i * i % (2 * p->n)), 2 * p->n);
        p->filter[i] = p->filter[(p->m - i) % p->m] = conjugate(p->chirp[i]);
    }
    transform_power_of_two(p->filter, p->m, p->roots);
}

static enum mm_status plan_make(size_t n, struct plan *p, struct mm_error *err)
{
    *p = (struct plan){.n = n, .m = 1};
    bool is_power = (n & (n - 1)) == 0;
    while (p->m < (is_power ? n : 2 * n - 1))
        p->m *= 2;
    p->roots = mm_alloc((p->m / 2 + 1) * sizeof *p->roots);
    p->line = mm_alloc(n * sizeof *p->line);
    p->chirp = mm_alloc(n * sizeof *p->chirp);
    p->filter = mm_alloc(p->m * sizeof *p->filter);
    p->work = mm_alloc(p->m * sizeof *p->work);
    if (!p->roots || !p->line || !p->chirp || !p->filter || !p->work)
        return mm_fail_memory(err, "a Fourier transform");
    for (size_t k = 0; k < p->m / 2; k++)
        p->roots[k] = root(k, p->m);
    if (!is_power)
        fill_chirp(p);
    return MM_OK;
}

static void transform_axis(struct mm_complex *x, const int size[3], int axis, bool inverse, const struct plan *p)
{
    const size_t step[3] = {1, (size_t)size[0], (size_t)size[0] * (size_t)size[1]};
    int b = (axis + 1) % 3, c = (axis + 2) % 3;
    for (int j = 0; j < size[c]; j++)
        for (int i = 0; i < size[b]; i++) {
            struct mm_complex *from = x + (size_t)i * step[b] + (size_t)j * step[c];
            for (size_t k = 0; k < p->n; k++)
                p->line[k] = inverse ? conjugate(from[k * step[axis]]) : from[k * step[axis]];
            transform_line(p);
            for (size_t k = 0; k < p->n; k++) {
                struct mm_complex y = inverse ? conjugate(p->line[k]) : p->line[k];
                double scale = inverse ? 1 / (double)p->n : 1;
                from[k * step[axis]] = (struct mm_complex){y.re * scale, y.im * scale};
            }
        }
}

enum mm_status mm_fft_volume(struct mm_complex *x, const int size[3], bool inverse, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    for (int axis = 0; !s && axis < 3; axis++) {
        struct plan plan;
        if (size[axis] == 1)
            continue;
        s = plan_make((size_t)size[axis], &plan, err);
        if (!s)
            transform_axis(x, size, axis, inverse, &plan);
        plan_free(&plan);
    }
    return s;
}
