/* Dice coefficient of masks, 2 |P and T| / (|P| + |T|), as MONAI 1.3's DiceMetric. */
#include "trainer/metrics/overlap.h"

static const struct mm_param params[] = {MM_OVERLAP_PARAMS(1), MM_PARAMS_END};

const struct mm_metric mm_metric_mean_dice = {
    .name = "DiceMetric",
    .aliases = "MeanDice",
    .summary = "mean Dice coefficient of the classes",
    .params = params,
    .params_size = sizeof(struct mm_overlap),
    .higher_is_better = true,
    .values = mm_overlap_values,
    .measure = mm_overlap_dice,
    .aggregate = mm_overlap_aggregate,
    .first_class = mm_overlap_first_class,
    .example = "{\"include_background\": false}",
};
