/* Items that the list names more than once are prepared and held once, and are batched as often as they are named. */
#include "cache/fit.h"
#include "cache/outlook.h"
#include "fixture.h"

#define ENTRIES  12
#define DISTINCT 4

static void init(struct fixture *f, uint32_t cached, double replaced, atomic_int *runs)
{
    fixture_init(f, ENTRIES, cached, replaced, 2, 3);
    for (int i = DISTINCT; i < ENTRIES; i++)
        f->path_of[i][0] = f->paths[i % DISTINCT];
    f->make.runs = runs;
    f->options.threads = 1; /* two would prepare what is the same at once */
}

static int sum(const atomic_int *runs)
{
    int count = 0;
    for (int i = 0; i < ENTRIES; i++)
        count += runs[i];
    return count;
}

/* Counts the samples of each entry; their voxels are those of an item that is the same. */
static void run_epoch(struct mm_loader *loader, uint32_t epoch, unsigned seen[ENTRIES])
{
    const struct mm_batch *batch;
    assert_int_equal(mm_loader_begin(loader, epoch, 0, NULL), MM_OK);
    for (;;) {
        assert_int_equal(mm_loader_next(loader, &batch, NULL), MM_OK);
        if (!batch)
            return;
        const float *values = batch->fields[0].data;
        for (uint32_t i = 0; i < batch->sample_count; i++) {
            seen[batch->items[i]]++;
            assert_int_equal((int)values[7 * i] % DISTINCT, batch->items[i] % DISTINCT);
        }
    }
}

static void test_each_is_prepared_and_held_once(void **state)
{
    (void)state;
    struct fixture f;
    struct mm_loader_stats stats;
    atomic_int runs[ITEMS_MAX] = {0};
    unsigned seen[ENTRIES] = {0};
    init(&f, ENTRIES, 0, runs);
    struct mm_loader *loader = fixture_open(&f);
    run_epoch(loader, 0, seen);
    run_epoch(loader, 1, seen);
    mm_loader_stats_get(loader, &stats);
    for (int i = 0; i < ENTRIES; i++)
        assert_int_equal(seen[i], 2 * 3);
    assert_int_equal(sum(runs), DISTINCT);
    assert_int_equal(stats.held, ENTRIES);
    uint64_t bytes = stats.bytes;
    mm_loader_close(loader);

    init(&f, ENTRIES, 0, NULL);
    for (int i = 0; i < ENTRIES; i++)
        f.path_of[i][0] = f.paths[i];
    loader = fixture_open(&f);
    run_epoch(loader, 0, seen);
    mm_loader_stats_get(loader, &stats);
    assert_true(bytes * ENTRIES == stats.bytes * DISTINCT);
    mm_loader_close(loader);
}

/* Held as long as one of its entries is: with 8 of 12 entries held each of the 4 always is. */
static void test_rotation_prepares_what_none_has(void **state)
{
    (void)state;
    struct fixture f;
    atomic_int runs[ITEMS_MAX] = {0};
    unsigned seen[ENTRIES] = {0}, seen_plain[ENTRIES] = {0};
    init(&f, 8, 0.25, runs);
    struct mm_loader *loader = fixture_open(&f);
    for (uint32_t epoch = 0; epoch < 30; epoch++)
        run_epoch(loader, epoch, seen);
    mm_loader_close(loader);
    assert_in_range(sum(runs), DISTINCT, 30);

    init(&f, 8, 0.25, NULL);
    f.options.no_cache = true;
    loader = fixture_open(&f);
    for (uint32_t epoch = 0; epoch < 30; epoch++)
        run_epoch(loader, epoch, seen_plain);
    mm_loader_close(loader);
    assert_memory_equal(seen, seen_plain, sizeof seen);
}

static void test_places_are_planned_for_the_distinct(void **state)
{
    (void)state;
    struct fixture f;
    struct mm_cache_plan plan;
    init(&f, ENTRIES, 0, NULL);
    assert_int_equal(mm_cache_plan_make(&f.source, 0, 1, &plan, NULL), MM_OK);
    assert_int_equal(plan.items, ENTRIES);
    assert_int_equal(plan.distinct, DISTINCT);
    assert_int_equal(mm_cache_places_needed(&plan), DISTINCT);
    assert_int_equal(mm_cache_places(&plan, 10 * DISTINCT - 1, 10), DISTINCT - 1);
    assert_true(mm_cache_places(&plan, 10 * DISTINCT, 10) == UINT64_MAX); /* whatever N and R are */

    struct mm_text text;
    mm_text_init(&text, 1 << 16);
    mm_cache_plan_print(&f.source, &plan, &(struct mm_cache_basis){0}, &text);
    assert_non_null(strstr(text.bytes, "distinct    4: what is listed more than once is held once"));
    assert_non_null(strstr(text.bytes, "4 places"));
    mm_text_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_is_prepared_and_held_once),
        cmocka_unit_test(test_rotation_prepares_what_none_has),
        cmocka_unit_test(test_places_are_planned_for_the_distinct),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
