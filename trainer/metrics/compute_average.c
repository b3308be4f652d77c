/* Clara Train 3's ComputeAverage: the mean over the cases of what an aux op gives. Which metric that is decides trainer/aux_ops.c by
 * `field`; the ops that most configs name are Dice coefficients, as which it is described here. */
#include "trainer/metrics/overlap.h"

static const struct mm_param params[] = {MM_OVERLAP_PARAMS(0), MM_PARAMS_END};

const struct mm_metric mm_metric_compute_average = {
    .name = "ComputeAverage",
    .summary = "mean of the values of an aux op",
    .notes = "\"field\" is the tag of an entry of train.aux_ops: ComputeDice and DiceMaskedOutput (Dice of the "
             "foreground, or of the class "
             "of that tag), accuracy, or NegLoss (the loss with its sign turned, known while training only).",
    .params = params,
    .params_size = sizeof(struct mm_overlap),
    .higher_is_better = true,
    .values = mm_overlap_values,
    .measure = mm_overlap_dice,
    .aggregate = mm_overlap_aggregate,
    .first_class = mm_overlap_first_class,
    .example = "{\"include_background\": false}",
};
