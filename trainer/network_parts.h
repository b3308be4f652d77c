/* The inside of a network: for network*.c only. */
#ifndef MM_TRAINER_NETWORK_PARTS_H
#define MM_TRAINER_NETWORK_PARTS_H

#include "trainer/network.h"

/* Tensors of all parameters in one buffer. refs[i].buffer is NULL where parameter i has none of that kind. */
struct mm_flat {
    struct mm_buffer *buffer;
    size_t bytes;
    struct mm_ref *refs;
};

struct mm_cached_plan {
    struct mm_plan_request request;
    struct mm_plan *plan;
    uint64_t used; /* number of the last use; the smallest goes first */
};

struct mm_network {
    struct mm_arena arena;
    const struct mm_graph *graph;
    struct mm_device *device;
    bool owns_device;
    const struct mm_backend *backends[MM_BACKENDS_MAX];
    size_t backend_count;
    uint64_t seed;
    struct mm_flat values, gradients, slots[MM_OPTIMIZER_SLOTS_MAX];
    const struct mm_optimizer *optimizer; /* NULL: none chosen yet */
    const void *optimizer_self;
    struct mm_desc *shapes; /* of all nodes: room for a question to the graph   */
    float *scratch;         /* host memory for the largest parameter            */
    size_t scratch_count;
    struct mm_cached_plan *plans;
    size_t plan_count, plans_max;
    uint64_t uses;
};

void mm_network_drop_plans(struct mm_network *network);

#endif
