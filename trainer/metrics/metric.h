/* The contract of a metric over segmentations or classifications: values per case, then one figure over all cases.
 *
 * Adding one: copy metrics/mean_dice.c; its line in metrics/list.h (alphabetical); `make golden`, `make check`. */
#ifndef MM_TRAINER_METRICS_METRIC_H
#define MM_TRAINER_METRICS_METRIC_H

#include "base/params.h"

/* One case: masks of 0/1 bytes, class after class (classes * voxels), x fastest. Class 0 is the background where there is one. */
struct mm_metric_case {
    int classes, rank, size[3];
    double spacing[3]; /* mm */
    const uint8_t *prediction, *truth;
    double loss; /* of the case, for metrics that need it; NaN where it is not known */
};

struct mm_metric {
    const char *name, *aliases, *summary, *notes;
    const struct mm_param *params;
    size_t params_size;
    bool higher_is_better;
    bool needs_loss;                                                 /* reads the case's loss and no masks */
    enum mm_status (*check)(const void *self, struct mm_error *err); /* NULL: none */
    /* How many values a case has for that many classes (one a class, mostly). */
    size_t (*values)(const void *self, int classes);
    /* values[...]: NaN = left out. */
    enum mm_status (*measure)(const void *self, struct mm_arena *scratch, const struct mm_metric_case *item,
                              double *values, struct mm_error *err);
    /* One figure of `cases` rows of `count` values. NaN when nothing could be measured. */
    double (*aggregate)(const void *self, const double *values, size_t cases, size_t count);
    /* First class that counts for these parameters (1 when the background is left out). */
    int (*first_class)(const void *self);
    const char *example;
};

/* Read beside the metric's own table. */
struct mm_metric_common {
    const char *name; /* as reports call it; NULL: the metric's own name */
    bool is_key_metric;
    /* Where the values come from (Clara 3): a mask that a post transform splits off the prediction, or the tag of an aux op; and the mask
     * split off the label in the same way, which needs no reading. */
    const char *field, *label_field;
};
extern const struct mm_param mm_metric_common_params[];
extern const struct mm_metric *const mm_metrics[]; /* NULL-terminated */
const struct mm_metric *mm_metric_find(const char *name);

#endif
