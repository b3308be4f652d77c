/* Chains of bundles: lists, Compose and transforms that hold others, and what stands in for a member that cannot run here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mmar/foreign/bundle.h"
#include "tests/support/scratch.h"

#define FLIP  "{\"_target_\": \"Flipd\", \"keys\": \"image\"}"
#define SHIFT "{\"_target_\": \"ShiftIntensityd\", \"keys\": \"image\", \"offset\": 1}"

#define OURS_FLIP  "{\"args\":{\"keys\":\"image\"},\"name\":\"Flipd\"}"
#define OURS_SHIFT "{\"args\":{\"keys\":\"image\",\"offset\":1},\"name\":\"ShiftIntensityd\"}"

static const char *chain_of(struct scratch *scratch, struct mm_notes *notes, const char *chain)
{
    cJSON *root;
    struct mm_error err;
    struct mm_arena *arena = notes->arena = &scratch->arena;
    const char *text =
        mm_arena_format(arena, "{\"flip\": " FLIP ", \"both\": [" FLIP ", " SHIFT "], \"chain\": %s}", chain);
    if (mm_json_parse(arena, "train.json", text, strlen(text), &root, &err) != MM_OK)
        fail_msg("%s", err.text);
    struct mm_bundle bundle = {.arena = arena, .notes = notes, .root = root};
    const cJSON *made = mm_bundle_chain(&bundle, mm_json_get(root, "chain"));
    return mm_json_print(arena, made, MM_JSON_CANONICAL);
}

static bool says(const struct mm_notes *notes, const char *words)
{
    for (size_t i = 0; i < notes->count; i++)
        if (notes->items[i].kind == MM_NOTE_LEFT && strstr(notes->items[i].text, words))
            return true;
    return false;
}

static void lists_become_chains(void **state)
{
    static const char *const cases[][2] = {
        {"[" FLIP ", " SHIFT "]", "[" OURS_FLIP "," OURS_SHIFT "]"},
        {"\"@both\"", "[" OURS_FLIP "," OURS_SHIFT "]"},
        {FLIP, "[" OURS_FLIP "]"},
        {"{\"_target_\": \"Compose\", \"transforms\": [\"@flip\", {\"_target_\": \"monai.transforms.Compose\", "
         "\"transforms\": \"@both\"}]}",
         "[" OURS_FLIP "," OURS_FLIP "," OURS_SHIFT "]"},
        {"{\"_target_\": \"monai.transforms.OneOf\", \"weights\": [3, 1], \"transforms\": [\"@flip\", " SHIFT "]}",
         "[{\"args\":{\"transforms\":[" OURS_FLIP "," OURS_SHIFT "],\"weights\":[3,1]},\"name\":\"OneOf\"}]"},
        {"[{\"_target_\": \"SomeOf\", \"num_transforms\": \"$(1, 2)\", \"transforms\": \"@both\"}]",
         "[{\"args\":{\"num_transforms\":[1,2],\"transforms\":[" OURS_FLIP "," OURS_SHIFT "]},\"name\":\"SomeOf\"}]"},
        {"[{\"_target_\": \"RandomOrder\", \"transforms\": [{\"_target_\": \"Compose\", \"transforms\": \"@both\"}, "
         "{\"_target_\": \"OneOf\", \"transforms\": " FLIP "}]}]",
         "[{\"args\":{\"transforms\":[[" OURS_FLIP "," OURS_SHIFT "],{\"args\":{\"transforms\":[" OURS_FLIP
         "]},\"name\":\"OneOf\"}]},\"name\":\"RandomOrder\"}]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mm_notes notes = {0};
        assert_string_equal(chain_of(*state, &notes, cases[i][0]), cases[i][1]);
        assert_int_equal(notes.count, 0);
    }
}

/* Nothing takes the place of a member that cannot run here: the weights are for three. One that is disabled is none for MONAI either. */
static void members_that_cannot_run_do_nothing(void **state)
{
    struct mm_notes notes = {0};
    const char *chain = chain_of(
        *state, &notes,
        "[{\"_target_\": \"OneOf\", \"weights\": [1, 1, 2], \"transforms\": [{\"_target_\": \"Lambdad\", \"keys\": "
        "\"image\", \"func\": \"$lambda x: x + 1\"}, {\"_target_\": \"EnsureTyped\", \"keys\": \"image\"}, " SHIFT
        ", {\"_target_\": \"Flipd\", \"keys\": \"image\", \"_disabled_\": true}, \"$some_python()\"]}]");
    assert_string_equal(chain, "[{\"args\":{\"transforms\":[[],[]," OURS_SHIFT
                               ",[]],\"weights\":[1,1,2]},\"name\":\"OneOf\"}]");
    assert_true(says(&notes, "Lambdad: is not among the transforms here: Python code cannot run here"));
    assert_true(says(&notes, "EnsureTyped: types are right already"));
    assert_true(says(&notes, "Flipd: is disabled"));
    assert_true(says(&notes, "is Python, and Python is not run: write the transform"));
}

static void what_is_no_transform_is_told(void **state)
{
    static const char *const cases[][2] = {
        {"5", "expected a list of transforms, or a Compose: write one"},
        {"[{\"keys\": \"image\"}]", "has no \"_target_\": one of the transforms is expected"},
        {"[\"$x\"]", "is Python, and Python is not run: write the transform"},
        {"{\"_target_\": \"OneOf\", \"transforms\": \"@chain\"}", "lie in each other more than 8 deep"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mm_notes notes = {0};
        chain_of(*state, &notes, cases[i][0]);
        assert_true(says(&notes, cases[i][1]));
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lists_become_chains),
        TEST(members_that_cannot_run_do_nothing),
        TEST(what_is_no_transform_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
