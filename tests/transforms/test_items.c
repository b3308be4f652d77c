/* Fields copied, put together, dropped; types cast. */
#include "one_step.h"

#include <math.h>

static void test_copies_do_not_share_voxels(void **state)
{
    struct bench *b = *state;
    bench_put(b, "label", MM_F32, 1, 2, 1, 1, VALUES(1, 2));
    bench_runs(b, "{\"name\": \"CopyItemsd\", \"args\": {\"keys\": [\"label\"], \"times\": 1, "
                  "\"names\": [\"label_foreground\"]}}");
    bench_runs(b, "{\"name\": \"ShiftIntensityd\", \"args\": {\"keys\": \"label\", \"offset\": 10}}");
    bench_expect(b, "label", MM_F32, 1, VALUES(11, 12), 0);
    bench_expect(b, "label_foreground", MM_F32, 1, VALUES(1, 2), 0);
    bench_fails(b, "{\"name\": \"CopyItemsd\", \"args\": {\"keys\": \"label\", \"names\": \"label_foreground\"}}",
                MM_ERR_DATA, "already");
}

static void test_copies_without_names(void **state)
{
    struct bench *b = *state;
    bench_put(b, "a", MM_U8, 1, 1, 1, 1, VALUES(1));
    bench_put(b, "b", MM_U8, 1, 1, 1, 1, VALUES(2));
    bench_runs(b, "{\"name\": \"CopyItemsd\", \"args\": {\"keys\": [\"a\", \"b\", \"c\"], \"times\": 2, "
                  "\"allow_missing_keys\": true}}");
    bench_expect(b, "a_0", MM_U8, 1, VALUES(1), 0);
    bench_expect(b, "a_1", MM_U8, 1, VALUES(1), 0);
    bench_expect(b, "b_1", MM_U8, 1, VALUES(2), 0);
    assert_int_equal(b->sample->count, 6);
    bench_fails(b, "{\"name\": \"CopyItemsd\", \"args\": {\"keys\": \"c\"}}", MM_ERR_DATA, "no field \"c\"");
    bench_fails(b, "{\"name\": \"CopyItemsd\", \"args\": {\"keys\": [\"a\", \"b\"], \"names\": \"x\"}}",
                MM_ERR_CONFIG, "need 2");
}

static void test_concatenation(void **state)
{
    struct bench *b = *state;
    bench_put(b, "a", MM_U8, 1, 2, 1, 1, VALUES(1, 2))->affine[3] = 7;
    bench_put(b, "b", MM_U8, 2, 2, 1, 1, VALUES(3, 4, 5, 6));
    bench_put(b, "c", MM_I16, 1, 2, 1, 1, VALUES(-7, 8));
    bench_put(b, "d", MM_I16, 1, 3, 1, 1, VALUES(1, 2, 3));
    bench_runs(b, "{\"name\": \"ConcatItemsd\", \"args\": {\"keys\": [\"a\", \"b\"], \"name\": \"a\"}}");
    bench_expect(b, "a", MM_U8, 3, VALUES(1, 2, 3, 4, 5, 6), 0);
    assert_float_equal(bench_volume(b, "a")->affine[3], 7, 0);
    bench_runs(b,
               "{\"name\": \"ConcatItemsd\", \"args\": {\"keys\": [\"b\", \"c\"], \"name\": \"all\", \"dim\": 0}}");
    bench_expect(b, "all", MM_F32, 3, VALUES(3, 4, 5, 6, -7, 8), 0);
    bench_fails(b, "{\"name\": \"ConcatItemsd\", \"args\": {\"keys\": [\"a\", \"d\"], \"name\": \"x\"}}", MM_ERR_DATA,
                "\"d\" has 3x1x1 voxels");
    bench_fails(b, "{\"name\": \"ConcatItemsd\", \"args\": {\"keys\": \"a\", \"name\": \"x\", \"dim\": 1}}",
                MM_ERR_CONFIG, "dim is 1");
}

