/* The contract of an optimizer.
 *
 * Adding one: copy optimizers/adam.c; table, `slots`, `update`; its line in optimizers/list.h (alphabetical); `make golden` compares
 * it when vectors of its name exist; `make check`. */
#ifndef MM_TRAINER_OPTIMIZERS_OPTIMIZER_H
#define MM_TRAINER_OPTIMIZERS_OPTIMIZER_H

#include "base/params.h"

#define MM_OPTIMIZER_SLOTS_MAX 4

/* One update of one parameter tensor. Slots are state of the size of the tensor, zero before the first step. */
struct mm_update {
    double lr;
    int64_t step; /* from 1 */
    size_t n;
    float *w;
    const float *g;
    float *slot[MM_OPTIMIZER_SLOTS_MAX];
};

struct mm_optimizer {
    const char *name, *aliases, *summary, *notes;
    const struct mm_param
        *params; /* always has "lr" (aliases learning_rate) as a double with def NAN: the config's learning_rate */
    size_t params_size;
    size_t lr_offset; /* of the double lr in the params struct */
    size_t slots;
    /* Elements are independent: a device may cut a tensor in pieces. False when the update needs the whole tensor (norms). */
    bool elementwise;
    enum mm_status (*check)(const void *self, struct mm_error *err); /* NULL: none */
    void (*update)(const void *self, const struct mm_update *update);
    double default_lr;
    const char *example;
};

extern const struct mm_optimizer *const mm_optimizers[]; /* NULL-terminated */
const struct mm_optimizer *mm_optimizer_find(const char *name);

#endif
