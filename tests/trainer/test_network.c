/* Networks: the same steps on a device that nobody can look into give the same bits; training lowers the loss; plans come and go;
 * a step allocates nothing; starting values; what is frozen stays. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/random.h"
#include "base/text.h"
#include "tests/trainer/fake_device.h"
#include "tests/trainer/small_unet.h"
#include "trainer/network.h"

/* v = 0.9 v + g; w -= lr * v */
static void momentum_update(const void *self, const struct mm_update *u)
{
    (void)self;
    for (size_t i = 0; i < u->n; i++) {
        u->slot[0][i] = 0.9f * u->slot[0][i] + u->g[i];
        u->w[i] -= (float)u->lr * u->slot[0][i];
    }
}

static const struct mm_optimizer momentum = {
    .name = "momentum", .slots = 1, .elementwise = true, .update = momentum_update};
static const struct mm_backend *const on_cpu[] = {&mm_backend_reference};
static const struct mm_backend *const on_fake[] = {&fake_backend};

struct rig {
    struct mm_arena arena;
    struct small_unet unet;
    struct mm_device *device;
    struct mm_network *network;
    struct mm_desc inputs[2];
    float *image, *target;
};

/* A batch whose target is 1 in channel 0 where the image is bright. */
static void rig_batch(struct rig *rig, int64_t n, int64_t side)
{
    struct mm_random random;
    rig->inputs[0] = mm_desc_make(3, n, 1, side, side, side);
    rig->inputs[1] = mm_desc_make(3, n, 2, side, side, side);
    rig->image = mm_arena_alloc(&rig->arena, mm_desc_bytes(&rig->inputs[0]));
    rig->target = mm_arena_alloc(&rig->arena, mm_desc_bytes(&rig->inputs[1]));
    mm_random_init(&random, 6, MM_RANDOM_SYNTHESIS, (uint32_t)n, (uint32_t)side, 0);
    int64_t area = side * side * side;
    for (int64_t i = 0; i < n * area; i++) {
        rig->image[i] = (float)mm_random_uniform(&random, -1, 1);
        int64_t at = i / area * 2 * area + i % area;
        rig->target[at] = rig->image[i] > 0;
        rig->target[at + area] = 1 - rig->target[at];
    }
}

static enum mm_status rig_network(struct rig *rig, const struct mm_backend *const *backends, size_t plans_max,
                                  struct mm_error *err)
{
    const struct mm_network_options options = {.seed = 17, .plans_max = plans_max};
    rig->network = NULL;
    return mm_network_open_on(rig->unet.graph, rig->device, backends, 1, &options, &rig->network, err);
}

static void rig_open(struct rig *rig, const struct mm_backend *const *backends, size_t plans_max)
{
    *rig = (struct rig){0};
    mm_arena_init(&rig->arena, NULL);
    rig->unet = small_unet_make(&rig->arena);
    rig_batch(rig, 2, 6);
    assert_int_equal(backends[0]->device->open(NULL, &rig->device, NULL), MM_OK);
    assert_int_equal(rig_network(rig, backends, plans_max, NULL), MM_OK);
    assert_int_equal(mm_network_initialise(rig->network, 42, NULL), MM_OK);
    assert_int_equal(mm_network_optimizer(rig->network, &momentum, NULL, NULL), MM_OK);
}

static void rig_close(struct rig *rig)
{
    mm_network_close(rig->network);
    rig->device->type->close(rig->device);
    mm_arena_done(&rig->arena);
}

static double train(struct rig *rig, uint32_t step)
{
    const struct mm_network_values hosts[] = {{MM_F32, rig->image}, {MM_F32, rig->target}};
    struct mm_error err = {0};
    double loss = NAN;
    if (mm_network_step(rig->network, rig->unet.loss, rig->inputs, hosts, 2, step, &loss, &err) ||
        mm_network_update(rig->network, 0.002, step + 1, &err))
        fail_msg("%s", err.text);
    return loss;
}

