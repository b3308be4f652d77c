/* Runs one kernel against the reference of its op: any layouts, 1 and 3 threads (which must agree to the bit),
 * outputs and workspace full of rubbish before, gradients of weights with something in them already. Device: plain
 * host memory. */
#ifndef MM_TESTS_TRAINER_BACKENDS_HARNESS_H
#define MM_TESTS_TRAINER_BACKENDS_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "trainer/backends/backend.h"
#include "trainer/ops/ops.h"

struct harness {
    const struct mm_kernel *kernel;
    const void *params;
    size_t count;
    struct mm_desc in[MM_OP_INPUTS_MAX]; /* layout: as it arrives */
    unsigned wanted;
    bool evaluation;
    bool positive;    /* states such as variances */
    double tolerance; /* of forward, relative to the largest value; 0: 2e-5 */
};

struct tensors {
    struct mm_desc in[MM_OP_INPUTS_MAX], out;
    float *x[MM_OP_INPUTS_MAX], *dx[MM_OP_INPUTS_MAX], *y, *dy, *saved, *workspace;
};

static inline void *harness_host(struct mm_device *device, const struct mm_buffer *buffer, size_t offset)
{
    (void)device;
    return (char *)(uintptr_t)buffer + offset;
}

static const struct mm_device_type harness_device = {.name = "test", .host = harness_host};

static inline float *harness_floats(const struct mm_desc *desc, uint32_t seed)
{
    size_t n = mm_desc_elements(desc);
    float *p = mm_alloc(n * sizeof *p + 1);
    assert_non_null(p);
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        p[i] = (float)(seed >> 8) / 8388608.0f - 1.0f;
    }
    return p;
}

static inline size_t harness_index(const struct mm_desc *d, int64_t n, int64_t c, int64_t position)
{
    int64_t area = mm_desc_area(d);
    if (d->layout == MM_LAYOUT_CHANNELS_LAST)
        return (size_t)((n * area + position) * d->dim[1] + c);
    return (size_t)((n * d->dim[1] + c) * area + position);
}

/* A copy in the layout of `to`. */
static inline float *harness_convert(const float *data, const struct mm_desc *from, const struct mm_desc *to)
{
    float *p = mm_alloc(mm_desc_bytes(to) + 1);
    assert_non_null(p);
    for (int64_t n = 0; n < from->dim[0]; n++)
        for (int64_t c = 0; c < from->dim[1]; c++)
            for (int64_t i = 0; i < mm_desc_area(from); i++)
                p[harness_index(to, n, c, i)] = data[harness_index(from, n, c, i)];
    return p;
}

static inline double harness_difference(const float *a, const struct mm_desc *da, const float *b,
                                        const struct mm_desc *db)
{
    double worst = 0, largest = 1e-3;
    for (int64_t n = 0; n < da->dim[0]; n++)
        for (int64_t c = 0; c < da->dim[1]; c++)
            for (int64_t i = 0; i < mm_desc_area(da); i++) {
                double x = (double)a[harness_index(da, n, c, i)], y = (double)b[harness_index(db, n, c, i)];
                worst = fabs(x - y) <= worst ? worst : fabs(x - y);
                largest = fmax(largest, fabs(y));
                if (isnan(x) != isnan(y))
                    return INFINITY;
            }
    return worst / largest;
}

static inline struct mm_op_moment harness_moment(const struct harness *h)
{
    return (struct mm_op_moment){.training = !h->evaluation, .seed = 77, .step = 3, .node = 5};
}

static inline void harness_make(const struct harness *h, struct tensors *t)
{
    struct mm_error err;
    *t = (struct tensors){0};
    for (size_t i = 0; i < h->count; i++) {
        t->in[i] = mm_desc_with(h->in[i], MM_LAYOUT_PLAIN);
        t->x[i] = harness_floats(&t->in[i], (uint32_t)(i + 1));
        t->dx[i] = harness_floats(&t->in[i], (uint32_t)(i + 100));
        if (h->kernel->op->states >> i & 1)
            for (size_t k = 0; k < mm_desc_elements(&t->in[i]); k++)
                t->x[i][k] = fabsf(t->x[i][k]) + 0.5f;
    }
    assert_int_equal(h->kernel->op->shape(h->params, h->count, t->in, &t->out, &err), MM_OK);
    t->out.dtype = MM_DT_F32;
    t->out.layout = MM_LAYOUT_PLAIN;
    t->y = harness_floats(&t->out, 50);
    t->dy = harness_floats(&t->out, 51);
}

static inline void harness_free(struct tensors *t)
{
    for (int i = 0; i < MM_OP_INPUTS_MAX; i++) {
        mm_free(t->x[i]);
        mm_free(t->dx[i]);
    }
    mm_free(t->y);
    mm_free(t->dy);
    mm_free(t->saved);
    mm_free(t->workspace);
}

static inline void harness_reference(const struct harness *h, struct tensors *t)
{
    const struct mm_op *op = h->kernel->op;
    float *dx[MM_OP_INPUTS_MAX] = {0};
    t->saved = mm_alloc(op->saved_bytes ? op->saved_bytes(h->params, h->count, t->in, &t->out) : 1);
    for (size_t i = 0; i < h->count; i++)
        dx[i] = h->wanted >> i & 1 ? t->dx[i] : NULL;
    const struct mm_op_call call = {.params = h->params,
                                    .count = h->count,
                                    .in = t->in,
                                    .out = &t->out,
                                    .x = t->x,
                                    .y = t->y,
                                    .saved = t->saved,
                                    .dy = t->dy,
                                    .dx = dx,
                                    .moment = harness_moment(h)};
    op->forward(&call);
    if (h->wanted)
        op->backward(&call);
}

