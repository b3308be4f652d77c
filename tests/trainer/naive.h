/* The dumbest way to run a graph: every value and every gradient has memory of its own, nothing is reordered or reused.
 * What a plan computes must be equal to the bit, where it adds gradients in the same order. */
#ifndef MM_TESTS_TRAINER_NAIVE_H
#define MM_TESTS_TRAINER_NAIVE_H

#include <string.h>

#include "trainer/graph.h"

struct naive {
    const struct mm_graph *graph;
    struct mm_arena arena;
    struct mm_desc *shapes;
    float **value, **gradient; /* of each node; gradients of what is not learned are there, too */
    void **saved;
    float *scratch;
};

static inline void *naive_memory(struct naive *naive, size_t bytes)
{
    void *memory = mm_arena_alloc(&naive->arena, bytes);
    if (!memory)
        mm_bug("a test is out of memory");
    return memory;
}

static inline void naive_open(struct naive *naive, const struct mm_graph *graph, const struct mm_desc *inputs,
                              size_t count)
{
    size_t largest = 1;
    struct mm_error err = {0};
    *naive = (struct naive){.graph = graph};
    mm_arena_init(&naive->arena, NULL);
    naive->shapes = naive_memory(naive, graph->count * sizeof *naive->shapes);
    naive->value = naive_memory(naive, graph->count * sizeof *naive->value);
    naive->gradient = naive_memory(naive, graph->count * sizeof *naive->gradient);
    naive->saved = naive_memory(naive, graph->count * sizeof *naive->saved);
    if (mm_graph_shapes(graph, inputs, count, naive->shapes, &err))
        mm_bug("%s", err.text);
    for (size_t i = 0; i < graph->count; i++) {
        size_t bytes = mm_desc_bytes(&naive->shapes[i]);
        naive->value[i] = naive_memory(naive, bytes);
        naive->gradient[i] = naive_memory(naive, bytes);
        naive->saved[i] = naive_memory(naive, bytes * 4 + 64);
        largest = bytes > largest ? bytes : largest;
    }
    naive->scratch = naive_memory(naive, largest * MM_OP_INPUTS_MAX);
}

static inline void naive_close(struct naive *naive)
{
    mm_arena_done(&naive->arena);
}

static inline void naive_call(struct naive *naive, size_t i, const struct mm_op_moment *moment, float *const *dx)
{
    const struct mm_node *node = &naive->graph->nodes[i];
    struct mm_desc in[MM_OP_INPUTS_MAX];
    float *x[MM_OP_INPUTS_MAX];
    for (size_t k = 0; k < node->count; k++) {
        in[k] = naive->shapes[node->inputs[k]];
        x[k] = naive->value[node->inputs[k]];
    }
    struct mm_op_call call = {.params = node->params,
                              .count = node->count,
                              .in = in,
                              .out = &naive->shapes[i],
                              .x = x,
                              .y = naive->value[i],
                              .saved = naive->saved[i],
                              .dy = naive->gradient[i],
                              .dx = dx,
                              .moment = *moment};
    call.moment.node = (uint32_t)i;
    if (dx)
        node->op->backward(&call);
    else
        node->op->forward(&call);
}

static inline void naive_forward(struct naive *naive, const struct mm_op_moment *moment)
{
    for (size_t i = 0; i < naive->graph->count; i++)
        if (naive->graph->nodes[i].kind == MM_NODE_OP)
            naive_call(naive, i, moment, NULL);
}

/* d(root) = 1. Every gradient starts from 0; contributions are added in the order of the nodes, from the back. */
static inline void naive_backward(struct naive *naive, mm_value root, const struct mm_op_moment *moment)
{
    const struct mm_graph *graph = naive->graph;
    for (size_t i = 0; i < graph->count; i++)
        memset(naive->gradient[i], 0, mm_desc_bytes(&naive->shapes[i]));
    naive->gradient[root][0] = 1;
    for (size_t i = (size_t)root + 1; i-- > 0;) {
        const struct mm_node *node = &graph->nodes[i];
        float *dx[MM_OP_INPUTS_MAX], *scratch = naive->scratch;
        if (node->kind != MM_NODE_OP)
            continue;
        for (size_t k = 0; k < node->count; k++) {
            bool weight = node->op->weights >> k & 1, state = node->op->states >> k & 1;
            dx[k] = state ? NULL : weight ? naive->gradient[node->inputs[k]] : scratch;
            scratch += mm_desc_count(&naive->shapes[node->inputs[k]]);
        }
        naive_call(naive, i, moment, dx);
        for (size_t k = 0; k < node->count; k++)
            for (int64_t j = 0; j < mm_desc_count(&naive->shapes[node->inputs[k]]) &&
                                !((node->op->weights | node->op->states) >> k & 1);
                 j++)
                naive->gradient[node->inputs[k]][j] += node->op == &mm_op_loss && k == 1 ? 0 : dx[k][j];
    }
}

#endif
