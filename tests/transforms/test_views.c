/* Crops, flips and turns leave views; what comes out at the end is what step after step with copies between gives, bit
 * for bit. Random chains, against the same chain settled after every step. */
#include "chains.h"
#include "tests/support/scratch.h"

#define CHAINS 300

static bool in_a_ball(int x, int y, int z)
{
    return (x - 11) * (x - 11) + (y - 12) * (y - 12) + (z - 10) * (z - 10) < 40;
}

#define KEYS "\"keys\": [\"image\", \"label\"]"

static const char *const parts[] = {
    "{\"name\": \"RandFlipd\", \"args\": {" KEYS ", \"prob\": 0.7, \"spatial_axis\": %d}}",
    "{\"name\": \"RandRotate90d\", \"args\": {" KEYS ", \"prob\": 0.8, \"spatial_axes\": [%d, -1]}}",
    "{\"name\": \"Rotate90d\", \"args\": {" KEYS ", \"k\": %d, \"spatial_axes\": [1, 2]}}",
    "{\"name\": \"RandSpatialCropd\", \"args\": {" KEYS ", \"roi_size\": [11, 12, 1%d], \"random_size\": true}}",
    "{\"name\": \"RandCropByPosNegLabeld\", \"args\": {" KEYS
    ", \"label_key\": \"label\", \"spatial_size\": [10, 9, 8],"
    " \"allow_smaller\": true, \"num_samples\": %d}}",
    "{\"name\": \"CenterSpatialCropd\", \"args\": {" KEYS ", \"roi_size\": [13, 9, 1%d]}}",
    "{\"name\": \"SpatialPadd\", \"args\": {" KEYS ", \"spatial_size\": [14, 15, 1%d], \"mode\": \"reflect\"}}",
    "{\"name\": \"Orientationd\", \"args\": {" KEYS ", \"axcodes\": \"LPS\", \"allow_missing_keys\": %d}}",
    "{\"name\": \"CropForegroundd\", \"args\": {" KEYS ", \"source_key\": \"image\", \"margin\": %d}}",
    "{\"name\": \"RandShiftIntensityd\", \"args\": {\"keys\": \"image\", \"offsets\": 0.%d5, \"prob\": 0.7}}",
    "{\"name\": \"RandScaleIntensityd\", \"args\": {\"keys\": \"image\", \"factors\": 0.%d5, \"prob\": 0.7}}",
    "{\"name\": \"ScaleShiftIntensity\", \"args\": {\"fields\": \"image\", \"scale\": 0.%d, \"shift\": 0.3}}",
    "{\"name\": \"ScaleIntensityOscillation\", \"args\": {\"fields\": \"image\", \"magnitude\": 0.%d}}",
    "{\"name\": \"ShiftIntensityd\", \"args\": {\"keys\": \"image\", \"offset\": 3.%d}}",
    "{\"name\": \"ScaleIntensityRanged\", \"args\": {\"keys\": \"image\", \"a_min\": %d, \"a_max\": 900, \"clip\": "
    "true,"
    " \"b_min\": 0, \"b_max\": 1}}",
    "{\"name\": \"RandGaussianSmoothd\", \"args\": {\"keys\": \"image\", \"prob\": 0.%d5}}",
    "{\"name\": \"Resized\", \"args\": {" KEYS
    ", \"spatial_size\": [12, 1%d, 11], \"mode\": [\"trilinear\", \"nearest\"]}}",
};
enum { PARTS = sizeof parts / sizeof *parts };

