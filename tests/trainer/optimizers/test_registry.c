/* Every optimizer: it descends, pieces of a tensor equal the whole where it says so, rate 0 stands still; first steps by hand. */
#include "tests/trainer/component.h"

#include <math.h>

#include "base/random.h"
#include "trainer/optimizers/optimizer.h"

#define COUNT 37

static struct mm_arena arena;

static int setup(void **state)
{
    (void)state;
    mm_arena_init(&arena, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mm_arena_done(&arena);
    return 0;
}

static const void *read_self(const struct mm_optimizer *o, const char *args)
{
    struct mm_error err = {0};
    void *self = component_read(&arena, o->params, o->params_size, args);
    if (o->check && o->check(self, &err) != MM_OK)
        fail_msg("%s: %s", o->name, err.text);
    return self;
}

/* Weights that pull towards 1..n by a quadratic, walked for some steps; `cut` splits every update in two. */
struct walk {
    float w[COUNT], g[COUNT], slot[MM_OPTIMIZER_SLOTS_MAX][COUNT];
};

static void gradient(struct walk *walk)
{
    for (int i = 0; i < COUNT; i++)
        walk->g[i] = walk->w[i] - (float)(i + 1) / COUNT;
}

static double distance(const struct walk *walk)
{
    double sum = 0;
    for (int i = 0; i < COUNT; i++)
        sum += pow(walk->w[i] - (double)(i + 1) / COUNT, 2);
    return sum;
}

static void piece(const struct mm_optimizer *o, const void *self, struct walk *walk, double lr, int64_t step,
                  size_t from, size_t to)
{
    struct mm_update u = {.lr = lr, .step = step, .n = to - from, .w = walk->w + from, .g = walk->g + from};
    for (size_t s = 0; s < o->slots; s++)
        u.slot[s] = walk->slot[s] + from;
    o->update(self, &u);
}

static void walk_steps(const struct mm_optimizer *o, const void *self, struct walk *walk, double lr, int steps,
                       size_t cut)
{
    for (int step = 1; step <= steps; step++) {
        gradient(walk);
        if (cut)
            piece(o, self, walk, lr, step, 0, cut);
        piece(o, self, walk, lr, step, cut, COUNT);
    }
}

static void test_rules(void **state)
{
    (void)state;
    for (size_t i = 0; mm_optimizers[i]; i++) {
        const struct mm_optimizer *o = mm_optimizers[i];
        component_keeps_rules(&arena, o->name, o->summary, o->example, o->params, o->params_size);
        assert_ptr_equal(mm_optimizer_find(o->name), o);
        assert_true(o->slots <= MM_OPTIMIZER_SLOTS_MAX && o->default_lr > 0);
        double lr;
        char *self = component_read(&arena, o->params, o->params_size, "{}");
        memcpy(&lr, self + o->lr_offset, sizeof(lr));
        assert_true(isnan(lr)); /* absent: the config's learning rate */
        self = component_read(&arena, o->params, o->params_size, "{\"learning_rate\": 0.125}");
        memcpy(&lr, self + o->lr_offset, sizeof(lr));
        assert_true(lr == 0.125);
    }
}

static void test_all_descend(void **state)
{
    (void)state;
    for (size_t i = 0; mm_optimizers[i]; i++) {
        const struct mm_optimizer *o = mm_optimizers[i];
        struct walk walk = {0};
        double before = distance(&walk);
        walk_steps(o, read_self(o, "{}"), &walk, o->default_lr, 50, 0);
        if (!(distance(&walk) < before))
            fail_msg("%s went from %g to %g", o->name, before, distance(&walk));
    }
}

static void test_pieces_equal_the_whole(void **state)
{
    (void)state;
    for (size_t i = 0; mm_optimizers[i]; i++) {
        const struct mm_optimizer *o = mm_optimizers[i];
        const void *self = read_self(o, o->example);
        struct walk whole = {0}, cut = {0};
        walk_steps(o, self, &whole, 0.01, 9, 0);
        walk_steps(o, self, &cut, 0.01, 9, 13);
        bool same = memcmp(whole.w, cut.w, sizeof(whole.w)) == 0;
        if (same != o->elementwise)
            fail_msg("%s: elementwise is %d, pieces equal the whole: %d", o->name, o->elementwise, same);
    }
}

static void test_rate_zero_stands_still(void **state)
{
    (void)state;
    for (size_t i = 0; mm_optimizers[i]; i++) {
        struct walk walk = {0};
        for (int k = 0; k < COUNT; k++)
            walk.w[k] = (float)k;
        walk_steps(mm_optimizers[i], read_self(mm_optimizers[i], "{}"), &walk, 0.0, 3, 0);
        for (int k = 0; k < COUNT; k++)
            assert_true(walk.w[k] == (float)k);
    }
}

static double first_step(const char *name, const char *args, double lr, float w, float g)
{
    const struct mm_optimizer *o = mm_optimizer_find(name);
    assert_non_null(o);
    float slots[MM_OPTIMIZER_SLOTS_MAX] = {0};
    struct mm_update u = {
        .lr = lr, .step = 1, .n = 1, .w = &w, .g = &g, .slot = {&slots[0], &slots[1], &slots[2], &slots[3]}};
    float before = w;
    o->update(read_self(o, args), &u);
    return (double)w - before;
}

static void test_first_steps_by_hand(void **state)
{
    (void)state;
    assert_float_equal(first_step("SGD", "{}", 0.1, 1, 2), -0.2, 1e-6);
    assert_float_equal(first_step("SGD", "{\"momentum\": 0.9, \"dampening\": 0.5, \"weight_decay\": 0.5}", 0.1, 1, 2),
                       -0.25, 1e-6);
    assert_float_equal(first_step("SGD", "{\"momentum\": 0.9, \"nesterov\": true}", 0.1, 1, 2), -0.38, 1e-6);
    assert_float_equal(first_step("Momentum", "{\"use_nesterov\": true}", 0.1, 1, 2), -0.38, 1e-6);
    assert_float_equal(first_step("Adam", "{}", 0.1, 1, -3), 0.1, 1e-6);
    assert_float_equal(first_step("AdamW", "{\"weight_decay\": 0.5}", 0.1, 1, -3), 0.1 - 0.05, 1e-6);
    assert_float_equal(first_step("RMSprop", "{\"alpha\": 0.75}", 0.1, 1, 2), -0.2, 1e-6);
    assert_float_equal(first_step("Adagrad", "{}", 0.1, 1, 4), -0.1, 1e-6);
    assert_float_equal(first_step("Novograd", "{}", 0.1, 1, -7), 0.1, 1e-6);
    assert_float_equal(first_step("Ftrl", "{\"l1_regularization_strength\": 100}", 0.1, 1, 2), -1, 1e-6);
}

/* Three weights after steps with the gradients below; from MONAI 1.6.1 and torch 2, which print them with 1e-7. */
static void test_known_walks(void **state)
{
    static const float gradients[8][3] = {{0.3F, -0.2F, 0.5F},  {3.0F, 1.0F, -2.0F}, {0.1F, 0.1F, -0.1F},
                                          {0.05F, -0.3F, 0.2F}, {0.2F, 0.1F, 0.1F},  {-0.1F, 0.4F, 0.3F},
                                          {0.3F, 0.2F, 0.1F},   {0.1F, 0.1F, 0.2F}};
    static const struct {
        const char *name, *args;
        int steps;
        double w[3];
    } rows[] = {
        {"Novograd", "{\"amsgrad\": true, \"weight_decay\": 0.01}", 4, {-0.2107957, -0.7056131, 0.6383729}},
        {"Novograd", "{\"weight_decay\": 0.01}", 4, {-0.2111334, -0.7051803, 0.6381601}},
        {"RAdam", "{}", 3, {0.6856069, -0.5540804, 0.3367450}},
        {"RAdam", "{}", 8, {0.5345510, -0.5837237, 0.3935707}},
        {"RAdam", "{\"weight_decay\": 0.1}", 8, {0.4893025, -0.5575462, 0.3804408}},
        {"RAdam", "{\"weight_decay\": 0.1, \"decoupled_weight_decay\": true}", 8, {0.4801032, -0.5414902, 0.3681783}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct mm_optimizer *o = mm_optimizer_find(rows[i].name);
        float w[3] = {1.0F, -0.5F, 0.25F}, slots[MM_OPTIMIZER_SLOTS_MAX][3] = {{0}};
        for (int k = 0; k < rows[i].steps; k++) {
            const struct mm_update u = {.lr = 0.1,
                                        .step = k + 1,
                                        .n = 3,
                                        .w = w,
                                        .g = gradients[k],
                                        .slot = {slots[0], slots[1], slots[2], slots[3]}};
            o->update(read_self(o, rows[i].args), &u);
        }
        for (int k = 0; k < 3; k++)
            if (fabs((double)w[k] - rows[i].w[k]) > 2e-6)
                fail_msg("%s %s: weight %d is %.7f, expected %.7f", rows[i].name, rows[i].args, k, (double)w[k],
                         rows[i].w[k]);
    }
}

static void test_refusals(void **state)
{
    struct mm_error err = {0};
    (void)state;
    const struct mm_optimizer *adam = mm_optimizer_find("Adam"), *sgd = mm_optimizer_find("SGD");
    assert_int_equal(
        adam->check(component_read(&arena, adam->params, adam->params_size, "{\"betas\": [0.9, 1]}"), &err),
        MM_ERR_CONFIG);
    assert_non_null(strstr(err.text, "betas[1]"));
    assert_int_equal(sgd->check(component_read(&arena, sgd->params, sgd->params_size, "{\"nesterov\": true}"), &err),
                     MM_ERR_CONFIG);
    assert_null(component_try(&arena, adam->params, adam->params_size, "{\"lr\": -1}", &err));
    assert_null(component_try(&arena, adam->params, adam->params_size, "{\"betas\": [0.9]}", &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rules, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_descend, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pieces_equal_the_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rate_zero_stands_still, setup, teardown),
        cmocka_unit_test_setup_teardown(test_first_steps_by_hand, setup, teardown),
        cmocka_unit_test_setup_teardown(test_known_walks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
