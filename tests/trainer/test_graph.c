/* Building graphs: nodes, parameters and their file dims, latched errors, shapes and cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/trainer/ops/cases.h"
#include "trainer/graph.h"

static const struct mm_init zero = {MM_INIT_CONSTANT, 0};
static const struct mm_conv conv_3x3 = {.kernel = {1, 3, 3},
                                        .stride = {1, 2, 2},
                                        .dilation = {1, 1, 1},
                                        .low = {0, 1, 1},
                                        .high = {0, 1, 1},
                                        .groups = 1};

struct small {
    struct mm_arena arena;
    struct mm_graph *graph;
    mm_value image, weight, bias, conv, target, loss;
};

static int open_small(void **state)
{
    static struct small s;
    static const struct mm_loss_op loss = {&squares_loss, NULL};
    mm_arena_init(&s.arena, NULL);
    s.graph = mm_graph_make(&s.arena, 2);
    s.image = mm_graph_input(s.graph, "image", 3);
    s.weight = mm_graph_kernel(s.graph, "conv.weight", 8, 3, conv_3x3.kernel, zero);
    s.bias = mm_graph_vector(s.graph, "conv.bias", 8, MM_ROLE_PARAM, zero);
    mm_graph_constant(s.graph, "num_batches_tracked");
    s.conv = mm_graph_add(s.graph, "conv", &mm_op_conv, &conv_3x3, (mm_value[]){s.image, s.weight, s.bias}, 3);
    s.target = mm_graph_input(s.graph, "target", 8);
    s.loss = mm_graph_add(s.graph, "loss", &mm_op_loss, &loss, (mm_value[]){s.conv, s.target}, 2);
    mm_graph_output(s.graph, s.conv);
    *state = &s;
    return 0;
}

static int close_small(void **state)
{
    struct small *s = *state;
    mm_arena_done(&s->arena);
    return 0;
}

static void test_parameters(void **state)
{
    const struct mm_graph *graph = ((struct small *)*state)->graph;
    assert_int_equal(mm_graph_status(graph, NULL), MM_OK);
    assert_int_equal(graph->param_count, 3);
    assert_string_equal(graph->params[0].name, "conv.weight");
    assert_int_equal(graph->params[0].file_rank, 4);
    assert_int_equal(graph->params[0].file_dim[2], 3);
    assert_int_equal(graph->params[0].desc.dim[2], 1);
    assert_int_equal(graph->params[1].file_rank, 1);
    assert_int_equal(graph->params[1].file_dim[0], 8);
    assert_int_equal(graph->params[2].file_rank, 0);
    assert_int_equal(mm_graph_param_count(graph, MM_ROLE_PARAM), 8 * 3 * 9 + 8);
    assert_int_equal(mm_graph_param_count(graph, MM_ROLE_BUFFER), 1);
    assert_int_equal(graph->outputs[0], ((struct small *)*state)->conv);
}

static void test_shapes_and_cost(void **state)
{
    const struct small *s = *state;
    const struct mm_desc inputs[] = {D2(2, 3, 17, 12), D2(2, 8, 9, 6)};
    struct mm_desc shapes[16];
    struct mm_op_cost cost;
    char text[96];
    assert_int_equal(mm_graph_shapes(s->graph, inputs, 2, shapes, NULL), MM_OK);
    assert_string_equal(mm_desc_text(&shapes[s->conv], text, sizeof text), "2x8x9x6");
    assert_string_equal(mm_desc_text(&shapes[s->loss], text, sizeof text), "1");
    mm_graph_cost(s->graph, shapes, &cost);
    assert_true(cost.flops_forward == 2.0 * 2 * 8 * 54 * 27 + 10.0 * 2 * 8 * 54);
    assert_true(cost.flops_backward == 4.0 * 2 * 8 * 54 * 27 + 10.0 * 2 * 8 * 54);
}

/* Without the target, the loss has no shape and costs nothing. */
static void test_absent_inputs(void **state)
{
    const struct small *s = *state;
    const struct mm_desc image = D2(2, 3, 17, 12);
    struct mm_desc shapes[16];
    struct mm_op_cost cost;
    assert_int_equal(mm_graph_shapes(s->graph, &image, 1, shapes, NULL), MM_OK);
    assert_int_equal(shapes[s->conv].dim[3], 9);
    assert_int_equal(shapes[s->target].dim[0], 0);
    assert_int_equal(shapes[s->loss].dim[0], 0);
    mm_graph_cost(s->graph, shapes, &cost);
    assert_true(cost.flops_forward == 2.0 * 2 * 8 * 54 * 27);
}

