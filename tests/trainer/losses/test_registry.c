/* Every loss: its gradient is the slope of its value, shapes are refused with a reason, wrong labels never pass silently; and values
 * worked out by hand. */
#include "tests/trainer/component.h"

#include <math.h>

#include "base/random.h"
#include "trainer/losses/loss.h"

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

/* A loss with arguments on tensors of its own. */
struct run {
    const struct mm_loss *loss;
    struct mm_desc prediction, target, value;
    float *x, *t, *y, *dy, *dx;
    struct mm_loss_call call;
};

static struct run *run_make(const char *name, const char *args, struct mm_desc prediction, struct mm_desc target)
{
    struct mm_error err = {0};
    struct run *r = mm_arena_new(&arena, struct run);
    *r = (struct run){.loss = mm_loss_find(name), .prediction = prediction, .target = target};
    assert_non_null(r->loss);
    void *self = component_read(&arena, r->loss->params, r->loss->params_size, args);
    if (r->loss->check)
        assert_int_equal(r->loss->check(&arena, self, &err), MM_OK);
    if (r->loss->shape(self, &r->prediction, &r->target, &r->value, &err) != MM_OK)
        return NULL;
    size_t n = (size_t)mm_desc_count(&prediction), values = (size_t)mm_desc_count(&r->value);
    r->x = mm_arena_array(&arena, float, n);
    r->dx = mm_arena_array(&arena, float, n);
    r->t = mm_arena_array(&arena, float, (size_t)mm_desc_count(&target));
    r->y = mm_arena_array(&arena, float, values);
    r->dy = mm_arena_array(&arena, float, values);
    for (size_t i = 0; i < values; i++)
        r->dy[i] = 1;
    size_t saved = r->loss->saved_bytes ? r->loss->saved_bytes(self, &prediction, &target) : 0;
    r->call = (struct mm_loss_call){self, &r->prediction, &r->target, &r->value, r->x,
                                    r->t, r->y,           r->dy,      r->dx,     mm_arena_alloc(&arena, saved + 1)};
    return r;
}

static double run_value(struct run *r)
{
    double sum = 0;
    r->loss->forward(&r->call);
    for (size_t i = 0; i < (size_t)mm_desc_count(&r->value); i++)
        sum += (double)r->dy[i] * r->y[i];
    return sum;
}

static void fill(struct run *r, bool indices, bool probabilities)
{
    struct mm_random random;
    mm_random_init(&random, 11, MM_RANDOM_SYNTHESIS, 0, 0, 0);
    for (size_t i = 0; i < (size_t)mm_desc_count(&r->prediction); i++)
        r->x[i] = (float)(probabilities ? mm_random_uniform(&random, 0.1, 0.9) : mm_random_uniform(&random, -2, 2));
    for (size_t i = 0; i < (size_t)mm_desc_count(&r->target); i++)
        r->t[i] = (float)mm_random_below(&random, indices ? (uint32_t)r->prediction.dim[1] : 2);
    for (size_t i = 0; i < (size_t)mm_desc_count(&r->value); i++)
        r->dy[i] = (float)mm_random_uniform(&random, 0.5, 1.5);
}

/* The gradient against central differences of the value, element by element. */
static void check_gradient(const char *name, const char *args, struct mm_desc prediction, bool indices,
                           bool probabilities)
{
    struct mm_desc target = prediction;
    if (indices)
        target.dim[1] = 1;
    struct run *r = run_make(name, args, prediction, target);
    if (!r)
        fail_msg("%s %s refuses its shapes", name, args);
    fill(r, indices, probabilities);
    run_value(r);
    r->loss->backward(&r->call);
    size_t n = (size_t)mm_desc_count(&prediction);
    float *gradient = mm_arena_array(&arena, float, n);
    memcpy(gradient, r->dx, n * sizeof(float));
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(gradient[i]));
    assert_true(largest > 0);
    for (size_t i = 0; i < n; i++) {
        const float step = 0.02f, x = r->x[i];
        r->x[i] = x + step;
        double above = run_value(r);
        r->x[i] = x - step;
        double slope = (above - run_value(r)) / ((double)(x + step) - (double)(x - step));
        r->x[i] = x;
        if (fabs(slope - gradient[i]) > 0.02 * largest + 1e-5 * fabs(above))
            fail_msg("%s %s: gradient %zu is %g, central difference %g (largest %g)", name, args, i, gradient[i],
                     slope, largest);
    }
}

