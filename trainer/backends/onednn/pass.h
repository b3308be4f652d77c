/* One pass of a convolution over all its shards: weights into the library's format, the shards on the pool, and for
 * weight gradients the sum of the shards' partial gradients, always in the order of the shards. */
#ifndef MM_TRAINER_BACKENDS_ONEDNN_PASS_H
#define MM_TRAINER_BACKENDS_ONEDNN_PASS_H

#include "base/threads.h"
#include "trainer/backends/onednn/library.h"

struct mm_pass;
/* Not compiled: to ask for workspace and cost; such a pass cannot run. Fails where the library is no faster than
 * plain C. */
enum mm_status mm_pass_make(const struct mm_dnnl_shape *shape, enum mm_dnnl_pass kind, bool compile,
                            struct mm_pass **out, struct mm_error *err);
void mm_pass_free(struct mm_pass *pass); /* NULL allowed */
size_t mm_pass_workspace(const struct mm_pass *pass);
double mm_pass_seconds(const struct mm_pass *pass); /* roughly, on one thread */

/* Channels-last activations; plain weights and bias. Backward weights adds to `weights` and `bias`, either may be
 * NULL. */
struct mm_pass_buffers {
    float *source, *weights, *bias, *destination;
    char *workspace;
};
enum mm_status mm_pass_run(struct mm_pass *pass, struct mm_pool *pool, const struct mm_pass_buffers *buffers,
                           struct mm_error *err);

#endif
