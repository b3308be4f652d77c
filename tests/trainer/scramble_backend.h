/* A backend that makes life hard for a plan: it takes every op, wants inputs and output in layouts drawn at random, asks for a
 * workspace and writes rubbish into all of it, and into everything it is about to overwrite. The numbers are the reference's.
 * It checks that padded channels hold 0, and that backward is given exactly what the op needs. */
#ifndef MM_TESTS_TRAINER_SCRAMBLE_BACKEND_H
#define MM_TESTS_TRAINER_SCRAMBLE_BACKEND_H

#include <string.h>

#include "base/random.h"
#include "trainer/backends/backend.h"
#include "trainer/backends/cpu/reorder.h"

struct scramble {
    struct mm_device *device;
    const struct mm_kernel_query *query;
    float *x[MM_OP_INPUTS_MAX], *dx[MM_OP_INPUTS_MAX], *y, *dy; /* plain copies */
    size_t workspace;
};

static uint32_t scramble_seed, scramble_asked; /* of the layouts: set before a plan is made; queries count up */

static inline enum mm_layout scramble_layout(struct mm_random *random, const struct mm_desc *desc)
{
    return desc->spatial == 0 ? MM_LAYOUT_PLAIN : (enum mm_layout)mm_random_below(random, MM_LAYOUT_COUNT);
}

static inline bool scramble_offer(const struct mm_kernel_query *query, struct mm_kernel_offer *offer)
{
    struct mm_random random;
    unsigned params = query->op->weights | query->op->states;
    mm_random_init(&random, 5, MM_RANDOM_SYNTHESIS, scramble_seed, scramble_asked++, 0);
    for (size_t i = 0; i < query->count; i++)
        offer->in[i] = params >> i & 1 ? MM_LAYOUT_PLAIN : scramble_layout(&random, &query->in[i]);
    offer->out = scramble_layout(&random, &query->out);
    offer->workspace = mm_random_below(&random, 3) * 1000;
    offer->saved =
        query->op->saved_bytes ? query->op->saved_bytes(query->params, query->count, query->in, &query->out) : 0;
    offer->cost = 0;
    return mm_random_below(&random, 4) > 0;
}

static inline struct mm_desc scramble_plain(const struct mm_desc *desc)
{
    return mm_desc_with(*desc, MM_LAYOUT_PLAIN);
}

static inline float *scramble_host(const struct scramble *s, const struct mm_ref *ref)
{
    return ref->buffer ? s->device->type->host(s->device, ref->buffer, ref->offset) : NULL;
}

static inline enum mm_status scramble_make(struct mm_arena *arena, struct mm_device *device,
                                           const struct mm_kernel_query *query, const struct mm_kernel_offer *offer,
                                           void **state, struct mm_error *err)
{
    struct scramble *s = mm_arena_new(arena, struct scramble);
    if (!s)
        return mm_fail_memory(err, "a test kernel");
    s->device = device;
    s->query = query;
    s->workspace = offer->workspace;
    bool ok = true;
    for (size_t i = 0; i < query->count; i++) {
        ok = ok && (s->x[i] = mm_arena_array(arena, float, (size_t)mm_desc_count(&query->in[i])));
        ok = ok && (s->dx[i] = mm_arena_array(arena, float, (size_t)mm_desc_count(&query->in[i])));
    }
    ok = ok && (s->y = mm_arena_array(arena, float, (size_t)mm_desc_count(&query->out)));
    ok = ok && (s->dy = mm_arena_array(arena, float, (size_t)mm_desc_count(&query->out)));
    *state = s;
    return ok ? MM_OK : mm_fail_memory(err, "a test kernel");
}