static void test_rules(void **state)
{
    (void)state;
    for (size_t i = 0; mm_losses[i]; i++) {
        const struct mm_loss *loss = mm_losses[i];
        component_keeps_rules(&arena, loss->name, loss->summary, loss->example, loss->params, loss->params_size);
        assert_ptr_equal(mm_loss_find(loss->name), loss);
    }
    assert_null(mm_loss_find("DiceLos"));
    assert_ptr_equal(mm_loss_find("CrossEntropy"), mm_loss_find("CrossEntropyLoss"));
}

static void test_gradients_by_central_differences(void **state)
{
    static const struct {
        const char *name, *args;
        bool indices, probabilities;
    } rows[] = {
        {"DiceLoss", "{\"to_onehot_y\": true, \"softmax\": true}", true, false},
        {"DiceLoss", "{\"to_onehot_y\": true, \"softmax\": true, \"include_background\": false, \"weight\": [1, 3]}",
         true, false},
        {"DiceLoss",
         "{\"sigmoid\": true, \"squared_pred\": true, \"jaccard\": true, \"batch\": true, \"reduction\": \"sum\"}",
         false, false},
        {"DiceLoss", "{\"reduction\": \"none\"}", false, true},
        {"CrossEntropyLoss", "{\"weight\": [0.2, 1, 2], \"label_smoothing\": 0.1, \"ignore_index\": 1}", true, false},
        {"CrossEntropyLoss", "{\"reduction\": \"none\"}", true, false},
        {"CrossEntropyLoss", "{\"reduction\": \"sum\"}", false, false},
        {"DiceCELoss",
         "{\"to_onehot_y\": true, \"softmax\": true, \"include_background\": false, \"ce_weight\": [1, 2, 3]}", true,
         false},
        {"DiceCELoss", "{\"sigmoid\": true, \"lambda_ce\": 0.5, \"lambda_dice\": 2}", false, false},
        {"CrossEntropyDice", "{\"skip_background\": true}", true, false},
        {"Dice", "{\"squared_pred\": true, \"skip_background\": true}", true, false},
        {"Dice", "{\"is_onehot_targets\": true}", false, false},
        {"FocalLoss", "{\"to_onehot_y\": true, \"gamma\": 1.5, \"alpha\": 0.25}", true, false},
        {"FocalLoss", "{\"to_onehot_y\": true, \"use_softmax\": true, \"alpha\": 0.25, \"reduction\": \"sum\"}", true,
         false},
        {"FocalLoss",
         "{\"to_onehot_y\": true, \"use_softmax\": true, \"include_background\": false, \"reduction\": \"none\"}",
         true, false},
        {"Focal", "{}", true, false},
        {"Focal", "{\"is_onehot_targets\": true, \"skip_background\": true}", false, false},
        {"DiceFocalLoss", "{\"to_onehot_y\": true, \"softmax\": true, \"focal_weight\": [1, 2, 3]}", true, false},
        {"GeneralizedDiceLoss", "{\"to_onehot_y\": true, \"softmax\": true}", true, false},
        {"GeneralizedDiceLoss",
         "{\"sigmoid\": true, \"w_type\": \"simple\", \"batch\": true, \"reduction\": \"none\"}", false, false},
        {"TverskyLoss", "{\"to_onehot_y\": true, \"softmax\": true, \"alpha\": 0.3, \"beta\": 0.7}", true, false},
        {"BCEWithLogitsLoss", "{\"pos_weight\": [[[0.5]], [[2]], [[1]]]}", false, false},
        {"BCEWithLogitsLoss", "{\"reduction\": \"none\"}", false, false},
        {"MSELoss", "{}", false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        check_gradient(rows[i].name, rows[i].args, mm_desc_make(3, 2, 3, 2, 3, 4), rows[i].indices,
                       rows[i].probabilities);
        check_gradient(rows[i].name, rows[i].args, mm_desc_make(2, 1, 3, 1, 5, 14), rows[i].indices,
                       rows[i].probabilities);
        mm_arena_reset(&arena);
    }
}

static void test_one_channel(void **state)
{
    (void)state;
    check_gradient("DiceLoss", "{\"sigmoid\": true, \"to_onehot_y\": true, \"include_background\": false}",
                   mm_desc_make(2, 2, 1, 1, 3, 5), false, false);
    check_gradient("DiceCELoss", "{\"sigmoid\": true}", mm_desc_make(2, 2, 1, 1, 3, 5), false, false);
    check_gradient("Dice", "{\"skip_background\": true}", mm_desc_make(2, 2, 1, 1, 3, 5), false, false);
    check_gradient("Focal", "{\"skip_background\": true}", mm_desc_make(2, 2, 1, 1, 3, 5), false, false);
}

/* Values that a pencil gives: x and t of one item. */
static double by_hand(const char *name, const char *args, int64_t classes, int64_t voxels, const float *x,
                      int64_t channels, const float *t)
{
    struct run *r =
        run_make(name, args, mm_desc_make(2, 1, classes, 1, 1, voxels), mm_desc_make(2, 1, channels, 1, 1, voxels));
    assert_non_null(r);
    memcpy(r->x, x, (size_t)(classes * voxels) * sizeof(float));
    memcpy(r->t, t, (size_t)(channels * voxels) * sizeof(float));
    return run_value(r);
}

static void test_values_by_hand(void **state)
{
    (void)state;
    const float half[] = {0.5f, 0.5f}, zero[] = {0, 0, 0, 0}, first[] = {1, 0}, index[] = {0, 1}, two[] = {2, 0};
    assert_float_equal(by_hand("DiceLoss", "{}", 1, 2, half, 1, first), 1 - (1 + 1e-5) / (2 + 1e-5), 1e-6);
    assert_float_equal(by_hand("DiceLoss", "{\"jaccard\": true}", 1, 2, half, 1, first), 1 - (1 + 1e-5) / (3 + 1e-5),
                       1e-6);
    assert_float_equal(by_hand("DiceLoss", "{\"squared_pred\": true}", 1, 2, half, 1, first),
                       1 - (1 + 1e-5) / (1.5 + 1e-5), 1e-6);
    assert_float_equal(by_hand("CrossEntropyLoss", "{}", 2, 2, zero, 1, index), log(2), 1e-6);
    assert_float_equal(
        by_hand("CrossEntropyLoss", "{\"reduction\": \"sum\", \"weight\": [1, 3]}", 2, 2, zero, 1, index), 4 * log(2),
        1e-6);
    assert_float_equal(by_hand("BCEWithLogitsLoss", "{}", 1, 2, zero, 1, first), log(2), 1e-6);
    assert_float_equal(by_hand("FocalLoss", "{}", 1, 2, zero, 1, first), 0.25 * log(2), 1e-6);
    assert_float_equal(by_hand("MSELoss", "{}", 1, 2, two, 1, first), 0.5, 1e-6);
    assert_float_equal(by_hand("TverskyLoss", "{\"alpha\": 0.25, \"beta\": 0.75}", 1, 2, half, 1, first), 0.5, 1e-5);
    /* An absent class has weight infinity in the generalised loss: it takes the largest finite one. */
    assert_float_equal(by_hand("GeneralizedDiceLoss", "{\"to_onehot_y\": true}", 2, 2, zero, 1, zero),
                       1 - 1e-5 / (0.5 + 1e-5), 1e-4);
}

static void test_large_logits_stay_finite(void **state)
{
    static const char *const names[] = {"CrossEntropyLoss", "BCEWithLogitsLoss", "FocalLoss"};
    const float x[] = {500, -500, -500, 500}, t[] = {0, 1}, masks[] = {0, 1, 1, 0};
    (void)state;
    for (int i = 0; i < 3; i++) {
        double value = i == 0 ? by_hand(names[i], "{}", 2, 2, x, 1, t) : by_hand(names[i], "{}", 2, 2, x, 2, masks);
        assert_true(isfinite(value));
    }
    assert_float_equal(by_hand("CrossEntropyLoss", "{}", 2, 2, x, 1, t), 0, 1e-6);
    const float nan_logit[] = {NAN, 0, 0, 0};
    assert_true(isnan(by_hand("CrossEntropyLoss", "{}", 2, 2, nan_logit, 1, t)));
    assert_true(isnan(by_hand("DiceLoss", "{\"softmax\": true, \"to_onehot_y\": true}", 2, 2, nan_logit, 1, t)));
}

static void test_wrong_labels_give_nan(void **state)
{
    const float x[4] = {0}, beyond[] = {0, 2}, fraction[] = {0, 0.5f}, ignored[] = {1, -100};
    (void)state;
    assert_true(isnan(by_hand("CrossEntropyLoss", "{}", 2, 2, x, 1, beyond)));
    assert_true(isnan(by_hand("CrossEntropyLoss", "{}", 2, 2, x, 1, fraction)));
    assert_true(isnan(by_hand("DiceLoss", "{\"softmax\": true, \"to_onehot_y\": true}", 2, 2, x, 1, beyond)));
    assert_true(isnan(by_hand("DiceCELoss", "{\"softmax\": true, \"to_onehot_y\": true}", 2, 2, x, 1, fraction)));
    assert_float_equal(by_hand("CrossEntropyLoss", "{}", 2, 2, x, 1, ignored), log(2), 1e-6);
}

/* Voxels past the last full tile count like the others. */
static void test_any_size_counts_every_voxel(void **state)
{
    (void)state;
    for (int64_t voxels = 1; voxels < 200; voxels += 13) {
        struct run *r = run_make("DiceCELoss", "{\"softmax\": true, \"to_onehot_y\": true}",
                                 mm_desc_make(2, 2, 2, 1, 1, voxels), mm_desc_make(2, 2, 1, 1, 1, voxels));
        for (int64_t i = 0; i < 2 * voxels; i++)
            r->t[i] = (float)(i & 1);
        double odd = (double)(voxels / 2), even = (double)(voxels - voxels / 2), n = (double)voxels, dice = 0;
        double truth[2][2] = {{even, odd}, {voxels % 2 ? odd : even, voxels % 2 ? even : odd}}; /* item, class */
        for (int k = 0; k < 4; k++)
            dice += (1 - (truth[k / 2][k % 2] + 1e-5) / (truth[k / 2][k % 2] + n / 2 + 1e-5)) / 4;
        assert_float_equal(run_value(r), dice + log(2), 1e-5);
        mm_arena_reset(&arena);
    }
}

static void refuses(const char *name, const char *args, struct mm_desc prediction, struct mm_desc target,
                    const char *text)
{
    struct mm_error err = {0};
    struct mm_desc value;
    const struct mm_loss *loss = mm_loss_find(name);
    void *self = component_read(&arena, loss->params, loss->params_size, args);
    enum mm_status status = loss->check ? loss->check(&arena, self, &err) : MM_OK;
    if (status == MM_OK)
        status = loss->shape(self, &prediction, &target, &value, &err);
    assert_int_not_equal(status, MM_OK);
    if (!strstr(err.text, text))
        fail_msg("%s: \"%s\" does not say \"%s\"", name, err.text, text);
}

static void test_refusals(void **state)
{
    struct mm_desc three = mm_desc_make(2, 1, 3, 1, 4, 4), one = mm_desc_make(2, 1, 1, 1, 4, 4),
                   other = mm_desc_make(2, 1, 3, 1, 4, 5);
    (void)state;
    refuses("DiceLoss", "{\"softmax\": true, \"sigmoid\": true}", three, three, "cannot both");
    refuses("DiceLoss", "{\"softmax\": true}", three, one, "set to_onehot_y");
    refuses("DiceLoss", "{\"to_onehot_y\": true}", three, three, "one channel of class indices");
    refuses("DiceLoss", "{}", three, other, "may differ in channels only");
    refuses("DiceLoss", "{\"weight\": [1, 2]}", three, three, "weight has 2 values");
    refuses("CrossEntropyLoss", "{}", one, one, "at least 2 classes");
    refuses("CrossEntropyLoss", "{\"weight\": [1, 2]}", three, one, "weight has 2 values");
    refuses("BCEWithLogitsLoss", "{\"pos_weight\": [1, 2]}", three, three, "pos_weight has 2 values");
    refuses("BCEWithLogitsLoss", "{\"pos_weight\": [1, \"x\"]}", three, three, "pos_weight: expected numbers");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rules, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gradients_by_central_differences, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_channel, setup, teardown),
        cmocka_unit_test_setup_teardown(test_values_by_hand, setup, teardown),
        cmocka_unit_test_setup_teardown(test_large_logits_stay_finite, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrong_labels_give_nan, setup, teardown),
        cmocka_unit_test_setup_teardown(test_any_size_counts_every_voxel, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
