/* Label transforms as steps of a config: the pictures of MONAI's documentation, and what they refuse. */
#include "one_step.h"

#include <math.h>

static void test_map_keeps_integers_narrow(void **state)
{
    struct bench *b = *state;
    bench_put(b, "label", MM_U8, 1, 4, 1, 1, VALUES(0, 1, 2, 4));
    bench_runs(b, "{\"name\": \"MapLabelValued\", \"args\": {\"keys\": \"label\", \"orig_labels\": [1, 2, 4], "
                  "\"target_labels\": [2, 1, 3]}}"); /* not chained */
    bench_expect(b, "label", MM_U8, 1, VALUES(0, 2, 1, 3), 0);
    bench_runs(b, "{\"name\": \"MapLabelValued\", \"args\": {\"keys\": \"label\", \"orig_labels\": [3], "
                  "\"target_labels\": [-1]}}"); /* 255 might be there: int8 is too narrow */
    bench_expect(b, "label", MM_I16, 1, VALUES(0, 2, 1, -1), 0);
    bench_runs(b, "{\"name\": \"MapLabelValued\", \"args\": {\"keys\": \"label\", \"orig_labels\": [2], "
                  "\"target_labels\": [100000]}}");
    bench_expect(b, "label", MM_I32, 1, VALUES(0, 100000, 1, -1), 0);
    bench_runs(b, "{\"name\": \"MapLabelValued\", \"args\": {\"keys\": \"label\", \"orig_labels\": [1, 0], "
                  "\"target_labels\": [0.5, 7]}}");
    bench_expect(b, "label", MM_F32, 1, VALUES(7, 100000, 0.5, -1), 0);
    bench_fails(b,
                "{\"name\": \"MapLabelValued\", \"args\": {\"keys\": \"label\", \"orig_labels\": [1, 2], "
                "\"target_labels\": [1]}}",
                MM_ERR_CONFIG, "orig_labels has 2 values, target_labels 1");
}

/* The example of MONAI's KeepLargestConnectedComponent. */
static const double picture[] = {0, 0, 1, 0, 0, 0, 2, 1, 1, 1, 1, 2, 1, 0, 0, 1, 2, 0, 1, 0, 2, 2, 0, 0, 2};

static void test_keep_largest(void **state)
{
    struct bench *b = *state;
    bench_put(b, "label", MM_U8, 1, 5, 5, 0, picture);
    bench_runs(b, "{\"name\": \"KeepLargestConnectedComponentd\", \"args\": {\"keys\": \"label\", "
                  "\"applied_labels\": [1, 2], \"is_onehot\": false, \"independent\": false, \"connectivity\": 1}}");
    bench_expect(b, "label", MM_U8, 1,
                 VALUES(0, 0, 1, 0, 0, 0, 2, 1, 1, 1, 1, 2, 1, 0, 0, 1, 2, 0, 0, 0, 2, 2, 0, 0, 0), 0);
    bench_put(b, "label", MM_U8, 1, 5, 5, 0, picture);
    bench_runs(b, "{\"name\": \"KeepLargestConnectedComponentd\", \"args\": {\"keys\": \"label\", "
                  "\"applied_labels\": [1, 2], \"independent\": true, \"connectivity\": 1}}");
    bench_expect(b, "label", MM_U8, 1,
                 VALUES(0, 0, 1, 0, 0, 0, 2, 1, 1, 1, 0, 2, 1, 0, 0, 0, 2, 0, 0, 0, 2, 2, 0, 0, 0), 0);
    bench_put(b, "label", MM_F32, 1, 5, 5, 0, picture);
    bench_runs(b, "{\"name\": \"KeepLargestConnectedComponentd\", \"args\": {\"keys\": \"label\", "
                  "\"applied_labels\": [1, 2], \"independent\": false, \"connectivity\": 2}}");
    bench_expect(b, "label", MM_F32, 1, picture, 0);
}

