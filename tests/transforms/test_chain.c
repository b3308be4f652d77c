/* Chains: complaints about configs, prefix and outputs, which draws a crop sees, errors while running, narrowing, describing. */
#include "chains.h"

#define CROPS                                                                                                        \
    "{\"name\": \"RandCropByPosNegLabeld\", \"args\": {\"keys\": [\"image\", \"label\"], \"label_key\": \"label\", " \
    "\"spatial_size\": [4, 4, 4], \"num_samples\": 3}}"
#define FLIP                                                                                                         \
    "{\"name\": \"RandFlipd\", \"args\": {\"keys\": [\"image\", \"label\"], \"prob\": 0.5, \"spatial_axis\": 0}}"
#define PAD "{\"name\": \"SpatialPadd\", \"args\": {\"keys\": [\"image\", \"label\"], \"spatial_size\": 12}}"

static bool in_the_middle(int x, int y, int z)
{
    return x > 2 && x < 8 && y > 2 && y < 8 && z > 2 && z < 8;
}

static void complaints_have_place_and_hint(void **state)
{
    struct bench *b = *state;
    const char *text = complaint_of(
        &b->arena, "[\n {\"name\": \"RandFlipp\"},\n {\"name\": \"Flipd\", \"args\": {\"keys\": \"image\", "
                   "\"axis\": 0}},\n {\"name\": \"SpatialCropd\", \"args\": {\"keys\": \"image\"}},\n"
                   " {\"name\": \"Flipd\", \"args\": {}}]");
    assert_non_null(strstr(text, "test.json:2"));
    assert_non_null(strstr(text, "unknown transform \"RandFlipp\", did you mean RandFlip?"));
    assert_non_null(strstr(text, "test.json:3"));
    assert_non_null(strstr(text, "axis"));
    assert_non_null(strstr(text, "SpatialCrop: give roi_center and roi_size, or roi_start and roi_end"));
    assert_non_null(strstr(text, "keys"));
}

static void python_is_answered_with_what_there_is(void **state)
{
    static const char *const cases[][2] = {
        {"{\"name\": \"Lambdad\", \"args\": {\"keys\": \"a\", \"func\": \"lambda x: x == 3\"}}", "LabelToMask"},
        {"{\"name\": \"Lambdad\", \"args\": {\"keys\": \"a\", \"func\": \"lambda x: x > 0\"}}", "AsDiscrete"},
        {"{\"name\": \"Lambdad\", \"args\": {\"keys\": \"a\", \"func\": \"lambda x: x / 255.0\"}}",
         "a_max the number"},
        {"{\"name\": \"Lambda\", \"args\": {\"func\": \"$lambda y: y.foo\"}}", "Python code cannot run here"},
        {"{\"name\": \"RandLambdad\", \"args\": {\"keys\": \"a\", \"func\": [\"lambda x: np.where(x > 1, 0, x)\"]}}",
         "MapLabelValue"},
        {"{\"name\": \"RandCropDict\", \"args\": {\"keys\": \"a\"}}", "RandSpatialCrop is there"},
        {"{\"name\": \"MixUpd\"}", "leave it out"},
    };
    struct bench *b = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = complaint_of(&b->arena, mm_arena_format(&b->arena, "[%s]", cases[i][0]));
        if (!strstr(text, cases[i][1]))
            fail_msg("%s: %s", cases[i][0], text);
    }
}

static void the_prefix_ends_at_the_first_random_step(void **state)
{
    struct bench *b = *state;
    const struct mm_chain *chain = chain_of(&b->arena, "[" PAD ", " FLIP ", " CROPS ", " PAD "]");
    assert_int_equal(mm_chain_prefix(chain), 1);
    assert_int_equal(mm_chain_outputs(chain, 0), 3);
    assert_int_equal(mm_chain_outputs(chain, 3), 1);
    chain = chain_of(&b->arena,
                     "[" PAD ", {\"name\": \"RandFlipd\", \"args\": {\"keys\": \"image\", \"prob\": 0}}, " PAD "]");
    assert_int_equal(mm_chain_prefix(chain), 3);
    assert_false(mm_step_is_random(&chain->steps[1]));
    chain = chain_of(&b->arena, "[" CROPS ", " CROPS "]");
    assert_int_equal(mm_chain_outputs(chain, 0), 9);
    assert_int_equal(mm_chain_outputs(chain, 1), 3);
}

