/* Groups: which members run and in which order, that a draw is a function of its place, and that fields stay together. */
#include <math.h>

#include "chains.h"
#include "transforms/group.h"

/* x -> 10 x + digit: from 0 the value tells which members ran, in their order. */
#define DIGIT(d)                                                                                                     \
    "{\"name\": \"ScaleIntensityRanged\", \"args\": {\"keys\": \"image\", \"a_min\": 0, \"a_max\": 1, "              \
    "\"b_min\": " #d ", \"b_max\": 1" #d "}}"
#define BOTH "\"keys\": [\"image\", \"label\"]"

/* A group alone: its name, and its arguments beside the members. */
static const char *group_of(struct mm_arena *arena, const char *name, const char *args, const char *members)
{
    return mm_arena_format(arena, "[{\"name\": \"%s\", \"args\": {%s%s\"transforms\": [%s]}}]", name, args,
                           *args ? ", " : "", members);
}

static double value_at(const struct mm_chain *chain, const struct mm_context *context)
{
    struct mm_arena arena;
    struct mm_error err = {0};
    mm_arena_init(&arena, NULL);
    struct mm_sample *sample = mm_sample_make(&arena);
    put_field(sample, "image", mm_volume_make(&arena, MM_F32, 2, 1, (const int[3]){1, 1, 1}));
    if (mm_chain_run(chain, 0, chain->count, sample, context, &err))
        fail_msg("%s", err.text);
    double value = mm_volume_get(volume_in(sample, "image"), 0, 0, 0, 0);
    mm_arena_done(&arena);
    return value;
}

#define DRAWS      6000
#define VALUES_MAX 4000

/* How often each value comes out of an epoch; within 4.5 standard deviations of its share. */
static void expect_shares(const struct mm_chain *chain, const double (*expected)[2], size_t count)
{
    static unsigned found[VALUES_MAX];
    memset(found, 0, sizeof found);
    for (uint32_t i = 0; i < DRAWS; i++) {
        double value = value_at(chain, &(struct mm_context){.seed = 7, .epoch = 2, .position = i});
        assert_true(value >= 0 && value < VALUES_MAX);
        found[lround(value)]++;
    }
    unsigned all = 0;
    for (size_t i = 0; i < count; i++) {
        double share = expected[i][1], margin = 4.5 * sqrt(share * (1 - share) / DRAWS);
        unsigned times = found[(size_t)expected[i][0]];
        if (fabs((double)times / DRAWS - share) > margin)
            fail_msg("%g comes %u times of %d: expected %.4f +- %.4f", expected[i][0], times, DRAWS, share, margin);
        all += times;
    }
    assert_int_equal(all, DRAWS); /* and nothing else comes */
}

static void one_runs_as_often_as_its_weight_says(void **state)
{
    struct bench *b = *state;
    const char *members = DIGIT(1) ", " DIGIT(2) ", " DIGIT(3) ", " DIGIT(4);
    static const double weighted[][2] = {{1, 0.125}, {2, 0.25}, {3, 0}, {4, 0.625}};
    static const double alike[][2] = {{1, 0.25}, {2, 0.25}, {3, 0.25}, {4, 0.25}};
    expect_shares(chain_of(&b->arena, group_of(&b->arena, "OneOf", "\"weights\": [1, 2, 0, 5]", members)), weighted,
                  4);
    expect_shares(chain_of(&b->arena, group_of(&b->arena, "OneOf", "", members)), alike, 4);
    expect_shares(chain_of(&b->arena, group_of(&b->arena, "OneOf", "\"weights\": 0.5", members)), alike, 4);
}

static void shares_multiply_in_a_one_of_in_another(void **state)
{
    struct bench *b = *state;
    const char *members = DIGIT(1) ", {\"name\": \"OneOf\", \"args\": {\"weights\": [1, 4], \"transforms\": [" DIGIT(
        2) ", {\"name\": \"OneOf\", \"args\": {\"transforms\": [" DIGIT(3) ", " DIGIT(4) "]}}]}}";
    static const double shares[][2] = {{1, 0.25}, {2, 0.15}, {3, 0.3}, {4, 0.3}};
    expect_shares(chain_of(&b->arena, group_of(&b->arena, "OneOf", "\"weights\": [1, 3]", members)), shares, 4);
}

static void every_order_comes(void **state)
{
    struct bench *b = *state;
    static const double orders[][2] = {{123, 1 / 6.0}, {132, 1 / 6.0}, {213, 1 / 6.0},
                                       {231, 1 / 6.0}, {312, 1 / 6.0}, {321, 1 / 6.0}};
    const char *members = DIGIT(1) ", " DIGIT(2) ", " DIGIT(3);
    expect_shares(chain_of(&b->arena, group_of(&b->arena, "RandomOrder", "", members)), orders, 6);
    expect_shares(chain_of(&b->arena, group_of(&b->arena, "SomeOf", "", members)), orders, 6);
}

