/* Plans: on random networks they compute what the naive way computes, whatever layouts the kernels want; memory that is
 * held at the same time does not overlap; running allocates nothing; sizes are as promised. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "tests/trainer/naive.h"
#include "tests/trainer/random_graph.h"
#include "tests/trainer/scramble_backend.h"
#include "trainer/plan_parts.h"

#define GRAPHS 60
#define OPS    24

/* A random network with weights in a device's memory and a plan for it. */
struct rig {
    struct mm_arena arena;
    struct random_graph random;
    struct mm_device *device;
    struct mm_plan_weights weights;
    struct mm_ref *values, *gradients;
    struct mm_plan *plan;
    float *host[2]; /* image and target */
};

static const struct mm_backend *const only_reference[] = {&mm_backend_reference};
static const struct mm_backend *const scrambled[] = {&scramble_backend, &mm_backend_reference};

static void *memory(struct rig *rig, size_t bytes)
{
    void *block = mm_arena_alloc(&rig->arena, bytes);
    assert_non_null(block);
    return block;
}

static void rig_open(struct rig *rig, uint32_t seed, size_t ops)
{
    *rig = (struct rig){0};
    mm_arena_init(&rig->arena, NULL);
    random_graph_make(&rig->arena, seed, ops, &rig->random);
    assert_int_equal(mm_device_cpu.open(NULL, &rig->device, NULL), MM_OK);
    const struct mm_graph *graph = rig->random.graph;
    rig->values = memory(rig, graph->param_count * sizeof *rig->values);
    rig->gradients = memory(rig, graph->param_count * sizeof *rig->gradients);
    for (size_t i = 0; i < graph->param_count; i++) {
        const struct mm_param_info *info = &graph->params[i];
        size_t bytes = mm_desc_bytes(&info->desc);
        rig->values[i].desc = rig->gradients[i].desc = &info->desc;
        assert_int_equal(mm_device_cpu.buffer_make(rig->device, bytes, &rig->values[i].buffer, NULL), MM_OK);
        if (info->role == MM_ROLE_PARAM)
            assert_int_equal(mm_device_cpu.buffer_make(rig->device, bytes, &rig->gradients[i].buffer, NULL), MM_OK);
        float *values = mm_device_cpu.host(rig->device, rig->values[i].buffer, 0);
        for (int64_t k = 0; k < mm_desc_count(&info->desc); k++)
            values[k] = info->role == MM_ROLE_BUFFER ? 1 : (float)mm_random_uniform(&rig->random.random, -0.5, 0.5);
    }
    rig->weights = (struct mm_plan_weights){rig->values, rig->gradients};
    for (int i = 0; i < 2; i++) {
        rig->host[i] = memory(rig, mm_desc_bytes(&rig->random.inputs[i]));
        for (int64_t k = 0; k < mm_desc_count(&rig->random.inputs[i]); k++)
            rig->host[i][k] = (float)mm_random_uniform(&rig->random.random, -1, 1);
    }
}

static enum mm_status rig_plan(struct rig *rig, const struct mm_backend *const *backends, size_t count,
                               enum mm_plan_mode mode, struct mm_error *err)
{
    struct mm_plan_request request = {.graph = rig->random.graph,
                                      .mode = mode,
                                      .inputs = {rig->random.inputs[0], rig->random.inputs[1]},
                                      .input_count = mode == MM_PLAN_TRAINING ? 2 : 1,
                                      .root =
                                          mode == MM_PLAN_TRAINING ? rig->random.loss : rig->random.graph->outputs[0],
                                      .input_gradients = true};
    return mm_plan_make(rig->device, backends, count, &request, &rig->weights, &rig->plan, err);
}

static void rig_close(struct rig *rig)
{
    mm_plan_free(rig->plan);
    for (size_t i = 0; i < rig->random.graph->param_count; i++) {
        mm_device_cpu.buffer_free(rig->device, rig->values[i].buffer);
        mm_device_cpu.buffer_free(rig->device, rig->gradients[i].buffer);
    }
    mm_device_cpu.close(rig->device);
    mm_arena_done(&rig->arena);
}

static float *host_value(const struct rig *rig, size_t param)
{
    return mm_device_cpu.host(rig->device, rig->values[param].buffer, 0);
}

static float *host_gradient(const struct rig *rig, size_t param)
{
    return mm_device_cpu.host(rig->device, rig->gradients[param].buffer, 0);
}

