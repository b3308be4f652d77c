/* The policy's promises, over every small (T, N, R) and some large ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "cache/policy.h"

static struct mm_policy *open_every(uint64_t seed, uint32_t total, uint32_t cached, struct mm_rotation rotation)
{
    struct mm_policy *policy = NULL;
    assert_int_equal(mm_policy_open(seed, total, cached, rotation, &policy, NULL), MM_OK);
    return policy;
}

static struct mm_policy *open_policy(uint64_t seed, uint32_t total, uint32_t cached, uint32_t replaced)
{
    return open_every(seed, total, cached, (struct mm_rotation){.replaced = replaced, .every = 1});
}

static void test_replacements_follow_the_formula(void **state)
{
    (void)state;
    static const struct {
        uint32_t total, cached;
        double fraction;
        uint32_t replaced, coverage;
    } rows[] = {
        {100, 50, 0.1, 5, 11}, /* Clara's example: all seen after 11 epochs */
        {41, 32, 0.25, 8, 3},  {5, 4, 0.25, 1, 2},    {10, 4, 0.3, 2, 4},  {10, 9, 1.0, 1, 2},
        {10, 5, 1.0, 5, 2},    {10, 10, 0.5, 0, 1},   {10, 20, 0.5, 0, 1}, {10, 5, 0.0, 0, 0},
        {100, 10, 0.7, 7, 14}, {100, 30, 0.1, 3, 25}, /* 30 * 0.1 is a little more than 3 in binary */
        {1, 1, 1.0, 0, 1},     {3, 1, 0.01, 1, 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t replaced = mm_policy_replacements(rows[i].total, rows[i].cached, rows[i].fraction);
        assert_int_equal(replaced, rows[i].replaced);
        const struct mm_rotation each = {.replaced = replaced, .every = 1},
                                 third = {.replaced = replaced, .every = 3};
        uint32_t coverage = rows[i].coverage;
        assert_int_equal(mm_policy_coverage(rows[i].total, rows[i].cached, each), coverage);
        assert_int_equal(mm_policy_coverage(rows[i].total, rows[i].cached, third),
                         coverage ? 1 + 3 * (coverage - 1) : 0);
    }
}

static void test_a_stream_of_a_seed_stays_what_it_is(void **state)
{
    (void)state;
    /* Part of what makes a run repeatable: written down once, compared for ever. */
    static const uint32_t expected[] = {0, 1, 3, 7, 4, 6, 2, 5, 0, 7, 3, 1, 2, 6, 4, 5, 0, 7, 3, 1, 2, 6, 4, 5};
    struct mm_policy *policy = open_policy(42, 8, 4, 2);
    for (uint32_t p = 0; p < 24; p++)
        assert_int_equal(mm_policy_item(policy, p), expected[p]);
    mm_policy_close(policy);
}

static unsigned long checked; /* policies */

/* Residents of `epoch` and its replacements are distinct, where T >= N + R also from each other; marks and counts what
 * enters. */
static void check_epoch(struct mm_policy *policy, uint32_t epoch, uint32_t total, uint32_t cached,
                        struct mm_rotation rotation, uint64_t *positions, unsigned *entered)
{
    uint32_t replaced = rotation.replaced;
    unsigned char seen[64] = {0}, used[64] = {0};
    uint64_t first = mm_policy_first(policy, epoch);
    assert_int_equal(first, (uint64_t)(epoch / rotation.every) * replaced);
    if (replaced)
        for (uint64_t e = epoch; e <= mm_policy_next(policy, epoch); e++)
            assert_int_equal(mm_policy_first(policy, (uint32_t)e) > first, e == mm_policy_next(policy, epoch));
    for (uint32_t i = 0; i < cached + replaced; i++) {
        uint32_t item = mm_policy_item(policy, first + i);
        assert_true(item < total);
        if (i == cached && cached + replaced > total)
            memset(seen, 0, sizeof seen);
        assert_false(seen[item]++);
        if (i < cached && (epoch == 0 || (epoch % rotation.every == 0 && i >= cached - replaced)))
            entered[item]++;
    }
    mm_policy_epoch(policy, epoch, true, positions);
    for (uint32_t i = 0; i < cached; i++) {
        assert_true(positions[i] >= first && positions[i] < first + cached);
        assert_false(used[positions[i] - first]++);
    }
}