/* Affine origins tell where a crop was cut and whether the image was flipped. */
static void origin_of(struct bench *b, const struct mm_chain *chain, uint32_t output, double affine[16])
{
    struct mm_sample *sample = make_pair(&b->arena, 3, 12, 11, 10, in_the_middle);
    run_all(chain, sample, &(struct mm_context){.seed = 3, .output = output});
    memcpy(affine, volume_in(sample, "image")->affine, 16 * sizeof *affine);
}

static void a_flip_before_the_crops_is_the_same_for_all_of_them(void **state)
{
    struct bench *b = *state;
    const struct mm_chain *before = chain_of(&b->arena, "[" FLIP ", " CROPS "]");
    const struct mm_chain *after = chain_of(&b->arena, "[" CROPS ", " FLIP ", " CROPS "]");
    double first[16], other[16];
    int places = 0, flips = 0;
    origin_of(b, before, 0, first);
    for (uint32_t output = 1; output < 3; output++) {
        origin_of(b, before, output, other);
        assert_true(other[0] == first[0]);
        places += memcmp(first, other, sizeof first) != 0;
    }
    assert_int_not_equal(places, 0);
    for (uint32_t output = 0; output < 9; output++) {
        double again[16];
        origin_of(b, after, output, other);
        origin_of(b, after, output - output % 3, again); /* of one first crop: one flip */
        assert_true(other[0] == again[0]);
        flips += other[0] < 0;
    }
    assert_in_range(flips, 1, 8);
}

static void errors_name_step_field_and_file(void **state)
{
    struct bench *b = *state;
    struct mm_sample *sample = make_pair(&b->arena, 2, 5, 5, 1, NULL);
    const struct mm_chain *chain =
        chain_of(&b->arena, "[{\"name\": \"Flipd\", \"args\": {\"keys\": \"image\"}}, "
                            "{\"name\": \"Flipd\", \"args\": {\"keys\": \"label\", \"spatial_axis\": 2}}, "
                            "{\"name\": \"Flipd\", \"args\": {\"keys\": \"lable\"}}, {\"name\": \"Flipd\", "
                            "\"args\": {\"keys\": \"lable\", \"allow_missing_keys\": true}}]");
    assert_int_equal(mm_chain_run(chain, 0, 2, sample, NULL, &b->err), MM_ERR_CONFIG);
    assert_string_equal(b->err.text,
                        "transform 2 (Flip): label (label.nii): spatial axis 2: an image of 2 axes allows -2 to 1");
    assert_int_equal(mm_chain_run(chain, 2, 3, sample, NULL, &b->err), MM_ERR_DATA);
    assert_non_null(strstr(b->err.text, "transform 3 (Flip): there is no field \"lable\", did you mean label?"));
    assert_int_equal(mm_chain_run(chain, 3, 4, sample, NULL, &b->err), MM_OK);
}

static void prepared_samples_give_the_same_crops(void **state)
{
    struct bench *b = *state;
    const struct mm_chain *chain = chain_of(&b->arena, "[" CROPS "]");
    struct mm_sample *cached = make_pair(&b->arena, 3, 12, 11, 10, in_the_middle);
    assert_int_equal(mm_chain_prepare(chain, 0, cached, &b->err), MM_OK);
    const struct mm_field *index = mm_sample_find(cached, "label:foreground");
    assert_int_equal(index->count, 125);
    assert_int_equal(index->indices[0], 3 + 12 * (3 + 11 * 3));
    for (uint32_t output = 0; output < 3; output++) {
        const struct mm_context context = {.seed = 8, .output = output};
        struct mm_sample *prepared = mm_sample_view(&b->arena, cached);
        struct mm_sample *plain = make_pair(&b->arena, 3, 12, 11, 10, in_the_middle);
        run_all(chain, prepared, &context);
        run_all(chain, plain, &context);
        assert_true(same_voxels(volume_in(prepared, "image"), volume_in(plain, "image")));
        assert_true(same_voxels(volume_in(prepared, "label"), volume_in(plain, "label")));
    }
    assert_size(volume_in(cached, "image"), 12, 11, 10);
}

