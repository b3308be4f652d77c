/* Random networks for tests: a few dozen ops over values of two resolutions, with several consumers, the same value twice in one
 * op, frozen parameters, and a loss at the end. */
#ifndef MM_TESTS_TRAINER_RANDOM_GRAPH_H
#define MM_TESTS_TRAINER_RANDOM_GRAPH_H

#include "base/random.h"
#include "tests/trainer/ops/cases.h"
#include "trainer/graph.h"

#define RANDOM_VALUES_MAX 64

struct random_value {
    mm_value value;
    int64_t channels;
    int level; /* 0: the input's resolution, 1: half of it */
};

struct random_graph {
    struct mm_graph *graph;
    struct mm_random random;
    struct random_value values[RANDOM_VALUES_MAX];
    size_t count, names;
    mm_value loss;
    struct mm_desc inputs[2]; /* image and target */
};

static inline const char *random_name(struct random_graph *g, const char *what)
{
    return mm_arena_format(g->graph->arena, "%s%zu", what, g->names++);
}

static inline mm_value random_vector(struct random_graph *g, const char *what, int64_t count, enum mm_role role)
{
    const struct mm_init init = {role == MM_ROLE_BUFFER ? MM_INIT_CONSTANT : MM_INIT_UNIFORM, 1};
    mm_value value = mm_graph_vector(g->graph, random_name(g, what), count, role, init);
    if (role == MM_ROLE_PARAM)
        g->graph->params[g->graph->param_count - 1].frozen = mm_random_below(&g->random, 6) == 0;
    return value;
}

static inline void random_push(struct random_graph *g, mm_value value, int64_t channels, int level)
{
    g->values[g->count++] = (struct random_value){value, channels, level};
}

/* A value, the newer ones more often. */
static inline const struct random_value *random_pick(struct random_graph *g)
{
    size_t back = mm_random_below(&g->random, 2) ? 4 : g->count;
    return &g->values[g->count - 1 - mm_random_below(&g->random, (uint32_t)(back < g->count ? back : g->count))];
}

static inline void random_conv(struct random_graph *g, const struct random_value *v)
{
    static const int64_t channels[] = {1, 3, 16, 17};
    const int kernel[3] = {g->graph->spatial == 3 ? 3 : 1, 3, 3};
    const struct mm_conv conv = {.kernel = {kernel[0], 3, 3},
                                 .stride = {1, 1, 1},
                                 .dilation = {1, 1, 1},
                                 .low = {kernel[0] / 2, 1, 1},
                                 .high = {kernel[0] / 2, 1, 1},
                                 .groups = 1};
    int64_t out = channels[mm_random_below(&g->random, 4)];
    mm_value inputs[3] = {v->value};
    inputs[1] = mm_graph_kernel(g->graph, random_name(g, "w"), out, v->channels, kernel,
                                (struct mm_init){MM_INIT_UNIFORM, 0.3});
    inputs[2] = random_vector(g, "b", out, MM_ROLE_PARAM);
    size_t count = 2 + mm_random_below(&g->random, 2);
    random_push(g, mm_graph_add(g->graph, random_name(g, "conv"), &mm_op_conv, &conv, inputs, count), out, v->level);
}

static inline void random_norm(struct random_graph *g, const struct random_value *v)
{
    const struct mm_norm norm = {.epsilon = 1e-3, .momentum = 0.1};
    mm_value inputs[5] = {v->value, random_vector(g, "scale", v->channels, MM_ROLE_PARAM),
                          random_vector(g, "shift", v->channels, MM_ROLE_PARAM)};
    bool batch = mm_random_below(&g->random, 2);
    if (batch) {
        inputs[3] = random_vector(g, "mean", v->channels, MM_ROLE_BUFFER);
        inputs[4] = random_vector(g, "variance", v->channels, MM_ROLE_BUFFER);
    }
    random_push(g,
                mm_graph_add(g->graph, random_name(g, "norm"), batch ? &mm_op_batch_norm : &mm_op_instance_norm,
                             &norm, inputs, batch ? 5 : 3),
                v->channels, v->level);
}

static inline void random_activation(struct random_graph *g, const struct random_value *v)
{
    struct mm_activation activation = {.kind = MM_RELU};
    mm_value inputs[2] = {v->value};
    if (mm_random_below(&g->random, 2)) {
        activation.kind = MM_PRELU;
        inputs[1] = random_vector(g, "slope", v->channels, MM_ROLE_PARAM);
    }
    random_push(g,
                mm_graph_add(g->graph, random_name(g, "act"), &mm_op_activation, &activation, inputs,
                             activation.kind == MM_PRELU ? 2 : 1),
                v->channels, v->level);
}

