/* The outlook: what a plan comes to, against the policy itself where that can tell, and the better numbers, which must be better. */
#include "fixture.h"

#include "cache/outlook.h"
#include "cache/policy.h"
#include "tests/support/scratch.h"

static void look(struct fixture *f, const struct mm_cache_basis *basis, struct mm_cache_plan *plan,
                 struct mm_cache_outlook *out)
{
    assert_int_equal(mm_cache_plan_make(&f->source, 0, 1, plan, NULL), MM_OK);
    mm_cache_outlook_make(&f->source, plan, basis, out);
}

/* Walks the policy's epochs and counts. */
static uint32_t count_seen(const struct mm_cache_plan *plan, int64_t epochs)
{
    bool seen[ITEMS_MAX] = {false};
    uint64_t positions[ITEMS_MAX];
    uint32_t count = 0;
    struct mm_policy *policy;
    assert_int_equal(mm_policy_open(3, plan->items, plan->cached, mm_cache_plan_rotation(plan), &policy, NULL),
                     MM_OK);
    for (int64_t epoch = 0; epoch < epochs; epoch++) {
        mm_policy_epoch(policy, (uint32_t)epoch, true, positions);
        for (uint32_t i = 0; i < plan->cached; i++) {
            uint32_t item = mm_policy_item(policy, positions[i]);
            count += !seen[item];
            seen[item] = true;
        }
    }
    mm_policy_close(policy);
    return count;
}

static void test_what_is_seen_is_what_the_policy_shows(void **state)
{
    (void)state;
    for (uint32_t cached = 1; cached <= 41; cached += 4)
        for (int share = 0; share <= 10; share++)
            for (int64_t epochs = 1; epochs < 9; epochs++) {
                struct fixture f;
                struct mm_cache_plan plan;
                struct mm_cache_outlook o;
                fixture_init(&f, 41, cached, share / 10.0, 1, 1);
                f.pipeline.replace_every = (cached + (uint32_t)share) % 4;
                look(&f, &(struct mm_cache_basis){.epochs = epochs}, &plan, &o);
                assert_int_equal(o.seen, count_seen(&plan, epochs));
                assert_int_equal(o.seen < 41, o.replaced_all || o.cached_all);
            }
}

/* Every number that is proposed for coverage, taken, covers; one less does not. */
static void test_the_better_number_covers(void **state)
{
    (void)state;
    for (uint32_t cached = 1; cached < 41; cached += 3)
        for (int64_t epochs = 1; epochs < 9; epochs++) {
            struct fixture f;
            struct mm_cache_plan plan, better;
            struct mm_cache_outlook o;
            const struct mm_cache_basis basis = {.epochs = epochs};
            int64_t every = 1 + (cached + epochs) % 3;
            fixture_init(&f, 41, cached, 0, 1, 1);
            f.pipeline.replace_every = every;
            look(&f, &basis, &plan, &o);
            uint32_t n = o.replaced_all ? plan.cached : o.cached_all;
            fixture_init(&f, 41, n, o.replaced_all ? mm_cache_share(&plan, n, o.replaced_all) : 1, 1, 1);
            f.pipeline.replace_every = every;
            look(&f, &basis, &better, &o);
            assert_int_equal(count_seen(&better, epochs), 41);
            if (better.replaced > 1 && n == plan.cached) {
                better.replaced--;
                assert_true(count_seen(&better, epochs) < 41);
            }
        }
}

static void test_the_share_is_short_and_makes_the_number(void **state)
{
    (void)state;
    struct mm_cache_plan plan = {.items = 2000};
    for (uint32_t n = 1; n < 900; n += 7)
        for (uint32_t r = 1; r <= n; r++)
            assert_int_equal(mm_policy_replacements(2000, n, mm_cache_share(&plan, n, r)), r);
    assert_true(mm_cache_share(&plan, 24, 6) == 0.25);
    assert_true(mm_cache_share(&plan, 24, 3) == 0.1);
    assert_true(mm_cache_share(&plan, 20, 20) == 1);
}