static void expect_refusal(const struct small *s, struct mm_desc image, struct mm_desc target, size_t count,
                           const char *message)
{
    const struct mm_desc inputs[] = {image, target, image};
    struct mm_desc shapes[16];
    struct mm_error err = {0};
    assert_int_equal(mm_graph_shapes(s->graph, inputs, count, shapes, &err), MM_ERR_DATA);
    if (!strstr(err.text, message))
        fail_msg("\"%s\" lacks \"%s\"", err.text, message);
}

static void test_refused_shapes(void **state)
{
    const struct small *s = *state;
    const struct mm_desc image = D2(2, 3, 17, 12), target = D2(2, 8, 9, 6);
    expect_refusal(s, (struct mm_desc)D2(2, 4, 17, 12), target, 2, "image: has 4 channels, the network takes 3");
    expect_refusal(s, (struct mm_desc)D3(2, 3, 5, 17, 12), target, 2, "image: has 5 slices, a 2D network takes 1");
    expect_refusal(s, (struct mm_desc)D2(0, 3, 17, 12), target, 2, "image: tensor 0x3x1x17x12 is empty");
    expect_refusal(s, (struct mm_desc)D2(2, 3, -1, 12), target, 2, "empty");
    expect_refusal(s, (struct mm_desc)D2(INT64_MAX, 3, INT64_MAX, 12), target, 2, "too large");
    expect_refusal(s, (struct mm_desc)D2(1 << 30, 3, 1 << 30, 12), target, 2, "too large");
    expect_refusal(s, image, (struct mm_desc)D2(2, 8, 9, 7), 2, "loss: squares: target has another shape");
    expect_refusal(s, image, target, 3, "3 inputs given, the network has 2");
}

static void test_any_number_of_channels(void **state)
{
    struct mm_arena arena;
    struct mm_desc shape;
    (void)state;
    mm_arena_init(&arena, NULL);
    struct mm_graph *graph = mm_graph_make(&arena, 2);
    mm_graph_input(graph, "target", 0);
    for (int64_t channels = 1; channels < 4; channels++) {
        const struct mm_desc input = D2(2, channels, 3, 4);
        assert_int_equal(mm_graph_shapes(graph, &input, 1, &shape, NULL), MM_OK);
        assert_int_equal(shape.dim[1], channels);
    }
    mm_arena_done(&arena);
}

/* The first error stays, whatever comes after it. */
static void expect_error(struct mm_graph *graph, const char *message)
{
    struct mm_error err = {0};
    const struct mm_activation relu = {.kind = MM_RELU};
    mm_value image = mm_graph_input(graph, "other", 1);
    assert_true(image < 0);
    assert_true(mm_graph_add(graph, "relu", &mm_op_activation, &relu, &image, 1) < 0);
    mm_graph_output(graph, image);
    assert_true(mm_graph_status(graph, &err) != MM_OK);
    if (!strstr(err.text, message))
        fail_msg("\"%s\" lacks \"%s\"", err.text, message);
}

