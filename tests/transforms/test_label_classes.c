/* Crops by class: each class gets its share, whether the classes were listed before or not; and crops at random places. */
#include "chains.h"
#include "transforms/label_classes.h"

/* Class 1: a voxel; class 2: a plane; class 3 does not occur. */
static double class_at(int x, int y, int z)
{
    return x == 3 && y == 4 && z == 5 ? 1 : z == 9 ? 2 : 0;
}

static struct mm_sample *make_sample(struct mm_arena *arena)
{
    struct mm_sample *sample = make_pair(arena, 3, 12, 11, 10, NULL);
    struct mm_volume *label = volume_in(sample, "label");
    for (int i = 0; i < 12 * 11 * 10; i++)
        mm_volume_set(label, 0, i / 132, i / 12 % 11, i % 12, class_at(i % 12, i / 12 % 11, i / 132));
    return sample;
}

static void count_draws(struct mm_arena *arena, bool prepare, const struct mm_label_classes *classes,
                        const struct mm_doubles *ratios, int found[4])
{
    struct mm_sample *sample = make_sample(arena);
    struct mm_error err = {0};
    int voxel[3];
    memset(found, 0, 4 * sizeof *found);
    if (prepare)
        assert_int_equal(mm_label_classes_prepare(sample, classes, &err), MM_OK);
    for (uint32_t i = 0; i < 1200; i++) {
        struct mm_random random;
        mm_random_init(&random, 7, MM_RANDOM_TRANSFORM, 0, i, 0);
        assert_int_equal(mm_label_classes_draw(sample, classes, ratios, &random, voxel, &err), MM_OK);
        found[(int)class_at(voxel[0], voxel[1], voxel[2])]++;
    }
}

static void classes_get_their_share(void **state)
{
    struct bench *b = *state;
    const struct mm_label_classes classes = {.label_field = "label", .count = 4};
    static const double shares[4] = {1, 2, 3, 50};
    const struct mm_doubles ratios = {4, shares}, none = {0};
    int listed[4], scanned[4];
    count_draws(&b->arena, true, &classes, &ratios, listed);
    count_draws(&b->arena, false, &classes, &ratios, scanned);
    assert_memory_equal(listed, scanned, sizeof listed);
    assert_in_range(listed[0], 150, 250);
    assert_in_range(listed[1], 330, 470);
    assert_in_range(listed[2], 520, 680);
    assert_int_equal(listed[3], 0);
    count_draws(&b->arena, true, &classes, &none, listed);
    for (int k = 0; k < 3; k++)
        assert_in_range(listed[k], 330, 470);
}

static const char crops[] = "{\"name\": \"RandCropByLabelClassesd\", \"args\": {\"keys\": [\"image\", \"label\"], "
                            "\"label_key\": \"label\", \"spatial_size\": [5, 5, 5], \"num_classes\": 4, \"ratios\": "
                            "[0, 1, 0, 0], \"num_samples\": 2}}";

static void the_voxel_becomes_the_middle(void **state)
{
    struct bench *b = *state;
    b->sample = make_sample(&b->arena);
    const struct mm_context context = {.seed = 3};
    assert_int_equal(bench_run_at(b, crops, &context), MM_OK);
    const struct mm_volume *image = volume_in(b->sample, "image");
    assert_size(image, 5, 5, 5);
    assert_true(mm_volume_get(image, 0, 2, 2, 2) == voxel_code(0, 5, 4, 3));
    assert_true(mm_volume_get(volume_in(b->sample, "label"), 0, 2, 2, 2) == 1);
}

static void only_where_the_image_is_high(void **state)
{
    struct bench *b = *state;
    b->sample = make_sample(&b->arena);
    const struct mm_label_classes classes = {
        .label_field = "label", .image_field = "image", .threshold = voxel_code(0, 9, 3, 0), .count = 3};
    const struct mm_doubles none = {0};
    int voxel[3];
    for (uint32_t i = 0; i < 50; i++) {
        struct mm_random random;
        mm_random_init(&random, 7, MM_RANDOM_TRANSFORM, 0, i, 0);
        assert_int_equal(mm_label_classes_draw(b->sample, &classes, &none, &random, voxel, &b->err), MM_OK);
        assert_true(voxel[2] == 9 && voxel[1] >= 3);
    }
}