static void some_are_as_many_as_drawn(void **state)
{
    struct bench *b = *state;
    const char *members = DIGIT(1) ", " DIGIT(2);
    static const double up_to_2[][2] = {{0, 1 / 3.0}, {1, 1 / 6.0}, {2, 1 / 6.0}, {12, 1 / 6.0}, {21, 1 / 6.0}};
    static const double one[][2] = {{1, 0.5}, {2, 0.5}}, both[][2] = {{12, 0.5}, {21, 0.5}};
    expect_shares(chain_of(&b->arena, group_of(&b->arena, "SomeOf", "\"num_transforms\": [0, 2]", members)), up_to_2,
                  5);
    expect_shares(chain_of(&b->arena, group_of(&b->arena, "SomeOf", "\"num_transforms\": 1", members)), one, 2);
    expect_shares(chain_of(&b->arena, group_of(&b->arena, "SomeOf", "\"num_transforms\": 5", members)), both, 2);
}

/* Without replacement each draw is by weight among those left; with it each is by weight among all. */
static void some_are_drawn_by_weight(void **state)
{
    struct bench *b = *state;
    const char *members = DIGIT(1) ", " DIGIT(2) ", " DIGIT(3);
    const double w[3] = {1, 2, 5};
    double apart[6][2], again[9][2];
    size_t n = 0, m = 0;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            if (i != k) {
                apart[n][0] = 10 * (i + 1) + k + 1;
                apart[n++][1] = w[i] / 8 * w[k] / (8 - w[i]);
            }
            again[m][0] = 10 * (i + 1) + k + 1;
            again[m++][1] = w[i] / 8 * w[k] / 8;
        }
    const char *args = "\"num_transforms\": 2, \"weights\": [1, 2, 5]";
    expect_shares(chain_of(&b->arena, group_of(&b->arena, "SomeOf", args, members)), (const double(*)[2])apart, n);
    args = mm_arena_format(&b->arena, "%s, \"replace\": true", args);
    expect_shares(chain_of(&b->arena, group_of(&b->arena, "SomeOf", args, members)), (const double(*)[2])again, m);
}

static void lists_and_compose_are_one_member(void **state)
{
    struct bench *b = *state;
    const char *members = "[" DIGIT(1) ", " DIGIT(2) "], {\"name\": \"Compose\", \"args\": {\"transforms\": [" DIGIT(
        3) ", [" DIGIT(4) "], {\"name\": \"RandomOrder\", \"args\": {\"transforms\": [" DIGIT(5) "]}}]}}, []";
    static const double shares[][2] = {{12, 0.25}, {345, 0.25}, {0, 0.5}};
    expect_shares(chain_of(&b->arena, group_of(&b->arena, "OneOf", "\"weights\": [1, 1, 2]", members)), shares, 3);
}

#define SHIFT "{\"name\": \"RandShiftIntensityd\", \"args\": {\"keys\": \"image\", \"offsets\": 100, \"prob\": 1}}"

/* What a member draws does not depend on what it stands among; what runs again draws other numbers. */
static void members_draw_from_streams_of_their_own(void **state)
{
    struct bench *b = *state;
    const struct mm_chain *once = chain_of(&b->arena, group_of(&b->arena, "OneOf", "", SHIFT));
    const struct mm_chain *in_order = chain_of(&b->arena, group_of(&b->arena, "RandomOrder", "", SHIFT ", []"));
    const struct mm_chain *twice =
        chain_of(&b->arena, group_of(&b->arena, "SomeOf",
                                     "\"num_transforms\": 2, \"replace\": true, \"weights\": [1, 0]", SHIFT ", []"));
    for (uint32_t i = 0; i < 50; i++) {
        const struct mm_context at = {.seed = 3, .epoch = i % 3, .position = i, .output = i % 4};
        double first = value_at(once, &at), both = value_at(twice, &at);
        assert_true(value_at(once, &at) == first && value_at(twice, &at) == both);
        assert_true(value_at(in_order, &at) == first);
        assert_true(fabs(both - 2 * first) > 1e-3 && fabs(both - first) > 1e-3);
        assert_true(value_at(once, &(struct mm_context){.seed = 4, .epoch = i}) != first);
    }
}

