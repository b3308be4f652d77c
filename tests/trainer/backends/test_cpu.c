/* Our own kernels against the reference, in both layouts, with shapes that leave rests in every block. */
#include "tests/trainer/backends/harness.h"

#include "trainer/backends/cpu/kernels.h"
#include "trainer/backends/cpu/moments.h"

static const struct mm_desc shapes[] = {
    {MM_DT_F32, MM_LAYOUT_PLAIN, 3, {2, 16, 19, 23, 21}}, {MM_DT_F32, MM_LAYOUT_PLAIN, 2, {3, 24, 1, 61, 67}},
    {MM_DT_F32, MM_LAYOUT_PLAIN, 2, {2, 1, 1, 40, 37}},   {MM_DT_F32, MM_LAYOUT_PLAIN, 3, {1, 70, 5, 4, 3}},
    {MM_DT_F32, MM_LAYOUT_PLAIN, 2, {2, 600, 1, 2, 3}},   {MM_DT_F32, MM_LAYOUT_PLAIN, 3, {2, 3, 35, 34, 33}},
};
#define SHAPES (sizeof shapes / sizeof *shapes)

/* For every shape, in both layouts. `vectors`: inputs behind the first `tensors` are vectors of so many channels. */
static void check(const struct mm_kernel *kernel, const void *params, size_t count, size_t tensors, unsigned wanted,
                  bool evaluation, int64_t vector)
{
    for (size_t i = 0; i < 2 * SHAPES; i++) {
        struct harness h = {
            .kernel = kernel, .params = params, .count = count, .wanted = wanted, .evaluation = evaluation};
        for (size_t k = 0; k < count; k++)
            h.in[k] = mm_desc_vector(vector ? vector : shapes[i / 2].dim[1]);
        for (size_t k = 0; k < tensors; k++)
            h.in[k] = mm_desc_with(shapes[i / 2], i % 2 ? MM_LAYOUT_CHANNELS_LAST : MM_LAYOUT_PLAIN);
        assert_true(harness_run(&h));
    }
}

static void activations_equal_the_reference(void **state)
{
    static const enum mm_activation_kind kinds[] = {MM_RELU, MM_LEAKY_RELU, MM_SIGMOID, MM_TANH, MM_ELU};
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        check(&mm_cpu_activation, &(struct mm_activation){kinds[i], 0.3}, 1, 1, 1, false, 0);
    const struct mm_activation prelu = {.kind = MM_PRELU};
    check(&mm_cpu_activation, &prelu, 2, 1, 3, false, 0);
    check(&mm_cpu_activation, &prelu, 2, 1, 3, false, 1);
    check(&mm_cpu_activation, &prelu, 2, 1, 2, false, 0);
}

static void norms_equal_the_reference(void **state)
{
    const struct mm_norm p = {.epsilon = 1e-5, .momentum = 0.1};
    (void)state;
    check(&mm_cpu_batch_norm, &p, 5, 1, 7, false, 0);
    check(&mm_cpu_batch_norm, &p, 5, 1, 7, true, 0);
    check(&mm_cpu_batch_norm, &p, 5, 1, 2, false, 0);
    check(&mm_cpu_instance_norm, &p, 1, 1, 1, false, 0);
    check(&mm_cpu_instance_norm, &p, 3, 1, 7, false, 0);
    check(&mm_cpu_instance_norm, &p, 3, 1, 0, true, 0);
}

/* Far from zero mean: sums of squares would lose everything. */
static void norms_of_large_means_are_accurate(void **state)
{
    struct mm_moments moments;
    float *x = mm_alloc(300000 * sizeof *x), scratch[2];
    double mean = 0, squares = 0;
    (void)state;
    for (int i = 0; i < 300000; i++) {
        x[i] = 10000.0f + (float)(i % 1000 * 7919 % 1000) / 500.0f;
        mean += (double)x[i] / 300000;
    }
    for (int i = 0; i < 300000; i++)
        squares += ((double)x[i] - mean) * ((double)x[i] - mean);
    mm_moments_run(x, 300000, &moments);
    assert_true(fabs(moments.mean - mean) < 1e-6 * mean && fabs(moments.squares - squares) < 1e-3 * squares);
    mm_moments_rows(x, 300000, 1, &moments, scratch);
    assert_true(fabs(moments.mean - mean) < 1e-6 * mean && fabs(moments.squares - squares) < 1e-3 * squares);
    mm_free(x);
}

