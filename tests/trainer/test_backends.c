/* Every kernel of every backend on every row of ops/cases.h: for each layout in which inputs may arrive, forward and backward equal
 * the reference. Tensors are touched through the device only, so this holds for cards as well. A backend that this machine lacks is
 * skipped by name. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/trainer/ops/bench.h"
#include "trainer/backends/backend.h"

#define TOLERANCE 1e-4 /* of the largest value of a tensor */

/* One kernel on one row: its tensors on the device. Buffers are freed at the end; two for tensors that need a reorder. */
struct trial {
    struct bench *bench;
    const struct mm_backend *backend;
    struct mm_device *device;
    struct mm_arena arena;
    struct mm_kernel_query query;
    struct mm_kernel_offer offer;
    struct mm_desc in[MM_OP_INPUTS_MAX];
    struct mm_buffer *buffers[64];
    size_t buffer_count;
};

static struct mm_ref new_ref(struct trial *trial, const struct mm_desc *desc, size_t bytes)
{
    struct mm_ref ref = {.desc = desc};
    if (bytes)
        assert_int_equal(trial->device->type->buffer_make(trial->device, bytes, &ref.buffer, NULL), MM_OK);
    trial->buffers[trial->buffer_count++] = ref.buffer;
    return ref;
}

static void upload(struct trial *trial, const struct mm_ref *ref, const void *host, size_t bytes)
{
    assert_int_equal(trial->device->type->upload(trial->device, ref->buffer, 0, host, bytes, NULL), MM_OK);
}

/* A tensor on the device in the layout of `desc`, from plain host values. */
static struct mm_ref put(struct trial *trial, const struct mm_desc *desc, const float *plain)
{
    struct mm_desc *flat = mm_arena_new(&trial->arena, struct mm_desc);
    *flat = mm_desc_with(*desc, MM_LAYOUT_PLAIN);
    struct mm_ref from = new_ref(trial, flat, mm_desc_bytes(flat));
    upload(trial, &from, plain, mm_desc_bytes(flat));
    if (desc->layout == MM_LAYOUT_PLAIN)
        return (struct mm_ref){from.buffer, 0, desc};
    struct mm_ref to = new_ref(trial, desc, mm_desc_bytes(desc));
    assert_int_equal(trial->device->type->reorder(trial->device, &from, &to, NULL), MM_OK);
    return to;
}

/* A tensor full of NaN that the kernel has to set whole. */
static struct mm_ref unset(struct trial *trial, const struct mm_desc *desc)
{
    struct mm_ref ref = new_ref(trial, desc, mm_desc_bytes(desc));
    size_t count = mm_desc_elements(desc);
    assert_int_equal(trial->device->type->fill(trial->device, ref.buffer, 0, NAN, count, NULL), MM_OK);
    return ref;
}

static void check_padding(const struct trial *trial, const struct mm_desc *desc, const float *stored,
                          const char *what)
{
    int64_t blocks = (desc->dim[1] + 15) / 16, area = mm_desc_area(desc);
    for (int64_t n = 0; n < desc->dim[0] && desc->dim[1] % 16; n++)
        for (int64_t i = 0; i < area; i++)
            for (int64_t c = desc->dim[1] % 16; c < 16; c++)
                if (stored[(((n + 1) * blocks - 1) * area + i) * 16 + c] != 0)
                    fail_msg("%s, %s: padded channels of %s do not hold 0", trial->backend->name,
                             trial->bench->row->name, what);
}

static void expect_close(struct trial *trial, const struct mm_ref *ref, const float *expected, float base,
                         const char *what)
{
    struct mm_desc plain = mm_desc_with(*ref->desc, MM_LAYOUT_PLAIN);
    struct mm_ref flat = *ref;
    int64_t count = mm_desc_count(&plain);
    float *stored = mm_arena_array(&trial->arena, float, mm_desc_elements(ref->desc));
    double largest = 1e-3;
    const struct mm_device_type *type = trial->device->type;
    assert_int_equal(type->download(trial->device, ref->buffer, 0, stored, mm_desc_bytes(ref->desc), NULL), MM_OK);
    if (ref->desc->layout == MM_LAYOUT_BLOCKED16)
        check_padding(trial, ref->desc, stored, what);
    if (ref->desc->layout != MM_LAYOUT_PLAIN) {
        flat = new_ref(trial, &plain, mm_desc_bytes(&plain));
        assert_int_equal(type->reorder(trial->device, ref, &flat, NULL), MM_OK);
        assert_int_equal(type->download(trial->device, flat.buffer, 0, stored, mm_desc_bytes(&plain), NULL), MM_OK);
    }
    for (int64_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)expected[i]));
    for (int64_t i = 0; i < count; i++)
        if (!(fabs((double)stored[i] - (double)base - (double)expected[i]) <= TOLERANCE * (largest + (double)base)))
            fail_msg("%s, %s, output in %s: %s[%lld] is %.7g, the reference gives %.7g", trial->backend->name,
                     trial->bench->row->name, mm_layout_name(trial->offer.out), what, (long long)i,
                     (double)(stored[i] - base), (double)expected[i]);
}

