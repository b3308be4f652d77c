/* A graph bound to shapes on a device: kernels chosen, layouts decided with the fewest reorders, memory laid out by liveness in one
 * buffer. Running a plan allocates nothing. */
#ifndef MM_TRAINER_PLAN_H
#define MM_TRAINER_PLAN_H

#include "image/type.h"
#include "trainer/backends/backend.h"
#include "trainer/graph.h"

enum mm_plan_mode {
    MM_PLAN_INFERENCE, /* forward, evaluation mode                                  */
    MM_PLAN_TRAINING,  /* forward in training mode and backward from `root`          */
};

struct mm_plan_request {
    const struct mm_graph *graph;
    enum mm_plan_mode mode;
    struct mm_desc inputs[MM_GRAPH_OUTPUTS_MAX]; /* in the order of the graph's input nodes, plain */
    size_t input_count;
    mm_value root;        /* the output to compute, and in training where backward starts */
    bool input_gradients; /* tests: also the gradients of the graph's inputs */
    bool measure;         /* only stats and description: takes no memory on the device and cannot run */
};

/* Where a plan's parameters live: parallel arrays over graph->params. */
struct mm_plan_weights {
    const struct mm_ref *values, *gradients; /* gradients[i].buffer NULL for buffers and frozen parameters */
};

struct mm_plan_stats {
    size_t activation_bytes; /* the one buffer, workspace included */
    size_t steps, reorders;
    double flops_forward, flops_backward;
};

struct mm_plan;
enum mm_status mm_plan_make(struct mm_device *device, const struct mm_backend *const *backends, size_t backend_count,
                            const struct mm_plan_request *request, const struct mm_plan_weights *weights,
                            struct mm_plan **out, struct mm_error *err);
void mm_plan_free(struct mm_plan *plan);
const struct mm_plan_stats *mm_plan_stats_of(const struct mm_plan *plan);
const struct mm_desc *mm_plan_root(const struct mm_plan *plan); /* shape of the root */

/* An input's values, plain, MM_F32 or MM_U8. Set before every forward (their memory is reused within one); those the root
 * does not need are ignored. */
enum mm_status mm_plan_set_input(struct mm_plan *plan, size_t input, enum mm_type type, const void *host,
                                 struct mm_error *err);
enum mm_status mm_plan_forward(struct mm_plan *plan, const struct mm_op_moment *moment, struct mm_error *err);
/* Backward from the root with d(root) = `dy` (host, plain) or ones when NULL. Parameter gradients accumulate. */
enum mm_status mm_plan_backward(struct mm_plan *plan, const float *dy, const struct mm_op_moment *moment,
                                struct mm_error *err);
/* Values of an output node as plain host floats: the root, or in training also graph outputs kept alive. */
enum mm_status mm_plan_get_output(struct mm_plan *plan, mm_value value, float *host, struct mm_error *err);
enum mm_status mm_plan_get_input_gradient(struct mm_plan *plan, size_t input, float *host, struct mm_error *err);
/* Which backend runs which node, layouts and offsets: `mmar plan -v`. */
void mm_plan_describe(const struct mm_plan *plan, struct mm_text *text);

#endif
