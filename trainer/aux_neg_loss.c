/* The negative of the loss of each case: Clara 3's aux op NegLoss. It has no name in configs: ComputeAverage names the op (aux_ops.h). */
#include <math.h>

#include "trainer/aux_ops.h"
#include "trainer/metrics/reduce.h"

static const struct mm_param params[] = {MM_PARAMS_END};

static size_t values(const void *self, int classes)
{
    (void)self, (void)classes;
    return 1;
}

static enum mm_status measure(const void *self, struct mm_arena *scratch, const struct mm_metric_case *item,
                              double *out, struct mm_error *err)
{
    (void)self, (void)scratch, (void)err;
    *out = -item->loss;
    return MM_OK;
}

static double aggregate(const void *self, const double *rows, size_t cases, size_t count)
{
    (void)self;
    return mm_metric_reduce("mean", rows, cases, count);
}

const struct mm_metric mm_aux_neg_loss = {
    .name = "NegLoss",
    .summary = "negative of the loss",
    .params = params,
    .higher_is_better = true,
    .needs_loss = true,
    .values = values,
    .measure = measure,
    .aggregate = aggregate,
};
