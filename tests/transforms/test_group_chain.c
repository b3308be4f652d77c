/* Chains with groups: what is cached, prepared, narrowed and described of them, and what is said of wrong ones. */
#include "base/threads.h"
#include "chains.h"
#include "transforms/group.h"

#define BOTH  "\"keys\": [\"image\", \"label\"]"
#define FLIP  "{\"name\": \"Flipd\", \"args\": {" BOTH ", \"spatial_axis\": 0}}"
#define SHIFT "{\"name\": \"ShiftIntensityd\", \"args\": {\"keys\": \"image\", \"offset\": 1}}"
#define RAND  "{\"name\": \"RandFlipd\", \"args\": {" BOTH ", \"prob\": 0.5}}"
#define NOISE "{\"name\": \"RandGaussianNoised\", \"args\": {\"keys\": \"image\", \"prob\": 1}}"
#define RELABEL                                                                                                      \
    "{\"name\": \"MapLabelValued\", \"args\": {\"keys\": \"label\", \"orig_labels\": [1], \"target_labels\": [2]}}"
#define CROP(samples)                                                                                                \
    "{\"name\": \"RandCropByPosNegLabeld\", \"args\": {" BOTH ", \"label_key\": \"label\", \"spatial_size\": 4, "    \
    "\"num_samples\": " #samples "}}"
#define ONE_OF(more, members)  "{\"name\": \"OneOf\", \"args\": {" more "\"transforms\": [" members "]}}"
#define SOME_OF(more, members) "{\"name\": \"SomeOf\", \"args\": {" more "\"transforms\": [" members "]}}"
#define IN_ORDER(members)      "{\"name\": \"RandomOrder\", \"args\": {\"transforms\": [" members "]}}"

static bool in_the_middle(int x, int y, int z)
{
    return x > 2 && x < 8 && y > 2 && y < 8 && z > 2 && z < 8;
}

static void a_group_is_cached_when_nothing_of_it_is_drawn(void **state)
{
    static const struct {
        const char *group;
        bool is_random;
    } cases[] = {
        {ONE_OF("", FLIP), false},
        {ONE_OF("", FLIP ", " SHIFT), true},
        {ONE_OF("\"weights\": [0, 3], ", FLIP ", " SHIFT), false},
        {ONE_OF("\"weights\": [0, 3], ", RAND ", " SHIFT), false},
        {ONE_OF("\"weights\": [3, 0], ", RAND ", " SHIFT), true},
        {ONE_OF("", "[" FLIP ", " SHIFT "]"), false},
        {ONE_OF("", IN_ORDER(RAND)), true},
        {ONE_OF("", IN_ORDER(FLIP)), false},
        {IN_ORDER(FLIP ", " SHIFT), true},
        {SOME_OF("\"num_transforms\": 0, ", RAND ", " SHIFT), true},
        {SOME_OF("\"num_transforms\": 0, ", FLIP ", " SHIFT), false},
        {SOME_OF("\"num_transforms\": 1, ", FLIP), false},
        {SOME_OF("\"num_transforms\": [0, 1], ", FLIP), true},
        {SOME_OF("\"num_transforms\": 2, \"replace\": true, \"weights\": [1, 0], ", FLIP ", " SHIFT), true},
    };
    struct bench *b = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct mm_chain *chain =
            chain_of(&b->arena, mm_arena_format(&b->arena, "[%s, " FLIP "]", cases[i].group));
        if (mm_step_is_random(&chain->steps[0]) != cases[i].is_random ||
            mm_chain_prefix(chain) != (cases[i].is_random ? 0 : 2))
            fail_msg("%s", cases[i].group);
    }
}

