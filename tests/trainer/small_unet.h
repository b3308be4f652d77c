/* A U-Net of two levels for tests: every kind of op that real ones have, small enough to train in milliseconds. */
#ifndef MM_TESTS_TRAINER_SMALL_UNET_H
#define MM_TESTS_TRAINER_SMALL_UNET_H

#include "tests/trainer/ops/cases.h"
#include "trainer/graph.h"

struct small_unet {
    struct mm_graph *graph;
    mm_value loss;
};

static inline mm_value unet_conv(struct mm_graph *graph, const char *name, mm_value x, int64_t in, int64_t out,
                                 int kernel)
{
    const struct mm_conv conv = {.kernel = {kernel, kernel, kernel},
                                 .stride = {1, 1, 1},
                                 .dilation = {1, 1, 1},
                                 .low = {kernel / 2, kernel / 2, kernel / 2},
                                 .high = {kernel / 2, kernel / 2, kernel / 2},
                                 .groups = 1};
    mm_value inputs[3] = {x};
    inputs[1] = mm_graph_kernel(graph, mm_arena_format(graph->arena, "%s.weight", name), out, in, conv.kernel,
                                (struct mm_init){MM_INIT_HE_NORMAL, (double)in * kernel * kernel * kernel});
    inputs[2] = mm_graph_vector(graph, mm_arena_format(graph->arena, "%s.bias", name), out, MM_ROLE_PARAM,
                                (struct mm_init){MM_INIT_UNIFORM, 0.1});
    return mm_graph_add(graph, name, &mm_op_conv, &conv, inputs, 3);
}

static inline mm_value unet_vector(struct mm_graph *graph, const char *name, const char *part, int64_t count,
                                   enum mm_role role, double value)
{
    return mm_graph_vector(graph, mm_arena_format(graph->arena, "%s.%s", name, part), count, role,
                           (struct mm_init){MM_INIT_CONSTANT, value});
}

/* conv, batch norm, prelu, dropout */
static inline mm_value unet_block(struct mm_graph *graph, const char *name, mm_value x, int64_t in, int64_t out)
{
    const struct mm_norm norm = {.epsilon = 1e-5, .momentum = 0.1};
    const struct mm_activation prelu = {.kind = MM_PRELU};
    const struct mm_dropout dropout = {.p = 0.1};
    const mm_value inputs[] = {unet_conv(graph, name, x, in, out, 3),
                               unet_vector(graph, name, "scale", out, MM_ROLE_PARAM, 1),
                               unet_vector(graph, name, "shift", out, MM_ROLE_PARAM, 0),
                               unet_vector(graph, name, "running_mean", out, MM_ROLE_BUFFER, 0),
                               unet_vector(graph, name, "running_var", out, MM_ROLE_BUFFER, 1)};
    mm_value pair[2] = {mm_graph_add(graph, name, &mm_op_batch_norm, &norm, inputs, 5)};
    pair[1] = unet_vector(graph, name, "slope", 1, MM_ROLE_PARAM, 0.25);
    mm_value y = mm_graph_add(graph, name, &mm_op_activation, &prelu, pair, 2);
    return mm_graph_add(graph, name, &mm_op_dropout, &dropout, &y, 1);
}

/* 3D, one channel in, two out through a softmax; input 1 is the target of the same shape as the output. */
static inline struct small_unet small_unet_make(struct mm_arena *arena)
{
    static const struct mm_loss_op loss = {&squares_loss, NULL};
    const struct mm_pool_op pool = {.kernel = {2, 2, 2}, .stride = {2, 2, 2}};
    const struct mm_conv_transpose up = {.kernel = {2, 2, 2}, .stride = {2, 2, 2}};
    struct mm_graph *graph = mm_graph_make(arena, 3);
    mm_value image = mm_graph_input(graph, "image", 1);
    mm_value top = unet_block(graph, "top", image, 1, 4);
    mm_value low = mm_graph_add(graph, "pool", &mm_op_pool, &pool, &top, 1);
    low = unet_block(graph, "low", low, 4, 8);
    mm_value weight = mm_graph_kernel(graph, "up.weight", 8, 4, up.kernel, (struct mm_init){MM_INIT_NORMAL, 0.2});
    mm_value pair[2] = {mm_graph_add(graph, "up", &mm_op_conv_transpose, &up, (mm_value[]){low, weight}, 2), top};
    mm_value joined = mm_graph_add(graph, "skip", &mm_op_concat, &(int){0}, pair, 2);
    mm_value logits = unet_conv(graph, "last", joined, 8, 2, 1);
    mm_value prediction = mm_graph_add(graph, "softmax", &mm_op_softmax, &(int){0}, &logits, 1);
    mm_graph_output(graph, prediction);
    mm_value ends[2] = {prediction, mm_graph_input(graph, "target", 2)};
    struct small_unet unet = {graph, mm_graph_add(graph, "loss", &mm_op_loss, &loss, ends, 2)};
    if (graph->error.status)
        mm_bug("the test's network is wrong: %s", graph->error.text);
    return unet;
}

#endif