typedef enum mm_status read_param(struct mm_network *network, size_t param, float *host, struct mm_error *err);

static enum mm_status read_slot(struct mm_network *network, size_t param, float *host, struct mm_error *err)
{
    return mm_network_get_slot(network, param, 0, host, err);
}

static void expect_same(struct rig *a, struct rig *b, read_param *read, bool learned_only)
{
    const struct mm_graph *graph = a->unet.graph;
    for (size_t i = 0; i < graph->param_count; i++) {
        size_t bytes = mm_desc_bytes(&graph->params[i].desc);
        float *from_a = mm_arena_alloc(&a->arena, bytes), *from_b = mm_arena_alloc(&a->arena, bytes);
        if (learned_only && graph->params[i].role == MM_ROLE_BUFFER) {
            assert_int_equal(read(a->network, i, from_a, NULL), MM_ERR_CONFIG);
            continue;
        }
        assert_int_equal(read(a->network, i, from_a, NULL), MM_OK);
        assert_int_equal(read(b->network, i, from_b, NULL), MM_OK);
        assert_memory_equal(from_a, from_b, bytes);
    }
}

static void test_fake_device_trains_the_same_bits(void **state)
{
    struct rig cpu, fake;
    double norm_cpu, norm_fake;
    (void)state;
    rig_open(&cpu, on_cpu, 0);
    rig_open(&fake, on_fake, 0);
    for (uint32_t step = 0; step < 3; step++)
        assert_true(train(&cpu, step) == train(&fake, step));
    expect_same(&cpu, &fake, mm_network_get_param, false);
    expect_same(&cpu, &fake, mm_network_get_gradient, true);
    expect_same(&cpu, &fake, read_slot, true);
    assert_int_equal(mm_network_gradient_norm(cpu.network, &norm_cpu, NULL), MM_OK);
    assert_int_equal(mm_network_gradient_norm(fake.network, &norm_fake, NULL), MM_OK);
    assert_true(norm_cpu == norm_fake && norm_cpu > 0);
    float out_cpu[2 * 2 * 216], out_fake[2 * 2 * 216];
    assert_int_equal(mm_network_infer(cpu.network, &cpu.inputs[0], cpu.image, out_cpu, NULL), MM_OK);
    assert_int_equal(mm_network_infer(fake.network, &cpu.inputs[0], cpu.image, out_fake, NULL), MM_OK);
    assert_memory_equal(out_cpu, out_fake, sizeof out_cpu);
    rig_close(&cpu);
    rig_close(&fake);
}

/* On the host: the norm of what get_gradient gives. */
static void test_gradient_norm(void **state)
{
    struct rig rig;
    double sum = 0, norm;
    float host[2048];
    (void)state;
    rig_open(&rig, on_cpu, 0);
    train(&rig, 0);
    for (size_t i = 0; i < rig.unet.graph->param_count; i++)
        for (int64_t k = 0; !mm_network_get_gradient(rig.network, i, host, NULL) &&
                            k < mm_desc_count(&rig.unet.graph->params[i].desc);
             k++)
            sum += (double)host[k] * (double)host[k];
    assert_int_equal(mm_network_gradient_norm(rig.network, &norm, NULL), MM_OK);
    assert_true(fabs(norm - sqrt(sum)) < 1e-9 * norm);
    assert_int_equal(mm_network_zero_gradients(rig.network, NULL), MM_OK);
    assert_int_equal(mm_network_gradient_norm(rig.network, &norm, NULL), MM_OK);
    assert_true(norm == 0);
    rig_close(&rig);
}

static void test_training_learns(void **state)
{
    struct rig rig;
    double first, loss = 0;
    (void)state;
    rig_open(&rig, on_cpu, 0);
    first = train(&rig, 0);
    for (uint32_t step = 1; step < 60; step++)
        loss = train(&rig, step);
    assert_true(loss < 0.5 * first);
    rig_close(&rig);
}

