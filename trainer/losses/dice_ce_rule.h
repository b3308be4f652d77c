/* Dice plus cross entropy: the sum of two losses of the same logits, sharing one softmax. Used by MONAI's DiceCELoss and Clara's
 * CrossEntropyDice. A prediction of one channel takes binary cross entropy (cross entropy of one class is always 0). */
#ifndef MM_TRAINER_LOSSES_DICE_CE_RULE_H
#define MM_TRAINER_LOSSES_DICE_CE_RULE_H

#include "trainer/losses/entropy.h"
#include "trainer/losses/pixel.h"
#include "trainer/losses/region.h"

struct mm_dice_ce {
    struct mm_region_rule dice;
    struct mm_entropy entropy; /* over all classes, also when the background does not count for Dice */
    double lambda_dice, lambda_ce;
};

enum mm_status mm_dice_ce_shape(const struct mm_dice_ce *rule, const struct mm_desc *prediction,
                                const struct mm_desc *target, struct mm_desc *value, struct mm_error *err);
size_t mm_dice_ce_bytes(const struct mm_dice_ce *rule, const struct mm_desc *prediction);
void mm_dice_ce_forward(const struct mm_dice_ce *rule, const struct mm_loss_call *call);
void mm_dice_ce_backward(const struct mm_dice_ce *rule, const struct mm_loss_call *call);

#endif
