/* oneDNN's convolutions against the reference: strides, dilation, uneven padding, groups, transposed ones with extra
 * output, and shapes big enough to be cut into strips. Empty without oneDNN. */
#if MM_ONEDNN
#include "tests/trainer/backends/harness.h"

#include "trainer/backends/onednn/kernels.h"

struct conv_case {
    int spatial, n, ci, co, size[3], k, stride, dilation, low, high, groups;
    bool bias;
};

static struct mm_conv conv_params(const struct conv_case *c)
{
    struct mm_conv p = {.groups = c->groups ? c->groups : 1};
    for (int i = 0; i < 3; i++) {
        bool flat = c->spatial == 2 && i == 0;
        p.kernel[i] = flat ? 1 : c->k;
        p.stride[i] = flat ? 1 : c->stride;
        p.dilation[i] = flat ? 1 : c->dilation;
        p.low[i] = flat ? 0 : c->low;
        p.high[i] = flat ? 0 : c->high;
    }
    return p;
}

/* Processors with narrow vectors lack some kernels: those cases count as skipped, but not all may. */
static void check_conv(const struct conv_case *c, int *offers)
{
    struct mm_conv p = conv_params(c);
    for (int way = 0; way < 2; way++) {
        struct harness h = {
            .kernel = &mm_onednn_conv, .params = &p, .count = c->bias ? 3 : 2, .wanted = c->bias ? 7 : 3};
        h.in[0] = mm_desc_make(c->spatial, c->n, c->ci, c->size[0], c->size[1], c->size[2]);
        h.in[0].layout = way ? MM_LAYOUT_CHANNELS_LAST : MM_LAYOUT_PLAIN;
        h.in[1] = mm_desc_make(c->spatial, c->co, c->ci / p.groups, p.kernel[0], p.kernel[1], p.kernel[2]);
        h.in[2] = mm_desc_vector(c->co);
        if (!harness_run(&h))
            printf("skipped: no fast kernel here for %d to %d channels in %dD\n", c->ci, c->co, c->spatial);
        else
            (*offers)++;
    }
}

static void convolutions_equal_the_reference(void **state)
{
    static const struct conv_case cases[] = {
        {2, 2, 1, 16, {1, 33, 30}, 3, 1, 1, 1, 1, 1, true},   {2, 2, 16, 16, {1, 33, 30}, 3, 1, 1, 1, 1, 1, true},
        {2, 3, 16, 24, {1, 33, 30}, 3, 2, 1, 1, 1, 1, true},  {2, 2, 20, 3, {1, 17, 19}, 1, 1, 1, 0, 0, 1, true},
        {2, 1, 64, 32, {1, 65, 64}, 3, 1, 1, 1, 1, 1, false}, {2, 1, 64, 32, {1, 65, 64}, 3, 2, 1, 1, 1, 1, false},
        {2, 2, 8, 8, {1, 20, 21}, 3, 1, 2, 2, 2, 1, true},    {2, 2, 16, 16, {1, 20, 21}, 3, 2, 1, 0, 1, 1, true},
        {2, 2, 3, 64, {1, 64, 62}, 7, 2, 1, 3, 3, 1, false},  {2, 2, 32, 32, {1, 31, 32}, 3, 1, 1, 1, 1, 4, true},
        {2, 2, 32, 32, {1, 31, 32}, 3, 1, 1, 1, 1, 32, true}, {3, 1, 1, 16, {24, 24, 23}, 3, 1, 1, 1, 1, 1, true},
        {3, 2, 16, 16, {12, 13, 14}, 3, 1, 1, 1, 1, 1, true}, {3, 1, 16, 32, {24, 25, 26}, 3, 1, 1, 1, 1, 1, true},
        {3, 1, 32, 32, {25, 25, 24}, 3, 2, 1, 1, 1, 1, true}, {3, 1, 16, 16, {16, 18, 17}, 3, 1, 2, 2, 2, 1, true},
        {3, 2, 16, 16, {25, 25, 24}, 2, 2, 1, 0, 0, 1, true}, {3, 1, 32, 3, {24, 24, 24}, 3, 1, 1, 1, 1, 1, true},
        {3, 1, 2, 2, {24, 24, 24}, 3, 1, 1, 1, 1, 1, true},   {3, 1, 1, 1, {24, 24, 24}, 3, 1, 1, 1, 1, 1, true},
        {3, 4, 256, 256, {4, 4, 4}, 3, 1, 1, 1, 1, 1, true},  {3, 1, 48, 80, {12, 12, 12}, 1, 1, 1, 0, 0, 1, true},
        {3, 1, 32, 32, {25, 25, 24}, 1, 2, 1, 0, 0, 1, true}, {2, 1, 130, 70, {1, 40, 40}, 3, 1, 1, 1, 1, 1, true},
    };
    int offers = 0;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_conv(&cases[i], &offers);
    assert_true(offers > 0);
}

