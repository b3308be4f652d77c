/* Every row of cases.h: the reference's backward is the derivative of its forward, by central differences; what does not fit is
 * refused with a message. And some values that torch gives. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/trainer/ops/bench.h"

#define EPSILON   2e-3
#define TOLERANCE 2e-3
#define SAMPLES   40

/* The scalar whose gradient backward gives: sum of dy * y. */
static double objective(struct bench *bench)
{
    double sum = 0;
    bench->row->op->forward(&bench->call);
    for (int64_t i = 0; i < mm_desc_count(&bench->out); i++)
        sum += (double)bench->dy[i] * (double)bench->y[i];
    return sum;
}

/* Moves input i by amount * direction, or back. */
static void move(struct bench *bench, size_t i, const float *from, const float *direction, double amount)
{
    for (int64_t k = 0; k < mm_desc_count(&bench->row->in[i]); k++)
        bench->x[i][k] = (float)((double)from[k] + amount * (double)direction[k]);
}

static void check_direction(struct bench *bench, size_t i, const float *from, const float *direction,
                            const char *what)
{
    double analytic = 0, size = 0;
    for (int64_t k = 0; k < mm_desc_count(&bench->row->in[i]); k++) {
        double term = (double)bench->dx[i][k] * (double)direction[k];
        analytic += term;
        size += term * term;
    }
    move(bench, i, from, direction, EPSILON);
    double above = objective(bench);
    move(bench, i, from, direction, -EPSILON);
    double below = objective(bench);
    move(bench, i, from, direction, 0);
    double numeric = (above - below) / (2 * EPSILON);
    if (fabs(analytic - numeric) > TOLERANCE * (1 + sqrt(size)))
        fail_msg("%s: input %zu, %s: backward gives %.7g, the difference %.7g", bench->row->name, i, what, analytic,
                 numeric);
}

/* A random direction sees every element at once; single elements see what hides in the sum. */
static void check_input(struct bench *bench, size_t i)
{
    int64_t count = mm_desc_count(&bench->row->in[i]);
    float *from = bench_floats(bench, count), *direction = bench_floats(bench, count);
    struct mm_random random;
    char what[64];
    memcpy(from, bench->x[i], (size_t)count * sizeof *from);
    mm_random_init(&random, 2, MM_RANDOM_SYNTHESIS, (uint32_t)(bench->row - op_cases), (uint32_t)i, 0);
    for (int trial = 0; trial < 3; trial++) {
        for (int64_t k = 0; k < count; k++)
            direction[k] = mm_random_below(&random, 2) ? 1 : -1;
        check_direction(bench, i, from, direction, "random direction");
    }
    memset(direction, 0, (size_t)count * sizeof *direction);
    for (int sample = 0; sample < SAMPLES; sample++) {
        uint32_t at = count > SAMPLES ? mm_random_below(&random, (uint32_t)count) : (uint32_t)(sample % count);
        direction[at] = 1;
        snprintf(what, sizeof what, "element %u", (unsigned)at);
        check_direction(bench, i, from, direction, what);
        direction[at] = 0;
    }
}

static void test_gradient(void **state)
{
    struct bench bench;
    bench_open(&bench, *state);
    objective(&bench);
    bench.row->op->backward(&bench.call);
    for (size_t i = 0; i < bench.row->count; i++)
        if (!bench_is_state(&bench, i) && !(bench.row->op == &mm_op_loss && i == 1))
            check_input(&bench, i);
    bench_close(&bench);
}

