/* Copies of a tensor in host memory from one layout to another. */
#ifndef MM_TRAINER_BACKENDS_CPU_REORDER_H
#define MM_TRAINER_BACKENDS_CPU_REORDER_H

#include "base/threads.h"
#include "trainer/tensor.h"

/* The same logical f32 tensor; channels that only a padded layout has are written as 0. */
void mm_reorder_run(struct mm_pool *pool, const struct mm_desc *in, const float *from, const struct mm_desc *out,
                    float *to);

#endif