static void run(struct rig *rig, const struct mm_op_moment *moment)
{
    struct mm_error err = {0};
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(mm_plan_set_input(rig->plan, i, MM_F32, rig->host[i], &err), MM_OK);
    assert_int_equal(mm_plan_forward(rig->plan, moment, &err), MM_OK);
    if (moment->training)
        assert_int_equal(mm_plan_backward(rig->plan, NULL, moment, &err), MM_OK);
}

/* A naive copy of the network with the weights as they are now. */
static void naive_like(struct rig *rig, size_t inputs, struct naive *naive)
{
    const struct mm_graph *graph = rig->random.graph;
    size_t input = 0;
    naive_open(naive, graph, rig->random.inputs, inputs);
    for (size_t i = 0; i < graph->count; i++) {
        size_t bytes = mm_desc_bytes(&naive->shapes[i]);
        if (graph->nodes[i].kind == MM_NODE_PARAM)
            memcpy(naive->value[i], host_value(rig, (size_t)graph->nodes[i].param), bytes);
        else if (graph->nodes[i].kind == MM_NODE_INPUT)
            memcpy(naive->value[i], rig->host[input++], bytes);
    }
}

/* To the bit; `near`: gradients that took a detour through a copy in another layout, or none through a dropout that the plan
 * leaves out, are added in another order. */
static void expect_equal(const float *plan, const float *naive, int64_t count, bool near, const char *name,
                         uint32_t seed)
{
    float largest = 0;
    for (int64_t i = 0; i < count; i++)
        largest = fabsf(naive[i]) > largest ? fabsf(naive[i]) : largest;
    for (int64_t i = 0; i < count; i++)
        if (near ? !(fabsf(plan[i] - naive[i]) <= 1e-5f * largest) : plan[i] != naive[i])
            fail_msg("graph %u, %s[%lld]: plan %.9g, naive %.9g", seed, name, (long long)i, (double)plan[i],
                     (double)naive[i]);
}

static bool has_detours(const struct rig *rig)
{
    const struct mm_graph *graph = rig->random.graph;
    for (size_t i = 0; i < graph->count; i++)
        if (graph->nodes[i].kind == MM_NODE_OP && graph->nodes[i].op->transparent &&
            graph->nodes[i].op->transparent(graph->nodes[i].params))
            return true;
    return mm_plan_stats_of(rig->plan)->reorders > 0;
}

/* Loss, both outputs, every gradient and every running statistic. */
static void compare(struct rig *rig, struct naive *naive, uint32_t seed)
{
    const struct mm_graph *graph = rig->random.graph;
    float *host = memory(rig, 1 << 20);
    const mm_value asked[] = {rig->random.loss, graph->outputs[0], graph->outputs[1]};
    bool near = has_detours(rig);
    for (size_t i = 0; i < 3; i++)
        if (i < 2 || rig->plan->value[asked[i]] != MM_PLAN_NONE) {
            assert_int_equal(mm_plan_get_output(rig->plan, asked[i], host, NULL), MM_OK);
            expect_equal(host, naive->value[asked[i]], mm_desc_count(&naive->shapes[asked[i]]), false, "output",
                         seed);
        }
    for (size_t i = 0; i < graph->count; i++) {
        const struct mm_node *node = &graph->nodes[i];
        if (node->kind != MM_NODE_PARAM)
            continue;
        const struct mm_param_info *info = &graph->params[node->param];
        int64_t count = mm_desc_count(&info->desc);
        if (info->role == MM_ROLE_BUFFER && rig->plan->value[i] != MM_PLAN_NONE)
            expect_equal(host_value(rig, (size_t)node->param), naive->value[i], count, false, node->name, seed);
        if (info->frozen)
            memset(naive->gradient[i], 0, mm_desc_bytes(&info->desc));
        if (info->role == MM_ROLE_PARAM)
            expect_equal(host_gradient(rig, (size_t)node->param), naive->gradient[i], count, near, node->name, seed);
    }
    assert_int_equal(mm_plan_get_input_gradient(rig->plan, 0, host, NULL), MM_OK);
    expect_equal(host, naive->gradient[0], mm_desc_count(&naive->shapes[0]), near, "d image", seed);
}

