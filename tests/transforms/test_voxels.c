/* Flat access: other strides and other people's voxels. */
#include "one_step.h"

#include "transforms/voxels.h"

/* A view of every second voxel of x, as a field. */
static struct mm_field *put_strided(struct bench *b)
{
    struct mm_volume *all = bench_put(b, "image", MM_F32, 1, 4, 2, 1, VALUES(1, 2, 3, 4, 5, 6, 7, 8));
    struct mm_volume *some = mm_volume_view(&b->arena, all);
    assert_non_null(some);
    some->size[0] = 2;
    some->stride[0] = 2;
    struct mm_field *field = mm_sample_find(b->sample, "image");
    field->volume = some;
    return field;
}

static void test_strided_volumes_become_dense(void **state)
{
    struct bench *b = *state;
    struct mm_field *field = put_strided(b);
    const struct mm_volume *v;
    double x[MM_VOXELS_CHUNK];
    assert_int_equal(mm_voxels_read(b->sample, field, &v, &b->err), MM_OK);
    assert_true(mm_volume_is_dense(v));
    assert_int_equal(mm_voxels_get(v, 0, 0, x), 4);
    assert_int_equal(mm_voxels_get(v, 0, 4, x), 0);
    assert_int_equal(mm_voxels_get(v, 0, 1, x), 3);
    assert_float_equal(x[0], 3, 0);
    assert_float_equal(x[2], 7, 0);
    bench_runs(b, "{\"name\": \"ShiftIntensityd\", \"args\": {\"keys\": \"image\", \"offset\": 1}}");
    bench_expect(b, "image", MM_F32, 1, VALUES(2, 4, 6, 8), 0);
}

static void test_shared_voxels_are_not_written(void **state)
{
    struct bench *b = *state;
    struct mm_volume *cached = bench_put(b, "image", MM_F32, 1, 2, 1, 1, VALUES(1, 2));
    cached->shared = true;
    bench_runs(b, "{\"name\": \"ShiftIntensityd\", \"args\": {\"keys\": \"image\", \"offset\": 1}}");
    bench_expect(b, "image", MM_F32, 1, VALUES(2, 3), 0);
    assert_float_equal(mm_volume_get(cached, 0, 0, 0, 0), 1, 0);
    const struct mm_volume *own = bench_volume(b, "image");
    bench_runs(b, "{\"name\": \"ShiftIntensityd\", \"args\": {\"keys\": \"image\", \"offset\": 1}}");
    assert_ptr_equal(bench_volume(b, "image"), own); /* in place now */
}

static void test_chunks_cover_a_long_channel(void **state)
{
    struct bench *b = *state;
    static double values[2 * 2500];
    for (int i = 0; i < 5000; i++)
        values[i] = i % 251;
    struct mm_volume *v = bench_put(b, "image", MM_U8, 2, 2500, 1, 1, values);
    double x[MM_VOXELS_CHUNK];
    size_t seen = 0;
    for (size_t from = 0, n; (n = mm_voxels_get(v, 1, from, x)); from += n) {
        for (size_t i = 0; i < n; i++) {
            assert_float_equal(x[i], values[2500 + from + i], 0);
            x[i] = 250 - x[i];
        }
        mm_voxels_put(v, 1, from, n, x);
        seen += n;
    }
    assert_int_equal(seen, 2500);
    for (int i = 0; i < 2500; i++) {
        assert_float_equal(mm_volume_get(v, 0, 0, 0, i), values[i], 0);
        assert_float_equal(mm_volume_get(v, 1, 0, 0, i), 250 - values[2500 + i], 0);
    }
}

static void test_keep(void **state)
{
    struct bench *b = *state;
    const uint8_t mask[] = {0, 1, 0};
    struct mm_volume *v = bench_put(b, "image", MM_F64, 2, 3, 1, 1, VALUES(1, 2, 3, 4, 5, 6));
    mm_voxels_keep(v, 1, mask);
    bench_expect(b, "image", MM_F64, 2, VALUES(1, 2, 3, 0, 5, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(test_strided_volumes_become_dense),
        BENCH_TEST(test_shared_voxels_are_not_written),
        BENCH_TEST(test_chunks_cover_a_long_channel),
        BENCH_TEST(test_keep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
