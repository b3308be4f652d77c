/* Focal loss (Lin et al. 2017) as MONAI 1.3 has it, in its sigmoid form (each channel by itself) and its softmax form. */
#ifndef MM_TRAINER_LOSSES_FOCAL_RULE_H
#define MM_TRAINER_LOSSES_FOCAL_RULE_H

#include "trainer/losses/pixel.h"

/* Tile of the sigmoid form, for struct mm_pixel_rule (with sum_of_means): gamma, and alpha unless it is NaN. */
void mm_focal_sigmoid_tile(const struct mm_pixel_rule *rule, size_t class, const float *x, const float *t,
                           float *loss, float *slope);

/* The softmax form over the channels that count, with the same rule. */
void mm_focal_softmax_forward(const struct mm_pixel_rule *rule, const struct mm_loss_call *call, float *y);
void mm_focal_softmax_backward(const struct mm_pixel_rule *rule, const struct mm_loss_call *call);

#endif