/* The k that is proposed where no R hides the loading hides it, and one less does not. */
static void test_the_better_interval_hides(void **state)
{
    (void)state;
    struct fixture f;
    struct mm_cache_plan plan;
    struct mm_cache_outlook o;
    fixture_init(&f, 41, 24, 0.25, 1, 1);
    for (double step = 1e-4; step < 0.05; step *= 1.7) {
        struct mm_cache_basis basis = {.threads = 2, .load_seconds = 3, .step_seconds = step};
        f.pipeline.replace_every = 1;
        look(&f, &basis, &plan, &o);
        assert_true(o.starves && !o.replaced_hidden && o.every_hidden > 1);
        uint32_t every = o.every_hidden;
        f.pipeline.replace_every = every - 1;
        look(&f, &basis, &plan, &o);
        assert_true(o.floor > 0);
        f.pipeline.replace_every = every;
        look(&f, &basis, &plan, &o);
        assert_true(o.floor == 0 && !o.starves && !o.every_hidden);
    }
}

static void test_passes_and_loading_are_arithmetic(void **state)
{
    (void)state;
    struct fixture f;
    struct mm_cache_plan plan;
    struct mm_cache_outlook o;
    struct mm_cache_basis basis = {.epochs = 50, .threads = 4, .load_seconds = 2, .step_seconds = 0.1};
    fixture_init(&f, 41, 24, 0.25, 1, 1);
    look(&f, &basis, &plan, &o);
    assert_true(o.passes > 29.2 && o.passes < 29.3); /* 50 x 24 / 41 */
    assert_int_equal(o.loads_first, 24);
    assert_true(o.seconds_first == 12);
    assert_true(o.seconds == 3); /* 6 x 2 / 4 */
    assert_true(o.step_hidden == 0.125);
    assert_true(o.floor > 0.59 && o.floor < 0.61); /* 3 - 24 x 0.1 */
    assert_int_equal(o.replaced_hidden, 4);        /* 24 x 0.1 x 4 / 2 = 4.8 */
    assert_int_equal(o.threads_hidden, 5);         /* 6 x 2 / 2.4 */
    basis.threads = 5;
    look(&f, &basis, &plan, &o);
    assert_true(o.floor == 0);
    assert_false(o.starves);
    assert_int_equal(o.replaced_hidden + o.threads_hidden, 0);
    f.pipeline.caches = false; /* each epoch loads every item */
    look(&f, &basis, &plan, &o);
    assert_int_equal(o.loads, 41);
}

static void test_memory_proposes_what_fits(void **state)
{
    (void)state;
    struct fixture f;
    struct mm_cache_plan plan;
    struct mm_cache_outlook o;
    struct mm_cache_basis basis = {.item_bytes = 1000, .available = 22999, .load_seconds = 1};
    fixture_init(&f, 41, 24, 0.25, 1, 1);
    look(&f, &basis, &plan, &o); /* no limit: what is free */
    assert_int_equal(o.cached_fits, 17);
    assert_int_equal(o.replaced_fits, 5); /* 17 + 5 = 22 */
    assert_int_equal(o.memory, 22999);
    basis.available = 30000;
    look(&f, &basis, &plan, &o);
    assert_int_equal(o.memory, 0);
    fixture_init(&f, 41, 0, 0, 1, 1);
    f.pipeline.cache_memory = 23000;
    f.pipeline.is_resolved = true;
    look(&f, &basis, &plan, &o);
    assert_int_equal(plan.cached, 41);
    assert_int_equal(o.cached_fits, 18);
    assert_int_equal(o.loads, 18); /* of 41 items 23 stay */
    f.pipeline.cache_memory = 1500;
    look(&f, &basis, &plan, &o);
    assert_int_equal(o.cached_fits, 0);
    assert_int_equal(o.memory, 1500);
}

