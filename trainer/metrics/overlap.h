/* Metrics of overlapping masks, one value per class from its counts: Dice and intersection over union. */
#ifndef MM_TRAINER_METRICS_OVERLAP_H
#define MM_TRAINER_METRICS_OVERLAP_H

#include "trainer/metrics/reduce.h"

struct mm_overlap {
    bool include_background, ignore_empty;
    const char *reduction;
};
#define MM_OVERLAP_PARAMS(background)                                                                                \
    MM_BOOL(struct mm_overlap, include_background, .def = background, .help = "class 0 counts"),                     \
        MM_METRIC_REDUCTION(struct mm_overlap),                                                                      \
        MM_BOOL(                                                                                                     \
            struct mm_overlap, ignore_empty, .def = 1,                                                               \
            .help =                                                                                                  \
                "leave classes out that a case does not have; else 1 when not predicted either, 0 when predicted")

size_t mm_overlap_values(const void *self, int classes);
double mm_overlap_aggregate(const void *self, const double *values, size_t cases, size_t count);
int mm_overlap_first_class(const void *self);
enum mm_status mm_overlap_dice(const void *self, struct mm_arena *scratch, const struct mm_metric_case *item,
                               double *values, struct mm_error *err);
enum mm_status mm_overlap_iou(const void *self, struct mm_arena *scratch, const struct mm_metric_case *item,
                              double *values, struct mm_error *err);

#endif