static void test_selection_and_deletion(void **state)
{
    struct bench *b = *state;
    const char *const names[] = {"image", "label", "label_old", "old_label", "x"};
    for (size_t i = 0; i < 5; i++)
        bench_put(b, names[i], MM_U8, 1, 1, 1, 1, VALUES(0));
    bench_runs(b, "{\"name\": \"DeleteItemsd\", \"args\": {\"keys\": [\"label\", \"_old$\", \"no_such\"], "
                  "\"use_re\": [false, true, false]}}");
    assert_null(mm_sample_find(b->sample, "label"));
    assert_null(mm_sample_find(b->sample, "label_old"));
    assert_int_equal(b->sample->count, 3);
    bench_fails(b, "{\"name\": \"DeleteItemsd\", \"args\": {\"keys\": \"(\", \"use_re\": true}}", MM_ERR_CONFIG,
                "no regular expression");
    bench_fails(b, "{\"name\": \"SelectItemsd\", \"args\": {\"keys\": [\"image\", \"imagge\"]}}", MM_ERR_DATA,
                "imagge");
    bench_runs(b, "{\"name\": \"SelectItemsd\", \"args\": {\"keys\": [\"x\", \"image\"]}}");
    assert_int_equal(b->sample->count, 2);
    assert_string_equal(b->sample->fields[0].name, "image");
}

/* numpy's astype: fractions are cut off. What does not fit saturates. */
static void test_cast(void **state)
{
    struct bench *b = *state;
    bench_put(b, "image", MM_F32, 1, 4, 1, 1, VALUES(1.9, -1.9, 300, NAN));
    bench_put(b, "label", MM_F32, 1, 3, 1, 1, VALUES(0.5, 0, -2));
    bench_runs(b, "{\"name\": \"CastToTyped\", \"args\": {\"keys\": [\"image\", \"label\"], \"dtype\": [\"int16\", "
                  "\"bool\"]}}");
    bench_expect(b, "image", MM_I16, 1, VALUES(1, -1, 300, 0), 0);
    bench_expect(b, "label", MM_U8, 1, VALUES(1, 0, 1), 0);
    bench_runs(b, "{\"name\": \"CastToTyped\", \"args\": {\"keys\": \"image\", \"dtype\": \"uint8\"}}");
    bench_expect(b, "image", MM_U8, 1, VALUES(1, 0, 255, 0), 0);
    bench_runs(b, "{\"name\": \"CastToTyped\", \"args\": {\"keys\": \"image\"}}");
    bench_expect(b, "image", MM_F32, 1, VALUES(1, 0, 255, 0), 0);
    bench_fails(b, "{\"name\": \"CastToTyped\", \"args\": {\"keys\": \"image\", \"dtype\": \"flout32\"}}",
                MM_ERR_CONFIG, "dtype");
}

static void test_to_tensor_takes_anything(void **state)
{
    struct bench *b = *state;
    static const double class = 3;
    struct mm_field *field;
    bench_put(b, "image", MM_I16, 1, 2, 1, 1, VALUES(1, 2));
    assert_int_equal(mm_sample_add(b->sample, "label", MM_FIELD_CLASS, &field, &b->err), MM_OK);
    field->numbers = &class;
    field->count = 1;
    bench_runs(b, "{\"name\": \"ToTensord\", \"args\": {\"keys\": [\"image\", \"label\"]}}");
    bench_expect(b, "image", MM_I16, 1, VALUES(1, 2), 0);
    bench_runs(b, "{\"name\": \"EnsureTyped\", \"args\": {\"keys\": [\"image\", \"label\"], \"dtype\": \"float32\", "
                  "\"data_type\": \"tensor\", \"device\": \"cpu\"}}");
    bench_expect(b, "image", MM_F32, 1, VALUES(1, 2), 0);
    assert_int_equal(mm_sample_find(b->sample, "label")->kind, MM_FIELD_CLASS);
    bench_fails(b, "{\"name\": \"ShiftIntensityd\", \"args\": {\"keys\": \"label\", \"offset\": 1}}", MM_ERR_DATA,
                "label");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(test_copies_do_not_share_voxels),
        BENCH_TEST(test_copies_without_names),
        BENCH_TEST(test_concatenation),
        BENCH_TEST(test_selection_and_deletion),
        BENCH_TEST(test_cast),
        BENCH_TEST(test_to_tensor_takes_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