static void check_training(const struct mm_backend *const *backends, size_t count)
{
    size_t reorders = 0;
    for (uint32_t seed = 0; seed < GRAPHS; seed++) {
        const struct mm_op_moment moment = {.training = true, .seed = 9, .step = seed};
        struct rig rig;
        struct naive naive;
        struct mm_error err = {0};
        rig_open(&rig, seed, OPS);
        scramble_seed = seed, scramble_asked = 0;
        if (rig_plan(&rig, backends, count, MM_PLAN_TRAINING, &err))
            fail_msg("graph %u: %s", seed, err.text);
        naive_like(&rig, 2, &naive);
        naive_forward(&naive, &moment);
        naive_backward(&naive, rig.random.loss, &moment);
        run(&rig, &moment);
        compare(&rig, &naive, seed);
        reorders += mm_plan_stats_of(rig.plan)->reorders;
        naive_close(&naive);
        rig_close(&rig);
    }
    assert_true(count == 1 ? reorders == 0 : reorders > 5 * GRAPHS);
}

static void test_training_equals_naive(void **state)
{
    (void)state;
    check_training(only_reference, 1);
}

static void test_training_in_any_layout_equals_naive(void **state)
{
    (void)state;
    check_training(scrambled, 2);
}

static void test_inference_equals_naive(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < GRAPHS; seed++) {
        const struct mm_op_moment moment = {.seed = 9};
        struct rig rig;
        struct naive naive;
        rig_open(&rig, seed, OPS);
        float *host = memory(&rig, 1 << 20);
        mm_value root = rig.random.graph->outputs[0];
        scramble_seed = seed, scramble_asked = 0;
        assert_int_equal(rig_plan(&rig, scrambled, 2, MM_PLAN_INFERENCE, NULL), MM_OK);
        naive_like(&rig, 2, &naive);
        naive_forward(&naive, &moment);
        run(&rig, &moment);
        assert_int_equal(mm_plan_get_output(rig.plan, root, host, NULL), MM_OK);
        expect_equal(host, naive.value[root], mm_desc_count(&naive.shapes[root]), false, "output", seed);
        assert_int_equal(mm_plan_root(rig.plan)->dim[1], naive.shapes[root].dim[1]);
        assert_int_equal(mm_plan_get_output(rig.plan, rig.random.loss, host, NULL), MM_ERR_CONFIG);
        assert_int_equal(mm_plan_get_input_gradient(rig.plan, 0, host, NULL), MM_ERR_CONFIG);
        naive_close(&naive);
        rig_close(&rig);
    }
}

static bool together(const struct mm_plan_block *a, const struct mm_plan_block *b)
{
    return a->first <= a->last && b->first <= b->last && a->first <= b->last && b->first <= a->last;
}

static void check_blocks(const struct mm_plan_block *blocks, size_t count, size_t total)
{
    size_t end = 0;
    for (size_t i = 0; i < count; i++) {
        if (blocks[i].first > blocks[i].last)
            continue;
        assert_int_equal(blocks[i].offset % 64, 0);
        end = blocks[i].offset + blocks[i].bytes > end ? blocks[i].offset + blocks[i].bytes : end;
        for (size_t k = 0; k < i; k++)
            if (together(&blocks[i], &blocks[k]) && blocks[i].offset < blocks[k].offset + blocks[k].bytes &&
                blocks[k].offset < blocks[i].offset + blocks[i].bytes)
                fail_msg("blocks %zu and %zu overlap", k, i);
    }
    assert_true(end <= total && total <= end + 63);
}

static void test_placement(void **state)
{
    struct mm_plan_block blocks[200];
    struct mm_random random;
    (void)state;
    mm_random_init(&random, 4, MM_RANDOM_SYNTHESIS, 0, 0, 0);
    for (int trial = 0; trial < 50; trial++) {
        struct mm_arena arena;
        size_t total, floor = 0;
        mm_arena_init(&arena, NULL);
        for (int i = 0; i < 200; i++) {
            int first = (int)mm_random_below(&random, 100), length = (int)mm_random_below(&random, trial + 1);
            blocks[i] = (struct mm_plan_block){
                .bytes = mm_random_below(&random, 5000), .first = first, .last = first + length - 1};
        }
        assert_int_equal(mm_plan_place(&arena, blocks, 200, &total, NULL), MM_OK);
        check_blocks(blocks, 200, total);
        for (int time = 0; time < 150; time++) {
            size_t held = 0;
            for (int i = 0; i < 200; i++)
                held += blocks[i].first <= time && time <= blocks[i].last ? (blocks[i].bytes + 63) / 64 * 64 : 0;
            floor = held > floor ? held : floor;
        }
        assert_true(total >= floor && total <= floor * 3 / 2); /* best fit stays near what must be */
        mm_arena_done(&arena);
    }
}