/* Without labels given: all but 0. One-hot: by channels, 0 stays as it is. */
static void test_keep_largest_of_channels(void **state)
{
    struct bench *b = *state;
    bench_put(b, "pred", MM_U8, 2, 5, 1, 0, VALUES(1, 0, 0, 1, 0, 1, 1, 0, 1, 0));
    bench_runs(b, "{\"name\": \"LargestCCd\", \"args\": {\"keys\": \"pred\"}}");
    bench_expect(b, "pred", MM_U8, 2, VALUES(1, 0, 0, 1, 0, 1, 1, 0, 0, 0), 0);
    bench_put(b, "pred", MM_U8, 1, 8, 1, 0, VALUES(3, 3, 0, 3, 9, 0, 9, 9));
    bench_runs(b, "{\"name\": \"KeepLargestConnectedComponentd\", \"args\": {\"keys\": \"pred\"}}");
    bench_expect(b, "pred", MM_U8, 1, VALUES(3, 3, 0, 0, 0, 0, 9, 9), 0);
    bench_put(b, "pred", MM_U8, 1, 7, 1, 0, VALUES(1, 0, 1, 1, 0, 1, 1));
    bench_runs(
        b, "{\"name\": \"KeepLargestConnectedComponentd\", \"args\": {\"keys\": \"pred\", \"num_components\": 2}}");
    bench_expect(b, "pred", MM_U8, 1, VALUES(0, 0, 1, 1, 0, 1, 1), 0);
    bench_runs(
        b, "{\"name\": \"KeepLargestConnectedComponentd\", \"args\": {\"keys\": \"pred\"}}"); /* a tie: the last */
    bench_expect(b, "pred", MM_U8, 1, VALUES(0, 0, 0, 0, 0, 1, 1), 0);
}

static void test_keep_largest_refuses(void **state)
{
    struct bench *b = *state;
    bench_put(b, "pred", MM_U8, 2, 2, 1, 0, VALUES(1, 0, 0, 1));
    bench_put(b, "image", MM_F32, 1, 2, 1, 0, VALUES(0.5, 0));
    bench_fails(
        b, "{\"name\": \"KeepLargestConnectedComponentd\", \"args\": {\"keys\": \"pred\", \"applied_labels\": 2}}",
        MM_ERR_DATA, "channels 0 to 1");
    bench_fails(
        b, "{\"name\": \"KeepLargestConnectedComponentd\", \"args\": {\"keys\": \"pred\", \"is_onehot\": false}}",
        MM_ERR_DATA, "one channel");
    bench_fails(b,
                "{\"name\": \"KeepLargestConnectedComponentd\", \"args\": {\"keys\": \"pred\", \"connectivity\": 3}}",
                MM_ERR_DATA, "1 to 2");
    bench_fails(b, "{\"name\": \"KeepLargestConnectedComponentd\", \"args\": {\"keys\": \"image\"}}", MM_ERR_DATA,
                "0.5");
}

/* The example of MONAI's FillHoles: the ring of 1 is closed, those of 2 and 3 together are not of one label. */
static void test_fill_holes(void **state)
{
    struct bench *b = *state;
    bench_put(b, "label", MM_U8, 1, 8, 3, 0,
              VALUES(1, 1, 1, 2, 2, 2, 3, 3, 1, 0, 1, 2, 0, 0, 3, 0, 1, 1, 1, 2, 2, 2, 3, 3));
    bench_runs(b, "{\"name\": \"FillHolesd\", \"args\": {\"keys\": \"label\"}}");
    bench_expect(b, "label", MM_U8, 1, VALUES(1, 1, 1, 2, 2, 2, 3, 3, 1, 1, 1, 2, 0, 0, 3, 0, 1, 1, 1, 2, 2, 2, 3, 3),
                 0);
    /* A gap at a corner is open for the full neighbourhood only. */
    const double gap[] = {0, 1, 1, 1, 0, 1, 1, 1, 1};
    bench_put(b, "label", MM_U8, 1, 3, 3, 0, gap);
    bench_runs(b, "{\"name\": \"FillHolesd\", \"args\": {\"keys\": \"label\"}}");
    bench_expect(b, "label", MM_U8, 1, gap, 0);
    bench_runs(
        b,
        "{\"name\": \"FillHolesd\", \"args\": {\"keys\": \"label\", \"applied_labels\": [1], \"connectivity\": 1}}");
    bench_expect(b, "label", MM_U8, 1, VALUES(0, 1, 1, 1, 1, 1, 1, 1, 1), 0);
}

static void test_fill_holes_of_channels(void **state)
{
    struct bench *b = *state;
    bench_put(b, "pred", MM_F32, 2, 3, 3, 0, VALUES(0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1));
    bench_runs(b, "{\"name\": \"FillHolesd\", \"args\": {\"keys\": \"pred\"}}");
    bench_expect(b, "pred", MM_F32, 2, VALUES(0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1), 0);
}

