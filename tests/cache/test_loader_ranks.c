/* Ranks: W loaders that share the work do together what one does, each as much as any other. */
#include "fixture.h"

#include "cache/outlook.h"
#include "cache/policy.h"

#define RANKS_MAX 8
#define EPOCHS    12
#define VOLUMES   2
#define OUTPUTS   2

/* What was in the batches of one epoch, by stream position. */
struct seen {
    uint32_t count;
    uint64_t positions[ITEMS_MAX];
    uint32_t items[ITEMS_MAX];
};

static void add(struct seen *seen, uint64_t position, uint32_t item)
{
    for (uint32_t i = 0; i < seen->count; i++)
        assert_int_not_equal(seen->positions[i], position);
    assert_true(seen->count < ITEMS_MAX);
    seen->positions[seen->count] = position;
    seen->items[seen->count++] = item;
}

static void init(struct fixture *f, uint32_t total, uint32_t cached, double share, uint32_t rank, uint32_t ranks)
{
    fixture_init(f, total, cached, share, VOLUMES, OUTPUTS);
    f->options.rank = rank;
    f->options.ranks = ranks;
    f->options.threads = 1;
}

/* One epoch of one rank, from a step on. */
static void run_epoch(struct mm_loader *loader, uint32_t epoch, uint32_t step, uint32_t rank, uint32_t ranks,
                      struct seen *seen)
{
    const struct mm_batch *batch;
    assert_int_equal(mm_loader_begin(loader, epoch, step, NULL), MM_OK);
    for (; step < mm_loader_steps(loader); step++) {
        assert_int_equal(mm_loader_next(loader, &batch, NULL), MM_OK);
        assert_non_null(batch);
        for (uint32_t i = 0; i < batch->sample_count; i += OUTPUTS) {
            assert_int_equal(batch->positions[i] % ranks, rank);
            add(seen, batch->positions[i], batch->items[i]);
        }
    }
    assert_int_equal(mm_loader_next(loader, &batch, NULL), MM_OK);
    assert_null(batch);
}

/* The residents of a cache without ranks, with N and R as ranks round them. */
static void check_residents(struct mm_policy *policy, uint32_t epoch, uint32_t cached, const struct seen *seen)
{
    bool is_used[ITEMS_MAX] = {false};
    uint64_t first = mm_policy_first(policy, epoch);
    assert_int_equal(seen->count, cached);
    for (uint32_t i = 0; i < seen->count; i++) {
        assert_true(seen->positions[i] >= first && seen->positions[i] < first + cached);
        assert_int_equal(seen->items[i], mm_policy_item(policy, seen->positions[i]));
        assert_false(is_used[seen->items[i]]); /* distinct over all ranks */
        is_used[seen->items[i]] = true;
    }
}

/* A resumed rank sees what is left of the epoch, as it was. */
static void check_resume(uint32_t total, uint32_t cached, double share, uint32_t ranks, uint32_t epoch,
                         const struct seen *all)
{
    struct fixture f;
    struct seen rest = {0};
    uint32_t rank = epoch % ranks;
    init(&f, total, cached, share, rank, ranks);
    struct mm_loader *loader = fixture_open(&f);
    uint32_t steps = mm_loader_steps(loader);
    run_epoch(loader, epoch, steps / 2, rank, ranks, &rest);
    mm_loader_close(loader);
    for (uint32_t i = 0; i < rest.count; i++) {
        uint32_t found = 0;
        for (uint32_t j = 0; j < all->count; j++)
            found += all->positions[j] == rest.positions[i] && all->items[j] == rest.items[i];
        assert_int_equal(found, 1);
    }
}

static void check_ranks(uint32_t total, uint32_t cached, double share, uint32_t ranks)
{
    struct fixture f;
    struct mm_cache_plan plan;
    struct mm_policy *policy;
    struct mm_loader *loaders[RANKS_MAX];
    unsigned entered[ITEMS_MAX] = {0};
    init(&f, total, cached, share, 0, ranks);
    assert_int_equal(mm_cache_plan_make(&f.source, 0, ranks, &plan, NULL), MM_OK);
    assert_int_equal(plan.cached % ranks, 0);
    assert_int_equal(plan.replaced % ranks, 0);
    assert_int_equal(mm_policy_open(f.options.seed, total, plan.cached, mm_cache_plan_rotation(&plan), &policy, NULL),
                     MM_OK);
    for (uint32_t w = 0; w < ranks; w++) {
        f.options.rank = w;
        loaders[w] = fixture_open(&f);
        assert_int_equal(mm_loader_steps(loaders[w]), (plan.cached / ranks + VOLUMES - 1) / VOLUMES);
    }
    for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
        struct seen seen = {0};
        unsigned least = UINT32_MAX, most = 0;
        for (uint32_t w = 0; w < ranks; w++)
            run_epoch(loaders[w], epoch, 0, w, ranks, &seen);
        check_residents(policy, epoch, plan.cached, &seen);
        check_resume(total, cached, share, ranks, epoch, &seen);
        for (uint32_t i = 0; i < seen.count; i++)
            entered[seen.items[i]] +=
                epoch == 0 || seen.positions[i] >= mm_policy_first(policy, epoch - 1) + plan.cached;
        for (uint32_t i = 0; i < total; i++) {
            least = entered[i] < least ? entered[i] : least;
            most = entered[i] > most ? entered[i] : most;
        }
        assert_true(most - least <= 1);
        if (plan.coverage_epochs)
            assert_int_equal(least > 0, epoch + 1 >= plan.coverage_epochs);
    }
    for (uint32_t w = 0; w < ranks; w++)
        mm_loader_close(loaders[w]);
    mm_policy_close(policy);
}

