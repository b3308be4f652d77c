/* What the losses of Clara Train 3 share. There, models end with their own activation; here they end with logits, so these losses
 * apply it: "auto" is a softmax for a target of class indices, a sigmoid for one-hot (multi-label) targets and single channels. */
#ifndef MM_TRAINER_LOSSES_V3_H
#define MM_TRAINER_LOSSES_V3_H

#include "trainer/losses/region.h"

struct mm_v3_overlap {
    bool is_onehot_targets, skip_background, squared_pred, jaccard;
    double smooth;
    const char *activation;
};

/* The fields of struct mm_v3_overlap inside P's member `v3`. */
#define MM_V3_PARAM(P, type_, field_, ...)                                                                           \
    {                                                                                                                \
        .name = #field_, .type = type_, .offset = offsetof(P, v3) + offsetof(struct mm_v3_overlap, field_),          \
        __VA_ARGS__                                                                                                  \
    }
#define MM_V3_PARAMS(P)                                                                                              \
    MM_V3_PARAM(P, MM_PARAM_BOOL, is_onehot_targets, .help = "the target has one mask a class"),                     \
        MM_V3_PARAM(P, MM_PARAM_BOOL, skip_background, .help = "class 0 does not count"),                            \
        MM_V3_PARAM(P, MM_PARAM_BOOL, squared_pred, .help = "squares in the denominator"),                           \
        MM_V3_PARAM(P, MM_PARAM_BOOL, jaccard, .help = "intersection over union instead of Dice"),                   \
        MM_V3_PARAM(P, MM_PARAM_DOUBLE, smooth, .def = 1e-5, .min = 0, .max = 1e6,                                   \
                    .help = "added to numerator and denominator"),                                                   \
        MM_V3_PARAM(P, MM_PARAM_CHOICE, activation, .choices = "auto none sigmoid softmax", .def_text = "auto",      \
                    .help = "what makes probabilities of the prediction"),                                           \
        MM_IGNORED("data_format", .help = "memory order of another framework")

/* The rule for a prediction of that many channels. */
struct mm_region_rule mm_v3_rule(const struct mm_v3_overlap *v3, int64_t channels);

#endif