static void test_latched_errors(void **state)
{
    struct mm_arena arena;
    struct mm_graph *graph;
    mm_value image, weight, mean;
    (void)state;
    mm_arena_init(&arena, NULL);
    expect_error(mm_graph_make(&arena, 4), "4 spatial dimensions");
    mm_graph_input(graph = mm_graph_make(&arena, 3), "image", -1);
    expect_error(graph, "input image has -1 channels");
    mm_graph_kernel(graph = mm_graph_make(&arena, 2), "w", 1, 1, (const int[]){3, 3, 3}, zero);
    expect_error(graph, "extent 3 along z");
    mm_graph_vector(graph = mm_graph_make(&arena, 2), "v", 0, MM_ROLE_PARAM, zero);
    expect_error(graph, "parameter v has extent 0");
    graph = mm_graph_make(&arena, 2);
    mm_graph_constant(graph, "twice");
    mm_graph_vector(graph, "twice", 1, MM_ROLE_PARAM, zero);
    expect_error(graph, "two parameters named twice");
    graph = mm_graph_make(&arena, 2);
    image = mm_graph_input(graph, "image", 1);
    mm_graph_add(graph, "conv", &mm_op_conv, &conv_3x3, &image, 1);
    expect_error(graph, "conv: conv takes 2 to 3 inputs, not 1");
    graph = mm_graph_make(&arena, 2);
    image = mm_graph_input(graph, "image", 1);
    mm_graph_add(graph, "first", &mm_op_conv, &conv_3x3, (mm_value[]){image, image}, 2);
    expect_error(graph, "first: input 1 of conv must be a learned parameter, image is not");
    graph = mm_graph_make(&arena, 2);
    weight = mm_graph_kernel(graph, "w", 1, 1, conv_3x3.kernel, zero);
    mm_graph_add(graph, "sum", &mm_op_add, &(int){0}, (mm_value[]){weight, weight}, 2);
    expect_error(graph, "must be an activation, w is not");
    graph = mm_graph_make(&arena, 2);
    image = mm_graph_input(graph, "image", 1);
    mean = mm_graph_vector(graph, "v", 1, MM_ROLE_PARAM, zero);
    mm_graph_add(graph, "norm", &mm_op_batch_norm, &(struct mm_norm){0}, (mm_value[]){image, mean, mean, mean, mean},
                 5);
    expect_error(graph, "input 3 of batch_norm must be a state");
    mm_graph_output(graph = mm_graph_make(&arena, 2), 5);
    expect_error(graph, "output 0 is no node");
    mm_arena_done(&arena);
}

/* Growing past the first capacity keeps what is there; a small budget ends in a message, not a crash. */
static void test_growth_and_memory(void **state)
{
    const struct mm_activation relu = {.kind = MM_RELU};
    struct mm_budget budget;
    struct mm_arena arena;
    (void)state;
    for (uint64_t limit = 0; limit <= 4 << 20; limit = limit ? limit * 4 : 1 << 14) {
        mm_budget_init(&budget, limit ? limit : 1);
        mm_arena_init(&arena, &budget);
        struct mm_graph *graph = mm_graph_make(&arena, 3);
        if (graph) {
            mm_value value = mm_graph_input(graph, "image", 1);
            for (int i = 0; i < 1000; i++)
                value = mm_graph_add(graph, "relu", &mm_op_activation, &relu, &value, 1);
            assert_true(value == 1000 || (value < 0 && mm_graph_status(graph, NULL) == MM_ERR_MEMORY));
            assert_true(value == 1000 || limit < 4 << 20);
            for (int i = 1; value == 1000 && i <= 1000; i++)
                assert_int_equal(graph->nodes[i].inputs[0], i - 1);
        }
        mm_arena_done(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_parameters, open_small, close_small),
        cmocka_unit_test_setup_teardown(test_shapes_and_cost, open_small, close_small),
        cmocka_unit_test_setup_teardown(test_absent_inputs, open_small, close_small),
        cmocka_unit_test_setup_teardown(test_refused_shapes, open_small, close_small),
        cmocka_unit_test(test_any_number_of_channels),
        cmocka_unit_test(test_latched_errors),
        cmocka_unit_test(test_growth_and_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
