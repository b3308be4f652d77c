/* Clara Train 3's ComputeAverageDice: the Dice coefficient of the foreground classes. */
#include "trainer/metrics/overlap.h"

static const struct mm_param params[] = {MM_OVERLAP_PARAMS(0), MM_IGNORED("is_2d", .help = "the image says it"),
                                         MM_PARAMS_END};

const struct mm_metric mm_metric_mean_dice_v3 = {
    .name = "ComputeAverageDice",

    .summary = "mean Dice coefficient without the background",
    .params = params,
    .params_size = sizeof(struct mm_overlap),
    .higher_is_better = true,
    .values = mm_overlap_values,
    .measure = mm_overlap_dice,
    .aggregate = mm_overlap_aggregate,
    .first_class = mm_overlap_first_class,
    .example = "{\"include_background\": false}",
};
