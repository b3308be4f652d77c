/* How a convolution is cut into shards: groups of samples, and, when there are few, strips along the outermost
 * spatial dimension. Rule: the cut depends on the shape alone, never on the number of threads. Channels-last
 * activations keep the rows of a strip together, so a strip with its halo is a pointer and a smaller shape. */
#ifndef MM_TRAINER_BACKENDS_ONEDNN_SPLIT_H
#define MM_TRAINER_BACKENDS_ONEDNN_SPLIT_H

#include "trainer/backends/onednn/library.h"

struct mm_split {
    int64_t group; /* samples of a shard; divides the batch */
    int strips;
    int shards;
};
struct mm_split mm_split_choose(const struct mm_dnnl_shape *shape, enum mm_dnnl_pass pass);

/* A strip owns rows of what its pass writes (of the destination in backward weights) and reads what these need. */
struct mm_strip {
    struct mm_dnnl_shape shape;
    int64_t source_row, destination_row;
};
/* False when that strip would be empty. */
bool mm_split_strip(const struct mm_dnnl_shape *shape, enum mm_dnnl_pass pass, const struct mm_split *split,
                    int strip, struct mm_strip *out);

double mm_dnnl_shape_flops(const struct mm_dnnl_shape *shape);
/* Floats of one row (all that lies behind the outermost spatial dimension), and of one sample. */
int64_t mm_dnnl_shape_row(const struct mm_dnnl_shape *shape, bool source);
int64_t mm_dnnl_shape_sample(const struct mm_dnnl_shape *shape, bool source);

#endif
