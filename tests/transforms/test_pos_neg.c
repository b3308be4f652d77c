/* Crops by the ratio of foreground and background: shares, places, what happens without one of them, messages. */
#include "chains.h"

static bool is_corner(int x, int y, int z)
{
    return x < 2 && y < 2 && z < 2;
}

static bool is_everything(int x, int y, int z)
{
    (void)x, (void)y, (void)z;
    return true;
}

struct tally {
    int inside, outside;
};

/* 1000 crops of one voxel, in the spelling of MONAI and those of Clara. */
static const char *const crops[] = {
    "\"RandCropByPosNegLabeld\", \"args\": {\"keys\": [\"image\", \"label\"], \"label_key\": \"label\", "
    "\"spatial_size\": 1, \"num_samples\": 1000",
    "\"FastCropByPosNegRatio\", \"args\": {\"fields\": \"image\", \"label_field\": \"label\", \"size\": [1, 1, 1], "
    "\"batch_size\": 1000",
    "\"FastPosNegRatioCropROI\", \"args\": {\"size\": [1, 1, 1], \"batch_size\": 1000",
};

/* Crops of one voxel: their label tells whether it is foreground. */
static struct tally count_crops_of(struct bench *b, const char *crop, bool (*is_foreground)(int, int, int),
                                   const char *args)
{
    struct tally tally = {0};
    const char *text = mm_arena_format(&b->arena, "[{\"name\": %s%s}}]", crop, args);
    const struct mm_chain *chain = chain_of(&b->arena, text);
    struct mm_sample *cached = make_pair(&b->arena, 3, 8, 7, 6, is_foreground);
    assert_int_equal(mm_chain_prepare(chain, 0, cached, NULL), MM_OK);
    for (uint32_t output = 0; output < 1000; output++) {
        struct mm_arena arena;
        mm_arena_init(&arena, NULL);
        struct mm_sample *sample = mm_sample_view(&arena, cached);
        run_all(chain, sample, &(struct mm_context){.seed = 4, .output = output});
        assert_size(volume_in(sample, "image"), 1, 1, 1);
        if (mm_volume_get(volume_in(sample, "label"), 0, 0, 0, 0) != 0)
            tally.inside++;
        else
            tally.outside++;
        mm_arena_done(&arena);
    }
    return tally;
}

static struct tally count_crops(struct bench *b, bool (*is_foreground)(int, int, int), const char *args)
{
    return count_crops_of(b, crops[0], is_foreground, args);
}

static void shares_follow_the_ratio(void **state)
{
    struct bench *b = *state;
    assert_in_range(count_crops(b, is_corner, "").inside, 440, 560);
    assert_in_range(count_crops(b, is_corner, ", \"pos\": 3, \"neg\": 1").inside, 690, 810);
    assert_int_equal(count_crops(b, is_corner, ", \"pos\": 0").inside, 0);
    assert_int_equal(count_crops(b, is_corner, ", \"neg\": 0").outside, 0);
}

static void without_one_kind_the_other_serves(void **state)
{
    struct bench *b = *state;
    for (size_t i = 0; i < sizeof crops / sizeof *crops; i++) {
        assert_int_equal(count_crops_of(b, crops[i], NULL, "").outside, 1000);
        assert_int_equal(count_crops_of(b, crops[i], is_everything, "").inside, 1000);
        assert_int_equal(count_crops_of(b, crops[i], NULL, ", \"neg\": 0").outside,
                         1000); /* even where none is wanted */
    }
}

/* The background is only where the image is above the threshold: the coded image passes it in its last slice. */
static void images_limit_the_background(void **state)
{
    struct bench *b = *state;
    const struct mm_chain *chain = chain_of(
        &b->arena,
        "[{\"name\": \"RandCropByPosNegLabeld\", \"args\": {\"keys\": \"image\", \"label_key\": \"label\", "
        "\"spatial_size\": 1, \"pos\": 0, \"neg\": 1, \"image_key\": \"image\", \"image_threshold\": 5119}}]");
    for (uint32_t position = 0; position < 200; position++) {
        struct mm_sample *sample = make_pair(&b->arena, 3, 8, 7, 6, is_corner);
        run_all(chain, sample, &(struct mm_context){.position = position});
        assert_true(mm_volume_get(volume_in(sample, "image"), 0, 0, 0, 0) >= 5120);
    }
}

