/* Average surface distance as MONAI 1.3's SurfaceDistanceMetric: the mean distance from the prediction's surface to the truth's;
 * symmetric: the mean over the pooled distances of both directions. */
#include "trainer/metrics/surface.h"

struct surface_distance {
    bool include_background, symmetric;
    const char *distance_metric, *reduction;
};
#define P struct surface_distance

static const struct mm_param params[] = {
    MM_BOOL(P, include_background, .help = "class 0 counts"),
    MM_CHOICE(P, distance_metric, .choices = MM_SURFACE_METRICS, .def_text = "euclidean",
              .help = "euclidean in mm, others in voxels"),
    MM_BOOL(P, symmetric, .help = "both directions"),
    MM_METRIC_REDUCTION(P),
    MM_PARAMS_END,
};

static double sum(const double *distances, size_t count)
{
    double total = 0;
    for (size_t i = 0; i < count; i++)
        total += distances[i];
    return total;
}

static double value(const void *self, struct mm_surface_distances *d)
{
    double total = sum(d->forward, d->forward_count);
    if (!((const P *)self)->symmetric)
        return total / (double)d->forward_count;
    return (total + sum(d->backward, d->backward_count)) / (double)(d->forward_count + d->backward_count);
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

const struct mm_metric mm_metric_surface_distance = {
    .name = "SurfaceDistanceMetric",
    .aliases = "SurfaceDistance",
    .summary = "average distance between the surfaces of prediction and truth",
    .params = params,
    .params_size = sizeof(P),
    .values = values,
    .measure = measure,
    .aggregate = aggregate,
    .first_class = first_class,
    .example = "{\"include_background\": false, \"symmetric\": true}",
};
