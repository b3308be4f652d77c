/* The contract of a backend: kernels for ops on one device. The plan asks every backend of the device, in order of preference,
 * for an offer; the reference backend accepts every op, so there is always one.
 *
 * Adding a kernel: its file in the backend's folder, its line in that folder's table; tests/trainer/test_backends.c runs the op
 * cases over it. A kernel says in `offer` for which op, shapes and types it stands, which layouts it takes, and what it costs. */
#ifndef MM_TRAINER_BACKENDS_BACKEND_H
#define MM_TRAINER_BACKENDS_BACKEND_H

#include "base/arena.h"
#include "trainer/backends/device.h"
#include "trainer/ops/op.h"

struct mm_kernel_query {
    const struct mm_op *op;
    const void *params;
    size_t count;
    const struct mm_desc *in; /* layout: the one in which each input would arrive without a reorder */
    struct mm_desc out;       /* layout: not decided                                                 */
    bool training;            /* forward in training mode (and, when wanted != 0, backward)          */
    unsigned wanted;          /* bit i: gradient of input i is wanted                                */
};

struct mm_kernel_offer {
    enum mm_layout in[MM_OP_INPUTS_MAX]; /* weights and vectors always plain */
    enum mm_layout out;                  /* gradients have the layout of their tensors */
    size_t workspace;                    /* bytes, shared by all kernels of a plan */
    size_t saved; /* bytes kept from forward to backward (at least the op's saved_bytes if used) */
    double cost;  /* seconds, roughly: to weigh against a reorder */
};

/* Arguments of one run. Gradients of weights accumulate; of activations are set; dx[i].buffer NULL: not wanted.
 * In backward only the inputs and the output that mm_op_needs names have a buffer (parameters always have one): the memory
 * of the others is in use for something else by then. `saved` and `workspace` have no buffer when the offer asked for 0. */
struct mm_kernel_run {
    const struct mm_ref *x; /* [count] */
    struct mm_ref y;
    struct mm_ref saved, workspace; /* desc NULL */
    struct mm_ref dy;               /* backward */
    const struct mm_ref *dx;        /* backward, [count] */
    struct mm_op_moment moment;
};

struct mm_kernel {
    const struct mm_op *op; /* NULL: any op */
    bool (*offer)(const struct mm_kernel_query *query, struct mm_kernel_offer *offer);
    /* Prepares for that shape: everything that allocates happens here. `state` may use the arena; drop frees what is foreign.
     * Here the query has the layouts of the offer, for `out` too; query, descs and params live as long as the state. */
    enum mm_status (*make)(struct mm_arena *arena, struct mm_device *device, const struct mm_kernel_query *query,
                           const struct mm_kernel_offer *offer, void **state, struct mm_error *err);
    void (*drop)(void *state); /* NULL: nothing to free */
    enum mm_status (*forward)(void *state, const struct mm_kernel_run *run, struct mm_error *err);
    enum mm_status (*backward)(void *state, const struct mm_kernel_run *run, struct mm_error *err);
};

struct mm_backend {
    const char *name, *summary;
    const struct mm_device_type *device;
    bool (*available)(void);                /* NULL: always */
    const struct mm_kernel *const *kernels; /* NULL-terminated */
};

/* All that are built in, in order of preference; the reference is last. */
extern const struct mm_backend *const mm_backends[];
extern const struct mm_backend mm_backend_reference;
/* "auto" or a name: the backends to ask for a device, in order, reference always last. Unknown: error with the names. */
enum mm_status mm_backend_select(const char *name, const struct mm_backend **out, size_t *count,
                                 const struct mm_device_type **device, struct mm_error *err);
#define MM_BACKENDS_MAX 8

#endif