static void crops_of_one_sample_are_prepared(void **state)
{
    struct bench *b = *state;
    const struct mm_chain *chain =
        chain_of(&b->arena, "[" ONE_OF("", "{\"name\": \"RandSpatialCropd\", \"args\": {" BOTH ", \"roi_size\": 4}}, "
                                           "[" IN_ORDER(CROP(1)) "]") "]");
    assert_int_equal(mm_chain_outputs(chain, 0), 1);
    struct mm_sample *cached = make_pair(&b->arena, 3, 12, 11, 10, in_the_middle);
    assert_int_equal(mm_chain_prepare(chain, 0, cached, &b->err), MM_OK);
    assert_int_equal(mm_sample_find(cached, "label:foreground")->count, 125);
    for (uint32_t i = 0; i < 20; i++) {
        const struct mm_context at = {.seed = 8, .position = i};
        struct mm_sample *prepared = mm_sample_view(&b->arena, cached);
        struct mm_sample *plain = make_pair(&b->arena, 3, 12, 11, 10, in_the_middle);
        run_all(chain, prepared, &at);
        run_all(chain, plain, &at);
        assert_size(volume_in(plain, "image"), 4, 4, 4);
        assert_true(same_voxels(volume_in(prepared, "image"), volume_in(plain, "image")));
        assert_true(same_voxels(volume_in(prepared, "label"), volume_in(plain, "label")));
    }
    const struct mm_chain *never = chain_of(&b->arena, "[" ONE_OF("\"weights\": [0, 1], ", CROP(1) ", " FLIP) "]");
    struct mm_sample *bare = make_pair(&b->arena, 3, 12, 11, 10, in_the_middle);
    assert_int_equal(mm_chain_prepare(never, 0, bare, &b->err), MM_OK);
    assert_null(mm_sample_find(bare, "label:foreground"));
}

static void packed_images_stay_so_where_all_members_take_them(void **state)
{
    struct bench *b = *state;
    assert_true(mm_chain_takes_packed(chain_of(&b->arena, "[" ONE_OF("", CROP(1) ", []") "]"), 0));
    assert_true(mm_chain_takes_packed(chain_of(&b->arena, "[" ONE_OF("", IN_ORDER(CROP(1))) "]"), 0));
    assert_false(mm_chain_takes_packed(chain_of(&b->arena, "[" ONE_OF("", CROP(1) ", " NOISE) "]"), 0));
    assert_true(
        mm_chain_takes_packed(chain_of(&b->arena, "[" ONE_OF("\"weights\": [1, 0], ", CROP(1) ", " NOISE) "]"), 0));
}

/* An image alone meets the same draws as with its label. */
static void narrowed_groups_draw_the_same(void **state)
{
    struct bench *b = *state;
    const struct mm_chain *chain =
        chain_of(&b->arena, "[" ONE_OF("", RELABEL ", " RAND ", " NOISE) ", " IN_ORDER(RELABEL) "]");
    const struct mm_chain *image = mm_chain_narrow(&b->arena, chain, "image", false);
    assert_int_equal(image->count, 1);
    assert_int_equal(mm_step_group(&image->steps[0])->count, 3);
    assert_int_equal(mm_step_group(&image->steps[0])->members[0].count, 0);
    const struct mm_chain *values = mm_chain_narrow(&b->arena, chain, "label", true);
    assert_int_equal(values->count, 2);
    assert_int_equal(mm_step_group(&values->steps[0])->members[1].count, 0);
    for (uint32_t i = 0; i < 20; i++) {
        const struct mm_context at = {.seed = 2, .position = i};
        struct mm_sample *both = make_pair(&b->arena, 3, 6, 5, 4, NULL),
                         *alone = make_pair(&b->arena, 3, 6, 5, 4, NULL);
        mm_sample_remove(alone, "label");
        run_all(chain, both, &at);
        run_all(image, alone, &at);
        assert_true(same_voxels(volume_in(both, "image"), volume_in(alone, "image")));
    }
}