static bool is_ball(int x, int y, int z)
{
    return (x - 20) * (x - 20) + (y - 10) * (y - 10) + (z - 12) * (z - 12) < 40;
}

static bool is_all_but_few(int x, int y, int z)
{
    return x != 17 || y != 3 || z < 27;
}

/* An image of slices: voxels of slice z are 100 z. */
static struct mm_sample *make_slices(struct mm_arena *arena, bool (*is_foreground)(int, int, int))
{
    struct mm_sample *sample = make_pair(arena, 3, 30, 30, 30, is_foreground);
    float *voxels = volume_in(sample, "image")->data;
    for (int i = 0; i < 27000; i++)
        voxels[i] = (float)(i / 900 * 100);
    return sample;
}

static void compare_crops(struct bench *b, bool (*is_foreground)(int, int, int), const char *args, bool prepared)
{
    const struct mm_chain *chain = chain_of(
        &b->arena, mm_arena_format(&b->arena,
                                   "[{\"name\": \"RandCropByPosNegLabeld\", \"args\": {\"keys\": [\"image\", "
                                   "\"label\"], \"label_key\": \"label\", \"spatial_size\": 6, "
                                   "\"num_samples\": 40%s}}]",
                                   args));
    struct mm_sample *dense = make_slices(&b->arena, is_foreground), *packed;
    if (prepared)
        assert_int_equal(mm_chain_prepare(chain, 0, dense, NULL), MM_OK);
    assert_int_equal(mm_sample_pack(&b->arena, dense, &packed, NULL), MM_OK);
    assert_true(volume_in(packed, "image")->packed && volume_in(packed, "label")->packed);
    for (uint32_t output = 0; output < 40; output++) {
        struct mm_arena arena;
        mm_arena_init(&arena, NULL);
        struct mm_sample *one = mm_sample_view(&arena, dense), *two = mm_sample_view(&arena, packed);
        const struct mm_context at = {.seed = 4, .output = output};
        run_all(chain, one, &at);
        run_all(chain, two, &at);
        assert_true(same_voxels(volume_in(one, "image"), volume_in(two, "image")));
        assert_true(same_voxels(volume_in(one, "label"), volume_in(two, "label")));
        mm_arena_done(&arena);
    }
}

/* By the list of the foreground and without it, by draws and by scanning. */
static void packed_images_give_the_same_crops(void **state)
{
    struct bench *b = *state;
    static bool (*const grounds[])(int, int, int) = {is_ball, is_corner, is_everything, is_all_but_few, NULL};
    static const char *const args[] = {
        "",
        ", \"pos\": 0",
        ", \"image_key\": \"image\", \"image_threshold\": 1450",
        ", \"image_key\": \"image\", \"image_threshold\": 2850, \"pos\": 0",
        ", \"image_key\": \"image\", \"image_threshold\": -1",
    };
    for (size_t g = 0; g < sizeof grounds / sizeof *grounds; g++)
        for (size_t i = 0; i < sizeof args / sizeof *args; i++) {
            compare_crops(b, grounds[g], args[i], true);
            compare_crops(b, grounds[g], args[i], false);
        }
}

/* Background of one voxel among 27000: found by scanning. */
static bool is_all_but_one(int x, int y, int z)
{
    return x != 17 || y != 3 || z != 29;
}

static void rare_background_is_found(void **state)
{
    struct bench *b = *state;
    struct mm_sample *sample = make_pair(&b->arena, 3, 30, 30, 30, is_all_but_one);
    run_all(
        chain_of(&b->arena,
                 "[{\"name\": \"RandCropByPosNegLabeld\", \"args\": {\"keys\": \"label\", \"label_key\": \"label\", "
                 "\"spatial_size\": 1, \"pos\": 0, \"neg\": 1}}]"),
        sample, &(struct mm_context){.seed = 1});
    assert_true(mm_volume_get(volume_in(sample, "label"), 0, 0, 0, 0) == 0);
}

