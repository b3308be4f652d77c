/* Every schedule: rates are numbers from 0 on and pure functions of their point; known values of each. */
#include "tests/trainer/component.h"

#include <math.h>

#include "trainer/schedules/schedule.h"

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

static double rate(const char *name, const char *args, int64_t index)
{
    const struct mm_schedule *s = mm_schedule_find(name);
    assert_non_null(s);
    const struct mm_schedule_point point = {.base = 0.1, .index = index, .total = 100};
    return s->rate(component_read(&arena, s->params, s->params_size, args), &point);
}

static void test_rules(void **state)
{
    double metrics[300];
    (void)state;
    for (int i = 0; i < 300; i++)
        metrics[i] = 0.5;
    for (size_t i = 0; mm_schedules[i]; i++) {
        const struct mm_schedule *s = mm_schedules[i];
        component_keeps_rules(&arena, s->name, s->summary, s->example, s->params, s->params_size);
        assert_ptr_equal(mm_schedule_find(s->name), s);
        const void *self = component_read(&arena, s->params, s->params_size, s->example);
        for (int64_t index = 0; index < 300; index++) {
            const struct mm_schedule_point point = {0.1, index, 250, metrics, (size_t)index},
                                           bare = {0.1, index, 0, NULL, 0};
            double value = s->rate(self, &point);
            assert_true(value >= 0 && value <= 0.2);
            assert_true(value == s->rate(self, &point));
            assert_true(isfinite(s->rate(self, &bare)));
        }
    }
}

static void test_known_values(void **state)
{
    (void)state;
    assert_float_equal(rate("ConstantLR", "{\"factor\": 0.5, \"total_iters\": 3}", 2), 0.05, 1e-12);
    assert_float_equal(rate("ConstantLR", "{\"factor\": 0.5, \"total_iters\": 3}", 3), 0.1, 1e-12);
    assert_float_equal(rate("StepLR", "{\"step_size\": 10, \"gamma\": 0.5}", 29), 0.025, 1e-12);
    assert_float_equal(rate("PolynomialLR", "{\"total_iters\": 10, \"power\": 2}", 5), 0.025, 1e-12);
    assert_float_equal(rate("PolynomialLR", "{\"total_iters\": 10}", 99), 0, 1e-12);
    assert_float_equal(rate("CosineAnnealingLR", "{\"T_max\": 10, \"eta_min\": 0.02}", 5), 0.06, 1e-12);
    assert_float_equal(rate("CosineAnnealingLR", "{\"T_max\": 10}", 20), 0.1, 1e-12);
    assert_float_equal(rate("CosineAnnealingWarmRestarts", "{\"T_0\": 10}", 8), 0.009549150281252633, 1e-12);
    assert_float_equal(rate("CosineAnnealingWarmRestarts", "{\"T_0\": 10}", 20), 0.1, 1e-12);
    const char *longer = "{\"T_0\": 3, \"T_mult\": 2, \"eta_min\": 0.02}";
    assert_float_equal(rate("CosineAnnealingWarmRestarts", longer, 3), 0.1, 1e-12);
    assert_float_equal(rate("CosineAnnealingWarmRestarts", longer, 14), 0.07035276180410083, 1e-12);
    assert_float_equal(rate("CosineAnnealingWarmRestarts", longer, 20), 0.021362966948437274, 1e-12);
    assert_float_equal(rate("ExponentialLR", "{\"gamma\": 0.5}", 3), 0.0125, 1e-12);
    assert_float_equal(rate("LinearLR", "{\"start_factor\": 0.5, \"total_iters\": 4}", 2), 0.075, 1e-12);
    assert_float_equal(rate("MultiStepLR", "{\"milestones\": [2, 2, 5], \"gamma\": 0.5}", 2), 0.025, 1e-12);
    assert_float_equal(rate("WarmupCosineSchedule", "{\"warmup_steps\": 4, \"t_total\": 20}", 12), 0.05, 1e-12);
    assert_float_equal(rate("ReducePoly", "{\"poly_power\": 2}", 50), 0.025, 1e-12);
    assert_float_equal(rate("ReduceCosine", "{}", 50), 0.05, 1e-12);
    assert_float_equal(rate("DecayOnStep", "{\"decay_ratio\": 0.5, \"decay_freq\": 10}", 25), 0.025, 1e-12);
    assert_true(mm_schedule_find("DecayOnStep")->by_step && !mm_schedule_find("StepLR")->by_step);
}

/* Falls after `patience` metrics without improvement, waits through the cooldown, and never below min_lr. */
static void test_plateau(void **state)
{
    const double flat[] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5},
                 rising[] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8};
    const struct mm_schedule *s = mm_schedule_find("ReduceLROnPlateau");
    (void)state;
    const void *self =
        component_read(&arena, s->params, s->params_size,
                       "{\"mode\": \"max\", \"factor\": 0.5, \"patience\": 1, \"cooldown\": 2, \"min_lr\": 0.04}");
    const double expected[] = {0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.04, 0.04};
    for (int64_t i = 0; i <= 8; i++) {
        const struct mm_schedule_point point = {0.1, i, 8, flat, (size_t)i}, better = {0.1, i, 8, rising, (size_t)i};
        assert_float_equal(s->rate(self, &point), expected[i], 1e-12);
        assert_float_equal(s->rate(self, &better), 0.1, 1e-12);
    }
    const struct mm_schedule *v3 = mm_schedule_find("ReduceOnPlateau");
    self = component_read(&arena, v3->params, v3->params_size,
                          "{\"plateau_count_trigger\": 2, \"reduction_rate\": 0.5}");
    const struct mm_schedule_point point = {0.1, 3, 8, flat, 3};
    assert_float_equal(v3->rate(self, &point), 0.05, 1e-12);
}

static void test_common_part(void **state)
{
    struct mm_schedule_common common = {0};
    struct mm_error err = {0};
    (void)state;
    assert_int_equal(mm_params_defaults(&arena, mm_schedule_common_params, &common, &err), MM_OK);
    assert_null(common.by);
    assert_null(component_try(&arena, mm_schedule_common_params, sizeof(common), "{\"by\": \"day\"}", &err));
    assert_non_null(strstr(err.text, "epoch"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rules, setup, teardown),
        cmocka_unit_test_setup_teardown(test_known_values, setup, teardown),
        cmocka_unit_test_setup_teardown(test_plateau, setup, teardown),
        cmocka_unit_test_setup_teardown(test_common_part, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
