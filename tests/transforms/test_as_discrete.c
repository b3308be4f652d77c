/* Scores to classes, masks and one-hot form; arguments for each key; the older spellings of Clara v4's configs. */
#include "one_step.h"

#include <math.h>

static void test_argmax_ties_go_to_the_first(void **state)
{
    struct bench *b = *state;
    bench_put(b, "pred", MM_F32, 3, 4, 1, 1, VALUES(1, 0, 5, 2, 1, 3, 5, 2, 0, 3, 6, 2));
    bench_put(b, "model", MM_F32, 3, 4, 1, 1, VALUES(1, 0, 5, 2, 1, 3, 5, 2, 0, 3, 6, 2));
    bench_runs(b, "{\"name\": \"AsDiscreted\", \"args\": {\"keys\": \"pred\", \"argmax\": true}}");
    bench_expect(b, "pred", MM_U8, 1, VALUES(0, 1, 2, 0), 0);
    bench_runs(b, "{\"name\": \"ArgmaxAcrossChannels\", \"args\": {\"fields\": \"model\"}}");
    bench_expect(b, "model", MM_U8, 1, VALUES(0, 1, 2, 0), 0);
}

/* More voxels than a chunk, more channels than uint8 counts. */
static void test_argmax_of_many(void **state)
{
    struct bench *b = *state;
    static double scores[300 * 1500];
    for (int i = 0; i < 1500; i++)
        scores[(i % 300) * 1500 + i] = 1;
    bench_put(b, "pred", MM_F64, 300, 1500, 1, 1, scores);
    bench_runs(b, "{\"name\": \"AsDiscreted\", \"args\": {\"keys\": \"pred\", \"argmax\": true}}");
    const struct mm_volume *v = bench_volume(b, "pred");
    assert_int_equal(v->type, MM_I32);
    for (int i = 0; i < 1500; i++)
        assert_int_equal(mm_volume_get(v, 0, 0, 0, i), i % 300);
}

static void test_lists_by_key(void **state)
{
    struct bench *b = *state;
    bench_put(b, "pred", MM_F32, 2, 2, 1, 1, VALUES(1, 2, 3, 1));
    bench_put(b, "label", MM_I16, 1, 2, 1, 1, VALUES(1, 0));
    bench_runs(b,
               "{\"name\": \"AsDiscreted\", \"args\": {\"keys\": [\"pred\", \"label\"], \"argmax\": [true, false], "
               "\"to_onehot\": [null, 3]}}");
    bench_expect(b, "pred", MM_U8, 1, VALUES(1, 0), 0);
    bench_expect(b, "label", MM_U8, 3, VALUES(0, 1, 1, 0, 0, 0), 0);
}

static void test_threshold_and_rounding(void **state)
{
    struct bench *b = *state;
    bench_put(b, "pred", MM_F32, 1, 4, 1, 1, VALUES(0.3, 0.29, 1, -1));
    bench_put(b, "model", MM_F32, 1, 2, 1, 1, VALUES(0.5, 0.4));
    bench_put(b, "half", MM_F32, 1, 4, 1, 1, VALUES(0.5, 1.5, 2.5, -0.6));
    bench_runs(b, "{\"name\": \"AsDiscreted\", \"args\": {\"keys\": \"pred\", \"threshold\": 0.3}}");
    bench_expect(b, "pred", MM_U8, 1, VALUES(1, 0, 1, 0), 0);
    bench_runs(b, "{\"name\": \"ThresholdValues\", \"args\": {\"fields\": \"model\", \"threshold\": 0.5}}");
    bench_expect(b, "model", MM_U8, 1, VALUES(1, 0), 0);
    bench_runs(b, "{\"name\": \"AsDiscreted\", \"args\": {\"keys\": \"half\", \"rounding\": \"torchrounding\"}}");
    bench_expect(b, "half", MM_F32, 1, VALUES(0, 2, 2, -1), 0);
}