static void test_a_divisor_is_proposed(void **state)
{
    (void)state;
    struct fixture f;
    struct mm_cache_plan plan;
    struct mm_cache_outlook o;
    const struct mm_cache_basis basis = {0};
    fixture_init(&f, 64, 24, 0.21, 1, 1); /* 6 of 24: even */
    look(&f, &basis, &plan, &o);
    assert_int_equal(o.replaced_even, 0);
    fixture_init(&f, 64, 24, 0.3, 1, 1); /* 8 */
    look(&f, &basis, &plan, &o);
    assert_int_equal(o.replaced_even, 0);
    fixture_init(&f, 64, 24, 0.4, 1, 1); /* 10: 8 or 12 */
    look(&f, &basis, &plan, &o);
    assert_int_equal(o.replaced_even, 8);
}

static void expect(struct fixture *f, const struct mm_cache_basis *basis, const char *words)
{
    struct mm_cache_plan plan;
    struct mm_text text;
    mm_text_init(&text, 1 << 16);
    assert_int_equal(mm_cache_plan_make(&f->source, 0, 1, &plan, NULL), MM_OK);
    mm_cache_plan_print(&f->source, &plan, basis, &text);
    if (!strstr(text.bytes, words))
        print_error("%s\nis not in\n%s", words, text.bytes);
    assert_non_null(strstr(text.bytes, words));
    mm_text_done(&text);
}

static void test_warnings_carry_the_better_number(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, 41, 24, 0.25, 1, 1);
    expect(&f, &(struct mm_cache_basis){.epochs = 3, .available = 1 << 20},
           "  a run       3 epochs of 24 items = 1.8 passes over 41 items\n");
    expect(&f, &(struct mm_cache_basis){.epochs = 3},
           "warning: only 36 of 41 items will have been seen after 3 epochs; replace_percent 0.37 would, or 4 epochs "
           "would\n");
    expect(
        &f, &(struct mm_cache_basis){.epochs = 9, .threads = 1, .load_seconds = 2, .step_seconds = 0.25},
        "warning: loading 6 items takes 12.0 s with 1 thread, longer than the steps of an epoch: each waits 6.0 s at "
        "least; use replace_percent <= 0.1 or num_workers >= 2");
    expect(&f, &(struct mm_cache_basis){.load_seconds = 2, .item_bytes = 2048, .available = 20 * 2048},
           "warning: the items may need more memory than is free (40 KiB), and cache_memory sets no limit; "
           "num_cache_objects 16 with replace_percent 0.2 fits\n");
    expect(
        &f, &(struct mm_cache_basis){.load_seconds = 2, .item_bytes = 2048},
        "  loading     a measured item takes 2.0 s and 2 KiB; with 2 threads the first epoch's 24 take 24.0 s, each "
        "further one's 6 take 6.0 s\n              hidden by steps of 250 ms or more\n");
    f.pipeline.replace_every = 5;
    expect(&f, &(struct mm_cache_basis){.epochs = 50},
           "  rotation    after every 5 epochs the 6 oldest leave and 6 others enter; an item stays 20 epochs\n"
           "  coverage    every item has been seen after 16 epochs\n");
    expect(
        &f, &(struct mm_cache_basis){.epochs = 12},
        "warning: only 36 of 41 items will have been seen after 12 epochs; replace_percent 0.37 would, or 16 epochs "
        "would\n");
    expect(&f, &(struct mm_cache_basis){.threads = 1, .load_seconds = 2, .step_seconds = 0.05},
           "first epoch's 24 take 48.0 s, the 6 of every further 5 epochs take 12.0 s\n              with steps of "
           "50 ms "
           "an epoch waits 1.2 s at least\n");
    expect(
        &f, &(struct mm_cache_basis){.epochs = 50, .threads = 1, .load_seconds = 2, .step_seconds = 0.01},
        "warning: loading 6 items takes 12.0 s with 1 thread, longer than the steps of 5 epochs: each waits 2.2 s at "
        "least; use num_workers >= 10");
    expect(&f, &(struct mm_cache_basis){.epochs = 50, .threads = 1, .load_seconds = 2, .step_seconds = 0.01},
           " or replace_every >= 50\n");
    fixture_init(&f, 41, 24, 0, 1, 1);
    expect(&f, &(struct mm_cache_basis){.epochs = 50}, "= 50 passes over the same 24 items");
    expect(&f, &(struct mm_cache_basis){.epochs = 50},
           "are ever seen: replace_percent is 0 and num_cache_objects is "
           "less than the datalist has; replace_percent 0.04 would\n");
    fixture_init(&f, 41, 4, 0.25, 1, 1);
    expect(&f, &(struct mm_cache_basis){.epochs = 2},
           "num_cache_objects 21 with replace_percent 1 would, or 38 epochs would\n");
}

