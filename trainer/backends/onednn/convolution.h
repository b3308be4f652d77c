/* What the kernels of conv and conv_transpose share: both are passes of one convolution, with source and destination
 * exchanged. */
#ifndef MM_TRAINER_BACKENDS_ONEDNN_CONVOLUTION_H
#define MM_TRAINER_BACKENDS_ONEDNN_CONVOLUTION_H

#include "trainer/backends/backend.h"
#include "trainer/backends/onednn/pass.h"

struct mm_convolution {
    struct mm_device *device;
    struct mm_dnnl_shape shape;
    bool bias;                            /* the op has one */
    struct mm_pass *pass[MM_DNNL_PASSES]; /* NULL where not needed */
};

/* Which passes the query needs: bit p. `swapped`: the op's forward is the convolution's backward data. */
unsigned mm_convolution_passes(const struct mm_kernel_query *query, bool swapped);
/* Workspace and cost of these passes; false where one is not there. */
bool mm_convolution_offer(const struct mm_dnnl_shape *shape, unsigned passes, struct mm_kernel_offer *offer);
enum mm_status mm_convolution_make(struct mm_arena *arena, struct mm_device *device,
                                   const struct mm_kernel_query *query, const struct mm_dnnl_shape *shape,
                                   unsigned passes, void **state, struct mm_error *err);
void mm_convolution_drop(void *state);
/* Tensors that are f32 with 2 or 3 spatial dimensions, and layouts for all of them: false for any other. */
bool mm_convolution_layouts(const struct mm_kernel_query *query, struct mm_kernel_offer *offer);

#endif
