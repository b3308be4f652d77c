/* Hausdorff distance as MONAI 1.3's HausdorffDistanceMetric: the larger of the two directed distances; with `percentile` each directed
 * distance is that percentile (linear between ranks, as numpy) instead of the maximum. */
#include <math.h>
#include <stdlib.h>

#include "trainer/metrics/surface.h"

struct hausdorff {
    bool include_background, directed;
    const char *distance_metric, *reduction;
    double percentile;
};
#define P struct hausdorff

static const struct mm_param params[] = {
    MM_BOOL(P, include_background, .help = "class 0 counts"),
    MM_CHOICE(P, distance_metric, .choices = MM_SURFACE_METRICS, .def_text = "euclidean",
              .help = "euclidean in mm, others in voxels"),
    MM_DOUBLE(P, percentile, .def = NAN, .min = 0, .max = 100,
              .help = "95 is the usual HD95; the maximum when absent"),
    MM_BOOL(P, directed, .help = "from the prediction to the truth only"),
    MM_METRIC_REDUCTION(P),
    MM_PARAMS_END,
};

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts the distances. */
static double directed_distance(const P *p, double *distances, size_t count)
{
    qsort(distances, count, sizeof(*distances), compare);
    if (isnan(p->percentile) || p->percentile == 0) /* MONAI takes 0 as absent */
        return distances[count - 1];
    double rank = p->percentile / 100.0 * (double)(count - 1);
    size_t below = (size_t)rank, above = below + 1 < count ? below + 1 : below;
    return distances[below] + (distances[above] - distances[below]) * (rank - (double)below);
}

static double value(const void *self, struct mm_surface_distances *d)
{
    const P *p = self;
    double forward = directed_distance(p, d->forward, d->forward_count);
    return p->directed ? forward : fmax(forward, directed_distance(p, d->backward, d->backward_count));
}

static size_t values(const void *self, int classes)
{
    return (size_t)(classes - mm_metric_first(((const P *)self)->include_background, classes));
}

static enum mm_status measure(const void *self, struct mm_arena *scratch, const struct mm_metric_case *item,
                              double *out, struct mm_error *err)
{
    const P *p = self;
    struct mm_surface surface = {p->include_background, p->distance_metric, p->reduction};
    (void)scratch;
    return mm_surface_values(&surface, p, item, value, out, err);
}

static double aggregate(const void *self, const double *rows, size_t cases, size_t count)
{
    return mm_metric_reduce(((const P *)self)->reduction, rows, cases, count);
}

static int first_class(const void *self)
{
    return ((const P *)self)->include_background ? 0 : 1;
}

const struct mm_metric mm_metric_hausdorff = {
    .name = "HausdorffDistanceMetric",
    .aliases = "HausdorffDistance",
    .summary = "largest distance between the surfaces of prediction and truth",
    .params = params,
    .params_size = sizeof(P),
    .values = values,
    .measure = measure,
    .aggregate = aggregate,
    .first_class = first_class,
    .example = "{\"include_background\": false, \"percentile\": 95}",
};