/* Three shapes in turn with room for two plans, and with room for all: the same bits. What is kept costs nothing to use again. */
static void test_plans_come_and_go(void **state)
{
    struct rig narrow, wide;
    (void)state;
    rig_open(&narrow, on_cpu, 2);
    rig_open(&wide, on_cpu, 0);
    for (uint32_t step = 0; step < 6; step++) {
        rig_batch(&narrow, 1 + step % 3, 4);
        rig_batch(&wide, 1 + step % 3, 4);
        uint64_t before = mm_memory_count();
        double loss = train(&narrow, step);
        assert_true(mm_memory_count() > before); /* three shapes in turn: each was given up before it came again */
        before = mm_memory_count();
        assert_true(train(&wide, step) == loss);
        assert_true(step < 3 || mm_memory_count() == before);
    }
    expect_same(&narrow, &wide, mm_network_get_param, false);
    rig_close(&narrow);
    rig_close(&wide);
}

static void test_steps_allocate_nothing(void **state)
{
    struct rig rig;
    float output[2 * 2 * 216];
    double norm;
    (void)state;
    rig_open(&rig, on_cpu, 0);
    train(&rig, 0);
    mm_network_infer(rig.network, &rig.inputs[0], rig.image, output, NULL);
    uint64_t before = mm_memory_count();
    for (uint32_t step = 1; step < 4; step++) {
        train(&rig, step);
        mm_network_gradient_norm(rig.network, &norm, NULL);
        mm_network_infer(rig.network, &rig.inputs[0], rig.image, output, NULL);
    }
    assert_true(mm_memory_count() == before);
    rig_close(&rig);
}

/* Dropout sleeps and batch norm uses its running statistics: inference is a function of one item alone. */
static void test_inference_does_not_mix_items(void **state)
{
    struct rig rig;
    struct mm_desc one, out;
    float both[2 * 2 * 216], alone[2 * 216];
    (void)state;
    rig_open(&rig, on_cpu, 0);
    train(&rig, 0);
    one = rig.inputs[0];
    one.dim[0] = 1;
    assert_int_equal(mm_network_output_desc(rig.network, &one, &out, NULL), MM_OK);
    assert_int_equal(mm_desc_count(&out), 2 * 216);
    assert_int_equal(mm_network_infer(rig.network, &rig.inputs[0], rig.image, both, NULL), MM_OK);
    assert_int_equal(mm_network_infer(rig.network, &one, rig.image + 216, alone, NULL), MM_OK);
    assert_memory_equal(both + 2 * 216, alone, sizeof alone);
    rig_close(&rig);
}

/* Forward in training mode and backward from a given gradient of output 0. */
static void test_probe(void **state)
{
    struct rig rig;
    float dy[2 * 2 * 216] = {0}, y[2 * 2 * 216];
    double norm;
    (void)state;
    rig_open(&rig, on_cpu, 0);
    assert_int_equal(mm_network_probe(rig.network, &rig.inputs[0], rig.image, dy, y, NULL), MM_OK);
    assert_int_equal(mm_network_gradient_norm(rig.network, &norm, NULL), MM_OK);
    assert_true(norm == 0);
    for (int64_t i = 0; i < 216; i++) /* a softmax of two channels */
        assert_true(fabsf(y[i] + y[216 + i] - 1) < 1e-6f);
    dy[5] = 1;
    assert_int_equal(mm_network_probe(rig.network, &rig.inputs[0], rig.image, dy, y, NULL), MM_OK);
    assert_int_equal(mm_network_gradient_norm(rig.network, &norm, NULL), MM_OK);
    assert_true(norm > 0);
    rig_close(&rig);
}