static inline void *harness_rubbish(size_t bytes)
{
    void *p = mm_alloc_raw(bytes + 64);
    assert_non_null(p);
    memset(p, 0xff, bytes + 64); /* NaN */
    return p;
}

static inline struct mm_ref harness_ref(float *data, const struct mm_desc *desc)
{
    return (struct mm_ref){.buffer = (struct mm_buffer *)data, .desc = desc};
}

/* Leaves outputs and gradients in `t`, in the layouts the kernel chose. False when it made no offer. */
static inline bool harness_kernel(const struct harness *h, const struct tensors *source, struct mm_pool *pool,
                                  struct tensors *t)
{
    struct mm_kernel_query query = {.op = h->kernel->op,
                                    .params = h->params,
                                    .count = h->count,
                                    .in = h->in,
                                    .out = source->out,
                                    .training = !h->evaluation || h->wanted,
                                    .wanted = h->wanted};
    struct mm_kernel_offer offer = {0};
    struct mm_device device = {.type = &harness_device, .pool = pool};
    struct mm_arena arena;
    struct mm_error err;
    void *state = NULL;
    if (!h->kernel->offer(&query, &offer))
        return false;
    *t = (struct tensors){.out = mm_desc_with(source->out, offer.out)};
    t->saved = harness_rubbish(offer.saved);
    t->workspace = harness_rubbish(offer.workspace);
    t->y = harness_rubbish(mm_desc_bytes(&t->out));
    t->dy = harness_convert(source->dy, &source->out, &t->out);
    struct mm_ref x[MM_OP_INPUTS_MAX], dx[MM_OP_INPUTS_MAX];
    for (size_t i = 0; i < h->count; i++) {
        t->in[i] = mm_desc_with(h->in[i], offer.in[i]);
        t->x[i] = harness_convert(source->x[i], &source->in[i], &t->in[i]);
        t->dx[i] = h->kernel->op->weights >> i & 1 ? harness_convert(source->dx[i], &source->in[i], &t->in[i])
                                                   : harness_rubbish(mm_desc_bytes(&t->in[i]));
        x[i] = harness_ref(t->x[i], &t->in[i]);
        dx[i] = h->wanted >> i & 1 ? harness_ref(t->dx[i], &t->in[i]) : (struct mm_ref){0};
    }
    struct mm_kernel_run run = {.x = x,
                                .y = harness_ref(t->y, &t->out),
                                .saved = harness_ref(t->saved, NULL),
                                .workspace = harness_ref(t->workspace, NULL),
                                .dy = harness_ref(t->dy, &t->out),
                                .dx = dx,
                                .moment = harness_moment(h)};
    mm_arena_init(&arena, NULL);
    if (h->kernel->make(&arena, &device, &query, &offer, &state, &err) != MM_OK)
        fail_msg("%s", err.text);
    if (h->kernel->forward(state, &run, &err) != MM_OK)
        fail_msg("%s", err.text);
    memset(t->workspace, 0xff, offer.workspace);
    if (h->wanted && h->kernel->backward(state, &run, &err) != MM_OK)
        fail_msg("%s", err.text);
    if (h->kernel->drop)
        h->kernel->drop(state);
    mm_arena_done(&arena);
    return true;
}

static inline void harness_compare(const struct harness *h, const struct tensors *want, const struct tensors *got)
{
    double tolerance = h->tolerance > 0 ? h->tolerance : 2e-5,
           d = harness_difference(got->y, &got->out, want->y, &want->out);
    if (!(d <= tolerance))
        fail_msg("%s forward differs by %g", h->kernel->op->name, d);
    for (size_t i = 0; i < h->count; i++) {
        if (h->kernel->op->states >> i & 1 &&
            !((d = harness_difference(got->x[i], &got->in[i], want->x[i], &want->in[i])) <= 1e-6))
            fail_msg("%s state %zu differs by %g", h->kernel->op->name, i, d);
        if (h->wanted >> i & 1 &&
            !((d = harness_difference(got->dx[i], &got->in[i], want->dx[i], &want->in[i])) <= 2 * tolerance))
            fail_msg("%s gradient %zu differs by %g", h->kernel->op->name, i, d);
    }
}

static inline void harness_same_bits(const struct harness *h, const struct tensors *a, const struct tensors *b)
{
    assert_memory_equal(a->y, b->y, mm_desc_bytes(&a->out));
    for (size_t i = 0; i < h->count; i++)
        if (h->wanted >> i & 1)
            assert_memory_equal(a->dx[i], b->dx[i], mm_desc_bytes(&a->in[i]));
}

/* Returns false when the kernel makes no offer. */
static inline bool harness_run(const struct harness *h)
{
    struct tensors reference, one, many, source;
    struct mm_pool *pool;
    struct mm_error err;
    harness_make(h, &source);
    harness_make(h, &reference);
    bool offered = harness_kernel(h, &source, NULL, &one);
    if (offered) {
        harness_reference(h, &reference);
        harness_compare(h, &reference, &one);
        assert_int_equal(mm_pool_open(3, &pool, &err), MM_OK);
        assert_true(harness_kernel(h, &source, pool, &many));
        mm_pool_close(pool);
        harness_same_bits(h, &one, &many);
        harness_free(&one);
        harness_free(&many);
    }
    harness_free(&source);
    harness_free(&reference);
    return offered;
}

#endif