static void check_policy(uint64_t seed, uint32_t total, uint32_t cached, struct mm_rotation rotation)
{
    struct mm_policy *policy = open_every(seed, total, cached, rotation);
    checked++;
    unsigned entered[64] = {0};
    uint64_t positions[64];
    uint32_t coverage = mm_policy_coverage(total, cached, rotation), replaced = rotation.replaced;
    uint32_t epochs = replaced ? coverage + 3 * rotation.every * (total / replaced + 1) : 3;
    for (uint32_t epoch = 0; epoch < epochs; epoch++) {
        check_epoch(policy, epoch, total, cached, rotation, positions, entered);
        unsigned least = UINT32_MAX, most = 0;
        for (uint32_t i = 0; i < total; i++) {
            least = entered[i] < least ? entered[i] : least;
            most = entered[i] > most ? entered[i] : most;
        }
        assert_true(most - least <= 1);
        if (coverage)
            assert_int_equal(least > 0, epoch + 1 >= coverage); /* the bound is reached, and is tight */
    }
    mm_policy_close(policy);
}

static void test_promises_hold_for_every_small_cache(void **state)
{
    (void)state;
    for (uint32_t total = 1; total <= 16; total++)
        for (uint32_t cached = 1; cached <= total; cached++)
            for (uint32_t replaced = 0; replaced <= cached; replaced++) /* T < N + R comes of rounding for ranks */
                for (uint32_t every = 1; every <= 4; every += 1 + (every > 1))
                    for (uint64_t seed = 0; seed < 4; seed++)
                        check_policy(seed, total, cached, (struct mm_rotation){replaced, every});
    assert_true(checked > 9000);
}

static void test_promises_hold_for_random_caches(void **state)
{
    (void)state;
    struct mm_random random;
    mm_random_init(&random, 1, MM_RANDOM_SYNTHESIS, 0, 0, 0);
    for (int i = 0; i < 400; i++) {
        uint32_t total = 14 + mm_random_below(&random, 50);
        uint32_t cached = 1 + mm_random_below(&random, total);
        uint32_t replaced = mm_random_below(&random, cached + 1);
        uint32_t every = i % 2 ? 1 : 1 + mm_random_below(&random, 7);
        check_policy(mm_random_u32(&random), total, cached, (struct mm_rotation){replaced, every});
    }
}

static void test_item_does_not_depend_on_what_was_asked_before(void **state)
{
    (void)state;
    enum { TOTAL = 20, POSITIONS = TOTAL * 12 };
    uint32_t expected[POSITIONS];
    struct mm_policy *policy = open_policy(5, TOTAL, 8, 3);
    for (uint32_t p = 0; p < POSITIONS; p++)
        expected[p] = mm_policy_item(policy, p);
    struct mm_random random;
    mm_random_init(&random, 2, MM_RANDOM_SYNTHESIS, 0, 0, 0);
    for (int i = 0; i < 2000; i++) {
        uint32_t p = mm_random_below(&random, POSITIONS);
        assert_int_equal(mm_policy_item(policy, p), expected[p]);
    }
    mm_policy_close(policy);
    policy = open_policy(5, TOTAL, 8, 3); /* a resumed run starts far along */
    for (uint32_t p = POSITIONS; p > 0; p--)
        assert_int_equal(mm_policy_item(policy, p - 1), expected[p - 1]);
    mm_policy_close(policy);
}

/* A resumed run asks for late positions first, and gets what the run that was cut got. */
static void test_a_resumed_stream_is_the_same_for_any_cache(void **state)
{
    (void)state;
    struct mm_random random;
    mm_random_init(&random, 4, MM_RANDOM_SYNTHESIS, 0, 0, 0);
    for (int i = 0; i < 1000; i++) {
        uint64_t positions[64], again[64];
        uint32_t total = 1 + mm_random_below(&random, 40), cached = 1 + mm_random_below(&random, total);
        uint32_t replaced = mm_random_below(&random, cached + 1), epoch = mm_random_below(&random, 30);
        const struct mm_rotation rotation = {replaced, 1 + mm_random_below(&random, 4)};
        uint64_t seed = mm_random_u32(&random), first = (uint64_t)(epoch / rotation.every) * replaced;
        struct mm_policy *run = open_every(seed, total, cached, rotation);
        struct mm_policy *resumed = open_every(seed, total, cached, rotation);
        for (uint32_t e = 0; e <= epoch; e++) {
            mm_policy_epoch(run, e, true, positions);
            (void)mm_policy_item(run, positions[0]);
        }
        mm_policy_epoch(resumed, epoch, true, again);
        assert_memory_equal(positions, again, cached * sizeof *positions);
        for (uint64_t p = first + cached + replaced; p > first; p--)
            assert_int_equal(mm_policy_item(resumed, p - 1), mm_policy_item(run, p - 1));
        mm_policy_close(run);
        mm_policy_close(resumed);
    }
}

