/* What the files of oneDNN 2.x share. Only library_v2*.c know the library's own types. */
#ifndef MM_TRAINER_BACKENDS_ONEDNN_LIBRARY_V2_H
#define MM_TRAINER_BACKENDS_ONEDNN_LIBRARY_V2_H

#include "trainer/backends/onednn/library.h"

#include <dnnl.h>

#if DNNL_VERSION_MAJOR != 2
#error "library_v2*.c are for oneDNN 2.x"
#endif

struct mm_dnnl_conv {
    enum mm_dnnl_pass pass;
    struct mm_dnnl_shape shape;
    dnnl_primitive_desc_t chosen;
    dnnl_primitive_t primitive; /* NULL until compiled */
};

/* The process's engine. Must be called by a thread before it asks anything else of the library: it also holds it to
 * one thread. */
dnnl_engine_t mm_dnnl_v2_engine(void);
/* Dimensions ([g], o, i, [kd], kh, kw) of the weights; returns their number. */
int mm_dnnl_v2_weight_dims(const struct mm_dnnl_shape *shape, dnnl_dims_t dims);
/* Weights or, of backward weights, their gradient: 0 weights, 1 bias. */
dnnl_query_t mm_dnnl_v2_weights_query(enum mm_dnnl_pass pass);
const dnnl_memory_desc_t *mm_dnnl_v2_weights(const struct mm_dnnl_conv *conv);

/* Setting a handle may make the library write zeros to the padding behind it, so it is done only when it changes. */
bool mm_dnnl_v2_bind(dnnl_memory_t memory, void **bound, void *buffer);
bool mm_dnnl_v2_run(dnnl_primitive_t primitive, dnnl_stream_t stream, int count, const dnnl_exec_arg_t *args);

#endif
