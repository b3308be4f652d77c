/* Every metric: equal masks are perfect, empty classes are left out; values of simple bodies, and distance transforms against a search. */
#include "tests/trainer/component.h"

#include <math.h>

#include "base/random.h"
#include "trainer/metrics/distance.h"
#include "trainer/metrics/metric.h"

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

#define SIDE 12

/* Two classes on a cube: background, and a box of 4 voxels a side from `at` on (none when negative). */
static uint8_t *masks(int at)
{
    uint8_t *m = mm_arena_alloc(&arena, 2 * SIDE * SIDE * SIDE);
    for (int i = 0; i < SIDE * SIDE * SIDE; i++) {
        int x = i % SIDE, y = i / SIDE % SIDE, z = i / SIDE / SIDE;
        bool in = at >= 0 && x >= at && x < at + 4 && y >= 2 && y < 6 && z >= 3 && z < 7;
        m[i] = !in;
        m[SIDE * SIDE * SIDE + i] = in;
    }
    return m;
}

static struct mm_metric_case make_case(int prediction, int truth)
{
    return (struct mm_metric_case){2, 3, {SIDE, SIDE, SIDE}, {1, 1, 1}, masks(prediction), masks(truth), NAN};
}

/* The value of the foreground. */
static double measured(const char *name, const char *args, const struct mm_metric_case *item)
{
    struct mm_error err = {0};
    double values[16];
    const struct mm_metric *m = mm_metric_find(name);
    assert_non_null(m);
    const void *self = component_read(&arena, m->params, m->params_size, args);
    if (m->check)
        assert_int_equal(m->check(self, &err), MM_OK);
    size_t count = m->values(self, item->classes);
    assert_int_equal(m->measure(self, &arena, item, values, &err), MM_OK);
    return m->aggregate(self, values, 1, count);
}

static void test_rules(void **state)
{
    (void)state;
    for (size_t i = 0; mm_metrics[i]; i++) {
        const struct mm_metric *m = mm_metrics[i];
        component_keeps_rules(&arena, m->name, m->summary, m->example, m->params, m->params_size);
        assert_ptr_equal(mm_metric_find(m->name), m);
        const void *self = component_read(&arena, m->params, m->params_size, "{\"include_background\": false}");
        assert_int_equal(m->first_class(self), 1);
        self = component_read(&arena, m->params, m->params_size, "{\"include_background\": true}");
        assert_int_equal(m->first_class(self), 0);
    }
}

static void test_equal_masks_are_perfect_and_empty_ones_left_out(void **state)
{
    struct mm_metric_case same = make_case(3, 3), none = make_case(-1, -1);
    (void)state;
    for (size_t i = 0; mm_metrics[i]; i++) {
        double value = measured(mm_metrics[i]->name, "{\"include_background\": false}", &same);
        assert_float_equal(value, mm_metrics[i]->higher_is_better ? 1 : 0, 1e-12);
        double empty = measured(mm_metrics[i]->name, "{\"include_background\": false}", &none);
        if (strcmp(mm_metrics[i]->name, "Accuracy") == 0)
            assert_float_equal(empty, 1, 1e-12); /* voxels that agree to be empty agree */
        else
            assert_true(isnan(empty));
    }
}

static void test_overlap_of_shifted_boxes(void **state)
{
    struct mm_metric_case half = make_case(5, 3), missed = make_case(-1, 3), extra = make_case(3, -1);
    (void)state;
    assert_float_equal(measured("DiceMetric", "{\"include_background\": false}", &half), 0.5, 1e-12);
    assert_float_equal(measured("ComputeAverageDice", "{}", &half), 0.5, 1e-12);
    assert_float_equal(measured("MeanIoU", "{\"include_background\": false}", &half), 1.0 / 3, 1e-12);
    assert_float_equal(measured("DiceMetric", "{\"include_background\": false}", &missed), 0, 1e-12);
    assert_true(isnan(measured("DiceMetric", "{\"include_background\": false}", &extra)));
    assert_float_equal(measured("DiceMetric", "{\"include_background\": false, \"ignore_empty\": false}", &extra), 0,
                       1e-12);
    assert_float_equal(
        measured("ConfusionMatrixMetric", "{\"include_background\": false, \"metric_name\": \"precision\"}", &half),
        0.5, 1e-12);
    assert_float_equal(
        measured("ConfusionMatrixMetric", "{\"include_background\": false, \"metric_name\": \"F1 score\"}", &half),
        0.5, 1e-12);
}

/* The boxes of 64 voxels share 32: 64 of all voxels disagree, in the masks of both classes. */
static void test_accuracy_is_the_share_of_values_that_agree(void **state)
{
    struct mm_metric_case half = make_case(5, 3);
    const double voxels = SIDE * SIDE * SIDE;
    (void)state;
    assert_float_equal(measured("Accuracy", "{}", &half), 1 - 64 / voxels, 1e-12);
    assert_float_equal(measured("Accuracy", "{\"include_background\": false}", &half), 1 - 64 / voxels, 1e-12);
}