/* Of some passes, one differs from the one before. */
static bool passes_differ(uint32_t total, uint32_t cached, uint32_t replaced)
{
    struct mm_policy *policy = open_policy(3, total, cached, replaced);
    bool differ = false;
    for (uint32_t i = 0; i < 8 * total; i++)
        differ |= mm_policy_item(policy, i) != mm_policy_item(policy, total + i);
    mm_policy_close(policy);
    return differ;
}

static void test_passes_mix_where_the_window_leaves_room(void **state)
{
    (void)state;
    for (uint32_t total = 2; total <= 40; total++)
        for (uint32_t cached = 1; cached < total; cached++)
            for (uint32_t replaced = 1; replaced <= cached; replaced++)
                assert_int_equal(passes_differ(total, cached, replaced), total > cached + replaced);
}

static void test_first_pass_is_shuffled_by_the_seed(void **state)
{
    (void)state;
    struct mm_policy *a = open_policy(1, 50, 10, 5), *b = open_policy(2, 50, 10, 5);
    int same_as_list = 0, same_as_other = 0;
    for (uint32_t p = 0; p < 50; p++) {
        same_as_list += mm_policy_item(a, p) == p;
        same_as_other += mm_policy_item(a, p) == mm_policy_item(b, p);
    }
    assert_true(same_as_list < 25 && same_as_other < 25);
    mm_policy_close(a);
    mm_policy_close(b);
}

static void test_epochs_have_fresh_orders(void **state)
{
    (void)state;
    uint64_t first[32], second[32];
    struct mm_policy *policy = open_policy(9, 32, 32, 0);
    mm_policy_epoch(policy, 0, true, first);
    mm_policy_epoch(policy, 1, true, second);
    assert_memory_not_equal(first, second, sizeof first);
    mm_policy_epoch(policy, 0, true, second);
    assert_memory_equal(first, second, sizeof first);
    mm_policy_epoch(policy, 7, false, first);
    for (uint32_t i = 0; i < 32; i++)
        assert_int_equal(first[i], i);
    mm_policy_close(policy);
}

static void test_impossible_caches_are_refused(void **state)
{
    (void)state;
    struct mm_policy *policy = NULL;
    struct mm_error err = {0};
    const struct mm_rotation none = {0, 1}, three = {3, 1}, never = {1, 0};
    assert_int_equal(mm_policy_open(0, 0, 1, none, &policy, &err), MM_ERR_USAGE);
    assert_int_equal(mm_policy_open(0, 5, 0, none, &policy, &err), MM_ERR_USAGE);
    assert_int_equal(mm_policy_open(0, 9, 2, three, &policy, &err), MM_ERR_USAGE); /* some would never be used */
    assert_non_null(strstr(err.text, "at most 2"));
    assert_int_equal(mm_policy_open(0, 9, 2, never, &policy, &err), MM_ERR_USAGE);
    assert_non_null(strstr(err.text, "every 0 epochs"));
    assert_null(policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replacements_follow_the_formula),
        cmocka_unit_test(test_a_stream_of_a_seed_stays_what_it_is),
        cmocka_unit_test(test_promises_hold_for_every_small_cache),
        cmocka_unit_test(test_promises_hold_for_random_caches),
        cmocka_unit_test(test_item_does_not_depend_on_what_was_asked_before),
        cmocka_unit_test(test_a_resumed_stream_is_the_same_for_any_cache),
        cmocka_unit_test(test_passes_mix_where_the_window_leaves_room),
        cmocka_unit_test(test_first_pass_is_shuffled_by_the_seed),
        cmocka_unit_test(test_epochs_have_fresh_orders),
        cmocka_unit_test(test_impossible_caches_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
