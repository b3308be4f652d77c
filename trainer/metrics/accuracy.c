/* Ignite's Accuracy as Clara 4's configs use it, on one mask a class of prediction and label: the share of mask values that agree, over all
 * cases, classes and voxels. A case's values are how many agree and how many there are. */
#include <math.h>

#include "trainer/metrics/reduce.h"

struct accuracy {
    bool include_background;
};
#define P struct accuracy

static const struct mm_param params[] = {
    MM_BOOL(P, include_background, .def = 1, .help = "class 0 counts"),
    MM_IGNORED("device", .help = "scores are made on the processor"),
    MM_IGNORED("is_multilabel", .help = "the share of agreeing values is the same"),
    MM_PARAMS_END,
};

enum { AGREE, ALL, COUNT };

static size_t values(const void *self, int classes)
{
    (void)self, (void)classes;
    return COUNT;
}

static enum mm_status measure(const void *self, struct mm_arena *scratch, const struct mm_metric_case *item,
                              double *out, struct mm_error *err)
{
    (void)scratch, (void)err;
    out[AGREE] = out[ALL] = 0;
    for (int c = mm_metric_first(((const P *)self)->include_background, item->classes); c < item->classes; c++) {
        struct mm_metric_counts n = mm_metric_count(item, c);
        out[AGREE] += (double)(n.voxels + 2 * n.both - n.prediction - n.truth);
        out[ALL] += (double)n.voxels;
    }
    return MM_OK;
}

static double aggregate(const void *self, const double *rows, size_t cases, size_t count)
{
    double agree = 0, all = 0;
    (void)self;
    for (size_t i = 0; i < cases; i++) {
        agree += rows[i * count + AGREE];
        all += rows[i * count + ALL];
    }
    return all > 0 ? agree / all : NAN;
}

static int first_class(const void *self)
{
    return ((const P *)self)->include_background ? 0 : 1;
}

const struct mm_metric mm_metric_accuracy = {
    .name = "Accuracy",
    .summary = "share of mask values that agree",
    .params = params,
    .params_size = sizeof(P),
    .higher_is_better = true,
    .values = values,
    .measure = measure,
    .aggregate = aggregate,
    .first_class = first_class,
    .example = "{\"include_background\": true}",
};