/* Gradients of weights add, of activations are set; those not wanted are not touched. */
static void test_accumulation(void **state)
{
    struct bench bench, again;
    bench_open(&bench, *state);
    bench_open(&again, *state);
    bench.row->op->forward(&bench.call);
    bench.row->op->backward(&bench.call);
    again.row->op->forward(&again.call);
    for (size_t i = 0; i < again.row->count; i++)
        for (int64_t k = 0; k < mm_desc_count(&again.row->in[i]); k++)
            again.dx[i][k] = 1;
    again.row->op->backward(&again.call);
    for (size_t i = 0; i < bench.row->count; i++)
        for (int64_t k = 0; k < mm_desc_count(&bench.row->in[i]); k++)
            if (bench_is_weight(&bench, i))
                assert_true(fabsf(again.dx[i][k] - 1 - bench.dx[i][k]) <= 1e-4f * (1 + fabsf(bench.dx[i][k])));
            else if (!bench_is_state(&bench, i) && !(bench.row->op == &mm_op_loss && i == 1))
                assert_true(again.dx[i][k] == bench.dx[i][k]);
    float *none[MM_OP_INPUTS_MAX] = {NULL};
    again.call.dx = none;
    again.row->op->backward(&again.call);
    bench_close(&bench);
    bench_close(&again);
}

struct refusal {
    const struct mm_op *op;
    const void *params;
    size_t count;
    struct mm_desc in[MM_OP_INPUTS_MAX];
    const char *message; /* part of it */
};