static void check_transposed(const struct conv_case *c, int extra)
{
    struct mm_conv_transpose p;
    for (int i = 0; i < 3; i++) {
        bool flat = c->spatial == 2 && i == 0;
        p.kernel[i] = flat ? 1 : c->k;
        p.stride[i] = flat ? 1 : c->stride;
        p.low[i] = flat ? 0 : c->low;
        p.high[i] = flat ? 0 : c->high;
        p.extra[i] = flat ? 0 : extra;
    }
    struct harness h = {
        .kernel = &mm_onednn_conv_transpose, .params = &p, .count = c->bias ? 3 : 2, .wanted = c->bias ? 7 : 3};
    h.in[0] = mm_desc_make(c->spatial, c->n, c->ci, c->size[0], c->size[1], c->size[2]);
    h.in[1] = mm_desc_make(c->spatial, c->ci, c->co, p.kernel[0], p.kernel[1], p.kernel[2]);
    h.in[2] = mm_desc_vector(c->co);
    if (!harness_run(&h))
        printf("skipped: no fast kernel here for transposed %d to %d channels in %dD\n", c->ci, c->co, c->spatial);
}

static void transposed_convolutions_equal_the_reference(void **state)
{
    static const struct conv_case even[] = {
        {2, 2, 64, 32, {1, 16, 15}, 2, 2, 1, 0, 0, 1, true},  {3, 1, 64, 32, {12, 11, 12}, 2, 2, 1, 0, 0, 1, true},
        {3, 2, 32, 16, {6, 7, 8}, 3, 1, 1, 1, 1, 1, false},   {2, 1, 16, 3, {1, 30, 31}, 4, 2, 1, 1, 1, 1, true},
        {2, 1, 128, 64, {1, 64, 64}, 2, 2, 1, 0, 0, 1, true}, {3, 2, 3, 3, {6, 7, 8}, 2, 2, 1, 0, 0, 1, true},
    };
    static const struct conv_case extra[] = {
        {2, 2, 64, 32, {1, 16, 15}, 3, 2, 1, 1, 1, 1, true},
        {3, 1, 32, 16, {12, 11, 12}, 3, 2, 1, 1, 1, 1, true},
        {3, 2, 48, 3, {6, 7, 8}, 3, 2, 1, 1, 1, 1, true},
        {3, 2, 16, 8, {6, 7, 8}, 3, 2, 1, 1, 0, 1, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof even / sizeof *even; i++)
        check_transposed(&even[i], 0);
    for (size_t i = 0; i < sizeof extra / sizeof *extra; i++)
        check_transposed(&extra[i], 1);
}

/* Frozen weights: only some gradients are wanted; and inference wants none. */
static void gradients_nobody_wants_are_left_alone(void **state)
{
    static const unsigned wanted[] = {0, 1, 2, 4, 6};
    const struct conv_case c = {2, 2, 16, 16, {1, 33, 30}, 3, 1, 1, 1, 1, 1, true};
    struct mm_conv p = conv_params(&c);
    (void)state;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        struct harness h = {
            .kernel = &mm_onednn_conv, .params = &p, .count = 3, .wanted = wanted[i], .evaluation = !wanted[i]};
        h.in[0] = mm_desc_make(2, 2, 16, 1, 33, 30);
        h.in[1] = mm_desc_make(2, 16, 16, 1, 3, 3);
        h.in[2] = mm_desc_vector(16);
        harness_run(&h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolutions_equal_the_reference),
        cmocka_unit_test(transposed_convolutions_equal_the_reference),
        cmocka_unit_test(gradients_nobody_wants_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
#include <stdio.h>

int main(void)
{
    printf("skipped: onednn: built without it\n");
    return 0;
}
#endif