static void test_placement_refuses_what_overflows(void **state)
{
    struct mm_plan_block blocks[] = {{.bytes = SIZE_MAX - 10}, {.bytes = 1}};
    struct mm_arena arena;
    size_t total;
    (void)state;
    mm_arena_init(&arena, NULL);
    assert_int_equal(mm_plan_place(&arena, blocks, 2, &total, NULL), MM_ERR_MEMORY);
    blocks[0].bytes = blocks[1].bytes = (size_t)PTRDIFF_MAX - 100;
    assert_int_equal(mm_plan_place(&arena, blocks, 2, &total, NULL), MM_ERR_MEMORY);
    mm_arena_done(&arena);
}

static size_t asked_of_device; /* by the last buffer_make */

static enum mm_status counting_make(struct mm_device *device, size_t bytes, struct mm_buffer **out,
                                    struct mm_error *err)
{
    asked_of_device = bytes;
    return mm_device_cpu.buffer_make(device, bytes, out, err);
}

/* What stats promise is what the device is asked for, whether the plan is only measured or made. */
static void test_memory_is_as_measured(void **state)
{
    struct mm_device_type counting = mm_device_cpu;
    (void)state;
    counting.buffer_make = counting_make;
    for (uint32_t seed = 0; seed < GRAPHS; seed++) {
        struct mm_plan *measured;
        struct rig rig;
        struct mm_text text;
        rig_open(&rig, seed, OPS);
        rig.device->type = &counting;
        asked_of_device = 0;
        scramble_seed = seed, scramble_asked = 0;
        assert_int_equal(rig_plan(&rig, scrambled, 2, MM_PLAN_TRAINING, NULL), MM_OK);
        assert_int_equal(asked_of_device, mm_plan_stats_of(rig.plan)->activation_bytes);
        check_blocks(rig.plan->blocks, rig.plan->block_count, asked_of_device);
        struct mm_plan_request request = rig.plan->request;
        request.measure = true;
        asked_of_device = 0, scramble_asked = 0;
        assert_int_equal(mm_plan_make(rig.device, scrambled, 2, &request, &rig.weights, &measured, NULL), MM_OK);
        assert_int_equal(asked_of_device, 0);
        assert_memory_equal(mm_plan_stats_of(measured), mm_plan_stats_of(rig.plan), sizeof(struct mm_plan_stats));
        mm_text_init(&text, 1 << 20);
        mm_plan_describe(measured, &text);
        assert_true(text.length > 100 && !text.overflow && strstr(text.bytes, "reorder"));
        mm_text_done(&text);
        mm_plan_free(measured);
        rig_close(&rig);
    }
}

static void test_running_allocates_nothing(void **state)
{
    const struct mm_op_moment moment = {.training = true};
    struct rig rig;
    (void)state;
    rig_open(&rig, 5, 40);
    scramble_seed = 5, scramble_asked = 0;
    assert_int_equal(rig_plan(&rig, scrambled, 2, MM_PLAN_TRAINING, NULL), MM_OK);
    uint64_t before = mm_memory_count();
    for (int i = 0; i < 3; i++)
        run(&rig, &moment);
    assert_true(mm_memory_count() == before);
    rig_close(&rig);
}

static void test_every_failing_allocation_is_reported(void **state)
{
    struct rig rig;
    uint64_t n = 0;
    enum mm_status s;
    (void)state;
    rig_open(&rig, 6, 12);
    do {
        struct mm_error err = {0};
        scramble_seed = 6, scramble_asked = 0;
        mm_memory_fail_at(++n);
        s = rig_plan(&rig, scrambled, 2, MM_PLAN_TRAINING, &err);
        mm_memory_fail_at(0);
        assert_true(s == MM_OK || (s == MM_ERR_MEMORY && err.text[0] && !rig.plan));
    } while (s);
    assert_true(n > 3);
    rig_close(&rig);
}