/* clang-format off */
#define CONV_333(stride, pad, groups) PARAMS(mm_conv, {3, 3, 3}, {stride, stride, stride}, {1, 1, 1}, {pad, pad, pad}, {pad, pad, pad}, groups)
static const struct refusal refusals[] = {
    {&mm_op_activation, PARAMS(mm_activation, MM_PRELU, 0), 1, {D2(1, 2, 3, 3)}, "prelu takes 2"},
    {&mm_op_activation, PARAMS(mm_activation, MM_RELU, 0), 2, {D2(1, 2, 3, 3), VECTOR(1)}, "the other activations 1"},
    {&mm_op_activation, PARAMS(mm_activation, MM_PRELU, 0), 2, {D2(1, 2, 3, 3), VECTOR(3)}, "the slope has shape 3, expected 2"},
    {&mm_op_activation, PARAMS(mm_activation, MM_LEAKY_RELU, -0.1), 1, {D2(1, 2, 3, 3)}, "slope -0.1"},
    {&mm_op_add, PARAMS(mm_add, 0), 2, {D2(1, 2, 3, 3), D2(1, 2, 3, 4)}, "1x2x3x3 and 1x2x3x4 differ"},
    {&mm_op_batch_norm, PARAMS(mm_norm, 1e-5, 0.1), 5, {D2(1, 2, 3, 3), VECTOR(2), VECTOR(2), VECTOR(3), VECTOR(2)}, "running mean has shape 3"},
    {&mm_op_batch_norm, PARAMS(mm_norm, 1e-5, 2), 5, {D2(1, 2, 3, 3), VECTOR(2), VECTOR(2), VECTOR(2), VECTOR(2)}, "momentum 2"},
    {&mm_op_concat, PARAMS(mm_concat, true), 2, {D3(1, 2, 3, 3, 3), D3(1, 2, 3, 3, 1)}, "may differ in channels only"},
    {&mm_op_concat, PARAMS(mm_concat, 0), 2, {D3(1, 2, 3, 3, 3), D3(1, 2, 3, 3, 4)}, "input 1 is 1x2x3x3x4, input 0 is 1x2x3x3x3"},
    {&mm_op_conv, CONV_333(1, 0, 1), 2, {D3(1, 2, 3, 2, 3), D3(4, 2, 3, 3, 3)}, "smaller than the kernel"},
    {&mm_op_conv, CONV_333(1, 1, 1), 2, {D3(1, 3, 3, 3, 3), D3(4, 2, 3, 3, 3)}, "input has 3 channels"},
    {&mm_op_conv, CONV_333(1, 1, 3), 2, {D3(1, 6, 3, 3, 3), D3(4, 2, 3, 3, 3)}, "3 groups"},
    {&mm_op_conv, CONV_333(1, 1, 1), 2, {D3(1, 2, 3, 3, 3), D3(4, 2, 3, 3, 1)}, "kernel's extent 3 along axis 2"},
    {&mm_op_conv, CONV_333(1, 1, 1), 3, {D3(1, 2, 3, 3, 3), D3(4, 2, 3, 3, 3), VECTOR(2)}, "the bias has shape 2, expected 4"},
    {&mm_op_conv, CONV_333(0, 1, 1), 2, {D3(1, 2, 3, 3, 3), D3(4, 2, 3, 3, 3)}, "stride 0"},
    {&mm_op_conv_transpose, PARAMS(mm_conv_transpose, {1, 2, 2}, {1, 2, 2}, {0, 0, 0}, {0, 0, 0}, {0, 2, 0}), 2, {D2(1, 2, 3, 3), D2(2, 4, 2, 2)}, "extra output 2"},
    {&mm_op_conv_transpose, PARAMS(mm_conv_transpose, {1, 2, 2}, {1, 2, 2}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}), 2, {D2(1, 3, 3, 3), D2(2, 4, 2, 2)}, "take 2"},
    {&mm_op_conv_transpose, PARAMS(mm_conv_transpose, {1, 2, 2}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}, {0, 0, 0}), 2, {D2(1, 2, 1, 1), D2(2, 4, 2, 2)}, "nothing is left"},
    {&mm_op_dropout, PARAMS(mm_dropout, 1, false), 1, {D2(1, 2, 3, 3)}, "probability 1"},
    {&mm_op_group_norm, PARAMS(mm_group_norm, {1e-5, 0}, 4), 3, {D2(1, 6, 3, 3), VECTOR(6), VECTOR(6)}, "6 channels cannot be cut into 4"},
    {&mm_op_group_norm, PARAMS(mm_group_norm, {1e-5, 0}, 2), 3, {D2(1, 2, 3, 3), VECTOR(2), VECTOR(1)}, "shift has shape 1"},
    {&mm_op_instance_norm, PARAMS(mm_norm, 1e-5, 0.1), 2, {D2(1, 2, 3, 3), VECTOR(2)}, "come together"},
    {&mm_op_instance_norm, PARAMS(mm_norm, 1e-5, 0.1), 3, {D2(1, 2, 3, 3), VECTOR(2), VECTOR(1)}, "shift has shape 1"},
    {&mm_op_loss, PARAMS(mm_loss_op, &squares_loss, NULL), 2, {D2(1, 2, 3, 3), D2(1, 1, 3, 3)}, "squares: target"},
    {&mm_op_pool, PARAMS(mm_pool_op, false, false, {1, 2, 2}, {1, 2, 2}, {0, 2, 0}, {0, 0, 0}), 1, {D2(1, 2, 4, 4)}, "must be below"},
    {&mm_op_pool, PARAMS(mm_pool_op, false, false, {1, 5, 5}, {1, 2, 2}, {0, 0, 0}, {0, 0, 0}), 1, {D2(1, 2, 4, 4)}, "smaller than the kernel"},
    {&mm_op_pool, PARAMS(mm_pool_op, false, false, {1, 2, 2}, {1, 0, 2}, {0, 0, 0}, {0, 0, 0}), 1, {D2(1, 2, 4, 4)}, "stride 0"},
    {&mm_op_upsample, PARAMS(mm_upsample, true, false, {1, 0, 1}), 1, {D2(1, 2, 4, 4)}, "factor 0"},
};
/* clang-format on */

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const struct refusal *r = &refusals[i];
        struct mm_error err = {0};
        struct mm_desc out;
        enum mm_status s = r->op->shape(r->params, r->count, r->in, &out, &err);
        assert_true(s == MM_ERR_DATA || s == MM_ERR_CONFIG);
        if (!strstr(err.text, r->message))
            fail_msg("refusal %zu: \"%s\" lacks \"%s\"", i, err.text, r->message);
    }
}

