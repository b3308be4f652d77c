/* Intersection over union of masks, as MONAI 1.3's MeanIoU. */
#include "trainer/metrics/overlap.h"

static const struct mm_param params[] = {MM_OVERLAP_PARAMS(1), MM_PARAMS_END};

const struct mm_metric mm_metric_mean_iou = {
    .name = "MeanIoU",

    .summary = "mean intersection over union of the classes",
    .params = params,
    .params_size = sizeof(struct mm_overlap),
    .higher_is_better = true,
    .values = mm_overlap_values,
    .measure = mm_overlap_iou,
    .aggregate = mm_overlap_aggregate,
    .first_class = mm_overlap_first_class,
    .example = "{\"include_background\": false}",
};
