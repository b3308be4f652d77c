/* The bias of a transposed convolution, which oneDNN's backward data has not: channels-last, in fixed shards. */
#ifndef MM_TRAINER_BACKENDS_ONEDNN_BIAS_H
#define MM_TRAINER_BACKENDS_ONEDNN_BIAS_H

#include "base/threads.h"

/* y[i][c] += bias[c] over `rows` positions. */
void mm_bias_add(struct mm_pool *pool, float *y, const float *bias, int64_t rows, int64_t channels);
/* bias[c] += sum over rows of dy[i][c]; workspace of mm_bias_workspace bytes. */
size_t mm_bias_workspace(int64_t rows, int64_t channels);
void mm_bias_gradient(struct mm_pool *pool, const float *dy, float *bias, int64_t rows, int64_t channels,
                      void *workspace);

#endif
