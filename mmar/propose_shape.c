/* Grid, network, crop and batch. */
#include <math.h>

#include "mmar/propose.h"

#define ANISOTROPIC     3.0 /* coarsest spacing over finest: beyond, the coarse axis gets that of finer images */
#define POOL_SPACING    2.0 /* axes are halved together while their spacings are that near */
#define EDGE_MIN        4   /* voxels of an axis at the deepest level */
#define CROP_MAX_2D     256
#define CROP_MAX_3D     160
#define STEP_SECONDS    1.0
#define WIDE_CORES      16
#define MEMORY_OF_STEP  0.25 /* share of what is at hand, for activations */
#define BYTES_PER_VALUE 9.0  /* of a convolution's output: it, its norm, its activation, gradients on the way */

/* Of a step. */
static int least_crops(const struct mm_proposal *p)
{
    return p->rank == 2 ? 4 : 2;
}

static void choose_spacing(struct mm_arena *arena, const struct mm_facts *f, struct mm_proposal *p)
{
    int coarse = 0, fine = 0;
    for (int a = 0; a < 3; a++) {
        p->spacing[a] = f->spacing[a];
        if (a < f->rank && f->spacing[a] > f->spacing[coarse])
            coarse = a;
        if (a < f->rank && f->spacing[a] < f->spacing[fine])
            fine = a;
    }
    bool unit = f->spacing[0] == 1 && f->spacing[1] == 1 && (f->rank == 2 || f->spacing[2] == 1);
    p->resample = f->rank == 3 || !f->one_spacing || !unit;
    bool thick = f->rank == 3 && f->spacing[coarse] > ANISOTROPIC * f->spacing[fine];
    if (thick)
        p->spacing[coarse] = fmax(f->fine[coarse], f->spacing[fine]);
    double target = p->spacing[coarse];
    for (int a = 0; a < 3; a++) {
        double rounded = round(p->spacing[a] * 1000) / 1000;
        p->spacing[a] = rounded > 0 ? rounded : p->spacing[a];
    }
    char shown[96];
    snprintf(shown, sizeof shown, f->rank == 2 ? "%.4g x %.4g mm" : "%.4g x %.4g x %.4g mm", f->spacing[0],
             f->spacing[1], f->spacing[2]);
    if (!p->resample)
        mm_proposal_why(arena, p, "spacing", "none of %zu images has another spacing than 1: nothing is resampled",
                        f->headers);
    else if (thick && target < f->spacing[coarse])
        mm_proposal_why(arena, p, "spacing",
                        "median spacing of %zu images is %s; along %c, more than %g times coarser than the finest "
                        "axis, the 10th percentile %.4g is taken so that few images lose slices",
                        f->headers, shown, "xyz"[coarse], ANISOTROPIC, target);
    else
        mm_proposal_why(arena, p, "spacing",
                        f->one_spacing ? "all %zu images have %s" : "median spacing of %zu images is %s", f->headers,
                        shown);
    for (int a = 0; a < 3; a++)
        p->size[a] =
            a < f->rank ? (int)fmax(1, lrint(f->size[a] * (p->resample ? f->spacing[a] / p->spacing[a] : 1))) : 1;
}

/* Halves, level by level, the axes that are long enough and, in spacing, not much coarser than the finest of those. */
static void choose_levels(const struct mm_facts *f, struct mm_proposal *p)
{
    int size[3];
    double spacing[3];
    int most = MM_PROPOSAL_LEVELS - 2; /* halvings: deeper levels cost parameters and hardly see more */
    for (int a = 0; a < 3; a++) {
        size[a] = p->size[a];
        spacing[a] = p->resample ? p->spacing[a] : 1;
        p->divisor[a] = 1;
    }
    for (p->levels = 1; p->levels <= most; p->levels++) {
        int *stride = p->strides[p->levels - 1], halved = 0;
        double finest = INFINITY;
        for (int a = 0; a < p->rank; a++)
            if (size[a] / 2 >= EDGE_MIN)
                finest = fmin(finest, spacing[a]);
        for (int a = 0; a < 3; a++) {
            bool halve = a < f->rank && size[a] / 2 >= EDGE_MIN && spacing[a] < POOL_SPACING * finest;
            stride[a] = halve ? 2 : 1;
            size[a] /= stride[a];
            spacing[a] *= stride[a];
            p->divisor[a] *= stride[a];
            halved += halve;
        }
        if (!halved)
            break;
    }
    if (p->levels < 2) { /* too small to halve: one level below all the same */
        p->levels = 2;
        p->strides[0][0] = p->strides[0][1] = p->strides[0][2] = 1;
    }
}

