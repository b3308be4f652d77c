/* Cross entropy over channels as torch defines it, shared by CrossEntropyLoss and the Dice + cross entropy losses.
 * With logp = x - log sum exp x, a voxel's loss is -sum_c a_c logp_c, where a = class weights times the target distribution
 * (one class, or probabilities, mixed with 1/C by label smoothing). The mean divides by the sum of the weights of the counted
 * voxels' classes; for probability targets by the number of voxels. */
#ifndef MM_TRAINER_LOSSES_ENTROPY_H
#define MM_TRAINER_LOSSES_ENTROPY_H

#include "trainer/losses/voxels.h"

struct mm_entropy {
    struct mm_doubles weight; /* by class; empty: all 1 */
    int64_t ignore_index;
    double label_smoothing;
    const char *reduction;
};

enum mm_status mm_entropy_shape(const struct mm_entropy *entropy, const struct mm_desc *prediction,
                                const struct mm_desc *target, struct mm_desc *value, struct mm_error *err);
/* Room for the divisor and for log_sum; the caller keeps the softmax. */
size_t mm_entropy_bytes(const struct mm_desc *prediction);
float *mm_entropy_log_sum(void *saved);
/* Needs log_sum filled by mm_voxels_softmax. An index that is no class makes the value NaN. */
void mm_entropy_forward(const struct mm_entropy *entropy, const struct mm_loss_call *call, void *saved, float *y);
/* dx (+= when `add`) from the softmax p; the upstream gradient is dy times `scale`. */
void mm_entropy_backward(const struct mm_entropy *entropy, const struct mm_loss_call *call, const void *saved,
                         const float *p, double scale, bool add);

#endif
