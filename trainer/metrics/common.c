/* What every metric is read with. What says where a value comes from is accepted for compatibility. */
#include "trainer/metrics/metric.h"

#define P struct mm_metric_common
const struct mm_param mm_metric_common_params[] = {
    MM_STRING(P, name, .help = "what reports call the metric; its own name when absent"),
    MM_BOOL(P, is_key_metric, .help = "chooses the best model; the first metric does when none is marked"),
    MM_STRING(P, field,
              .help = "all classes when absent, model or pred; a name of SplitBasedOnLabel or SplitChannel: that "
                      "class alone; of ComputeAverage: "
                      "the tag of an aux op"),
    MM_STRING(P, label_field, .help = "label, or the mask of the same class of the label"),
    MM_IGNORED("save_details", .help = "reports have every case"),
    MM_IGNORED("report_path", .help = "reports go to eval/"),
    MM_IGNORED("output_transform", .help = "predictions and labels are found by their fields"),
    MM_IGNORED("get_not_nans", .help = "classes without a value are left out of every mean"),
    MM_IGNORED("num_classes", .help = "the model's outputs say it"),
    MM_IGNORED("return_with_label", .help = "reports name the classes"),
    MM_PARAMS_END,
};