static void descriptions_hold_members_and_weights(void **state)
{
    static const char *const others[] = {
        ONE_OF("\"weights\": [1, 2], ", FLIP ", " SHIFT),
        ONE_OF("", SHIFT ", " FLIP),
        ONE_OF("", FLIP ", {\"name\": \"ShiftIntensityd\", \"args\": {\"keys\": \"image\", \"offset\": 2}}"),
        ONE_OF("", "[" FLIP ", " SHIFT "]"),
        ONE_OF("", FLIP ", " SHIFT ", []"),
        SOME_OF("", FLIP ", " SHIFT),
    };
    struct bench *b = *state;
    const char *text = mm_chain_describe(&b->arena, chain_of(&b->arena, "[" ONE_OF("", FLIP ", " SHIFT) "]"), 1);
    const char *same = mm_chain_describe(
        &b->arena,
        chain_of(&b->arena, "[" ONE_OF("\"map_items\": true, ",
                                       "{\"args\": {\"spatial_axis\": [0], \"fields\": [\"image\", "
                                       "\"label\"], \"__why\": \"\"}, \"name\": \"FlipD#x\"}, " SHIFT) "]"),
        1);
    assert_string_equal(text, same);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const struct mm_chain *chain = chain_of(&b->arena, mm_arena_format(&b->arena, "[%s]", others[i]));
        assert_string_not_equal(text, mm_chain_describe(&b->arena, chain, 1));
    }
}

static void complaints_say_what_is_wrong(void **state)
{
    static const char *const cases[][2] = {
        {ONE_OF("", ""), "args.transforms: there is no transform in it: name at least one, or leave out OneOf"},
        {ONE_OF("", "{\"name\": \"Flipd\", \"disabled\": true}"), "there is no transform in it"},
        {"{\"name\": \"OneOf\"}", "required parameter transforms is missing"},
        {"{\"name\": \"OneOf\", \"args\": {\"transforms\": null}}", "required parameter transforms is missing"},
        {ONE_OF("\"weight\": 1, ", "{\"name\": \"Flop\"}"), "unknown transform \"Flop\""},
        {"{\"name\": \"OneOf\", \"args\": {\"transforms\": 3}}", "expected a list of transforms, got number 3"},
        {ONE_OF("\"weights\": [1, 2], ", FLIP), "OneOf: weights has 2 numbers for 1 transforms: give one for each"},
        {ONE_OF("\"weights\": [1, -2], ", FLIP ", " FLIP), "weights[1]: must be at least 0, got -2"},
        {ONE_OF("\"weights\": [0, 0], ", FLIP ", " FLIP), "weights are all 0"},
        {ONE_OF("\"weights\": 0, ", FLIP ", " FLIP), "weights are all 0"},
        {ONE_OF("\"weight\": 1, ", FLIP), "unknown parameter \"weight\", did you mean weights?"},
        {SOME_OF("\"num_transforms\": [1, 3], ", FLIP ", " FLIP),
         "num_transforms is [1, 3], but there are 2 transforms"},
        {SOME_OF("\"num_transforms\": [2, 1], ", FLIP ", " FLIP), "num_transforms is [2, 1]"},
        {SOME_OF("\"num_transforms\": [0, 1, 2], ", FLIP), "num_transforms"},
        {SOME_OF("\"num_transforms\": -1, ", FLIP), "num_transforms"},
        {SOME_OF("\"weights\": [1, 0], ", FLIP ", " FLIP), "only 1 transforms have a weight above 0"},
        {ONE_OF("", CROP(4) ", " FLIP),
         "RandCropByPosNegLabel makes 4 samples of one, which a member of OneOf cannot"},
        {ONE_OF("", "\n\n" FLIP ",\n{\"name\": \"Flop\"}"), "test.json:4"},
        {ONE_OF("", "\n\n" FLIP ",\n{\"name\": \"Flop\"}"), "unknown transform \"Flop\", did you mean Flip?"},
        {ONE_OF("", IN_ORDER(SHIFT ", {\"name\": \"Flipd\", \"args\": {}}")),
         "[0].args.transforms[0].args.transforms[1]: required parameter keys is missing"},
    };
    struct bench *b = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = complaint_of(&b->arena, mm_arena_format(&b->arena, "[%s]", cases[i][0]));
        if (!strstr(text, cases[i][1]))
            fail_msg("%s: %s", cases[i][0], text);
    }
}

