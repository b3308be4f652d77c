/* Crops by weight: where they lie, how often, and that preparing changes nothing. */
#include "one_step.h"

static const char crop_of_3[] =
    "{\"name\": \"RandWeightedCropd\", \"args\": {\"keys\": \"a\", \"w_key\": \"w\", \"spatial_size\": 3, "
    "\"num_samples\": 1}}";

/* An image that numbers its voxels, and weights of its size. */
static void put_both(struct bench *b, const double weights[40])
{
    double values[40];
    for (int i = 0; i < 40; i++)
        values[i] = i;
    bench_put(b, "a", MM_F32, 1, 8, 5, 0, values);
    bench_put(b, "w", MM_F32, 1, 8, 5, 0, weights);
}

/* The middle of a crop of 3 x 3. */
static int middle_of(struct bench *b, uint32_t position)
{
    const struct mm_context context = {.seed = 4, .position = position};
    assert_int_equal(bench_run_at(b, crop_of_3, &context), MM_OK);
    const struct mm_volume *v = bench_volume(b, "a");
    assert_int_equal(v->size[0] * 10 + v->size[1], 33);
    return (int)mm_volume_get(v, 0, 0, 1, 1);
}

static void voxels_are_drawn_by_weight(void **state)
{
    struct bench *b = *state;
    double weights[40] = {[10] = 1, [21] = 3, [0] = 50, [14] = 50, [15] = 50, [27] = 50};
    int found[40] = {0};
    for (uint32_t i = 0; i < 600;
         i++) { /* 0, 14, 15 and 27 are too near the end: MONAI's region leaves out one more */
        put_both(b, weights);
        found[middle_of(b, i)]++;
    }
    assert_int_equal(found[10] + found[21], 600);
    assert_true(found[10] > 110 && found[10] < 190);
}

static void weights_below_0_are_lifted(void **state)
{
    struct bench *b = *state;
    double weights[40];
    for (int i = 0; i < 40; i++)
        weights[i] = -5;
    weights[12] = -4;
    for (uint32_t i = 0; i < 20; i++) {
        put_both(b, weights);
        assert_int_equal(middle_of(b, i), 12);
    }
}

static void without_weights_all_are_alike(void **state)
{
    struct bench *b = *state;
    const double none[40] = {0};
    int found[40] = {0};
    for (uint32_t i = 0; i < 500; i++) {
        put_both(b, none);
        found[middle_of(b, i)]++;
    }
    for (int y = 1; y <= 2; y++)
        for (int x = 1; x <= 5; x++)
            assert_true(found[8 * y + x] > 20);
}

static void what_is_prepared_changes_nothing(void **state)
{
    struct bench *b = *state;
    double weights[40];
    for (int i = 0; i < 40; i++)
        weights[i] = i * 7 % 11 - 2;
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    cJSON *json;
    struct mm_problems problems;
    struct mm_chain *chain;
    mm_problems_init(&problems, &arena);
    assert_int_equal(mm_json_parse(&arena, "test", crop_of_3, strlen(crop_of_3), &json, NULL), MM_OK);
    struct mm_component item = {.name = "RandWeightedCropd", .args = mm_json_get(json, "args"), .node = json};
    const struct mm_components components = {1, &item};
    assert_int_equal(mm_chain_make(&arena, &components, &chain, &problems), MM_OK);
    for (uint32_t i = 0; i < 50; i++) {
        put_both(b, weights);
        mm_sample_remove(b->sample, "w:weights:3x3x1");
        int plain = middle_of(b, i);
        put_both(b, weights);
        assert_int_equal(mm_chain_prepare(chain, 0, b->sample, NULL), MM_OK);
        assert_non_null(mm_sample_find(b->sample, "w:weights:3x3x1"));
        assert_int_equal(middle_of(b, i), plain);
    }
    mm_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {BENCH_TEST(voxels_are_drawn_by_weight), BENCH_TEST(weights_below_0_are_lifted),
                                       BENCH_TEST(without_weights_all_are_alike),
                                       BENCH_TEST(what_is_prepared_changes_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