static bool is_param(const struct trial *trial, size_t i)
{
    return bench_is_weight(trial->bench, i) || bench_is_state(trial->bench, i);
}

/* Gradients of weights start at 1 and must end at 1 + what the reference gives. */
static void check_backward(struct trial *trial, const struct mm_kernel *kernel, void *state, struct mm_kernel_run run)
{
    const struct mm_kernel_query *query = &trial->query;
    unsigned needs = mm_op_needs(query->op, query->params);
    struct mm_ref x[MM_OP_INPUTS_MAX], dx[MM_OP_INPUTS_MAX] = {{NULL, 0, NULL}};
    char what[32];
    for (size_t i = 0; i < query->count; i++) {
        x[i] = run.x[i];
        if (!(needs & MM_NEEDS_INPUT(i)) && !is_param(trial, i))
            x[i].buffer = NULL;
        dx[i].desc = &query->in[i];
        if (query->wanted >> i & 1)
            dx[i] = unset(trial, &query->in[i]);
        if (dx[i].buffer && bench_is_weight(trial->bench, i))
            assert_int_equal(
                trial->device->type->fill(trial->device, dx[i].buffer, 0, 1, mm_desc_elements(&query->in[i]), NULL),
                MM_OK);
    }
    run.x = x;
    run.dx = dx;
    if (!(needs & MM_NEEDS_OUTPUT))
        run.y.buffer = NULL;
    run.dy = put(trial, &query->out, trial->bench->dy);
    struct mm_error err = {0};
    if (kernel->backward(state, &run, &err))
        fail_msg("%s, %s: %s", trial->backend->name, trial->bench->row->name, err.text);
    for (size_t i = 0; i < query->count; i++) {
        snprintf(what, sizeof what, "dx%zu", i);
        if (dx[i].buffer)
            expect_close(trial, &dx[i], trial->bench->dx[i], bench_is_weight(trial->bench, i) ? 1 : 0, what);
    }
}

/* The reference of this row, weights' gradients from 0, states as they were. */
static void run_reference(struct bench *bench, bool training, float *const *states)
{
    for (size_t i = 0; i < bench->row->count; i++) {
        size_t bytes = mm_desc_bytes(&bench->row->in[i]);
        memset(bench->dx[i], 0, bytes);
        if (bench_is_state(bench, i))
            memcpy(bench->x[i], states[i], bytes);
    }
    bench->call.moment.training = training && !bench->row->evaluation;
    bench->row->op->forward(&bench->call);
    bench->row->op->backward(&bench->call);
}

static void run_trial(struct trial *trial, const struct mm_kernel *kernel)
{
    struct bench *bench = trial->bench;
    struct mm_ref x[MM_OP_INPUTS_MAX];
    float *states[MM_OP_INPUTS_MAX];
    struct mm_error err = {0};
    void *state = NULL;
    for (size_t i = 0; i < trial->query.count; i++) {
        size_t bytes = mm_desc_bytes(&bench->row->in[i]);
        trial->in[i] = mm_desc_with(bench->row->in[i], trial->offer.in[i]);
        x[i] = put(trial, &trial->in[i], bench->x[i]);
        states[i] = mm_arena_alloc(&trial->arena, bytes);
        memcpy(states[i], bench->x[i], bytes);
    }
    trial->query.in = trial->in;
    trial->query.out = mm_desc_with(bench->out, trial->offer.out);
    if (kernel->make(&trial->arena, trial->device, &trial->query, &trial->offer, &state, &err))
        fail_msg("%s, %s: %s", trial->backend->name, bench->row->name, err.text);
    run_reference(bench, trial->query.training, states);
    const struct mm_kernel_run run = {.x = x,
                                      .y = unset(trial, &trial->query.out),
                                      .saved = new_ref(trial, NULL, trial->offer.saved),
                                      .workspace = new_ref(trial, NULL, trial->offer.workspace),
                                      .moment = bench->call.moment};
    if (kernel->forward(state, &run, &err))
        fail_msg("%s, %s: %s", trial->backend->name, bench->row->name, err.text);
    expect_close(trial, &run.y, bench->y, 0, "y");
    for (size_t i = 0; i < trial->query.count; i++)
        if (bench_is_state(bench, i)) {
            expect_close(trial, &x[i], bench->x[i], 0, "state");
            memcpy(bench->x[i], states[i], mm_desc_bytes(&bench->row->in[i]));
        }
    if (trial->query.wanted)
        check_backward(trial, kernel, state, run);
    if (kernel->drop)
        kernel->drop(state);
}