static void test_distances_of_shifted_boxes(void **state)
{
    struct mm_metric_case moved = make_case(5, 3), missed = make_case(-1, 3);
    (void)state;
    moved.spacing[0] = 2.5;
    assert_float_equal(measured("HausdorffDistanceMetric", "{}", &moved), 5, 1e-12);
    assert_float_equal(measured("HausdorffDistanceMetric", "{\"distance_metric\": \"chessboard\"}", &moved), 2,
                       1e-12);
    assert_float_equal(
        measured("HausdorffDistanceMetric", "{\"distance_metric\": \"taxicab\", \"directed\": true}", &moved), 2,
        1e-12);
    assert_float_equal(measured("HausdorffDistanceMetric", "{\"percentile\": 50, \"directed\": true}", &moved),
                       measured("HausdorffDistanceMetric", "{\"percentile\": 50}", &moved), 1e-12);
    double average = measured("SurfaceDistanceMetric", "{\"symmetric\": true}", &moved);
    assert_true(average > 0 && average < 5);
    assert_float_equal(average, measured("SurfaceDistanceMetric", "{}", &moved),
                       1e-12); /* a box moved is the same both ways */
    assert_true(isinf(measured("HausdorffDistanceMetric", "{}", &missed)));
    assert_true(isinf(measured("SurfaceDistanceMetric", "{}", &missed)));
}

static double searched(const uint8_t *seeds, const int size[3], const double spacing[3], int at, const char *metric)
{
    double best = INFINITY;
    for (int i = 0; i < size[0] * size[1] * size[2]; i++) {
        double dx = abs(i % size[0] - at % size[0]) * spacing[0],
               dy = abs(i / size[0] % size[1] - at / size[0] % size[1]) * spacing[1],
               dz = abs(i / size[0] / size[1] - at / size[0] / size[1]) * spacing[2];
        double d = *metric == 'e'   ? dx * dx + dy * dy + dz * dz
                   : *metric == 'c' ? fmax(dx, fmax(dy, dz))
                                    : dx + dy + dz;
        best = seeds[i] && d < best ? d : best;
    }
    return best;
}

static void test_distance_transforms_against_a_search(void **state)
{
    const int size[3] = {9, 7, 5};
    const double spacing[3] = {0.7, 1.9, 3.1}, unit[3] = {1, 1, 1};
    enum { VOXELS = 9 * 7 * 5 };
    uint8_t seeds[VOXELS];
    double out[VOXELS];
    struct mm_error err;
    struct mm_random random;
    (void)state;
    mm_random_init(&random, 3, MM_RANDOM_SYNTHESIS, 0, 0, 0);
    for (int round = 0; round < 30; round++) {
        for (int i = 0; i < VOXELS; i++)
            seeds[i] = mm_random_below(&random, (uint32_t)round * 4 + 2) == 0;
        seeds[mm_random_below(&random, VOXELS)] = 1;
        assert_int_equal(mm_distance_euclidean(&arena, seeds, size, spacing, out, &err), MM_OK);
        for (int i = 0; i < VOXELS; i++)
            assert_float_equal(out[i], searched(seeds, size, spacing, i, "e"), 1e-9);
        assert_int_equal(mm_distance_steps(&arena, seeds, size, true, out, &err), MM_OK);
        for (int i = 0; i < VOXELS; i++)
            assert_float_equal(out[i], searched(seeds, size, unit, i, "c"), 1e-9);
        assert_int_equal(mm_distance_steps(&arena, seeds, size, false, out, &err), MM_OK);
        for (int i = 0; i < VOXELS; i++)
            assert_float_equal(out[i], searched(seeds, size, unit, i, "t"), 1e-9);
    }
}

static void test_reductions(void **state)
{
    /* 2 cases, 3 classes */
    const double rows[] = {1, NAN, 0.5, NAN, NAN, 0.25}, nothing[] = {NAN, NAN};
    const struct mm_metric *m = mm_metric_find("DiceMetric");
    (void)state;
    const void *mean = component_read(&arena, m->params, m->params_size, "{}");
    const void *batch = component_read(&arena, m->params, m->params_size, "{\"reduction\": \"mean_batch\"}");
    const void *sum = component_read(&arena, m->params, m->params_size, "{\"reduction\": \"sum\"}");
    assert_float_equal(m->aggregate(mean, rows, 2, 3), (0.75 + 0.25) / 2, 1e-12);
    assert_float_equal(m->aggregate(batch, rows, 2, 3), (1 + 0.375) / 2, 1e-12);
    assert_float_equal(m->aggregate(sum, rows, 2, 3), 1.75, 1e-12);
    assert_true(isnan(m->aggregate(mean, nothing, 1, 2)));
}

static void test_unknown_metric_name(void **state)
{
    struct mm_error err = {0};
    const struct mm_metric *m = mm_metric_find("ConfusionMatrixMetric");
    (void)state;
    assert_int_equal(m->check(component_read(&arena, m->params, m->params_size, "{\"metric_name\": \"luck\"}"), &err),
                     MM_ERR_CONFIG);
    assert_non_null(strstr(err.text, "luck"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rules, setup, teardown),
        cmocka_unit_test_setup_teardown(test_equal_masks_are_perfect_and_empty_ones_left_out, setup, teardown),
        cmocka_unit_test_setup_teardown(test_overlap_of_shifted_boxes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_accuracy_is_the_share_of_values_that_agree, setup, teardown),
        cmocka_unit_test_setup_teardown(test_distances_of_shifted_boxes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_distance_transforms_against_a_search, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reductions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unknown_metric_name, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
