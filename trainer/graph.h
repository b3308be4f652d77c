/* The network as a graph: symbolic in batch size and spatial extents. A model (models/model.h) builds one; binding a shape gives
 * a plan (plan.h). Building latches the first error, so that a model reads as a list of layers; ask mm_graph_status at the end. */
#ifndef MM_TRAINER_GRAPH_H
#define MM_TRAINER_GRAPH_H

#include "base/arena.h"
#include "trainer/ops/ops.h"

/* How a parameter starts (the reference implementation's initialiser). */
enum mm_init_kind {
    MM_INIT_CONSTANT,  /* value                                                                          */
    MM_INIT_UNIFORM,   /* [-value, value): torch conv weights and biases with value = 1/sqrt(fan_in)      */
    MM_INIT_HE_NORMAL, /* Keras he_normal: truncated normal (2 sigma), std sqrt(2/fan_in)/0.87962566; value = fan_in */
    MM_INIT_NORMAL,    /* mean 0, std value                                                              */
};
struct mm_init {
    enum mm_init_kind kind;
    double value;
};

enum mm_role { MM_ROLE_PARAM, MM_ROLE_BUFFER }; /* learned, or state such as running statistics */

struct mm_param_info {
    const char *name; /* "model.0.conv.unit0.conv.weight": as in the reference implementation */
    enum mm_role role;
    struct mm_init init;
    struct mm_desc desc; /* dims as our kernels take them: (o, i, kd, kh, kw) or a vector          */
    int file_rank;       /* dimensions in a weights file: 2D nets have (o, i, kh, kw)              */
    int64_t file_dim[5];
    bool frozen; /* no gradient, not updated */
};

enum mm_node_kind { MM_NODE_INPUT, MM_NODE_PARAM, MM_NODE_OP };
struct mm_node {
    enum mm_node_kind kind;
    const char *name; /* for messages, plan and trace */
    const struct mm_op *op;
    const void *params; /* copied into the graph's arena */
    size_t count;
    int inputs[MM_OP_INPUTS_MAX];
    int param;        /* MM_NODE_PARAM: index into params */
    int64_t channels; /* MM_NODE_INPUT */
};

#define MM_GRAPH_OUTPUTS_MAX 8
struct mm_graph {
    struct mm_arena *arena;
    int spatial; /* 2 or 3 */
    struct mm_node *nodes;
    size_t count, capacity;
    struct mm_param_info *params;
    size_t param_count, param_capacity;
    int outputs[MM_GRAPH_OUTPUTS_MAX]; /* output 0 is the prediction */
    size_t output_count;
    struct mm_error error; /* the first, latched */
};

typedef int mm_value; /* number of a node; negative after an error */

/* NULL when memory is out. */
struct mm_graph *mm_graph_make(struct mm_arena *arena, int spatial);
/* channels 0: any number (the target of a loss). */
mm_value mm_graph_input(struct mm_graph *graph, const char *name, int64_t channels);
/* A learned tensor (o, i, k...) of a convolution: file dims follow `spatial`; kernel in (z, y, x). */
mm_value mm_graph_kernel(struct mm_graph *graph, const char *name, int64_t first, int64_t second, const int kernel[3],
                         struct mm_init init);
mm_value mm_graph_vector(struct mm_graph *graph, const char *name, int64_t count, enum mm_role role,
                         struct mm_init init);
/* A scalar state kept only so that files have it (num_batches_tracked): no node. */
void mm_graph_constant(struct mm_graph *graph, const char *name);
mm_value mm_graph_add(struct mm_graph *graph, const char *name, const struct mm_op *op, const void *params,
                      const mm_value *inputs, size_t count);
void mm_graph_output(struct mm_graph *graph, mm_value value);
enum mm_status mm_graph_status(const struct mm_graph *graph, struct mm_error *err);

/* Shapes of all nodes for inputs of that shape (n, d, h, w are free; channels are checked). out: [graph->count].
 * Inputs beyond input_count are absent: they and the nodes that depend on them (a loss without its target) get zero dims. */
enum mm_status mm_graph_shapes(const struct mm_graph *graph, const struct mm_desc *inputs, size_t input_count,
                               struct mm_desc *out, struct mm_error *err);
/* Parameters' total of that role, and FLOPs of a forward and backward at those shapes. */
int64_t mm_graph_param_count(const struct mm_graph *graph, enum mm_role role);
void mm_graph_cost(const struct mm_graph *graph, const struct mm_desc *shapes, struct mm_op_cost *cost);

#endif