static void test_ranks_together_do_what_one_does(void **state)
{
    (void)state;
    static const uint32_t counts[] = {1, 2, 4, 8};
    static const struct {
        uint32_t total, cached;
        double share;
    } rows[] = {{8, 8, 0},     {9, 0, 0},   {13, 0, 0.5}, {16, 8, 0.5},
                {21, 11, 0.3}, {17, 16, 1}, {30, 9, 1},   {24, 12, 0}};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (size_t w = 0; w < sizeof counts / sizeof *counts; w++)
            check_ranks(rows[r].total, rows[r].cached, rows[r].share, counts[w]);
}

static void test_numbers_are_rounded(void **state)
{
    (void)state;
    static const struct {
        uint32_t total, cached;
        double share;
        uint32_t ranks, rounded_cached, rounded_replaced;
    } rows[] = {
        {10, 0, 0, 1, 10, 0},     {10, 0, 0, 2, 10, 0},  {10, 0, 0, 4, 8, 4},   {10, 0, 0.5, 4, 8, 4},
        {41, 33, 0.25, 8, 32, 8}, {41, 7, 0.1, 4, 4, 4}, {41, 3, 0.5, 4, 4, 4}, {10, 8, 0, 4, 8, 0},
        {8, 0, 0, 8, 8, 0},       {9, 9, 0.2, 8, 8, 8},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        struct mm_cache_plan plan;
        init(&f, rows[i].total, rows[i].cached, rows[i].share, 0, rows[i].ranks);
        assert_int_equal(mm_cache_plan_make(&f.source, 0, rows[i].ranks, &plan, NULL), MM_OK);
        assert_int_equal(plan.cached, rows[i].rounded_cached);
        assert_int_equal(plan.replaced, rows[i].rounded_replaced);
    }
}

/* A rank's limit is its own, so more ranks hold more. */
static void test_memory_is_that_of_a_rank(void **state)
{
    (void)state;
    for (uint32_t ranks = 1; ranks <= 4; ranks *= 2) {
        struct fixture f;
        struct mm_cache_plan plan;
        init(&f, 60, 40, 0.25, 0, ranks);
        f.pipeline.cache_memory = (uint64_t)10 * 16384; /* ten of this fixture's items */
        assert_int_equal(mm_cache_plan_make(&f.source, 1, ranks, &plan, NULL), MM_OK);
        assert_true((plan.cached + plan.replaced) / ranks <= 10);
        assert_true(plan.cached / ranks == 8);
    }
}

static void test_rounding_is_told(void **state)
{
    (void)state;
    struct fixture f;
    struct mm_cache_plan plan;
    struct mm_text text;
    init(&f, 41, 33, 0.2, 0, 8);
    assert_int_equal(mm_cache_plan_make(&f.source, 0, 8, &plan, NULL), MM_OK);
    mm_text_init(&text, 1 << 16);
    mm_cache_plan_print(&f.source, &plan, &(struct mm_cache_basis){.epochs = 0}, &text);
    assert_non_null(strstr(text.bytes, "ranks       8: each holds 4 items and replaces 1 after each epoch\n"));
    assert_non_null(strstr(text.bytes, "the items held are rounded from 33 to 32, a multiple of 8"));
    assert_non_null(strstr(text.bytes, "the items replaced are rounded from 7 to 8, a multiple of 8"));
    assert_non_null(strstr(text.bytes, "an epoch    2 steps\n"));
    mm_text_done(&text);
}

static void test_impossible_ranks_are_refused(void **state)
{
    (void)state;
    struct fixture f;
    struct mm_error err = {0};
    struct mm_loader *loader = NULL;
    init(&f, 3, 3, 0, 0, 4);
    assert_int_equal(mm_loader_open(&f.source, &f.options, &loader, &err), MM_ERR_CONFIG);
    assert_string_equal(err.text, "list.json: 3 items for 4 ranks, each needs at least one");
    f.options.rank = f.options.ranks = 2;
    assert_int_equal(mm_loader_open(&f.source, &f.options, &loader, &err), MM_ERR_USAGE);
    f.options.ranks = 0;
    assert_int_equal(mm_loader_open(&f.source, &f.options, &loader, &err), MM_ERR_USAGE);
    assert_null(loader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranks_together_do_what_one_does), cmocka_unit_test(test_numbers_are_rounded),
        cmocka_unit_test(test_memory_is_that_of_a_rank),        cmocka_unit_test(test_rounding_is_told),
        cmocka_unit_test(test_impossible_ranks_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
