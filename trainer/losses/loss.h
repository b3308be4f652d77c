/* The contract of a loss: shape, value and gradient over plain f32 tensors; the graph runs it as its last node (ops/loss.c).
 *
 * Adding one: copy losses/dice.c; its line in losses/list.h (alphabetical); `make golden` compares value and gradient;
 * tests/trainer/losses/test_registry.c checks the gradient against central differences.
 *
 * Shapes: prediction (n, c, d, h, w); target the same (one-hot or probabilities) or (n, 1, d, h, w) class indices as floats, as
 * the loss's parameters say (to_onehot_y). Classification has d = h = w = 1. */
#ifndef MM_TRAINER_LOSSES_LOSS_H
#define MM_TRAINER_LOSSES_LOSS_H

#include "base/params.h"
#include "trainer/tensor.h"

struct mm_loss_call {
    const void *self;
    const struct mm_desc *prediction, *target, *value;
    const float *x, *t;
    float *y;        /* forward: the value(s)                     */
    const float *dy; /* backward                                  */
    float *dx;       /* backward: d value / d prediction, set (=) */
    void *saved;     /* saved_bytes, from forward to backward     */
};

struct mm_loss {
    const char *name, *aliases, *summary, *notes;
    const struct mm_param *params;
    size_t params_size;
    enum mm_status (*check)(struct mm_arena *arena, void *self, struct mm_error *err); /* NULL: none */
    /* Value's shape (a scalar is (1,1,1,1,1)); refuses shapes and class counts that do not fit. */
    enum mm_status (*shape)(const void *self, const struct mm_desc *prediction, const struct mm_desc *target,
                            struct mm_desc *value, struct mm_error *err);
    size_t (*saved_bytes)(const void *self, const struct mm_desc *prediction,
                          const struct mm_desc *target); /* NULL: 0 */
    void (*forward)(const struct mm_loss_call *call);
    void (*backward)(const struct mm_loss_call *call);
    const char *example;
};

extern const struct mm_loss *const mm_losses[]; /* NULL-terminated */
const struct mm_loss *mm_loss_find(const char *name);

#endif