static void test_why_the_prefix_ends(void **state)
{
    (void)state;
    struct fixture f;
    struct mm_text text;
    fixture_init(&f, 3, 3, 0, 1, 2);
    mm_text_init(&text, 1 << 10);
    mm_cache_prefix_end(&f.source, &text);
    assert_string_equal(text.bytes, "Stamp is random");
    mm_text_done(&text);
    f.chain.count = 1;
    mm_cache_prefix_end(&f.source, &text);
    assert_string_equal(text.bytes, "no transform is random");
    mm_text_done(&text);
    struct flip {
        double prob;
    } flip = {0.5};
    static const struct mm_param params[] = {MM_DOUBLE(struct flip, prob, .help = "x"), MM_PARAMS_END};
    const struct mm_transform transform = {.name = "RandFlip", .params = params, .flags = MM_RANDOM};
    f.chain.count = 2;
    f.steps[1] = (struct mm_step){.transform = &transform, .self = &flip, .index = 1};
    mm_cache_prefix_end(&f.source, &text);
    assert_string_equal(text.bytes, "RandFlip is random: prob 0.5");
    mm_text_done(&text);
}

static void test_json_has_the_same_numbers(void **state)
{
    struct scratch *scratch = *state;
    struct fixture f;
    struct mm_cache_plan plan;
    fixture_init(&f, 41, 24, 0.25, 1, 2);
    const struct mm_cache_basis basis = {.epochs = 3, .load_seconds = 2, .item_bytes = 2048};
    assert_int_equal(mm_cache_plan_make(&f.source, 0, 1, &plan, NULL), MM_OK);
    const cJSON *json = mm_cache_plan_json(&scratch->arena, &f.source, &plan, &basis);
    assert_int_equal(mm_json_get(json, "items")->valueint, 41);
    assert_int_equal(mm_json_get(json, "num_cache_objects")->valueint, 24);
    assert_int_equal(mm_json_get(json, "replaced")->valueint, 6);
    assert_int_equal(mm_json_get(json, "replace_every")->valueint, 1);
    assert_int_equal(mm_json_get(json, "items_seen")->valueint, 36);
    assert_int_equal(mm_json_get(json, "bytes_per_item_measured")->valueint, 2048);
    assert_true(mm_json_get(json, "load_seconds_per_epoch")->valuedouble == 6);
    assert_true(cJSON_IsNull(mm_json_get(json, "wait_floor_seconds")));
    assert_string_equal(mm_json_get(json, "cached_prefix_ends_since")->valuestring, "Stamp is random");
    assert_int_equal(cJSON_GetArraySize(mm_json_get(json, "transforms")), 2);
    const cJSON *warnings = mm_json_get(json, "warnings");
    assert_int_equal(cJSON_GetArraySize(warnings), 1);
    assert_memory_equal(warnings->child->valuestring, "only 36 of 41", 13);
    for (uint64_t n = 1; n < 400; n += 9) { /* out of memory anywhere: no crash */
        mm_memory_fail_at(n);
        mm_cache_plan_json(&scratch->arena, &f.source, &plan, &basis);
        mm_memory_fail_at(0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_seen_is_what_the_policy_shows),
        cmocka_unit_test(test_the_better_number_covers),
        cmocka_unit_test(test_the_share_is_short_and_makes_the_number),
        cmocka_unit_test(test_the_better_interval_hides),
        cmocka_unit_test(test_passes_and_loading_are_arithmetic),
        cmocka_unit_test(test_memory_proposes_what_fits),
        cmocka_unit_test(test_a_divisor_is_proposed),
        cmocka_unit_test(test_warnings_carry_the_better_number),
        cmocka_unit_test(test_why_the_prefix_ends),
        cmocka_unit_test_setup_teardown(test_json_has_the_same_numbers, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