/* Two members of one kind move differently, and a group changes nothing of what other steps draw. */
static void no_two_steps_share_a_stream(void **state)
{
    struct bench *b = *state;
    const struct mm_chain *plain = chain_of(&b->arena, "[" SHIFT ", " SHIFT "]");
    const struct mm_chain *grouped =
        chain_of(&b->arena, "[" SHIFT ", " SHIFT ", {\"name\": \"OneOf\", \"args\": {\"transforms\": [" SHIFT
                            ", " SHIFT "]}}, {\"name\": \"OneOf\", \"args\": {\"transforms\": [[" SHIFT "]]}}]");
    const struct mm_context at = {.seed = 5, .position = 9};
    const struct mm_chain first = {2, grouped->steps};
    assert_true(value_at(plain, &at) == value_at(&first, &at));
    const struct mm_group *one = mm_step_group(&grouped->steps[2]), *other = mm_step_group(&grouped->steps[3]);
    assert_int_equal(grouped->steps[3].index, 3);
    assert_int_equal(one->members[0].steps[0].index, 4);
    assert_int_equal(one->members[1].steps[0].index, 5);
    assert_int_equal(other->members[0].steps[0].index, 6);
}

#define MOVES                                                                                                        \
    "{\"name\": \"RandFlipd\", \"args\": {" BOTH ", \"prob\": 0.7, \"spatial_axis\": 0}}, "                          \
    "[{\"name\": \"RandRotate90d\", \"args\": {" BOTH ", \"prob\": 0.9}}, "                                          \
    "{\"name\": \"RandAxisFlipd\", \"args\": {" BOTH ", \"prob\": 0.9}}], "                                          \
    "{\"name\": \"RandRotate90d\", \"args\": {" BOTH ", \"prob\": 0.9, \"spatial_axes\": [1, 2]}}"

/* Image and label with the same voxels stay the same, and turning back gives what there was. */
static void fields_move_together_and_back(void **state)
{
    static const char *const names[] = {"OneOf", "SomeOf", "RandomOrder"};
    struct bench *b = *state;
    for (size_t n = 0; n < 3; n++) {
        const struct mm_chain *chain = chain_of(&b->arena, group_of(&b->arena, names[n], "", MOVES));
        int moved = 0;
        for (uint32_t i = 0; i < 20; i++) {
            struct mm_sample *sample = make_pair(&b->arena, 3, 7, 6, 5, NULL);
            struct mm_volume *before = mm_volume_copy(&b->arena, volume_in(sample, "image")), *back;
            put_field(sample, "label", mm_volume_copy(&b->arena, before));
            run_all(chain, sample, &(struct mm_context){.seed = 1, .position = i});
            const struct mm_field *image = mm_sample_find(sample, "image");
            assert_true(same_voxels(image->volume, volume_in(sample, "label")));
            moved += !same_voxels(image->volume, before);
            assert_int_equal(mm_field_invert(image, &b->arena, image->volume, true, &back, &b->err), MM_OK);
            assert_true(same_voxels(back, before));
        }
        assert_in_range(moved, 10, 20);
    }
}

/* Settled or not between steps, dense or packed: the same voxels. */
static void members_may_leave_views(void **state)
{
    struct bench *b = *state;
    const struct mm_chain *chain =
        chain_of(&b->arena, group_of(&b->arena, "RandomOrder", "",
                                     MOVES ", {\"name\": \"RandSpatialCropd\", \"args\": {" BOTH
                                           ", \"roi_size\": 4, \"random_size\": false}}, " SHIFT));
    for (uint32_t i = 0; i < 20; i++) {
        const struct mm_context at = {.seed = 6, .position = i};
        struct mm_sample *source = make_pair(&b->arena, 3, 7, 6, 5, NULL), *packed;
        struct mm_sample *views = mm_sample_view(&b->arena, source);
        assert_int_equal(mm_sample_pack(&b->arena, source, &packed, &b->err), MM_OK);
        assert_int_equal(mm_chain_run_views(chain, 0, 1, views, &at, &b->err), MM_OK);
        assert_int_equal(mm_sample_settle(views, &b->err), MM_OK);
        run_all(chain, packed, &at);
        run_all(chain, source, &at); /* the last, since it owns the voxels */
        assert_true(same_voxels(volume_in(source, "image"), volume_in(views, "image")));
        assert_true(same_voxels(volume_in(source, "image"), volume_in(packed, "image")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(one_runs_as_often_as_its_weight_says),
        BENCH_TEST(shares_multiply_in_a_one_of_in_another),
        BENCH_TEST(every_order_comes),
        BENCH_TEST(some_are_as_many_as_drawn),
        BENCH_TEST(some_are_drawn_by_weight),
        BENCH_TEST(lists_and_compose_are_one_member),
        BENCH_TEST(members_draw_from_streams_of_their_own),
        BENCH_TEST(no_two_steps_share_a_stream),
        BENCH_TEST(fields_move_together_and_back),
        BENCH_TEST(members_may_leave_views),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