/* Each op has rows of its own, and the list is complete and sorted. */
static void test_registry(void **state)
{
    (void)state;
    for (size_t i = 0; mm_ops[i]; i++) {
        bool found = false;
        for (size_t k = 0; k < OP_CASE_COUNT && !found; k++)
            found = op_cases[k].op == mm_ops[i];
        if (!found)
            fail_msg("cases.h has no row for %s", mm_ops[i]->name);
        assert_ptr_equal(mm_op_find(mm_ops[i]->name), mm_ops[i]);
        assert_true(i == 0 || strcmp(mm_ops[i - 1]->name, mm_ops[i]->name) < 0);
        assert_true(mm_ops[i]->inputs_max <= MM_OP_INPUTS_MAX && mm_ops[i]->summary && mm_ops[i]->shape &&
                    mm_ops[i]->cost);
    }
    assert_null(mm_op_find("convolution"));
}

/* Element of a tensor, 0 outside. */
static double element(const struct mm_desc *desc, const float *values, int64_t n, int64_t c, const int64_t at[3])
{
    for (int i = 0; i < 3; i++)
        if (at[i] < 0 || at[i] >= desc->dim[2 + i])
            return 0;
    return (double)
        values[(((n * desc->dim[1] + c) * desc->dim[2] + at[0]) * desc->dim[3] + at[1]) * desc->dim[4] + at[2]];
}

/* One value of a convolution, by its formula. */
static double conv_formula(const struct bench *bench, int64_t n, int64_t o, const int64_t to[3])
{
    const struct mm_conv *p = bench->row->params;
    const struct mm_desc *in = bench->row->in;
    int64_t group = in[0].dim[1] / p->groups, first = o / (in[1].dim[0] / p->groups) * group, k[3], from[3];
    double sum = bench->row->count == 3 ? (double)bench->x[2][o] : 0;
    for (int64_t i = 0; i < group; i++)
        for (k[0] = 0; k[0] < p->kernel[0]; k[0]++)
            for (k[1] = 0; k[1] < p->kernel[1]; k[1]++)
                for (k[2] = 0; k[2] < p->kernel[2]; k[2]++) {
                    for (int a = 0; a < 3; a++)
                        from[a] = to[a] * p->stride[a] + k[a] * p->dilation[a] - p->low[a];
                    sum += element(&in[0], bench->x[0], n, first + i, from) * element(&in[1], bench->x[1], o, i, k);
                }
    return sum;
}

/* One value of a transposed convolution: from every input position that a tap leads from to here. */
static double transpose_formula(const struct bench *bench, int64_t n, int64_t o, const int64_t to[3])
{
    const struct mm_conv_transpose *p = bench->row->params;
    const struct mm_desc *in = bench->row->in;
    double sum = bench->row->count == 3 ? (double)bench->x[2][o] : 0;
    int64_t k[3], from[3];
    for (int64_t i = 0; i < in[0].dim[1]; i++)
        for (k[0] = 0; k[0] < p->kernel[0]; k[0]++)
            for (k[1] = 0; k[1] < p->kernel[1]; k[1]++)
                for (k[2] = 0; k[2] < p->kernel[2]; k[2]++) {
                    bool there = true;
                    for (int a = 0; a < 3; a++) {
                        from[a] = (to[a] + p->low[a] - k[a]) / p->stride[a];
                        there = there && from[a] * p->stride[a] == to[a] + p->low[a] - k[a];
                    }
                    if (there)
                        sum += element(&in[0], bench->x[0], n, i, from) * element(&in[1], bench->x[1], i, o, k);
                }
    return sum;
}

static void check_formula(struct bench *bench)
{
    const struct mm_desc *out = &bench->out;
    int64_t n = 0, o = 0, at[3], i = 0;
    bench->row->op->forward(&bench->call);
    for (n = 0; n < out->dim[0]; n++)
        for (o = 0; o < out->dim[1]; o++)
            for (at[0] = 0; at[0] < out->dim[2]; at[0]++)
                for (at[1] = 0; at[1] < out->dim[3]; at[1]++)
                    for (at[2] = 0; at[2] < out->dim[4]; at[2]++, i++) {
                        double expected = bench->row->op == &mm_op_conv ? conv_formula(bench, n, o, at)
                                                                        : transpose_formula(bench, n, o, at);
                        if (fabs((double)bench->y[i] - expected) > 1e-5 * (1 + fabs(expected)))
                            fail_msg("%s: y[%d] is %g, by the formula %g", bench->row->name, (int)i,
                                     (double)bench->y[i], expected);
                    }
}

