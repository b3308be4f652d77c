/* Losses of one value per row and class: shape, reduction and class weights; see region.h. */
#include "trainer/losses/region.h"

enum mm_status mm_region_check_activation(bool sigmoid, bool softmax, struct mm_error *err)
{
    if (sigmoid && softmax)
        return mm_fail(err, MM_ERR_CONFIG, "sigmoid and softmax cannot both be true");
    return MM_OK;
}

enum mm_voxel_activation mm_region_activation(bool sigmoid, bool softmax)
{
    return sigmoid ? MM_VOXEL_SIGMOID : softmax ? MM_VOXEL_SOFTMAX : MM_VOXEL_NONE;
}

enum mm_status mm_region_rule_shape(const struct mm_region_rule *rule, const struct mm_desc *prediction,
                                    const struct mm_desc *target, struct mm_desc *value, struct mm_error *err)
{
    enum mm_status status;
    if (MM_TRY(status, mm_voxels_check(prediction, target, rule->region.onehot, err)))
        return status;
    struct mm_region_shape s = mm_region_shape(&rule->region, prediction);
    size_t counted = s.classes - s.first;
    if (counted > 1 && rule->weight.count > 1 && rule->weight.count != counted)
        return mm_fail(err, MM_ERR_CONFIG,
                       "weight has %zu values, expected one for each of the %zu classes that count",
                       rule->weight.count, counted);
    *value = mm_voxels_reduces(rule->reduction)
                 ? mm_voxels_scalar()
                 : mm_desc_make(prediction->spatial, (int64_t)s.rows, (int64_t)counted, 1, 1, 1);
    return MM_OK;
}

static double class_weight(const struct mm_region_rule *rule, const struct mm_region_shape *s, size_t class)
{
    if (rule->weight.count == 0 || s->classes - s->first == 1)
        return 1.0;
    return rule->weight.items[rule->weight.count == 1 ? 0 : class - s->first];
}

void mm_region_rule_forward(const struct mm_region_rule *rule, const struct mm_loss_call *call, void *saved,
                            float *log_sum)
{
    struct mm_region_shape s = mm_region_shape(&rule->region, call->prediction);
    struct mm_region_memory memory = mm_region_memory(&rule->region, call->prediction, saved);
    mm_region_forward(&rule->region, call, &memory, log_sum);

    struct mm_region_sums slope;
    double total = 0;
    size_t count = 0;
    for (size_t row = 0; row < s.rows; row++)
        for (size_t c = s.first; c < s.classes; c++, count++) {
            double value = class_weight(rule, &s, c) * rule->value(rule, &memory.sums[row * s.classes + c], &slope);
            total += value;
            if (!mm_voxels_reduces(rule->reduction))
                call->y[count] = (float)value;
        }
    if (mm_voxels_reduces(rule->reduction))
        call->y[0] = mm_voxels_reduce(rule->reduction, total, count);
}

void mm_region_rule_backward(const struct mm_region_rule *rule, const struct mm_loss_call *call, void *saved)
{
    struct mm_region_shape s = mm_region_shape(&rule->region, call->prediction);
    struct mm_region_memory memory = mm_region_memory(&rule->region, call->prediction, saved);
    size_t count = s.rows * (s.classes - s.first), i = 0;
    memset(memory.slopes, 0, s.rows * s.classes * sizeof(*memory.slopes));
    for (size_t row = 0; row < s.rows; row++)
        for (size_t c = s.first; c < s.classes; c++, i++) {
            struct mm_region_sums *slope = &memory.slopes[row * s.classes + c];
            rule->value(rule, &memory.sums[row * s.classes + c], slope);
            double share = class_weight(rule, &s, c) * mm_voxels_share(rule->reduction, count, call->dy, i);
            slope->both *= share;
            slope->prediction *= share;
        }
    mm_region_backward(&rule->region, call, &memory);
}

double mm_region_dice(const struct mm_region_rule *rule, const struct mm_region_sums *sums,
                      struct mm_region_sums *slope)
{
    double factor = rule->jaccard ? 2.0 : 1.0;
    double above = 2.0 * sums->both + rule->smooth_nr;
    double below = factor * (sums->truth + sums->prediction - (rule->jaccard ? sums->both : 0.0)) + rule->smooth_dr;
    double ratio = above / below;
    slope->prediction = factor * ratio / below;
    slope->both = -2.0 / below - (rule->jaccard ? 2.0 * ratio / below : 0.0);
    slope->truth = 0;
    return 1.0 - ratio;
}
