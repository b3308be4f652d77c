/* Updates that more than one optimizer makes. */
#ifndef MM_TRAINER_OPTIMIZERS_RULES_H
#define MM_TRAINER_OPTIMIZERS_RULES_H

#include "trainer/optimizers/optimizer.h"

/* Slots: first moment, second moment, and the largest second moment when `amsgrad`. eps is added after the root. */
struct mm_adam {
    double beta1, beta2, eps, weight_decay;
    bool decoupled; /* weight decay shrinks the weights instead of joining the gradient */
    bool amsgrad;
};
void mm_adam_update(const struct mm_adam *adam, const struct mm_update *u);

/* Slot 0: momentum, which starts as the first gradient (dampening is not applied to it). */
struct mm_sgd {
    double momentum, dampening, weight_decay;
    bool nesterov, maximize;
};
void mm_sgd_update(const struct mm_sgd *sgd, const struct mm_update *u);

/* Slot 0: momentum; element 0 of slot 1: the tensor's second moment. */
struct mm_novograd {
    double beta1, beta2, eps, weight_decay;
    bool grad_averaging, amsgrad; /* amsgrad: slot 2 keeps the largest second moment */
};
void mm_novograd_update(const struct mm_novograd *novograd, const struct mm_update *u);

/* Decays of 1 would never forget. */
enum mm_status mm_optimizer_check_betas(const struct mm_doubles *betas, struct mm_error *err);

#endif
