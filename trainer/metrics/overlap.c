/* Dice and intersection over union of masks; see overlap.h. */
#include "trainer/metrics/overlap.h"

#include <math.h>

size_t mm_overlap_values(const void *self, int classes)
{
    const struct mm_overlap *p = self;
    return (size_t)(classes - mm_metric_first(p->include_background, classes));
}

double mm_overlap_aggregate(const void *self, const double *values, size_t cases, size_t count)
{
    return mm_metric_reduce(((const struct mm_overlap *)self)->reduction, values, cases, count);
}

int mm_overlap_first_class(const void *self)
{
    return ((const struct mm_overlap *)self)->include_background ? 0 : 1;
}

static double dice(const struct mm_metric_counts *n)
{
    return 2.0 * (double)n->both / (double)(n->prediction + n->truth);
}

static double iou(const struct mm_metric_counts *n)
{
    return (double)n->both / (double)(n->prediction + n->truth - n->both);
}

static enum mm_status measure(const struct mm_overlap *p, const struct mm_metric_case *item, double *values,
                              double (*value)(const struct mm_metric_counts *))
{
    int first = mm_metric_first(p->include_background, item->classes);
    for (int c = first; c < item->classes; c++) {
        struct mm_metric_counts n = mm_metric_count(item, c);
        if (n.truth > 0)
            values[c - first] = value(&n);
        else
            values[c - first] = p->ignore_empty ? NAN : n.prediction == 0;
    }
    return MM_OK;
}

enum mm_status mm_overlap_dice(const void *self, struct mm_arena *scratch, const struct mm_metric_case *item,
                               double *values, struct mm_error *err)
{
    (void)scratch, (void)err;
    return measure(self, item, values, dice);
}

enum mm_status mm_overlap_iou(const void *self, struct mm_arena *scratch, const struct mm_metric_case *item,
                              double *values, struct mm_error *err)
{
    (void)scratch, (void)err;
    return measure(self, item, values, iou);
}
