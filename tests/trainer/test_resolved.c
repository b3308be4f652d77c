/* Numbers that the machine chose: chosen once, kept for the same config and for no other, refused where they cannot be. */
#include "tests/cache/fixture.h"

#include "base/file.h"
#include "cache/outlook.h"
#include "tests/support/scratch.h"
#include "trainer/resolved.h"

#define BOUND 16384 /* of an item without files */

static const struct mm_param nothing[] = {MM_PARAMS_END};
static const struct mm_model model = {.name = "Model", .params = nothing};
static const struct mm_loss loss = {.name = "Loss", .params = nothing};
static const struct mm_optimizer optimizer = {.name = "Optimizer", .params = nothing};

struct run {
    struct fixture f;
    cJSON *item;
    struct mm_graph graph; /* without parameters */
    struct mm_training training;
};

/* 41 items, room for so many places; both numbers "auto". */
static void run_init(struct run *run, struct scratch *scratch, uint64_t places)
{
    fixture_init(&run->f, 41, 0, 0, 1, 1);
    run->item = mm_json_object(&scratch->arena);
    for (size_t i = 0; i < 41; i++)
        run->f.items[i].node = run->item;
    run->f.pipeline.cache_memory = places * BOUND;
    run->f.pipeline.auto_objects = run->f.pipeline.auto_replace = true;
    run->graph = (struct mm_graph){0};
    run->training = (struct mm_training){.model = &model,
                                         .graph = &run->graph,
                                         .loss = &loss,
                                         .optimizer = &optimizer,
                                         .learning_rate = 0.1,
                                         .train = &run->f.source,
                                         .epochs = 9,
                                         .seed = 7};
}

static void resolve(struct scratch *scratch, const struct run *run, struct mm_resolved *out)
{
    struct mm_error err = {0};
    enum mm_status s = mm_resolve(&scratch->arena, &run->training, scratch->folder, out, &err);
    if (s)
        print_error("%s\n", err.text);
    assert_int_equal(s, MM_OK);
}

static void test_fixed_numbers_are_left_alone(void **state)
{
    struct scratch *scratch = *state;
    struct run run;
    struct mm_resolved resolved;
    run_init(&run, scratch, 0);
    run.f.pipeline.auto_objects = run.f.pipeline.auto_replace = false;
    run.f.pipeline.num_cache_objects = 20;
    run.f.pipeline.replace_percent = 0.25;
    resolve(scratch, &run, &resolved);
    assert_ptr_equal(resolved.training, &run.training);
    assert_false(resolved.has_file || resolved.is_kept);
    assert_int_equal(mm_resolved_write(&scratch->arena, &resolved, NULL), MM_OK);
    assert_false(mm_file_exists(scratch_path(scratch, "resolved.json")));
}

static void check_kept(struct scratch *scratch, uint32_t every)
{
    struct run run;
    struct mm_resolved first, second;
    char digest[65], again[65];
    run_init(&run, scratch, 25);
    resolve(scratch, &run, &first);
    assert_true(first.has_file && !first.is_kept);
    assert_int_equal(first.training->train->pipeline->num_cache_objects, 20); /* 20 + 5 places */
    assert_int_equal(first.replaced_max, 5);
    mm_resolved_replace(&first, (struct mm_rotation){.replaced = 3, .every = every});
    assert_int_equal(first.replaced_max, 0);
    assert_int_equal(mm_resolved_write(&scratch->arena, &first, NULL), MM_OK);
    resolve(scratch, &run, &second);
    assert_true(second.is_kept);
    assert_int_equal(second.replaced_max, 0);
    struct mm_cache_plan plan;
    assert_int_equal(mm_cache_plan_make(second.training->train, 1, 1, &plan, NULL), MM_OK);
    assert_int_equal(plan.cached, 20);
    assert_int_equal(plan.replaced, 3);
    assert_int_equal(plan.every, every);
    assert_int_equal(plan.replaced_max, 0);
    assert_int_equal(mm_training_digest(&scratch->arena, first.training, digest, NULL), MM_OK);
    assert_int_equal(mm_training_digest(&scratch->arena, second.training, again, NULL), MM_OK);
    assert_string_equal(digest, again);
    /* The same numbers in a config are the same run. */
    run.f.pipeline.auto_objects = run.f.pipeline.auto_replace = false;
    run.f.pipeline.cache_memory = 0;
    run.f.pipeline.num_cache_objects = 20;
    run.f.pipeline.replace_percent = 0.15;
    run.f.pipeline.replace_every = every;
    assert_int_equal(mm_training_digest(&scratch->arena, &run.training, again, NULL), MM_OK);
    assert_string_equal(digest, again);
    run.f.pipeline.replace_every = every + 1;
    assert_int_equal(mm_training_digest(&scratch->arena, &run.training, again, NULL), MM_OK);
    assert_string_not_equal(digest, again);
    assert_int_equal(remove(scratch_path(scratch, "resolved.json")), 0);
}

