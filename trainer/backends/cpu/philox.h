/* The factors of ops/dropout.c, many at a time: Philox (base/random.h) over 16 counters side by side. */
#ifndef MM_TRAINER_BACKENDS_CPU_PHILOX_H
#define MM_TRAINER_BACKENDS_CPU_PHILOX_H

#include "trainer/ops/ops.h"

/* As mm_dropout_factors, bit for bit. */
void mm_philox_factors(const struct mm_dropout *dropout, const struct mm_op_moment *moment, uint64_t first,
                       size_t count, float *factors);

#endif
