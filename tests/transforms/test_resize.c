/* Resize as a step: sizes, modes for each key, undoing; the interpolation itself is tested with the images. */
#include "chains.h"

static void sizes(void **state)
{
    struct bench *b = *state;
    static const struct {
        int from[3];
        const char *args;
        int to[3];
    } cases[] = {{{10, 8, 6}, "\"spatial_size\": [4, -1, 12]", {4, 8, 12}},
                 {{10, 8, 6}, "\"spatial_size\": 5", {5, 5, 5}},
                 {{10, 8, 7}, "\"spatial_size\": 5, \"size_mode\": \"longest\"", {5, 4, 4}}, /* 3.5 to even */
                 {{10, 8, 5}, "\"spatial_size\": 5, \"size_mode\": \"longest\"", {5, 4, 2}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int *from = cases[i].from, *to = cases[i].to;
        b->sample = make_pair(&b->arena, 3, from[0], from[1], from[2], NULL);
        bench_runs(b, mm_arena_format(&b->arena, "{\"name\": \"Resized\", \"args\": {\"keys\": \"image\", %s}}",
                                      cases[i].args));
        assert_size(volume_in(b->sample, "image"), to[0], to[1], to[2]);
    }
}

static void each_key_has_its_mode(void **state)
{
    struct bench *b = *state;
    bench_put(b, "image", MM_U8, 1, 4, 1, 1, VALUES(0, 10, 20, 50));
    bench_put(b, "label", MM_U8, 1, 4, 1, 1, VALUES(0, 10, 20, 50));
    bench_runs(b, "{\"name\": \"Resized\", \"args\": {\"keys\": [\"image\", \"label\"], \"spatial_size\": [2, 1, 1], "
                  "\"mode\": [\"area\", "
                  "\"nearest\"]}}");
    bench_expect(b, "image", MM_F32, 1, VALUES(5, 35), 1e-6);
    bench_expect(b, "label", MM_U8, 1, VALUES(0, 20), 0);
    assert_true(bench_volume(b, "label")->affine[0] == 2 && bench_volume(b, "label")->affine[3] == 0.5);
}

static void smoothing_comes_first_and_spares_the_source(void **state)
{
    struct bench *b = *state;
    struct mm_volume *source = bench_put(b, "image", MM_F32, 1, 8, 1, 1, VALUES(0, 0, 0, 8, 0, 0, 0, 0));
    source->shared = true;
    bench_runs(
        b,
        "{\"name\": \"Resized\", \"args\": {\"keys\": \"image\", \"spatial_size\": [2, 1, 1], \"mode\": \"nearest\", "
        "\"anti_aliasing\": true, \"anti_aliasing_sigma\": 2}}");
    /* Weights of sigma 2 at distance 3 and 1: (erf(t (i + 0.5)) - erf(t (i - 0.5))) / 2 */
    bench_expect(b, "image", MM_F32, 1, VALUES(8 * 0.0655907, 8 * 0.1746663), 2e-5);
    assert_true(mm_volume_get(source, 0, 0, 0, 3) == 8);
}

static void nearest_is_undone_exactly(void **state)
{
    struct bench *b = *state;
    b->sample = make_pair(&b->arena, 3, 5, 4, 3, NULL);
    struct mm_field *field = mm_sample_find(b->sample, "image");
    const struct mm_volume *before = field->volume;
    struct mm_volume *out;
    bench_runs(b, "{\"name\": \"Resized\", \"args\": {\"keys\": \"image\", \"spatial_size\": [10, 8, 9], \"mode\": "
                  "\"nearest\"}}");
    assert_int_equal(mm_field_invert(field, &b->arena, field->volume, true, &out, &b->err), MM_OK);
    assert_true(same_voxels(out, before));
}

static void messages(void **state)
{
    struct bench *b = *state;
    b->sample = make_pair(&b->arena, 3, 90, 4, 3, NULL);
    bench_fails(b,
                "{\"name\": \"Resized\", \"args\": {\"keys\": \"image\", \"spatial_size\": [3, 4, 5], \"size_mode\": "
                "\"longest\"}}",
                MM_ERR_CONFIG, "size_mode longest needs one number above 0");
    bench_fails(
        b,
        "{\"name\": \"Resized\", \"args\": {\"keys\": \"image\", \"spatial_size\": 5, \"size_mode\": \"longest\"}}",
        MM_ERR_DATA, "axis 1 would have no voxel left of 4");
    bench_fails(
        b,
        "{\"name\": \"Resized\", \"args\": {\"keys\": \"image\", \"spatial_size\": 5, \"anti_aliasing\": \"yes\"}}",
        MM_ERR_CONFIG, "anti_aliasing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(sizes),
        BENCH_TEST(each_key_has_its_mode),
        BENCH_TEST(smoothing_comes_first_and_spares_the_source),
        BENCH_TEST(nearest_is_undone_exactly),
        BENCH_TEST(messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
