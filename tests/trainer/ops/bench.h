/* A work bench for one op case: inputs filled from the case's number, and the reference run on them. */
#ifndef MM_TESTS_TRAINER_OPS_BENCH_H
#define MM_TESTS_TRAINER_OPS_BENCH_H

#include <string.h>

#include "base/arena.h"
#include "base/random.h"
#include "tests/trainer/ops/cases.h"

struct bench {
    const struct op_case *row;
    struct mm_arena arena;
    struct mm_desc out;
    float *x[MM_OP_INPUTS_MAX], *dx[MM_OP_INPUTS_MAX], *y, *dy;
    void *saved;
    struct mm_op_call call;
};

static inline float *bench_floats(struct bench *bench, int64_t count)
{
    float *floats = mm_arena_array(&bench->arena, float, (size_t)count);
    if (!floats)
        mm_bug("a test is out of memory");
    return floats;
}

/* [-1, 1), or `spaced`: a shuffle of equidistant values of both signs, none nearer to 0 than half the distance. */
static inline void bench_fill(struct bench *bench, float *values, int64_t count, uint32_t stream, bool spaced)
{
    struct mm_random random;
    mm_random_init(&random, 1, MM_RANDOM_SYNTHESIS, (uint32_t)(bench->row - op_cases), stream, 0);
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)mm_random_uniform(&random, -1, 1);
    if (!spaced)
        return;
    uint32_t *order = (uint32_t *)bench_floats(bench, count);
    for (int64_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    mm_random_shuffle(&random, order, (size_t)count);
    for (int64_t i = 0; i < count; i++)
        values[i] = ((float)order[i] - (float)(count / 2) + 0.5f) * 0.02f;
}

static inline bool bench_is_weight(const struct bench *bench, size_t i)
{
    return bench->row->op->weights >> i & 1;
}

static inline bool bench_is_state(const struct bench *bench, size_t i)
{
    return bench->row->op->states >> i & 1;
}

/* Everything filled, nothing run. Scales and variances (the inputs 1 and 4 of norms) are around 1. */
static inline void bench_open(struct bench *bench, const struct op_case *row)
{
    struct mm_error err = {0};
    *bench = (struct bench){.row = row};
    mm_arena_init(&bench->arena, NULL);
    if (row->op->shape(row->params, row->count, row->in, &bench->out, &err))
        mm_bug("%s: %s", row->name, err.text);
    for (size_t i = 0; i < row->count; i++) {
        int64_t count = mm_desc_count(&row->in[i]);
        bench->x[i] = bench_floats(bench, count);
        bench->dx[i] = bench_floats(bench, count);
        bench_fill(bench, bench->x[i], count, (uint32_t)i, row->spaced && i == 0);
        bool norm = row->op == &mm_op_batch_norm || row->op == &mm_op_instance_norm || row->op == &mm_op_group_norm;
        for (int64_t k = 0; k < count && norm && (i == 1 || i == 4); k++)
            bench->x[i][k] = 1.25f + bench->x[i][k];
    }
    bench->y = bench_floats(bench, mm_desc_count(&bench->out));
    bench->dy = bench_floats(bench, mm_desc_count(&bench->out));
    bench_fill(bench, bench->dy, mm_desc_count(&bench->out), 100, false);
    size_t saved = row->op->saved_bytes ? row->op->saved_bytes(row->params, row->count, row->in, &bench->out) : 0;
    bench->saved = mm_arena_alloc(&bench->arena, saved);
    bench->call = (struct mm_op_call){.params = row->params,
                                      .count = row->count,
                                      .in = row->in,
                                      .out = &bench->out,
                                      .x = bench->x,
                                      .y = bench->y,
                                      .saved = bench->saved,
                                      .dy = bench->dy,
                                      .dx = bench->dx,
                                      .moment = {.training = !row->evaluation, .seed = 7, .step = 3, .node = 5}};
}

static inline void bench_close(struct bench *bench)
{
    mm_arena_done(&bench->arena);
}

#endif