/* MONAI's correct_crop_centers: the crop about a voxel at the border is moved inside. */
static void crops_lie_inside(void **state)
{
    struct bench *b = *state;
    struct mm_sample *sample = make_pair(&b->arena, 3, 8, 7, 6, is_corner);
    run_all(
        chain_of(
            &b->arena,
            "[{\"name\": \"FastCropByPosNegRatio\", \"args\": {\"fields\": \"image\", \"label_field\": \"label\", "
            "\"size\": [5, 4, -1], \"neg\": 0, \"batch_size\": 2}}]"),
        sample, &(struct mm_context){.seed = 1, .output = 1});
    const struct mm_volume *image = volume_in(sample, "image");
    assert_size(image, 5, 4, 6);
    assert_size(volume_in(sample, "label"), 5, 4, 6); /* v3 crops the label though `fields` leaves it out */
    assert_true(mm_volume_get(image, 0, 0, 0, 0) == 0);
}

/* One-hot labels: channel 0 is the background. */
static void one_hot_labels_leave_out_the_first_channel(void **state)
{
    struct bench *b = *state;
    struct mm_sample *sample = make_pair(&b->arena, 3, 4, 4, 4, NULL);
    struct mm_volume *label = mm_volume_like(&b->arena, volume_in(sample, "label"), MM_U8, 2);
    memset(label->data, 0, 128);
    mm_volume_set(label, 0, 1, 1, 1, 1);
    mm_volume_set(label, 1, 3, 2, 1, 1);
    put_field(sample, "label", label);
    const struct mm_chain *chain =
        chain_of(&b->arena, "[{\"name\": \"RandCropByPosNegLabeld\", \"args\": {\"keys\": \"image\", "
                            "\"label_key\": \"label\", \"spatial_size\": 1, \"neg\": 0}}]");
    run_all(chain, sample, &(struct mm_context){.seed = 1});
    assert_true(mm_volume_get(volume_in(sample, "image"), 0, 0, 0, 0) == voxel_code(0, 3, 2, 1));
}

static void messages(void **state)
{
    struct bench *b = *state;
#define CROP(args)                                                                                                   \
    "{\"name\": \"RandCropByPosNegLabeld\", \"args\": {\"keys\": [\"image\", \"label\"], \"label_key\": "            \
    "\"label\", " args "}}"
    b->sample = make_pair(&b->arena, 3, 8, 7, 6, is_corner);
    bench_fails(b, CROP("\"spatial_size\": 9"), MM_ERR_DATA,
                "label (label.nii): the crop of 9x9x9 voxels is larger than the image, 8x7x6");
    bench_fails(b, CROP("\"spatial_size\": 4, \"pos\": 0, \"neg\": 0"), MM_ERR_CONFIG, "pos and neg are both 0");
    bench_fails(b, "{\"name\": \"FastPosNegRatioCropROI\", \"args\": {\"size\": 4, \"rotation\": true}}",
                MM_ERR_CONFIG, "rotation: true is not supported");
    const int other[3] = {8, 7, 5};
    put_field(b->sample, "image", mm_volume_make(&b->arena, MM_U8, 3, 1, other));
    bench_fails(b, CROP("\"spatial_size\": 4"), MM_ERR_DATA,
                "image (image.nii) has 8x7x5 voxels, label (label.nii) 8x7x6");
    b->sample = make_pair(&b->arena, 3, 8, 7, 6, is_corner);
    bench_runs(b, CROP("\"spatial_size\": [9, 3, 3], \"allow_smaller\": true"));
    assert_size(volume_in(b->sample, "label"), 8, 3, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(shares_follow_the_ratio),
        BENCH_TEST(without_one_kind_the_other_serves),
        BENCH_TEST(packed_images_give_the_same_crops),
        BENCH_TEST(images_limit_the_background),
        BENCH_TEST(rare_background_is_found),
        BENCH_TEST(crops_lie_inside),
        BENCH_TEST(one_hot_labels_leave_out_the_first_channel),
        BENCH_TEST(messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