/* Adds v to a value of the same shape, itself if there is no other; or joins it with one of the same level. */
static inline void random_join(struct random_graph *g, const struct random_value *v, bool concat)
{
    const struct random_value *other = v;
    for (int trial = 0; trial < 8 && other == v; trial++) {
        const struct random_value *candidate = random_pick(g);
        if (candidate->level == v->level && (concat || candidate->channels == v->channels))
            other = candidate;
    }
    const mm_value inputs[2] = {v->value, other->value};
    const int unused = 0;
    if (concat && v->channels + other->channels > 40)
        return;
    int64_t channels = concat ? v->channels + other->channels : v->channels;
    random_push(
        g, mm_graph_add(g->graph, random_name(g, "join"), concat ? &mm_op_concat : &mm_op_add, &unused, inputs, 2),
        channels, v->level);
}

/* Halves or doubles the resolution. */
static inline void random_resize(struct random_graph *g, const struct random_value *v)
{
    int z = g->graph->spatial == 3 ? 2 : 1;
    const struct mm_pool_op pool = {
        .average = mm_random_below(&g->random, 2), .kernel = {z, 2, 2}, .stride = {z, 2, 2}};
    const struct mm_upsample up = {.linear = mm_random_below(&g->random, 2), .factor = {z, 2, 2}};
    if (v->level == 0)
        random_push(g, mm_graph_add(g->graph, random_name(g, "pool"), &mm_op_pool, &pool, &v->value, 1), v->channels,
                    1);
    else
        random_push(g, mm_graph_add(g->graph, random_name(g, "up"), &mm_op_upsample, &up, &v->value, 1), v->channels,
                    0);
}

static inline void random_dropout(struct random_graph *g, const struct random_value *v)
{
    const struct mm_dropout dropout = {.p = mm_random_below(&g->random, 2) ? 0.3 : 0};
    random_push(g, mm_graph_add(g->graph, random_name(g, "drop"), &mm_op_dropout, &dropout, &v->value, 1),
                v->channels, v->level);
}

static inline void random_op(struct random_graph *g)
{
    const struct random_value v = *random_pick(g);
    switch (mm_random_below(&g->random, 9)) {
    case 0:
    case 1:
        random_conv(g, &v);
        break;
    case 2:
        random_norm(g, &v);
        break;
    case 3:
        random_activation(g, &v);
        break;
    case 4:
    case 5:
        random_join(g, &v, false);
        break;
    case 6:
        random_join(g, &v, true);
        break;
    case 7:
        random_resize(g, &v);
        break;
    default:
        random_dropout(g, &v);
    }
}

/* A network of about `ops` ops; the loss compares the last value (output 0) with a target of its shape. */
static inline void random_graph_make(struct mm_arena *arena, uint32_t seed, size_t ops, struct random_graph *g)
{
    *g = (struct random_graph){0};
    mm_random_init(&g->random, 3, MM_RANDOM_SYNTHESIS, seed, 0, 0);
    int spatial = seed % 2 ? 3 : 2;
    int64_t batch = 1 + mm_random_below(&g->random, 2), depth = spatial == 3 ? 4 : 1;
    g->graph = mm_graph_make(arena, spatial);
    g->inputs[0] = mm_desc_make(spatial, batch, 2, depth, 6, 8);
    random_push(g, mm_graph_input(g->graph, "image", 2), 2, 0);
    while (g->count < ops)
        random_op(g);
    const struct random_value *last = &g->values[g->count - 1];
    mm_graph_output(g->graph, last->value);
    mm_graph_output(g->graph, g->values[g->count / 2].value);
    int half = last->level ? 2 : 1;
    g->inputs[1] = mm_desc_make(spatial, batch, last->channels, spatial == 3 ? depth / half : 1, 6 / half, 8 / half);
    const struct mm_loss_op loss = {&squares_loss, NULL};
    const mm_value inputs[2] = {last->value, mm_graph_input(g->graph, "target", last->channels)};
    g->loss = mm_graph_add(g->graph, "loss", &mm_op_loss, &loss, inputs, 2);
    if (g->graph->error.status)
        mm_bug("a random graph is wrong: %s", g->graph->error.text);
}

#endif