static void sums_and_concatenations_equal_the_reference(void **state)
{
    (void)state;
    check(&mm_cpu_add, &(struct mm_add){0}, 2, 2, 3, false, 0);
    check(&mm_cpu_add, &(struct mm_add){0}, 2, 2, 2, false, 0);
    check(&mm_cpu_concat, &(struct mm_concat){0}, 2, 2, 3, false, 0);
    check(&mm_cpu_concat, &(struct mm_concat){0}, 4, 4, 9, false, 0);
    for (int layout = 0; layout < 2; layout++) {
        struct harness h = {.kernel = &mm_cpu_concat, .params = &(struct mm_concat){0}, .count = 3, .wanted = 7};
        for (int i = 0; i < 3; i++)
            h.in[i] = mm_desc_make(2, 2, 1 + 5 * i, 1, 30, 31);
        h.in[1].layout = layout ? MM_LAYOUT_CHANNELS_LAST : MM_LAYOUT_PLAIN;
        assert_true(harness_run(&h));
    }
}

static void dropout_equals_the_reference(void **state)
{
    (void)state;
    check(&mm_cpu_dropout, &(struct mm_dropout){.p = 0.3}, 1, 1, 1, false, 0);
    check(&mm_cpu_dropout, &(struct mm_dropout){.p = 0.3}, 1, 1, 1, true, 0);
    check(&mm_cpu_dropout, &(struct mm_dropout){.p = 0.5, .per_channel = true}, 1, 1, 1, false, 0);
}

static void softmax_equals_the_reference(void **state)
{
    (void)state;
    check(&mm_cpu_softmax, &(struct mm_softmax){0}, 1, 1, 1, false, 0);
}

static struct mm_pool_op pool_params(const struct mm_desc *x, int kernel, int stride, int low, int high)
{
    struct mm_pool_op p = {0};
    for (int i = 0; i < 3; i++) {
        bool flat = x->dim[2 + i] < 4;
        p.kernel[i] = flat ? 1 : kernel;
        p.stride[i] = flat ? 1 : stride;
        p.low[i] = flat ? 0 : low;
        p.high[i] = flat ? 0 : high;
    }
    return p;
}

static void check_pool(const struct mm_desc *x, struct mm_pool_op p)
{
    for (int average = 0; average < 3; average++) {
        p.average = average > 0;
        p.count_padding = average > 1;
        struct harness h = {.kernel = &mm_cpu_pool, .params = &p, .count = 1, .in = {*x}, .wanted = 1};
        assert_true(harness_run(&h) || (!average && p.kernel[1] == 0));
    }
}

static void pools_equal_the_reference(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHAPES; i++) {
        check_pool(&shapes[i], pool_params(&shapes[i], 2, 2, 0, 0));
        check_pool(&shapes[i], pool_params(&shapes[i], 3, 2, 1, 1));
        check_pool(&shapes[i], pool_params(&shapes[i], 3, 1, 1, 0));
        check_pool(&shapes[i], pool_params(&shapes[i], 2, 3, 0, 1));
        check_pool(&shapes[i], (struct mm_pool_op){0});
    }
}

/* Values of the kernel itself: of equals the first wins, NaN over numbers. */
static void max_pool_breaks_ties_as_the_reference(void **state)
{
    const struct mm_desc x = mm_desc_make(2, 1, 20, 1, 16, 16);
    const struct mm_pool_op p = pool_params(&x, 3, 2, 1, 1);
    struct tensors source, reference, got;
    struct harness h = {.kernel = &mm_cpu_pool, .params = &p, .count = 1, .in = {x}, .wanted = 1};
    (void)state;
    harness_make(&h, &source);
    harness_make(&h, &reference);
    for (size_t i = 0; i < 20 * 256; i++)
        source.x[0][i] = reference.x[0][i] = i % 97 == 5 ? NAN : i % 1000 < 20 ? -INFINITY : (float)(i * 31 % 3);
    harness_reference(&h, &reference);
    assert_true(harness_kernel(&h, &source, NULL, &got));
    assert_true(harness_difference(got.dx[0], &got.in[0], reference.dx[0], &x) < 1e-6);
    harness_free(&source);
    harness_free(&reference);
    harness_free(&got);
}

static void enlargements_equal_the_reference(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        struct mm_upsample p = {.linear = kind > 0, .align_corners = kind > 1, .factor = {1, 2, 3}};
        check(&mm_cpu_upsample, &p, 1, 1, 1, false, 0);
        p = (struct mm_upsample){.linear = kind > 0, .align_corners = kind > 1, .factor = {2, 2, 2}};
        check(&mm_cpu_upsample, &p, 1, 1, 1, false, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(activations_equal_the_reference),
        cmocka_unit_test(norms_equal_the_reference),
        cmocka_unit_test(norms_of_large_means_are_accurate),
        cmocka_unit_test(sums_and_concatenations_equal_the_reference),
        cmocka_unit_test(dropout_equals_the_reference),
        cmocka_unit_test(softmax_equals_the_reference),
        cmocka_unit_test(pools_equal_the_reference),
        cmocka_unit_test(max_pool_breaks_ties_as_the_reference),
        cmocka_unit_test(enlargements_equal_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