static void test_bytes_are_uploaded_as_floats(void **state)
{
    enum { COUNT = 10001 }; /* of several pieces */
    static uint8_t bytes[COUNT];
    static float y[COUNT];
    const struct mm_activation relu = {.kind = MM_RELU};
    const struct mm_op_moment moment = {.training = false};
    struct mm_arena arena;
    struct mm_device *device;
    struct mm_plan *plan;
    (void)state;
    mm_arena_init(&arena, NULL);
    struct mm_graph *graph = mm_graph_make(&arena, 2);
    mm_value image = mm_graph_input(graph, "image", 1);
    const struct mm_plan_request request = {.graph = graph,
                                            .mode = MM_PLAN_INFERENCE,
                                            .inputs = {mm_desc_make(2, 1, 1, 1, 1, COUNT)},
                                            .input_count = 1,
                                            .root = mm_graph_add(graph, "relu", &mm_op_activation, &relu, &image, 1)};
    for (size_t i = 0; i < COUNT; i++)
        bytes[i] = (uint8_t)(i * 7);
    assert_int_equal(mm_device_cpu.open(NULL, &device, NULL), MM_OK);
    assert_int_equal(mm_plan_make(device, only_reference, 1, &request, &(struct mm_plan_weights){0}, &plan, NULL),
                     MM_OK);
    assert_int_equal(mm_plan_set_input(plan, 0, MM_U8, bytes, NULL), MM_OK);
    assert_int_equal(mm_plan_forward(plan, &moment, NULL), MM_OK);
    assert_int_equal(mm_plan_get_output(plan, request.root, y, NULL), MM_OK);
    for (size_t i = 0; i < COUNT; i++)
        assert_true(y[i] == (float)bytes[i]);
    mm_plan_free(plan);
    device->type->close(device);
    mm_arena_done(&arena);
}

/* relu(x) + relu(x) * 1 ... : one value read by many; its gradient is the sum, and a second backward adds to the weights only. */
static void test_many_consumers(void **state)
{
    const struct mm_activation relu = {.kind = MM_RELU};
    const int unused = 0;
    struct mm_arena arena;
    struct mm_plan *plan;
    struct mm_device *device;
    float x[] = {1, -2, 3}, y[3], dx[3];
    const struct mm_op_moment moment = {.training = true};
    (void)state;
    mm_arena_init(&arena, NULL);
    struct mm_graph *graph = mm_graph_make(&arena, 2);
    mm_value image = mm_graph_input(graph, "image", 1), sum = image;
    for (int i = 0; i < 5; i++) {
        mm_value pair[2] = {sum, mm_graph_add(graph, "relu", &mm_op_activation, &relu, &image, 1)};
        sum = mm_graph_add(graph, "sum", &mm_op_add, &unused, pair, 2);
    }
    assert_int_equal(mm_device_cpu.open(NULL, &device, NULL), MM_OK);
    const struct mm_plan_request request = {.graph = graph,
                                            .mode = MM_PLAN_TRAINING,
                                            .inputs = {mm_desc_make(2, 1, 1, 1, 1, 3)},
                                            .input_count = 1,
                                            .root = sum,
                                            .input_gradients = true};
    assert_int_equal(mm_plan_make(device, only_reference, 1, &request, &(struct mm_plan_weights){0}, &plan, NULL),
                     MM_OK);
    assert_int_equal(mm_plan_set_input(plan, 0, MM_F32, x, NULL), MM_OK);
    assert_int_equal(mm_plan_forward(plan, &moment, NULL), MM_OK);
    assert_int_equal(mm_plan_backward(plan, (const float[]){1, 10, 100}, &moment, NULL), MM_OK);
    assert_int_equal(mm_plan_get_output(plan, sum, y, NULL), MM_OK);
    assert_int_equal(mm_plan_get_input_gradient(plan, 0, dx, NULL), MM_OK);
    assert_true(y[0] == 6 && y[1] == -2 && y[2] == 18);
    assert_true(dx[0] == 6 && dx[1] == 10 && dx[2] == 600);
    mm_plan_free(plan);
    mm_device_cpu.close(device);
    mm_arena_done(&arena);
}

/* A kernel that wants BLOCKED16 for relu, at a price. */
static double blocked_cost;

static bool blocked_offer(const struct mm_kernel_query *query, struct mm_kernel_offer *offer)
{
    for (size_t i = 0; i < query->count; i++)
        offer->in[i] = MM_LAYOUT_BLOCKED16;
    offer->out = MM_LAYOUT_BLOCKED16;
    offer->cost = blocked_cost;
    return true;
}

static const struct mm_kernel blocked_kernel = {&mm_op_activation, blocked_offer,    scramble_make, NULL,
                                                scramble_forward,  scramble_backward};