static const char *random_chain(struct mm_arena *arena, struct mm_random *random)
{
    struct mm_text text;
    mm_text_init(&text, 1 << 16);
    uint32_t steps = 1 + mm_random_below(random, 7);
    for (uint32_t i = 0; i < steps; i++) {
        const char *part = parts[mm_random_below(random, PARTS)];
        bool is_switch = strstr(part, "allow_missing") != NULL;
        char *json = mm_arena_text(arena, part), *number = strstr(json, "%d");
        int value = 1 - (int)is_switch + (int)mm_random_below(random, 2);
        value = strstr(part, "[%d, -1]") ? value - 1 : value;
        mm_text_format(&text, "%s%.*s", i ? ", " : "[", (int)(number - json), json);
        if (is_switch)
            mm_text_format(&text, "%s%s", value ? "true" : "false", number + 2);
        else
            mm_text_format(&text, "%d%s", value, number + 2);
    }
    mm_text_add(&text, "]");
    const char *made = mm_arena_text(arena, text.bytes);
    mm_text_done(&text);
    return made;
}

static struct mm_sample *make_sample(struct mm_arena *arena)
{
    return make_pair(arena, 3, 24, 21, 19, in_a_ball);
}

static void compare(struct mm_arena *arena, const char *text, const struct mm_context *context)
{
    const struct mm_chain *chain = chain_of(arena, text);
    struct mm_sample *source = make_sample(arena), *fused = mm_sample_view(arena, source);
    struct mm_sample *plain = make_sample(arena);
    struct mm_error err = {0}, same = {0};
    enum mm_status s = mm_chain_run_views(chain, 0, chain->count, fused, context, &err), t = MM_OK;
    for (size_t i = 0; i < chain->count && !t; i++) {
        struct mm_context here = *context;
        here.output = (uint32_t)(context->output / mm_chain_outputs(chain, i + 1));
        t = mm_chain_run(chain, i, i + 1, plain, &here, &same);
    }
    assert_int_equal(s, t);
    if (s)
        return assert_string_equal(err.text, same.text);
    assert_int_equal(mm_sample_settle(fused, &err), MM_OK);
    for (int i = 0; i < 2; i++) {
        const char *name = i ? "label" : "image";
        const struct mm_volume *a = volume_in(fused, name), *b = volume_in(plain, name);
        if (!same_voxels(a, b) || memcmp(a->affine, b->affine, sizeof a->affine) != 0)
            fail_msg("%s differs after %s", name, text);
        assert_true(same_voxels(volume_in(source, name), volume_in(make_sample(arena), name)));
    }
}

static void fused_chains_give_the_same_bits(void **state)
{
    (void)state;
    struct mm_random random;
    mm_random_init(&random, 3, MM_RANDOM_SYNTHESIS, 0, 0, 0);
    for (uint32_t i = 0; i < CHAINS; i++) {
        struct mm_arena arena;
        mm_arena_init(&arena, NULL);
        const char *text = random_chain(&arena, &random);
        compare(&arena, text, &(struct mm_context){.seed = i, .epoch = 1, .position = i});
        mm_arena_done(&arena);
    }
}

/* Nothing is copied between steps that take views: the voxels that come out are those that went in. */
static void crops_and_flips_copy_nothing(void **state)
{
    (void)state;
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    const struct mm_chain *chain = chain_of(
        &arena, "[{\"name\": \"CenterSpatialCropd\", \"args\": {\"keys\": \"image\", \"roi_size\": [8, 8, 8]}},"
                "{\"name\": \"Flipd\", \"args\": {\"keys\": \"image\", \"spatial_axis\": 0}},"
                "{\"name\": \"Rotate90d\", \"args\": {\"keys\": \"image\"}}]");
    struct mm_sample *sample = make_sample(&arena);
    const char *first = volume_in(sample, "image")->data, *end = first + mm_volume_bytes(volume_in(sample, "image"));
    assert_int_equal(mm_chain_run_views(chain, 0, 3, sample, NULL, NULL), MM_OK);
    const char *at = volume_in(sample, "image")->data;
    assert_true(at >= first && at < end && volume_in(sample, "image")->shared);
    assert_int_equal(mm_sample_settle(sample, NULL), MM_OK);
    at = volume_in(sample, "image")->data;
    assert_true((at < first || at >= end) && !volume_in(sample, "image")->shared);
    mm_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fused_chains_give_the_same_bits),
        cmocka_unit_test(crops_and_flips_copy_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