static void test_frozen_parameters_stay(void **state)
{
    struct rig rig;
    float before[2048], after[2048];
    (void)state;
    rig_open(&rig, on_cpu, 0);
    mm_network_close(rig.network);
    for (size_t i = 0; i < 6; i++) /* the first block */
        rig.unet.graph->params[i].frozen = true;
    assert_int_equal(rig_network(&rig, on_cpu, 0, NULL), MM_OK);
    assert_int_equal(mm_network_initialise(rig.network, 42, NULL), MM_OK);
    assert_int_equal(mm_network_optimizer(rig.network, &momentum, NULL, NULL), MM_OK);
    assert_int_equal(mm_network_get_param(rig.network, 0, before, NULL), MM_OK);
    train(&rig, 0);
    assert_int_equal(mm_network_get_param(rig.network, 0, after, NULL), MM_OK);
    assert_memory_equal(before, after, mm_desc_bytes(&rig.unet.graph->params[0].desc));
    assert_int_equal(mm_network_get_gradient(rig.network, 0, after, NULL), MM_ERR_CONFIG);
    assert_int_equal(mm_network_get_slot(rig.network, 0, 0, after, NULL), MM_ERR_CONFIG);
    rig_close(&rig);
}

static void moments(const float *values, int64_t count, double *mean, double *deviation, double *largest)
{
    double sum = 0, squares = 0;
    *largest = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += (double)values[i];
        squares += (double)values[i] * (double)values[i];
        *largest = fmax(*largest, fabs((double)values[i]));
    }
    *mean = sum / (double)count;
    *deviation = sqrt(squares / (double)count - *mean * *mean);
}

static void test_starting_values(void **state)
{
    enum { COUNT = 20000 };
    static float values[COUNT], again[COUNT];
    static const struct mm_init inits[] = {
        {MM_INIT_CONSTANT, 0.75}, {MM_INIT_UNIFORM, 0.5}, {MM_INIT_NORMAL, 2}, {MM_INIT_HE_NORMAL, 50}};
    static const double deviations[] = {0, 0.288675, 2, 0.2}, limits[] = {0.75, 0.5, 12, 2 * 0.2 / 0.87962566};
    static const char *const names[] = {"constant", "uniform", "normal", "he"};
    struct rig rig = {0};
    (void)state;
    mm_arena_init(&rig.arena, NULL);
    rig.unet.graph = mm_graph_make(&rig.arena, 3);
    for (int i = 0; i < 4; i++)
        mm_graph_vector(rig.unet.graph, names[i], COUNT, MM_ROLE_PARAM, inits[i]);
    assert_int_equal(mm_device_cpu.open(NULL, &rig.device, NULL), MM_OK);
    assert_int_equal(rig_network(&rig, on_cpu, 0, NULL), MM_OK);
    assert_int_equal(mm_network_initialise(rig.network, 8, NULL), MM_OK);
    for (size_t i = 0; i < 4; i++) {
        double mean, deviation, largest;
        assert_int_equal(mm_network_get_param(rig.network, i, values, NULL), MM_OK);
        moments(values, COUNT, &mean, &deviation, &largest);
        assert_true(fabs(mean - (i == 0 ? 0.75 : 0)) < 0.02 * (0.1 + deviations[i]) + 1e-6);
        assert_true(fabs(deviation - deviations[i]) < 0.02 * deviations[i] + 1e-3);
        assert_true(largest <= limits[i] && largest > 0.9 * limits[i] - (i == 2 ? 6 : 0));
    }
    /* the documented stream */
    struct mm_random random;
    uint64_t hash = mm_fnv1a("normal", 6);
    mm_random_init(&random, 8, MM_RANDOM_INITIALISATION, (uint32_t)hash, (uint32_t)(hash >> 32), 0);
    assert_int_equal(mm_network_get_param(rig.network, 2, values, NULL), MM_OK);
    assert_true(values[0] == (float)(2 * mm_random_normal(&random)));
    assert_int_equal(mm_network_initialise(rig.network, 9, NULL), MM_OK);
    assert_int_equal(mm_network_get_param(rig.network, 2, again, NULL), MM_OK);
    assert_true(values[0] != again[0]);
    rig_close(&rig);
}

