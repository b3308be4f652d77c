/* The part of oneDNN that we use, behind a face that does not depend on its version: library_v2.c is oneDNN 2.6 and
 * later 2.x. Convolutions in f32 over channels-last activations (n, d, h, w, c), weights in the format the library
 * likes best, and reorders between that format and plain (o, i, kd, kh, kw).
 *
 * Rule: everything runs on the calling thread alone, so that results do not depend on the number of threads; who
 * wants parallelism makes one call object a shard. Runs allocate nothing of ours: scratch memory is given. */
#ifndef MM_TRAINER_BACKENDS_ONEDNN_LIBRARY_H
#define MM_TRAINER_BACKENDS_ONEDNN_LIBRARY_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One convolution in the order (z, y, x); `spatial` 2 has no z. Source `in`, destination `out`, also in backward
 * passes. */
struct mm_dnnl_shape {
    int spatial;
    bool bias;
    int64_t n, groups, in_channels, out_channels;
    int64_t in[3], out[3];
    int kernel[3], stride[3], dilation[3];
    int64_t low[3], high[3];
};

enum mm_dnnl_pass { MM_DNNL_FORWARD, MM_DNNL_BACKWARD_DATA, MM_DNNL_BACKWARD_WEIGHTS, MM_DNNL_PASSES };

bool mm_dnnl_available(void);

/* A chosen implementation, not yet compiled. `like`: one of the same pass whose weights format it must take; NULL:
 * free choice. Fails when the library has only its slow reference for the shape. */
struct mm_dnnl_conv;
enum mm_status mm_dnnl_conv_make(const struct mm_dnnl_shape *shape, enum mm_dnnl_pass pass,
                                 const struct mm_dnnl_conv *like, struct mm_dnnl_conv **out, struct mm_error *err);
void mm_dnnl_conv_free(struct mm_dnnl_conv *conv);
size_t mm_dnnl_conv_scratch(const struct mm_dnnl_conv *conv);       /* bytes */
size_t mm_dnnl_conv_weights_bytes(const struct mm_dnnl_conv *conv); /* of weights, or their gradient, in its format */
bool mm_dnnl_conv_is_gemm(const struct mm_dnnl_conv *conv);         /* matrix multiplication behind copies: slower */
enum mm_status mm_dnnl_conv_compile(struct mm_dnnl_conv *conv, struct mm_error *err);

/* One shard's call of a compiled convolution (borrowed). Buffers are the gradients where the pass writes or reads
 * gradients. */
struct mm_dnnl_buffers {
    void *source, *weights, *bias, *destination, *scratch;
};
struct mm_dnnl_call;
enum mm_status mm_dnnl_call_make(const struct mm_dnnl_conv *conv, struct mm_dnnl_call **out, struct mm_error *err);
void mm_dnnl_call_free(struct mm_dnnl_call *call);
/* Sets the buffers of the next run: by one thread, before calls that share weights run side by side. */
bool mm_dnnl_call_bind(struct mm_dnnl_call *call, const struct mm_dnnl_buffers *buffers);
bool mm_dnnl_call_run(struct mm_dnnl_call *call);

/* Output channels (or groups) of `part` out of `parts` between plain and the weights format of `conv`: into it for
 * forward and backward data; out of it, added (+=) to the plain gradient, for backward weights. Whole buffers are
 * given. */
struct mm_dnnl_reorder;
enum mm_status mm_dnnl_reorder_make(const struct mm_dnnl_conv *conv, int part, int parts,
                                    struct mm_dnnl_reorder **out, struct mm_error *err);
void mm_dnnl_reorder_free(struct mm_dnnl_reorder *reorder);
bool mm_dnnl_reorder_bind(struct mm_dnnl_reorder *reorder, void *plain, void *formatted);
bool mm_dnnl_reorder_run(struct mm_dnnl_reorder *reorder);
/* Most parts the weights of `conv` can be cut into. */
int mm_dnnl_reorder_parts(const struct mm_dnnl_conv *conv);

#endif