/* Asks the kernel about the row with inputs that arrive in `layout`; runs it when it offers. */
static bool try_kernel(struct bench *bench, const struct mm_backend *backend, struct mm_device *device,
                       const struct mm_kernel *kernel, enum mm_layout layout, bool training, unsigned wanted)
{
    const struct op_case *row = bench->row;
    struct trial trial = {.bench = bench, .backend = backend, .device = device};
    struct mm_desc arriving[MM_OP_INPUTS_MAX];
    for (size_t i = 0; i < row->count; i++)
        arriving[i] = bench_is_weight(bench, i) || bench_is_state(bench, i) || row->in[i].spatial == 0
                          ? row->in[i]
                          : mm_desc_with(row->in[i], layout);
    trial.query = (struct mm_kernel_query){.op = row->op,
                                           .params = row->params,
                                           .count = row->count,
                                           .in = arriving,
                                           .out = bench->out,
                                           .training = training,
                                           .wanted = wanted};
    if (!kernel->offer(&trial.query, &trial.offer))
        return false;
    for (size_t i = 0; i < row->count; i++)
        if (is_param(&trial, i) || row->in[i].spatial == 0)
            assert_int_equal(trial.offer.in[i], MM_LAYOUT_PLAIN);
    mm_arena_init(&trial.arena, NULL);
    run_trial(&trial, kernel);
    for (size_t i = 0; i < trial.buffer_count; i++)
        device->type->buffer_free(device, trial.buffers[i]);
    mm_arena_done(&trial.arena);
    return true;
}

/* All gradients; only that of x; only those of the weights; inference. */
static size_t try_modes(struct bench *bench, const struct mm_backend *backend, struct mm_device *device,
                        const struct mm_kernel *kernel)
{
    unsigned every = 0;
    size_t ran = 0;
    for (size_t i = 0; i < bench->row->count; i++)
        if (!bench_is_state(bench, i) && !(bench->row->op == &mm_op_loss && i == 1))
            every |= 1u << i;
    for (int layout = 0; layout < MM_LAYOUT_COUNT; layout++) {
        ran += try_kernel(bench, backend, device, kernel, (enum mm_layout)layout, true, every);
        ran += try_kernel(bench, backend, device, kernel, (enum mm_layout)layout, false, 0);
        if (every != 1) {
            ran += try_kernel(bench, backend, device, kernel, (enum mm_layout)layout, true, 1);
            ran += try_kernel(bench, backend, device, kernel, (enum mm_layout)layout, true, every & ~1u);
        }
    }
    return ran;
}

static void test_backend(void **state)
{
    const struct mm_backend *backend = *state;
    struct mm_pool *pool;
    struct mm_device *device;
    size_t ran = 0;
    if (backend->available && !backend->available()) {
        printf("skipped: backend %s: not available on this machine\n", backend->name);
        return;
    }
    assert_int_equal(mm_pool_open(2, &pool, NULL), MM_OK);
    assert_int_equal(backend->device->open(pool, &device, NULL), MM_OK);
    for (size_t i = 0; i < OP_CASE_COUNT; i++) {
        struct bench bench;
        bench_open(&bench, &op_cases[i]);
        for (const struct mm_kernel *const *kernel = backend->kernels; *kernel; kernel++)
            if (!(*kernel)->op || (*kernel)->op == op_cases[i].op)
                ran += try_modes(&bench, backend, device, *kernel);
        bench_close(&bench);
    }
    assert_true(ran > 0); /* a backend that takes none of the rows is not tested by them */
    printf("%s: %zu runs\n", backend->name, ran);
    device->type->close(device);
    mm_pool_close(pool);
}

int main(void)
{
    struct CMUnitTest tests[MM_BACKENDS_MAX];
    size_t count = 0;
    for (; mm_backends[count] && count < MM_BACKENDS_MAX; count++)
        tests[count] =
            (struct CMUnitTest){mm_backends[count]->name, test_backend, NULL, NULL, (void *)mm_backends[count]};
    return _cmocka_run_group_tests("backends", tests, count, NULL, NULL);
}
