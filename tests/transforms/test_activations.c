/* Sigmoid and softmax against the C library's exp in double. */
#include "one_step.h"

#include <math.h>

#define N 3000

static void fill(double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (double)(float)(((double)(i * 7919 % n) / (double)n - 0.5) * 60);
}

static void test_sigmoid(void **state)
{
    struct bench *b = *state;
    static double x[N];
    fill(x, N);
    bench_put(b, "pred", MM_F32, 1, N, 1, 1, x);
    bench_runs(b, "{\"name\": \"Activationsd\", \"args\": {\"keys\": \"pred\", \"sigmoid\": true}}");
    for (int i = 0; i < N; i++) {
        double wanted = 1 / (1 + exp(-x[i]));
        assert_float_equal(mm_volume_get(bench_volume(b, "pred"), 0, 0, 0, i), wanted, wanted * 1e-6);
    }
}

static void test_softmax(void **state)
{
    struct bench *b = *state;
    static double x[3 * N];
    fill(x, 3 * N);
    bench_put(b, "pred", MM_F32, 3, N, 1, 1, x);
    bench_runs(b, "{\"name\": \"Activationsd\", \"args\": {\"keys\": \"pred\", \"softmax\": true}}");
    for (int i = 0; i < N; i++) {
        double top = fmax(x[i], fmax(x[i + N], x[i + 2 * N])), sum = 0;
        for (int c = 0; c < 3; c++)
            sum += exp(x[i + c * N] - top);
        for (int c = 0; c < 3; c++)
            assert_float_equal(mm_volume_get(bench_volume(b, "pred"), c, 0, 0, i), exp(x[i + c * N] - top) / sum,
                               3e-7);
    }
}

static void test_extremes(void **state)
{
    struct bench *b = *state;
    bench_put(b, "one", MM_F32, 1, 5, 1, 1, VALUES(-1e30, -200, 0, 200, 1e30));
    bench_put(b, "nan", MM_F32, 1, 1, 1, 1, VALUES(NAN));
    bench_put(b, "two", MM_F32, 2, 2, 1, 1, VALUES(1e30, -500, -1e30, -500));
    bench_runs(b, "{\"name\": \"Activationsd\", \"args\": {\"keys\": [\"one\", \"nan\"], \"sigmoid\": true}}");
    bench_expect(b, "one", MM_F32, 1, VALUES(0, 0, 0.5, 1, 1), 1e-30);
    assert_true(isnan(mm_volume_get(bench_volume(b, "nan"), 0, 0, 0, 0)));
    bench_runs(b, "{\"name\": \"Activationsd\", \"args\": {\"keys\": \"two\", \"softmax\": true}}");
    bench_expect(b, "two", MM_F32, 2, VALUES(1, 0.5, 0, 0.5), 1e-30);
}

static void test_by_key_and_refused(void **state)
{
    struct bench *b = *state;
    bench_put(b, "a", MM_F32, 1, 1, 1, 1, VALUES(3));
    bench_put(b, "b", MM_F32, 1, 1, 1, 1, VALUES(0));
    bench_runs(b, "{\"name\": \"ActivationsD\", \"args\": {\"keys\": [\"a\", \"b\"], \"sigmoid\": [false, true]}}");
    bench_expect(b, "a", MM_F32, 1, VALUES(3), 0);
    bench_expect(b, "b", MM_F32, 1, VALUES(0.5), 0);
    bench_fails(b, "{\"name\": \"Activationsd\", \"args\": {\"keys\": \"a\", \"sigmoid\": true, \"softmax\": true}}",
                MM_ERR_CONFIG, "both true");
    bench_fails(b, "{\"name\": \"Activationsd\", \"args\": {\"keys\": \"a\", \"other\": \"lambda x: x\"}}",
                MM_ERR_CONFIG, "other");
    bench_fails(b, "{\"name\": \"Activationsd\", \"args\": {\"keys\": \"a\", \"softmax\": true, \"dim\": 1}}",
                MM_ERR_CONFIG, "dim is 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(test_sigmoid),
        BENCH_TEST(test_softmax),
        BENCH_TEST(test_extremes),
        BENCH_TEST(test_by_key_and_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