/* With the background by draws and, where there is none or the image shuts it out, by scanning. */
static void packed_images_give_the_same_draws(void **state)
{
    struct bench *b = *state;
    static const double thresholds[] = {-1, 1450, 1e6};
    const struct mm_doubles none = {0};
    for (int i = 0; i < 12; i++) {
        struct mm_sample *dense = make_pair(&b->arena, 3, 30, 30, 30, NULL), *packed;
        for (int voxel = 0; voxel < 27000; voxel++) {
            ((float *)volume_in(dense, "image")->data)[voxel] = (float)(voxel / 900 * 100);
            ((uint8_t *)volume_in(dense, "label")->data)[voxel] = (uint8_t)(voxel / 7000 + (i < 6 ? 0 : 1));
        }
        const struct mm_label_classes classes = {.label_field = "label",
                                                 .image_field = i % 3 ? "image" : NULL,
                                                 .threshold = thresholds[i % 3],
                                                 .count = 5};
        if (i % 2)
            assert_int_equal(mm_label_classes_prepare(dense, &classes, NULL), MM_OK);
        assert_int_equal(mm_sample_pack(&b->arena, dense, &packed, NULL), MM_OK);
        assert_true(volume_in(packed, "image")->packed && volume_in(packed, "label")->packed);
        for (uint32_t n = 0; n < 30; n++) {
            struct mm_random one, two;
            int first[3] = {0}, second[3] = {0};
            mm_random_init(&one, 7, MM_RANDOM_TRANSFORM, 0, n, 0);
            two = one;
            enum mm_status s = mm_label_classes_draw(dense, &classes, &none, &one, first, NULL);
            assert_int_equal(mm_label_classes_draw(packed, &classes, &none, &two, second, NULL), s);
            assert_memory_equal(first, second, sizeof first);
        }
    }
}

static void what_cannot_be_drawn_is_said(void **state)
{
    struct bench *b = *state;
    b->sample = make_sample(&b->arena);
    bench_fails(b,
                "{\"name\": \"RandCropByLabelClassesd\", \"args\": {\"keys\": \"image\", \"label_key\": \"label\", "
                "\"spatial_size\": 4}}",
                MM_ERR_DATA, "num_classes must say how many");
    bench_fails(b,
                "{\"name\": \"RandCropByLabelClassesd\", \"args\": {\"keys\": \"image\", \"label_key\": \"label\", "
                "\"spatial_size\": 4, \"num_classes\": 4, \"ratios\": [0, 0, 0, 1]}}",
                MM_ERR_DATA, "nowhere to crop");
    bench_fails(b,
                "{\"name\": \"RandCropByLabelClassesd\", \"args\": {\"keys\": \"image\", \"label_key\": \"label\", "
                "\"spatial_size\": 4, \"num_classes\": 3, \"ratios\": [1, 1]}}",
                MM_ERR_DATA, "ratios has 2 numbers, the label has 3 classes");
}

static void samples_lie_at_different_places(void **state)
{
    struct bench *b = *state;
    double corners[8];
    for (uint32_t i = 0; i < 8; i++) {
        const struct mm_context context = {.seed = 3, .output = i};
        b->sample = make_sample(&b->arena);
        assert_int_equal(bench_run_at(b,
                                      "{\"name\": \"RandSpatialCropSamplesd\", \"args\": {\"keys\": \"image\", "
                                      "\"roi_size\": [6, 5, 4], \"num_samples\": 8}}",
                                      &context),
                         MM_OK);
        assert_size(volume_in(b->sample, "image"), 6, 5, 4);
        corners[i] = mm_volume_get(volume_in(b->sample, "image"), 0, 0, 0, 0);
    }
    int same = 0;
    for (int i = 1; i < 8; i++)
        same += corners[i] == corners[0];
    assert_true(same < 3);
}

/* ceil(12 * 0.6) = 8, ceil(11 * 0.5) = 6, all of z; drawn sizes stay between both ends. */
static void shares_of_the_axes(void **state)
{
    struct bench *b = *state;
    b->sample = make_sample(&b->arena);
    bench_runs(b, "{\"name\": \"RandScaleCropd\", \"args\": {\"keys\": \"image\", \"roi_scale\": [0.6, 0.5, 1], "
                  "\"random_center\": false}}");
    assert_size(volume_in(b->sample, "image"), 8, 6, 10);
    assert_true(mm_volume_get(volume_in(b->sample, "image"), 0, 0, 0, 0) == voxel_code(0, 0, 2, 2));
    bool differs = false;
    for (uint32_t i = 0; i < 20; i++) {
        const struct mm_context context = {.seed = 3, .position = i};
        b->sample = make_sample(&b->arena);
        assert_int_equal(bench_run_at(b,
                                      "{\"name\": \"RandScaleCropd\", \"args\": {\"keys\": \"image\", \"roi_scale\": "
                                      "0.5, \"max_roi_scale\": 0.75, \"random_size\": true}}",
                                      &context),
                         MM_OK);
        const int *size = volume_in(b->sample, "image")->size;
        assert_in_range(size[0], 6, 9);
        assert_in_range(size[1], 6, 9);
        assert_in_range(size[2], 5, 8);
        differs = differs || size[0] != size[1];
    }
    assert_true(differs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(classes_get_their_share),      BENCH_TEST(the_voxel_becomes_the_middle),
        BENCH_TEST(only_where_the_image_is_high), BENCH_TEST(packed_images_give_the_same_draws),
        BENCH_TEST(what_cannot_be_drawn_is_said), BENCH_TEST(samples_lie_at_different_places),
        BENCH_TEST(shares_of_the_axes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