static inline void scramble_check_padding(const struct mm_desc *desc, const float *from)
{
    int64_t blocks = (desc->dim[1] + 15) / 16, area = mm_desc_area(desc);
    if (desc->layout != MM_LAYOUT_BLOCKED16)
        return;
    for (int64_t n = 0; n < desc->dim[0]; n++)
        for (int64_t i = 0; i < area; i++)
            for (int64_t c = desc->dim[1] % 16; c > 0 && c < 16; c++)
                if (from[(((n + 1) * blocks - 1) * area + i) * 16 + c] != 0)
                    mm_bug("padded channels hold a value");
}

static inline float *scramble_in(const struct scramble *s, const struct mm_ref *ref, float *plain)
{
    const float *from = scramble_host(s, ref);
    const struct mm_desc desc = scramble_plain(ref->desc);
    if (!from)
        return NULL;
    scramble_check_padding(ref->desc, from);
    mm_reorder_run(NULL, ref->desc, from, &desc, plain);
    return plain;
}

static inline void scramble_out(const struct scramble *s, const float *plain, const struct mm_ref *ref)
{
    const struct mm_desc desc = scramble_plain(ref->desc);
    mm_reorder_run(NULL, &desc, plain, ref->desc, scramble_host(s, ref));
}

static inline void scramble_rubbish(const struct scramble *s, const struct mm_ref *ref, size_t bytes)
{
    if (ref->buffer)
        memset(scramble_host(s, ref), 0x7f, bytes);
}

static inline enum mm_status scramble_run(struct scramble *s, const struct mm_kernel_run *run, bool back)
{
    const struct mm_kernel_query *query = s->query;
    struct mm_desc in[MM_OP_INPUTS_MAX], out = scramble_plain(&query->out);
    float *x[MM_OP_INPUTS_MAX], *dx[MM_OP_INPUTS_MAX];
    unsigned params = query->op->weights | query->op->states, needs = mm_op_needs(query->op, query->params);
    scramble_rubbish(s, &run->workspace, s->workspace);
    for (size_t i = 0; i < query->count; i++) {
        bool param = params >> i & 1;
        in[i] = scramble_plain(&query->in[i]);
        x[i] = param ? scramble_host(s, &run->x[i]) : scramble_in(s, &run->x[i], s->x[i]);
        if (back && !param && (x[i] != NULL) != (needs >> i & 1))
            mm_bug("backward of %s: input %zu is there, or not", query->op->name, i);
        dx[i] = !back || !run->dx[i].buffer ? NULL : param ? scramble_host(s, &run->dx[i]) : s->dx[i];
        if (dx[i] && !param)
            scramble_rubbish(s, &run->dx[i], mm_desc_bytes(run->dx[i].desc));
    }
    if (!back)
        scramble_rubbish(s, &run->y, mm_desc_bytes(run->y.desc));
    struct mm_op_call call = {.params = query->params,
                              .count = query->count,
                              .in = in,
                              .out = &out,
                              .x = x,
                              .y = s->y,
                              .saved = scramble_host(s, &run->saved),
                              .dx = dx,
                              .moment = run->moment};
    if (!back) {
        query->op->forward(&call);
        scramble_out(s, s->y, &run->y);
        return MM_OK;
    }
    call.y = scramble_in(s, &run->y, s->y);
    call.dy = scramble_in(s, &run->dy, s->dy);
    query->op->backward(&call);
    for (size_t i = 0; i < query->count; i++)
        if (dx[i] && !(params >> i & 1))
            scramble_out(s, dx[i], &run->dx[i]);
    return MM_OK;
}

static inline enum mm_status scramble_forward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    (void)err;
    return scramble_run(state, run, false);
}

static inline enum mm_status scramble_backward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    (void)err;
    return scramble_run(state, run, true);
}

static const struct mm_kernel scramble_kernel = {
    .offer = scramble_offer, .make = scramble_make, .forward = scramble_forward, .backward = scramble_backward};
static const struct mm_kernel *const scramble_kernels[] = {&scramble_kernel, NULL};
static const struct mm_backend scramble_backend = {
    .name = "scramble", .summary = "random layouts", .device = &mm_device_cpu, .kernels = scramble_kernels};

#endif