static void narrowed_chains_keep_the_steps_of_a_field(void **state)
{
    struct bench *b = *state;
    const struct mm_chain *chain = chain_of(
        &b->arena, "[{\"name\": \"LoadImaged\", \"args\": {\"keys\": [\"image\", \"label\"]}},"
                   " {\"name\": \"Spacingd\", \"args\": {\"keys\": [\"image\", \"label\"], \"pixdim\": 2, \"mode\": "
                   "[\"bilinear\", \"nearest\"]}},"
                   " {\"name\": \"ShiftIntensityd\", \"args\": {\"keys\": \"image\", \"offset\": 1}},"
                   " {\"name\": \"FastPosNegRatioCropROI\", \"args\": {\"size\": 4, \"image_field\": \"picture\"}},"
                   " {\"name\": \"MapLabelValued\", \"args\": {\"keys\": \"label\", \"orig_labels\": [1], "
                   "\"target_labels\": [2]}}]");
    const struct mm_chain *image = mm_chain_narrow(&b->arena, chain, "image", false);
    assert_int_equal(image->count, 3);
    assert_int_equal(image->steps[2].index, 2);
    const struct mm_chain *label = mm_chain_narrow(&b->arena, chain, "label", false);
    assert_int_equal(label->count, 4);
    const struct mm_chain *values = mm_chain_narrow(&b->arena, chain, "label", true);
    assert_int_equal(values->count, 2);
    assert_string_equal(values->steps[0].transform->name, "LoadImage");
    assert_string_equal(values->steps[1].transform->name, "MapLabelValue");
    /* The label alone still takes the second mode. */
    struct mm_sample *sample = make_pair(&b->arena, 3, 6, 6, 6, in_the_middle);
    mm_sample_remove(sample, "image");
    assert_int_equal(mm_chain_run(label, 1, 2, sample, NULL, &b->err), MM_OK);
    assert_int_equal(volume_in(sample, "label")->type, MM_U8);
}

static void a_crop_by_an_absent_source_says_so(void **state)
{
    struct bench *b = *state;
    const struct mm_chain *chain =
        mm_chain_narrow(&b->arena,
                        chain_of(&b->arena, "[{\"name\": \"CropForegroundd\", \"args\": {\"keys\": [\"image\", "
                                            "\"label\"], \"source_key\": \"label\"}}]"),
                        "image", false);
    struct mm_sample *sample = make_pair(&b->arena, 3, 6, 6, 6, in_the_middle);
    mm_sample_remove(sample, "label");
    assert_int_equal(mm_chain_run(chain, 0, 1, sample, NULL, &b->err), MM_ERR_DATA);
    assert_string_equal(b->err.text,
                        "transform 1 (CropForeground): source_key: there is no field \"label\" (there are: image)");
}

static void descriptions_hold_every_argument(void **state)
{
    struct bench *b = *state;
    const char *a = mm_chain_describe(&b->arena, chain_of(&b->arena, "[" PAD "]"), 1);
    const char *same = mm_chain_describe(
        &b->arena,
        chain_of(
            &b->arena,
            "[{\"name\": \"SpatialPadDict\", \"args\": {\"mode\": \"constant\", \"spatial_size\": [12], \"method\": "
            "\"symmetric\", \"fields\": [\"image\", \"label\"]}}, " FLIP "]"),
        1);
    const char *other = mm_chain_describe(
        &b->arena,
        chain_of(&b->arena, "[{\"name\": \"SpatialPadd\", \"args\": {\"keys\": [\"image\", \"label\"], "
                            "\"spatial_size\": 12, \"method\": \"end\"}}]"),
        1);
    assert_string_equal(a, same);
    assert_string_not_equal(a, other);
    assert_non_null(strstr(a, "\"SpatialPad\""));
    assert_non_null(strstr(a, "\"value\""));
    assert_non_null(strstr(a, "\"version\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(complaints_have_place_and_hint),
        BENCH_TEST(python_is_answered_with_what_there_is),
        BENCH_TEST(the_prefix_ends_at_the_first_random_step),
        BENCH_TEST(a_flip_before_the_crops_is_the_same_for_all_of_them),
        BENCH_TEST(errors_name_step_field_and_file),
        BENCH_TEST(prepared_samples_give_the_same_crops),
        BENCH_TEST(narrowed_chains_keep_the_steps_of_a_field),
        BENCH_TEST(a_crop_by_an_absent_source_says_so),
        BENCH_TEST(descriptions_hold_every_argument),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