static void test_measure(void **state)
{
    struct rig rig;
    struct mm_plan_stats stats = {0};
    struct mm_text text;
    (void)state;
    rig_open(&rig, on_cpu, 0);
    mm_text_init(&text, 1 << 16);
    assert_int_equal(
        mm_network_measure(rig.network, MM_PLAN_TRAINING, rig.unet.loss, rig.inputs, 2, &stats, &text, NULL), MM_OK);
    assert_true(stats.activation_bytes > mm_desc_bytes(&rig.inputs[0]) && stats.steps > 20 &&
                stats.flops_backward > stats.flops_forward);
    assert_non_null(strstr(text.bytes, "conv_transpose"));
    mm_text_done(&text);
    rig_close(&rig);
}

static void test_refusals(void **state)
{
    struct rig rig;
    struct mm_error err = {0};
    double loss;
    float host[8];
    (void)state;
    rig_open(&rig, on_cpu, 0);
    const struct mm_network_values hosts[] = {{MM_F32, rig.image}, {MM_F32, rig.target}};
    assert_int_equal(mm_network_step(rig.network, rig.unet.graph->outputs[0], rig.inputs, hosts, 2, 0, &loss, &err),
                     MM_ERR_CONFIG);
    assert_string_equal(err.text, "the loss has shape 2x2x6x6x6, a training step needs one value");
    rig.inputs[0].dim[1] = 2;
    assert_int_equal(mm_network_step(rig.network, rig.unet.loss, rig.inputs, hosts, 2, 0, &loss, &err), MM_ERR_DATA);
    assert_int_equal(mm_network_infer(rig.network, &rig.inputs[0], rig.image, host, &err), MM_ERR_DATA);
    assert_int_equal(mm_network_get_param(rig.network, 1000, host, &err), MM_ERR_CONFIG);
    assert_int_equal(mm_network_get_slot(rig.network, 0, 1, host, &err), MM_ERR_CONFIG);
    mm_network_close(rig.network);
    assert_int_equal(rig_network(&rig, on_cpu, 0, NULL), MM_OK);
    assert_int_equal(mm_network_slots(rig.network), 0);
    assert_int_equal(mm_network_update(rig.network, 0.1, 1, &err), MM_ERR_CONFIG);
    rig_close(&rig);
}

static void test_every_failing_allocation_is_reported(void **state)
{
    struct rig rig;
    enum mm_status s;
    uint64_t n = 0;
    (void)state;
    rig_open(&rig, on_cpu, 0);
    mm_network_close(rig.network);
    do {
        const struct mm_network_values hosts[] = {{MM_F32, rig.image}, {MM_F32, rig.target}};
        struct mm_error err = {0};
        double loss;
        mm_memory_fail_at(++n);
        (void)((s = rig_network(&rig, on_cpu, 0, &err)) ||
               (s = mm_network_optimizer(rig.network, &momentum, NULL, &err)) ||
               (s = mm_network_step(rig.network, rig.unet.loss, rig.inputs, hosts, 2, 0, &loss, &err)));
        mm_memory_fail_at(0);
        assert_true(s == MM_OK || (s == MM_ERR_MEMORY && err.text[0]));
        mm_network_close(rig.network);
    } while (s);
    assert_true(n > 8);
    rig.network = NULL;
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fake_device_trains_the_same_bits),
        cmocka_unit_test(test_gradient_norm),
        cmocka_unit_test(test_training_learns),
        cmocka_unit_test(test_plans_come_and_go),
        cmocka_unit_test(test_steps_allocate_nothing),
        cmocka_unit_test(test_inference_does_not_mix_items),
        cmocka_unit_test(test_probe),
        cmocka_unit_test(test_frozen_parameters_stay),
        cmocka_unit_test(test_starting_values),
        cmocka_unit_test(test_measure),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_every_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
