/* What a plan is made of: for plan*.c and their tests only.
 *
 * A plan is made in passes, one file each:
 *   plan_build.c     which nodes run, by which kernel, in which layout: tensors and forward steps, reorders among them
 *   plan_backward.c  the steps back, and where the gradients of a tensor with several consumers are added up
 *   plan_memory.c    how long each block of memory is held, and its place in the one buffer
 *   plan.c           buffer, kernels and arguments; running
 * Time is counted in steps: 0 the inputs are set, 1..F forward, F+1 the root's gradient is set, then backward, then the end. */
#ifndef MM_TRAINER_PLAN_PARTS_H
#define MM_TRAINER_PLAN_PARTS_H

#include "trainer/plan.h"

#define MM_PLAN_NONE (-1)

/* A piece of the buffer, held from time `first` to `last`, both included. Never held while first > last. */
struct mm_plan_block {
    size_t bytes, offset;
    int first, last;
};

/* The value of a node in one layout. */
struct mm_plan_tensor {
    struct mm_desc desc;
    int param;                 /* it lives in the weights: number of the parameter; else MM_PLAN_NONE and */
    int block;                 /* it lives here                                                           */
    bool wants_gradient;       /* something that is learned lies before it                                */
    int gradient;              /* block of its gradient, or MM_PLAN_NONE; parameters have theirs outside  */
    int copy[MM_LAYOUT_COUNT]; /* the tensors with the same value in other layouts, or MM_PLAN_NONE       */
};

/* A forward step: an op by a kernel, or a reorder (kernel NULL) of in[0] to out. */
struct mm_plan_step {
    int node;
    const struct mm_backend *backend;
    const struct mm_kernel *kernel;
    struct mm_kernel_query query;
    struct mm_kernel_offer offer;
    void *state;
    bool made;
    size_t count;
    int in[MM_OP_INPUTS_MAX], out; /* tensors */
    int saved, workspace;          /* blocks or MM_PLAN_NONE */
    struct mm_ref x[MM_OP_INPUTS_MAX];
    struct mm_kernel_run run;
};

/* The way back through a step. Where a tensor has a gradient already, the step writes to `sum[i]`, which is then added. */
struct mm_plan_back {
    struct mm_plan_step *step;
    int workspace;
    int dx[MM_OP_INPUTS_MAX]; /* blocks the step writes, or MM_PLAN_NONE; those of activations only */
    bool adds[MM_OP_INPUTS_MAX];
    struct mm_ref x[MM_OP_INPUTS_MAX], dx_ref[MM_OP_INPUTS_MAX];
    struct mm_kernel_run run;
};

struct mm_plan {
    struct mm_arena arena;
    struct mm_device *device;
    const struct mm_graph *graph;
    struct mm_plan_request request;
    struct mm_plan_weights weights;
    struct mm_buffer *buffer;
    struct mm_desc *shapes;           /* of all nodes, plain */
    int *value;                       /* node -> tensor, or MM_PLAN_NONE where the root does not depend on it */
    int *kept;                        /* node -> plain tensor that lives to the end, or MM_PLAN_NONE */
    int inputs[MM_GRAPH_OUTPUTS_MAX]; /* tensors, or MM_PLAN_NONE */
    struct mm_plan_tensor *tensors;
    struct mm_plan_step *steps;
    struct mm_plan_back *backs;
    struct mm_plan_block *blocks;
    size_t tensor_count, step_count, back_count, block_count;
    struct mm_plan_stats stats;
};

/* A new block; space is there for all that a graph can need (plan.c). */
int mm_plan_block_add(struct mm_plan *plan, size_t bytes);

enum mm_status mm_plan_build_forward(struct mm_plan *plan, const struct mm_backend *const *backends,
                                     size_t backend_count, struct mm_error *err);
void mm_plan_build_backward(struct mm_plan *plan);
/* Sets first and last of all blocks, and their places. */
enum mm_status mm_plan_build_memory(struct mm_plan *plan, struct mm_error *err);
/* Offsets (multiples of 64) such that blocks held at the same time do not overlap; `total` is the end of the last. */
enum mm_status mm_plan_place(struct mm_arena *arena, struct mm_plan_block *blocks, size_t count, size_t *total,
                             struct mm_error *err);

#endif
