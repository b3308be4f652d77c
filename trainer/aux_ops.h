/* Clara 3's aux_ops: values beside the loss that a metric ComputeAverage names by their tag. */
#ifndef MM_TRAINER_AUX_OPS_H
#define MM_TRAINER_AUX_OPS_H

#include "config/config.h"
#include "trainer/metrics/metric.h"

/* What a tag stands for. */
struct mm_aux_value {
    const struct mm_metric *metric;
    int only_class;  /* negative: all */
    bool background; /* class 0 is among all */
};

/* The op NegLoss as a metric; no metric of configs, so not among mm_metrics. */
extern const struct mm_metric mm_aux_neg_loss;

/* The value of that tag among the ops; false when there is none. */
bool mm_aux_ops_find(const struct mm_components *ops, const char *tag, struct mm_aux_value *out);
/* Unknown ops and those without tags are errors. */
void mm_aux_ops_check(const struct mm_components *ops, struct mm_problems *problems);
/* All tags, comma-separated, for messages. */
void mm_aux_ops_tags(const struct mm_components *ops, struct mm_text *out);

#endif