static void choose_widths(const struct mm_facts *f, struct mm_proposal *p)
{
    int width = f->cores >= WIDE_CORES ? 32 : 16;
    for (int i = 0; i < p->levels; i++)
        p->widths[i] = width << i < 320 ? width << i : 320;
}

void mm_proposal_cost(const struct mm_proposal *p, double *flops, double *bytes)
{
    double voxels[MM_PROPOSAL_LEVELS] = {(double)p->crop[0] * p->crop[1] * p->crop[2]}, values = 0;
    const int *w = p->widths, last = p->levels - 1;
    int taps = p->rank == 2 ? 9 : 27;
    for (int i = 0; i < last; i++)
        voxels[i + 1] = voxels[i] / (p->strides[i][0] * p->strides[i][1] * p->strides[i][2]);
    *flops = ((double)taps * (w[last - 1] * w[last] + w[last] * w[last]) + w[last - 1] * w[last]) * voxels[last];
    values = 3.0 * w[last] * voxels[last];
    for (int i = 0; i < last; i++) {
        double in = i ? w[i - 1] : p->channels, joined = i == last - 1 ? w[i] + w[last] : 2.0 * w[i],
               out = i ? w[i - 1] : p->classes;
        *flops +=
            taps * ((2 * in * w[i] + (double)w[i] * w[i]) * voxels[i + 1]); /* down: two convolutions, one beside */
        *flops +=
            taps * (joined * out * voxels[i + 1] + out * out * voxels[i]); /* up: transposed one, one more       */
        values += 3 * w[i] * voxels[i + 1] + 2 * out * voxels[i] + joined * voxels[i + 1];
    }
    *flops *= 6; /* multiply and add; forward, and backward to inputs and to weights */
    *bytes = values * BYTES_PER_VALUE;
}

/* Crops that a step may have by time and by memory. */
static double affordable(const struct mm_facts *f, const struct mm_proposal *p)
{
    double flops, bytes, memory = f->memory ? (double)f->memory * MEMORY_OF_STEP : 1e9;
    mm_proposal_cost(p, &flops, &bytes);
    return fmin(f->cores * MM_PROPOSAL_CORE_FLOPS * STEP_SECONDS / flops, memory / bytes);
}

static const char *shape_text(struct mm_arena *arena, int rank, const int shape[3])
{
    return rank == 2 ? mm_arena_format(arena, "%d x %d", shape[0], shape[1])
                     : mm_arena_format(arena, "%d x %d x %d", shape[0], shape[1], shape[2]);
}

/* `started`: what the crop was cut down from; NULL: it was not. */
static void why_crop(struct mm_arena *arena, const struct mm_facts *f, struct mm_proposal *p, const int *started,
                     int most)
{
    const char *divisor = shape_text(arena, p->rank, p->divisor), *median = shape_text(arena, p->rank, p->size),
               *first = started ? shape_text(arena, p->rank, started) : "";
    if (!divisor || !median || !first)
        p->whys[p->why_count++] = (struct mm_why){"crop", NULL}; /* memory is out: mm_propose reports it */
    else if (started)
        mm_proposal_why(arena, p, "crop",
                        "multiple of the network's divisor %s, cut down from %s until %d crops a step are affordable "
                        "on %u cores",
                        divisor, first, least_crops(p), f->cores);
    else
        mm_proposal_why(
            arena, p, "crop",
            "largest multiple of the network's divisor %s within the median size %s%s (at most %d a side)", divisor,
            median, p->resample ? " after resampling" : "", most);
}