static void test_convolution_formulas(void **state)
{
    (void)state;
    for (size_t i = 0; i < OP_CASE_COUNT; i++) {
        struct bench bench;
        if (op_cases[i].op != &mm_op_conv && op_cases[i].op != &mm_op_conv_transpose)
            continue;
        bench_open(&bench, &op_cases[i]);
        check_formula(&bench);
        bench_close(&bench);
    }
}

/* Runs an op with one input on given values. */
static void run_one(const struct mm_op *op, const void *params, const struct mm_desc *in, float *x, float *y)
{
    struct mm_desc out;
    uint32_t saved[64];
    float *inputs[1] = {x};
    assert_int_equal(op->shape(params, 1, in, &out, NULL), MM_OK);
    const struct mm_op_call call = {
        .params = params, .count = 1, .in = in, .out = &out, .x = inputs, .y = y, .saved = saved};
    op->forward(&call);
}

/* torch.nn.functional.interpolate of [1, 2, 4], scale_factor 2, mode linear. */
static void test_upsample_values(void **state)
{
    static const float half_pixel[] = {1, 1.25f, 1.75f, 2.5f, 3.5f, 4}, corners[] = {1, 1.4f, 1.8f, 2.4f, 3.2f, 4};
    const struct mm_desc in = D2(1, 1, 1, 3);
    float x[] = {1, 2, 4}, y[6];
    (void)state;
    run_one(&mm_op_upsample, PARAMS(mm_upsample, true, false, {1, 1, 2}), &in, x, y);
    for (int i = 0; i < 6; i++)
        assert_true(fabsf(y[i] - half_pixel[i]) < 1e-6f);
    run_one(&mm_op_upsample, PARAMS(mm_upsample, true, true, {1, 1, 2}), &in, x, y);
    for (int i = 0; i < 6; i++)
        assert_true(fabsf(y[i] - corners[i]) < 1e-6f);
}

/* The first of equals wins, NaN wins, padding loses even against values below 0. */
static void test_max_pool_ties(void **state)
{
    static const struct mm_pool_op pool = {
        .kernel = {1, 1, 2}, .stride = {1, 1, 2}, .low = {0, 0, 1}, .high = {0, 0, 1}};
    const struct mm_desc in = D2(1, 1, 1, 6);
    float x[] = {-3, 5, 5, NAN, 1, -2}, y[4], dy[] = {1, 2, 3, 4}, dx[6], *dxs[] = {dx}, *xs[] = {x};
    uint32_t saved[4];
    struct mm_desc out;
    (void)state;
    assert_int_equal(mm_op_pool.shape(&pool, 1, &in, &out, NULL), MM_OK);
    struct mm_op_call call = {
        .params = &pool, .count = 1, .in = &in, .out = &out, .x = xs, .y = y, .saved = saved, .dy = dy, .dx = dxs};
    mm_op_pool.forward(&call);
    assert_true(y[0] == -3 && y[1] == 5 && isnan(y[2]) && y[3] == -2);
    mm_op_pool.backward(&call);
    assert_true(dx[0] == 1 && dx[1] == 2 && dx[2] == 0 && dx[3] == 3 && dx[4] == 0 && dx[5] == 4);
}

