/* Ensembles, against numbers of MONAI 1.6.1. */
#include "one_step.h"

static void means_as_monai(void **state)
{
    struct bench *b = *state;
    bench_put(b, "p0", MM_F32, 2, 3, 2, 0, VALUES(2, 1, 5.9, 5.5, 0.5, 9.2, 0.9, 6.1, 3.8, 5.4, 8.4, 8.3));
    bench_put(b, "p1", MM_F32, 2, 3, 2, 0, VALUES(9.6, 3.3, 7.5, 8.3, 6.8, 9.5, 4.6, 2.1, 0.8, 4.6, 4.9, 2.5));
    bench_put(b, "p2", MM_F32, 2, 3, 2, 0, VALUES(9.9, 1.2, 8.4, 9.6, 6.5, 7.5, 2, 5.3, 3.2, 9.9, 2.9, 8.8));
    bench_runs(
        b, "{\"name\": \"MeanEnsembled\", \"args\": {\"keys\": [\"p0\", \"p1\", \"p2\"], \"output_key\": \"mean\"}}");
    bench_expect(b, "mean", MM_F32, 2,
                 VALUES(7.16667, 1.83333, 7.26667, 7.8, 4.6, 8.73333, 2.5, 4.5, 2.6, 6.63333, 5.4, 6.53333), 1e-5);
    bench_runs(b, "{\"name\": \"MeanEnsembled\", \"args\": {\"keys\": [\"p0\", \"p1\", \"p2\"], \"output_key\": "
                  "\"p0\", \"weights\": [0.9, 0.5, 0.1]}}");
    bench_expect(b, "p0", MM_F32, 2,
                 VALUES(5.06, 1.78, 6.6, 6.70667, 3, 9.18667, 2.20667, 4.71333, 2.76, 5.43333, 6.86667, 6.4), 1e-5);
}

static void votes_as_monai(void **state)
{
    struct bench *b = *state;
    bench_put(b, "l0", MM_U8, 1, 4, 3, 0, VALUES(2, 3, 2, 1, 3, 3, 1, 1, 0, 3, 3, 3));
    bench_put(b, "l1", MM_U8, 1, 4, 3, 0, VALUES(1, 2, 0, 1, 2, 0, 0, 1, 0, 1, 3, 2));
    bench_put(b, "l2", MM_U8, 1, 4, 3, 0, VALUES(2, 3, 0, 2, 2, 2, 0, 0, 1, 3, 3, 2));
    bench_put(b, "l3", MM_U8, 1, 4, 3, 0, VALUES(0, 0, 3, 2, 2, 3, 3, 0, 2, 1, 1, 0));
    bench_runs(b, "{\"name\": \"VoteEnsembled\", \"args\": {\"keys\": [\"l0\", \"l1\", \"l2\", \"l3\"], "
                  "\"output_key\": \"vote\", \"num_classes\": 4}}");
    bench_expect(b, "vote", MM_U8, 1, VALUES(2, 3, 0, 1, 2, 3, 0, 0, 0, 1, 3, 2), 0);
}

static void one_hot_votes_as_monai(void **state)
{
    struct bench *b = *state;
    bench_put(b, "l0", MM_U8, 2, 3, 2, 0, VALUES(0, 0, 1, 0, 0, 1, 1, 1, 1, 1, 1, 0));
    bench_put(b, "l1", MM_U8, 2, 3, 2, 0, VALUES(1, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0));
    bench_put(b, "l2", MM_U8, 2, 3, 2, 0, VALUES(1, 1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 0));
    bench_put(b, "l3", MM_U8, 2, 3, 2, 0, VALUES(0, 0, 1, 0, 0, 1, 1, 1, 0, 1, 0, 1));
    bench_runs(b, "{\"name\": \"VoteEnsembled\", \"args\": {\"keys\": [\"l0\", \"l1\", \"l2\", \"l3\"], "
                  "\"output_key\": \"vote\"}}");
    bench_expect(b, "vote", MM_U8, 2, VALUES(0, 0, 1, 0, 0, 1, 1, 1, 0, 1, 0, 0), 0);
}

static void what_does_not_fit(void **state)
{
    struct bench *b = *state;
    bench_put(b, "a", MM_F32, 1, 2, 1, 0, VALUES(1, 5));
    bench_put(b, "c", MM_F32, 2, 2, 1, 0, VALUES(1, 2, 3, 4));
    bench_fails(b, "{\"name\": \"MeanEnsembled\", \"args\": {\"keys\": [\"a\", \"c\"]}}", MM_ERR_CONFIG,
                "output_key must be given");
    bench_fails(b, "{\"name\": \"MeanEnsembled\", \"args\": {\"keys\": [\"a\", \"c\"], \"output_key\": \"m\"}}",
                MM_ERR_DATA, "channels");
    bench_fails(b, "{\"name\": \"MeanEnsembled\", \"args\": {\"keys\": \"a\", \"weights\": [0, 0]}}", MM_ERR_CONFIG,
                "all weights are 0");
    bench_fails(b, "{\"name\": \"MeanEnsembled\", \"args\": {\"keys\": \"a\", \"weights\": [1, 2]}}", MM_ERR_CONFIG,
                "weights has 2 numbers for 1");
    bench_fails(b, "{\"name\": \"VoteEnsembled\", \"args\": {\"keys\": \"a\", \"num_classes\": 3}}", MM_ERR_DATA,
                "value 5");
    bench_fails(b, "{\"name\": \"VoteEnsembled\", \"args\": {\"keys\": \"c\", \"num_classes\": 3}}", MM_ERR_CONFIG,
                "one channel");
}

int main(void)
{
    const struct CMUnitTest tests[] = {BENCH_TEST(means_as_monai), BENCH_TEST(votes_as_monai),
                                       BENCH_TEST(one_hot_votes_as_monai), BENCH_TEST(what_does_not_fit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