static void test_what_was_chosen_is_kept(void **state)
{
    check_kept(*state, 1);
    check_kept(*state, 7);
}

/* As files were before there was a k. */
static void test_every_epoch_is_meant_where_nothing_is_said(void **state)
{
    struct scratch *scratch = *state;
    struct run run;
    struct mm_resolved resolved;
    run_init(&run, scratch, 25);
    resolve(scratch, &run, &resolved);
    const char *text = mm_arena_format(&scratch->arena,
                                       "{\"request\": \"%s\", \"num_cache_objects\": 20, \"replaced\": 3, "
                                       "\"replaced_max\": 0}",
                                       resolved.request);
    assert_int_equal(mm_file_write(scratch_path(scratch, "resolved.json"), text, strlen(text), NULL), MM_OK);
    resolve(scratch, &run, &resolved);
    assert_true(resolved.is_kept);
    assert_int_equal(resolved.training->train->pipeline->replace_every, 1);
}

static void test_another_config_is_chosen_anew(void **state)
{
    struct scratch *scratch = *state;
    struct run run;
    struct mm_resolved resolved;
    run_init(&run, scratch, 25);
    resolve(scratch, &run, &resolved);
    assert_int_equal(mm_resolved_write(&scratch->arena, &resolved, NULL), MM_OK);
    run.training.epochs++; /* the length of a run is no part of it */
    resolve(scratch, &run, &resolved);
    assert_true(resolved.is_kept);
    run.training.seed++;
    resolve(scratch, &run, &resolved);
    assert_false(resolved.is_kept);
    run_init(&run, scratch, 10);
    resolve(scratch, &run, &resolved);
    assert_false(resolved.is_kept);
    assert_int_equal(resolved.training->train->pipeline->num_cache_objects, 8);
}

/* A number not chosen yet is chosen by the run that goes on. */
static void test_an_open_number_stays_open(void **state)
{
    struct scratch *scratch = *state;
    struct run run;
    struct mm_resolved resolved;
    run_init(&run, scratch, 25);
    resolve(scratch, &run, &resolved);
    assert_int_equal(mm_resolved_write(&scratch->arena, &resolved, NULL), MM_OK);
    resolve(scratch, &run, &resolved);
    assert_true(resolved.is_kept);
    assert_int_equal(resolved.replaced_max, 5);
}

static void test_impossible_numbers_are_refused(void **state)
{
    struct scratch *scratch = *state;
    static const char *const bodies[] = {
        "\"num_cache_objects\": 0, \"replaced\": 0, \"replaced_max\": 0",
        "\"num_cache_objects\": 42, \"replaced\": 0, \"replaced_max\": 0",
        "\"num_cache_objects\": 30, \"replaced\": 12, \"replaced_max\": 0",
        "\"num_cache_objects\": 30, \"replaced\": 0, \"replaced_max\": 12",
        "\"num_cache_objects\": 30, \"replaced\": -1, \"replaced_max\": 0",
        "\"num_cache_objects\": 3.5, \"replaced\": 0, \"replaced_max\": 0",
        "\"num_cache_objects\": 30, \"replaced\": 0",
        "\"num_cache_objects\": 30, \"replaced\": 1, \"replace_every\": 0, \"replaced_max\": 0",
        "\"num_cache_objects\": 30, \"replaced\": 1, \"replace_every\": 1000001, \"replaced_max\": 0",
        "\"num_cache_objects\": 30, \"replaced\": 1, \"replace_every\": \"two\", \"replaced_max\": 0",
    };
    struct run run;
    struct mm_resolved resolved;
    run_init(&run, scratch, 25);
    resolve(scratch, &run, &resolved);
    for (size_t i = 0; i <= sizeof bodies / sizeof *bodies; i++) {
        bool is_torn = i == sizeof bodies / sizeof *bodies;
        const char *text =
            is_torn ? "{"
                    : mm_arena_format(&scratch->arena, "{\"request\": \"%s\", %s}", resolved.request, bodies[i]);
        struct mm_resolved other;
        struct mm_error err = {0};
        assert_int_equal(mm_file_write(scratch_path(scratch, "resolved.json"), text, strlen(text), NULL), MM_OK);
        assert_int_equal(mm_resolve(&scratch->arena, &run.training, scratch->folder, &other, &err), MM_ERR_CONFIG);
        assert_non_null(strstr(err.text, "resolved.json"));
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_fixed_numbers_are_left_alone),
        TEST(test_what_was_chosen_is_kept),
        TEST(test_every_epoch_is_meant_where_nothing_is_said),
        TEST(test_another_config_is_chosen_anew),
        TEST(test_an_open_number_stays_open),
        TEST(test_impossible_numbers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