static void test_remove_small(void **state)
{
    struct bench *b = *state;
    bench_put(b, "pred", MM_U8, 1, 7, 2, 0, VALUES(1, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0));
    bench_runs(b, "{\"name\": \"RemoveSmallObjectsd\", \"args\": {\"keys\": \"pred\", \"min_size\": 3}}");
    bench_expect(b, "pred", MM_U8, 1, VALUES(1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0), 0);
    /* Labels: voxels of one value are one object wherever they are. */
    bench_put(b, "pred", MM_U8, 1, 6, 1, 0, VALUES(2, 0, 2, 2, 0, 1));
    bench_runs(b, "{\"name\": \"RemoveSmallObjectsd\", \"args\": {\"keys\": \"pred\", \"min_size\": 3}}");
    bench_expect(b, "pred", MM_U8, 1, VALUES(2, 0, 2, 2, 0, 0), 0);
    bench_put(b, "pred", MM_U8, 1, 6, 1, 0, VALUES(2, 0, 2, 1, 0, 1));
    bench_runs(b, "{\"name\": \"RemoveSmallObjectsd\", \"args\": {\"keys\": \"pred\", \"min_size\": 2, "
                  "\"independent_channels\": false}}");
    bench_expect(b, "pred", MM_U8, 1, VALUES(0, 0, 2, 1, 0, 0), 0);
    bench_put(b, "pred", MM_U8, 1, 2, 1, 0, VALUES(1, 1)); /* constant: left alone */
    bench_runs(b, "{\"name\": \"RemoveSmallObjectsd\", \"args\": {\"keys\": \"pred\"}}");
    bench_expect(b, "pred", MM_U8, 1, VALUES(1, 1), 0);
}

/* Channels are one more axis: a step to the next channel joins, and with it a diagonal step counts two. */
static void test_remove_small_across_channels(void **state)
{
    struct bench *b = *state;
    const double stacked[] = {1, 0, 0, 0, 1, 1, 0, 0}, diagonal[] = {1, 0, 0, 0, 0, 1, 0, 0};
    const char *step = "{\"name\": \"RemoveSmallObjectsd\", \"args\": {\"keys\": \"pred\", \"min_size\": 2, "
                       "\"connectivity\": 1}}";
    bench_put(b, "pred", MM_U8, 2, 4, 1, 0, stacked);
    bench_runs(b, step);
    bench_expect(b, "pred", MM_U8, 2, stacked, 0);
    bench_put(b, "pred", MM_U8, 2, 4, 1, 0, diagonal);
    bench_runs(b, "{\"name\": \"RemoveSmallObjectsd\", \"args\": {\"keys\": \"pred\", \"min_size\": 2, "
                  "\"connectivity\": 2}}");
    bench_expect(b, "pred", MM_U8, 2, diagonal, 0);
    bench_runs(b, step);
    bench_expect(b, "pred", MM_U8, 2, VALUES(0, 0, 0, 0, 0, 0, 0, 0), 0);
}

static void test_filter_and_masks(void **state)
{
    struct bench *b = *state;
    bench_put(b, "label", MM_I16, 1, 5, 1, 0, VALUES(0, 1, 2, 3, -1));
    bench_runs(b, "{\"name\": \"LabelFilterd\", \"args\": {\"keys\": \"label\", \"applied_labels\": [1, 3]}}");
    bench_expect(b, "label", MM_I16, 1, VALUES(0, 1, 0, 3, 0), 0);
    bench_put(b, "label", MM_U8, 1, 4, 1, 0, VALUES(0, 1, 2, 3));
    bench_runs(b, "{\"name\": \"LabelToMaskd\", \"args\": {\"keys\": \"label\", \"select_labels\": [1, 3]}}");
    bench_expect(b, "label", MM_U8, 1, VALUES(0, 1, 0, 1), 0);
    const double onehot[] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    bench_put(b, "label", MM_F32, 3, 3, 1, 0, onehot);
    bench_runs(b, "{\"name\": \"LabelToMaskd\", \"args\": {\"keys\": \"label\", \"select_labels\": [2, 1]}}");
    bench_expect(b, "label", MM_U8, 2, VALUES(0, 0, 1, 0, 1, 0), 0);
    bench_put(b, "label", MM_F32, 3, 3, 1, 0, onehot);
    bench_runs(b, "{\"name\": \"LabelToMaskd\", \"args\": {\"keys\": \"label\", \"select_labels\": [2, 1], "
                  "\"merge_channels\": true}}");
    bench_expect(b, "label", MM_U8, 1, VALUES(0, 1, 1), 0);
    bench_put(b, "label", MM_F32, 3, 3, 1, 0, onehot);
    bench_fails(b, "{\"name\": \"LabelToMaskd\", \"args\": {\"keys\": \"label\", \"select_labels\": 3}}", MM_ERR_DATA,
                "channels 0 to 2");
}