static void a_chain_has_no_more_steps_than_there_are_streams(void **state)
{
    struct bench *b = *state;
    struct mm_text text;
    mm_text_init(&text, 1 << 20);
    for (int i = 0; i < 4096; i++)
        mm_text_format(&text, "%s" SHIFT, i ? ", " : "");
    const char *group =
        mm_arena_format(&b->arena, "[{\"name\": \"OneOf\", \"args\": {\"transforms\": [[%s]]}}]", text.bytes);
    assert_non_null(strstr(complaint_of(&b->arena, group), "4097 transforms: a chain has at most 4096"));
    mm_text_done(&text);
}

static void errors_name_group_and_member(void **state)
{
    struct bench *b = *state;
    const struct mm_chain *chain = chain_of(
        &b->arena, "[" FLIP ", " ONE_OF("\"weights\": [0, 1], ",
                                        SHIFT ", " IN_ORDER("[" FLIP ", {\"name\": \"Flipd\", \"args\": {\"keys\": "
                                                            "\"label\", \"spatial_axis\": 2}}]")) "]");
    struct mm_sample *sample = make_pair(&b->arena, 2, 5, 5, 1, NULL);
    assert_int_equal(mm_chain_run(chain, 0, 2, sample, NULL, &b->err), MM_ERR_CONFIG);
    assert_string_equal(b->err.text,
                        "transform 2 (OneOf): member 2 (RandomOrder): member 1 (Flip): label (label.nii): "
                        "spatial axis 2: an image of 2 axes allows -2 to 1");
    char text[MM_STEP_TEXT_MAX], brief[12];
    const struct mm_step *inner = &mm_step_group(&chain->steps[1])->members[1].steps[0];
    assert_string_equal(mm_step_text(mm_step_group(inner)->members[0].steps, text, sizeof text),
                        "transform 2 (OneOf): member 2 (RandomOrder): member 1 (Flip)");
    assert_string_equal(mm_step_text(inner, brief, sizeof brief), "transform 2");
}

static enum mm_status leave(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    (void)step, (void)sample, (void)err;
    context->watch->is_unwanted = true;
    return MM_OK;
}

static void a_run_ends_between_two_members(void **state)
{
    struct bench *b = *state;
    static const struct mm_transform last = {.name = "Last", .apply = leave};
    const struct mm_chain *chain = chain_of(&b->arena, "[" ONE_OF("", "[" SHIFT ", " SHIFT "]") "]");
    struct mm_chain_watch watch = {.since = 0};
    struct mm_sample *sample = make_pair(&b->arena, 2, 5, 5, 1, NULL);
    struct mm_step *steps = mm_step_group(&chain->steps[0])->members[0].steps;
    steps[0].transform = &last;
    assert_int_equal(mm_chain_run(chain, 0, 1, sample, &(struct mm_context){.watch = &watch}, &b->err),
                     MM_INTERRUPTED);
    assert_string_equal(b->err.text, "transform 1 (OneOf): member 1 (ShiftIntensity) is not wanted any more");
    assert_ptr_equal(watch.step, &steps[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(a_group_is_cached_when_nothing_of_it_is_drawn),
        BENCH_TEST(crops_of_one_sample_are_prepared),
        BENCH_TEST(packed_images_stay_so_where_all_members_take_them),
        BENCH_TEST(narrowed_groups_draw_the_same),
        BENCH_TEST(descriptions_hold_members_and_weights),
        BENCH_TEST(complaints_say_what_is_wrong),
        BENCH_TEST(a_chain_has_no_more_steps_than_there_are_streams),
        BENCH_TEST(errors_name_group_and_member),
        BENCH_TEST(a_run_ends_between_two_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