static void choose_crop(struct mm_arena *arena, const struct mm_facts *f, struct mm_proposal *p)
{
    int most = p->rank == 2 ? CROP_MAX_2D : CROP_MAX_3D, started[3];
    bool cut = false;
    for (int a = 0; a < 3; a++) {
        int size = p->size[a] < most ? p->size[a] : most;
        p->crop[a] = size >= p->divisor[a] ? size / p->divisor[a] * p->divisor[a] : p->divisor[a];
    }
    if (p->rank == 2) /* square, so that quarter turns keep the shape */
        p->crop[0] = p->crop[1] = p->crop[0] < p->crop[1] ? p->crop[0] : p->crop[1];
    for (int a = 0; a < 3; a++)
        started[a] = p->crop[a];
    while (affordable(f, p) < least_crops(p)) {
        int longest = -1;
        for (int a = 0; a < p->rank; a++)
            if (p->crop[a] > 2 * p->divisor[a] &&
                (longest < 0 || p->crop[a] * p->spacing[a] > p->crop[longest] * p->spacing[longest]))
                longest = a;
        if (longest < 0)
            break;
        p->crop[longest] -= p->divisor[longest];
        if (p->rank == 2)
            p->crop[0] = p->crop[1] = p->crop[longest];
        cut = true;
    }
    why_crop(arena, f, p, cut ? started : NULL, most);
}

/* The window sees the median image whole when that is not much more than a crop. */
static void choose_roi(struct mm_proposal *p)
{
    double whole = 1, crop = 1;
    for (int a = 0; a < 3; a++) {
        p->roi[a] = (p->size[a] + p->divisor[a] - 1) / p->divisor[a] * p->divisor[a];
        whole *= p->roi[a];
        crop *= p->crop[a];
    }
    for (int a = 0; a < 3 && whole > 2 * crop; a++)
        p->roi[a] = p->crop[a];
}

static int power_below(double value, int most)
{
    int power = 1;
    while (2 * power <= value && 2 * power <= most)
        power *= 2;
    return power;
}

static void choose_batch(struct mm_arena *arena, const struct mm_facts *f, struct mm_proposal *p)
{
    double whole = 1, crop = 1;
    char memory[32];
    for (int a = 0; a < 3; a++) {
        whole *= p->size[a];
        crop *= p->crop[a];
    }
    int samples = power_below(affordable(f, p), p->rank == 2 ? 16 : 8);
    p->crops = whole >= 4 * crop ? 4 : whole >= 2 * crop ? 2 : 1;
    if (p->crops > samples)
        p->crops = samples;
    p->batch = samples / p->crops;
    if ((size_t)p->batch > f->training) { /* few images give more crops each */
        p->batch = (int)f->training;
        p->crops = samples / p->batch;
    }
    p->batch_norm = p->batch * p->crops >= 4;
    mm_proposal_cost(p, &p->flops, &p->bytes);
    p->flops *= p->batch * p->crops;
    p->bytes *= p->batch * p->crops;
    mm_proposal_why(
        arena, p, "batch",
        "%d image%s with %d crop%s each: about %.0f GFLOP and %s a step, %.1f s on %u cores at %g GFLOP/s each",
        p->batch, p->batch > 1 ? "s" : "", p->crops, p->crops > 1 ? "s" : "", p->flops / 1e9,
        mm_text_bytes(memory, sizeof memory, p->bytes), p->flops / (f->cores * MM_PROPOSAL_CORE_FLOPS), f->cores,
        MM_PROPOSAL_CORE_FLOPS / 1e9);
}

void mm_propose_shape(struct mm_arena *arena, const struct mm_facts *facts, struct mm_proposal *p)
{
    choose_spacing(arena, facts, p);
    choose_levels(facts, p);
    choose_widths(facts, p);
    choose_crop(arena, facts, p);
    choose_roi(p);
    choose_batch(arena, facts, p);
    mm_proposal_why(arena, p, "model",
                    "%dD UNet of %d levels: axes are halved together while their spacings differ less than %g times "
                    "and %d voxels are left; "
                    "%d channels at the top for %u cores, %s norm for batches of %d",
                    p->rank, p->levels, POOL_SPACING, EDGE_MIN, p->widths[0], facts->cores,
                    p->batch_norm ? "batch" : "instance", p->batch * p->crops);
}