/* torch.nn.BatchNorm1d(1) on [1, 2, 3, 6]: mean 3, biased variance 3.5, unbiased 14/3; momentum 0.1 from mean 0, variance 1. */
static void test_batch_norm_values(void **state)
{
    const struct mm_desc in[] = {D2(2, 1, 1, 2), VECTOR(1), VECTOR(1), VECTOR(1), VECTOR(1)};
    const struct mm_norm norm = {.epsilon = 0, .momentum = 0.1};
    float x[] = {1, 2, 3, 6}, scale[] = {2}, shift[] = {1}, mean[] = {0}, variance[] = {1}, y[4];
    float *inputs[] = {x, scale, shift, mean, variance};
    double saved[2];
    struct mm_op_call call = {
        .params = &norm, .count = 5, .in = in, .out = &in[0], .x = inputs, .y = y, .saved = saved};
    (void)state;
    call.moment.training = true;
    mm_op_batch_norm.forward(&call);
    for (int i = 0; i < 4; i++)
        assert_true(fabs((double)y[i] - (1 + 2 * ((double)x[i] - 3) / sqrt(3.5))) < 1e-6);
    assert_true(fabs((double)mean[0] - 0.3) < 1e-6 && fabs((double)variance[0] - (0.9 + 0.1 * 14 / 3)) < 1e-6);
    mean[0] = 2, variance[0] = 4;
    call.moment.training = false;
    mm_op_batch_norm.forward(&call);
    assert_true(y[0] == 0 && y[1] == 1 && y[2] == 2 && y[3] == 5 && mean[0] == 2 && variance[0] == 4);
}

/* The share of zeros is p; survivors are scaled; the draw is that of the documented counter; other steps draw otherwise. */
static void test_dropout_draws(void **state)
{
    enum { COUNT = 20000 };
    static float factors[COUNT], other[COUNT];
    const struct mm_dropout dropout = {.p = 0.25};
    struct mm_op_moment moment = {.training = true, .seed = 11, .step = 4, .node = 9};
    int zeros = 0, same = 0;
    (void)state;
    mm_dropout_factors(&dropout, &moment, 0, COUNT, factors);
    for (uint32_t i = 0; i < COUNT; i++) {
        struct mm_random random;
        zeros += factors[i] == 0;
        assert_true(factors[i] == 0 || factors[i] == 4.0f / 3);
        mm_random_init(&random, 11, MM_RANDOM_DROPOUT, 9, i / 4, 4);
        for (uint32_t skip = 0; skip < i % 4; skip++)
            mm_random_u32(&random);
        assert_int_equal(mm_random_float(&random) < 0.25f, factors[i] == 0);
    }
    assert_in_range(zeros, COUNT / 4 - 300, COUNT / 4 + 300);
    mm_dropout_factors(&dropout, &moment, 1237, 100, other); /* any piece is a piece of the whole */
    assert_memory_equal(other, factors + 1237, 100 * sizeof *other);
    moment.step = 5;
    mm_dropout_factors(&dropout, &moment, 0, COUNT, other);
    for (int i = 0; i < COUNT; i++)
        same += other[i] == factors[i];
    assert_in_range(same, COUNT * 5 / 8 - 400, COUNT * 5 / 8 + 400);
}

int main(void)
{
    static const struct CMUnitTest single[] = {
        cmocka_unit_test(test_convolution_formulas),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_registry),
        cmocka_unit_test(test_upsample_values),
        cmocka_unit_test(test_max_pool_ties),
        cmocka_unit_test(test_batch_norm_values),
        cmocka_unit_test(test_dropout_draws),
    };
    enum { SINGLE = sizeof single / sizeof single[0] };
    static struct CMUnitTest tests[SINGLE + 2 * OP_CASE_COUNT];
    static char names[2 * OP_CASE_COUNT][96];
    memcpy(tests, single, sizeof single);
    for (size_t i = 0; i < OP_CASE_COUNT; i++) {
        snprintf(names[2 * i], sizeof names[0], "gradient: %s", op_cases[i].name);
        snprintf(names[2 * i + 1], sizeof names[0], "accumulation: %s", op_cases[i].name);
        tests[SINGLE + 2 * i] = (struct CMUnitTest){names[2 * i], test_gradient, NULL, NULL, (void *)&op_cases[i]};
        tests[SINGLE + 2 * i + 1] =
            (struct CMUnitTest){names[2 * i + 1], test_accumulation, NULL, NULL, (void *)&op_cases[i]};
    }
    return _cmocka_run_group_tests("ops", tests, sizeof tests / sizeof tests[0], NULL, NULL);
}