/* As in the deepgrow, spleen and pathology configs of Clara v4. */
static void test_older_spellings(void **state)
{
    struct bench *b = *state;
    bench_put(b, "pred", MM_F32, 2, 2, 1, 1, VALUES(1, 2, 3, 1));
    bench_put(b, "label", MM_U8, 1, 2, 1, 1, VALUES(1, 0));
    bench_put(b, "mask", MM_F32, 1, 2, 1, 1, VALUES(0.5, 0.7));
    bench_runs(b,
               "{\"name\": \"AsDiscreted\", \"args\": {\"keys\": [\"pred\", \"label\"], \"argmax\": [true, false], "
               "\"to_onehot\": true, \"n_classes\": 2}}");
    bench_expect(b, "pred", MM_U8, 2, VALUES(0, 1, 1, 0), 0);
    bench_expect(b, "label", MM_U8, 2, VALUES(0, 1, 1, 0), 0);
    bench_runs(b, "{\"name\": \"AsDiscreteD\", \"args\": {\"keys\": \"mask\", \"threshold_values\": true, "
                  "\"logit_thresh\": 0.6}}");
    bench_expect(b, "mask", MM_U8, 1, VALUES(0, 1), 0);
    bench_put(b, "mask", MM_F32, 1, 2, 1, 1, VALUES(0.5, 0.4));
    bench_runs(b, "{\"name\": \"AsDiscreted\", \"args\": {\"keys\": \"mask\", \"threshold_values\": true}}");
    bench_expect(b, "mask", MM_U8, 1, VALUES(1, 0), 0);
}

static void test_what_is_refused(void **state)
{
    struct bench *b = *state;
    bench_put(b, "label", MM_I16, 1, 3, 1, 1, VALUES(0, 5, 1));
    bench_put(b, "negative", MM_I16, 1, 3, 1, 1, VALUES(0, -1, 1));
    bench_put(b, "nan", MM_F32, 1, 3, 1, 1, VALUES(0, NAN, 1));
    bench_put(b, "two", MM_U8, 2, 1, 1, 1, VALUES(0, 1));
    bench_fails(b, "{\"name\": \"AsDiscreted\", \"args\": {\"keys\": \"label\", \"to_onehot\": 5}}", MM_ERR_DATA,
                "label value 5 is not one of 5 classes");
    bench_fails(b, "{\"name\": \"AsDiscreted\", \"args\": {\"keys\": \"negative\", \"to_onehot\": 5}}", MM_ERR_DATA,
                "-1");
    bench_fails(b, "{\"name\": \"AsDiscreted\", \"args\": {\"keys\": \"nan\", \"to_onehot\": 5}}", MM_ERR_DATA,
                "nan");
    bench_fails(b, "{\"name\": \"AsDiscreted\", \"args\": {\"keys\": \"two\", \"to_onehot\": 5}}", MM_ERR_DATA,
                "one channel");
    bench_fails(b, "{\"name\": \"AsDiscreted\", \"args\": {\"keys\": \"two\", \"to_onehot\": true}}", MM_ERR_CONFIG,
                "n_classes");
    bench_fails(b, "{\"name\": \"AsDiscreted\", \"args\": {\"keys\": \"two\", \"to_onehot\": 0}}", MM_ERR_CONFIG,
                "0 classes");
    bench_fails(b, "{\"name\": \"AsDiscreted\", \"args\": {\"keys\": \"two\", \"argmax\": 1}}", MM_ERR_CONFIG,
                "argmax: expected true, false, null");
    bench_fails(b, "{\"name\": \"AsDiscreted\", \"args\": {\"keys\": \"two\", \"rounding\": \"up\"}}", MM_ERR_CONFIG,
                "torchrounding");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(test_argmax_ties_go_to_the_first),
        BENCH_TEST(test_argmax_of_many),
        BENCH_TEST(test_lists_by_key),
        BENCH_TEST(test_threshold_and_rounding),
        BENCH_TEST(test_older_spellings),
        BENCH_TEST(test_what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