static void test_brats_and_repeat(void **state)
{
    struct bench *b = *state;
    bench_put(b, "label", MM_U8, 1, 4, 1, 0, VALUES(0, 1, 2, 4));
    bench_runs(b, "{\"name\": \"ConvertToMultiChannelBasedOnBratsClassesd\", \"args\": {\"keys\": \"label\"}}");
    bench_expect(b, "label", MM_U8, 3, VALUES(0, 1, 0, 1, 0, 1, 1, 1, 0, 0, 0, 1), 0);
    bench_put(b, "image", MM_I16, 2, 2, 1, 0, VALUES(1, 2, 3, 4));
    bench_runs(b, "{\"name\": \"RepeatChanneld\", \"args\": {\"keys\": \"image\", \"repeats\": 2}}");
    bench_expect(b, "image", MM_I16, 4, VALUES(1, 2, 1, 2, 3, 4, 3, 4), 0);
}

static void test_remap(void **state)
{
    struct bench *b = *state;
    bench_put(b, "label", MM_F32, 1, 5, 1, 0, VALUES(9, 0, 6, 1, 2));
    bench_runs(
        b,
        "{\"name\": \"RemapLabelsToSequentiald\", \"args\": {\"keys\": \"label\", \"label_names\": {\"spleen\": 1, "
        "\"liver\": 6, \"background\": 0, \"aorta\": 9}}}");
    bench_expect(b, "label", MM_U8, 1, VALUES(1, 0, 2, 3, 0), 0);
    bench_fails(
        b,
        "{\"name\": \"NormalizeLabelsInDatasetd\", \"args\": {\"keys\": \"label\", \"label_names\": {\"a\": \"b\"}}}",
        MM_ERR_CONFIG, "the value of \"a\" is no number");
    bench_fails(b, "{\"name\": \"RemapLabelsToSequentiald\", \"args\": {\"keys\": \"label\", \"label_names\": [1]}}",
                MM_ERR_CONFIG, "expected an object");
}

static void test_guidance_and_class(void **state)
{
    struct bench *b = *state;
    bench_put(b, "image", MM_I16, 2, 3, 1, 0, VALUES(7, -8, 9, 1, 2, 3));
    bench_put(b, "label", MM_U8, 1, 3, 1, 0, VALUES(0, 4, 2));
    bench_runs(b, "{\"name\": \"AddLabelAsGuidanced\", \"args\": {\"keys\": \"image\"}}");
    bench_expect(b, "image", MM_I16, 3, VALUES(7, -8, 9, 1, 2, 3, 0, 1, 1), 0);
    bench_runs(b, "{\"name\": \"SetLabelClassd\", \"args\": {\"keys\": \"label\"}}");
    const struct mm_field *field = mm_sample_find(b->sample, "label");
    assert_int_equal(field->kind, MM_FIELD_CLASS);
    assert_true(field->count == 1 && field->numbers[0] == 3);
    bench_put(b, "empty", MM_U8, 1, 2, 1, 0, VALUES(0, 0));
    bench_fails(b, "{\"name\": \"SetLabelClassd\", \"args\": {\"keys\": \"empty\"}}", MM_ERR_DATA, "it is no class");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(test_map_keeps_integers_narrow),
        BENCH_TEST(test_keep_largest),
        BENCH_TEST(test_keep_largest_of_channels),
        BENCH_TEST(test_keep_largest_refuses),
        BENCH_TEST(test_fill_holes),
        BENCH_TEST(test_fill_holes_of_channels),
        BENCH_TEST(test_remove_small),
        BENCH_TEST(test_remove_small_across_channels),
        BENCH_TEST(test_filter_and_masks),
        BENCH_TEST(test_brats_and_repeat),
        BENCH_TEST(test_remap),
        BENCH_TEST(test_guidance_and_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