static const struct mm_kernel *const blocked_kernels[] = {&blocked_kernel, NULL};
static const struct mm_backend blocked_backend = {"blocked", "relu in blocks", &mm_device_cpu, NULL, blocked_kernels};

/* Three relus in a chain behind one input that two of them read: one reorder in, one out. When the kernel is dear, none. */
static void test_reorders_are_shared_and_weighed(void **state)
{
    const struct mm_backend *const backends[] = {&blocked_backend, &mm_backend_reference};
    const struct mm_activation relu = {.kind = MM_RELU};
    struct mm_arena arena;
    struct mm_device *device;
    (void)state;
    mm_arena_init(&arena, NULL);
    struct mm_graph *graph = mm_graph_make(&arena, 2);
    mm_value image = mm_graph_input(graph, "image", 16), first, second, ends[2];
    first = mm_graph_add(graph, "first", &mm_op_activation, &relu, &image, 1);
    second = mm_graph_add(graph, "second", &mm_op_activation, &relu, &image, 1);
    ends[0] = mm_graph_add(graph, "third", &mm_op_activation, &relu, &first, 1);
    ends[1] = second;
    mm_value root = mm_graph_add(graph, "sum", &mm_op_add, &(int){0}, ends, 2);
    assert_int_equal(mm_device_cpu.open(NULL, &device, NULL), MM_OK);
    const struct mm_plan_request request = {.graph = graph,
                                            .mode = MM_PLAN_INFERENCE,
                                            .inputs = {mm_desc_make(2, 1, 16, 1, 64, 64)},
                                            .input_count = 1,
                                            .root = root};
    for (int dear = 0; dear < 2; dear++) {
        struct mm_plan *plan;
        blocked_cost = dear ? 1 : -1;
        assert_int_equal(mm_plan_make(device, backends, 2, &request, &(struct mm_plan_weights){0}, &plan, NULL),
                         MM_OK);
        /* image once, and both ends of the sum, which only the reference runs */
        assert_int_equal(mm_plan_stats_of(plan)->reorders, dear ? 0 : 3);
        assert_int_equal(mm_plan_stats_of(plan)->steps, dear ? 4 : 7);
        mm_plan_free(plan);
    }
    mm_device_cpu.close(device);
    mm_arena_done(&arena);
}

static void test_refusals(void **state)
{
    struct rig rig;
    struct mm_error err = {0};
    (void)state;
    rig_open(&rig, 3, 12);
    struct mm_plan_request request = {.graph = rig.random.graph,
                                      .mode = MM_PLAN_INFERENCE,
                                      .inputs = {rig.random.inputs[0]},
                                      .input_count = 1,
                                      .root = rig.random.loss};
    struct mm_plan *plan;
    assert_int_equal(mm_plan_make(rig.device, only_reference, 1, &request, &rig.weights, &plan, &err), MM_ERR_CONFIG);
    assert_string_equal(err.text, "loss depends on inputs beyond the 1 given");
    request.root = 100000;
    assert_int_equal(mm_plan_make(rig.device, only_reference, 1, &request, &rig.weights, &plan, &err), MM_ERR_CONFIG);
    request.root = rig.random.graph->outputs[0];
    assert_int_equal(mm_plan_make(rig.device, only_reference, 0, &request, &rig.weights, &plan, &err), MM_ERR_DEVICE);
    assert_non_null(strstr(err.text, "no backend runs"));
    request.inputs[0].dim[1] = 3;
    assert_int_equal(mm_plan_make(rig.device, only_reference, 1, &request, &rig.weights, &plan, &err), MM_ERR_DATA);
    assert_string_equal(err.text, "image: has 3 channels, the network takes 2");
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_training_equals_naive),
        cmocka_unit_test(test_training_in_any_layout_equals_naive),
        cmocka_unit_test(test_inference_equals_naive),
        cmocka_unit_test(test_placement),
        cmocka_unit_test(test_placement_refuses_what_overflows),
        cmocka_unit_test(test_memory_is_as_measured),
        cmocka_unit_test(test_running_allocates_nothing),
        cmocka_unit_test(test_every_failing_allocation_is_reported),
        cmocka_unit_test(test_bytes_are_uploaded_as_floats),
        cmocka_unit_test(test_many_consumers),
        cmocka_unit_test(test_reorders_are_shared_and_weighed),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
