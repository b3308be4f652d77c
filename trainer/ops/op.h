/* The contract of an operation of the network graph: parameters, shape rule, cost, what backward needs, and a plain C reference.
 * Backends only supply faster kernels (backends/backend.h).
 *
 * Adding an op:
 *   1. copy trainer/ops/activation.c; params struct into trainer/ops/ops.h; end the file with its one object mm_op_<name>;
 *   2. its line in trainer/ops/list.h (alphabetical);
 *   3. rows in tests/trainer/ops/cases.h: the harness makes of each row, for each backend: forward = reference, backward =
 *      reference, reference backward = central difference, refusal of bad shapes;
 *   4. `make check`; then a kernel file per backend that speeds it up. Nothing central changes: there is no switch over ops.
 *
 * Rule of this folder: gradients of weights accumulate (+=), gradients of activations are set (=).
 * The reference works on plain layout, f32, statistics in double, one thread. */
#ifndef MM_TRAINER_OPS_OP_H
#define MM_TRAINER_OPS_OP_H

#include "base/params.h"
#include "trainer/tensor.h"

#define MM_OP_INPUTS_MAX 8

#define MM_NEEDS_INPUT(i) (1u << (i))
#define MM_NEEDS_OUTPUT   (1u << 16)

struct mm_op_cost {
    double flops_forward, flops_backward; /* multiply and add count as two */
};

/* What tells one execution from another: for ops that draw (dropout). */
struct mm_op_moment {
    bool training;
    uint64_t seed;
    uint32_t step; /* optimizer step of the run */
    uint32_t node; /* number of the node in its graph */
};

/* A call of a reference: host pointers, plain layout. */
struct mm_op_call {
    const void *params;
    size_t count;             /* inputs */
    const struct mm_desc *in; /* [count] */
    const struct mm_desc *out;
    float *const *x; /* inputs; states (running statistics) are written in training */
    float *y;
    void *saved;      /* saved_bytes of private memory from forward to backward (also when none follows) */
    const float *dy;  /* backward only */
    float *const *dx; /* backward only: NULL where not wanted */
    struct mm_op_moment moment;
};

struct mm_op {
    const char *name, *summary;
    size_t params_size;
    int inputs_min, inputs_max;
    unsigned weights; /* bit i: input i is a learned parameter (its gradient accumulates) */
    unsigned states;  /* bit i: input i is state: no gradient, written by a forward in training */
    unsigned needs;   /* of backward: MM_NEEDS_INPUT(i) | MM_NEEDS_OUTPUT; everything else is freed early */
    unsigned (*needs_of)(const void *params); /* NULL: `needs`; where it depends on the parameters (activation) */
    /* The only place that checks shapes: fills `out` from the inputs (dims and spatial; dtype and layout are the caller's). */
    enum mm_status (*shape)(const void *params, size_t count, const struct mm_desc *in, struct mm_desc *out,
                            struct mm_error *err);
    void (*cost)(const void *params, size_t count, const struct mm_desc *in, const struct mm_desc *out,
                 struct mm_op_cost *cost);
    size_t (*saved_bytes)(const void *params, size_t count, const struct mm_desc *in,
                          const struct mm_desc *out); /* NULL: 0 */
    void (*forward)(const struct mm_op_call *call);
    void (*backward)(const struct mm_op_call *call); /* NULL: not differentiable */
    /* Identity at inference (dropout), or always with these parameters (p = 0; NULL: never): the plan drops the node then. */
    bool transparent_at_inference;
    bool (*transparent)(const void *params);
};

extern const struct mm_op *const mm_ops[]; /* NULL-terminated, from list.h */
const struct mm_op *mm_op_find(const char *name);
unsigned mm_op_needs(const struct mm_op *op, const void *params);

#endif
