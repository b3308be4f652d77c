/* What the segmentation metrics share: parameters, and how values per case and class become one figure (MONAI's
 * do_metric_reduction; NaN is left out, infinity is not). */
#ifndef MM_TRAINER_METRICS_REDUCE_H
#define MM_TRAINER_METRICS_REDUCE_H

#include "trainer/metrics/metric.h"

#define MM_METRIC_REDUCTION(P)                                                                                       \
    MM_CHOICE(                                                                                                       \
        P, reduction, .choices = "mean sum mean_batch sum_batch mean_channel sum_channel none", .def_text = "mean",  \
        .help = "mean: over the classes of a case, then over cases; mean_batch: over cases, then over classes")

/* One figure of cases x count values; NaN when nothing could be measured. */
double mm_metric_reduce(const char *reduction, const double *values, size_t cases, size_t count);
/* First class that counts: the background only when asked for, or when it is all there is. */
int mm_metric_first(bool include_background, int classes);

/* Counts of one class of a case. */
struct mm_metric_counts {
    size_t both, prediction, truth, voxels;
};
struct mm_metric_counts mm_metric_count(const struct mm_metric_case *item, int class);
size_t mm_metric_voxels(const struct mm_metric_case *item);

#endif
