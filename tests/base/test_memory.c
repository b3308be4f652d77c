/* Allocation, its failure hook, size arithmetic, and budgets under contention. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "base/memory.h"

static void memory_is_aligned_and_zeroed(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 63, 64, 65, 4096, 100001};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned char *dirty = mm_alloc_raw(sizes[i]);
        assert_non_null(dirty);
        memset(dirty, 0xAB, sizes[i]);
        mm_free(dirty);
        unsigned char *bytes = mm_alloc(sizes[i]);
        assert_non_null(bytes);
        assert_int_equal((uintptr_t)bytes % 64, 0);
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(bytes[k], 0);
        mm_free(bytes);
    }
    mm_free(NULL);
}

static void zero_bytes_give_unique_pointers(void **state)
{
    (void)state;
    void *a = mm_alloc(0), *b = mm_alloc(0);
    assert_non_null(a);
    assert_non_null(b);
    assert_ptr_not_equal(a, b);
    mm_free(a);
    mm_free(b);
}

static void absurd_sizes_are_refused(void **state)
{
    (void)state;
    assert_null(mm_alloc(SIZE_MAX));
    assert_null(mm_alloc(SIZE_MAX - 63));
    assert_null(mm_alloc_raw((size_t)PTRDIFF_MAX));
}

static void large_blocks_hold_what_was_asked_for(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, MM_LARGE - 1, MM_LARGE, MM_LARGE + 1, 3 * MM_LARGE + 12345};
    unsigned char *blocks[6];
    for (size_t i = 0; i < 6; i++) {
        blocks[i] = mm_alloc_large(sizes[i]);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % 64, 0);
        memset(blocks[i], (int)i + 1, sizes[i]);
    }
    for (size_t i = 0; i < 6; i++) {
        for (size_t k = 0; k < sizes[i]; k += 97)
            assert_int_equal(blocks[i][k], i + 1);
        mm_free_large(blocks[i], sizes[i]);
    }
    mm_free_large(NULL, MM_LARGE);
    assert_null(mm_alloc_large(SIZE_MAX));
    assert_null(mm_alloc_large((size_t)PTRDIFF_MAX));
    mm_memory_fail_at(1);
    assert_null(mm_alloc_large(MM_LARGE));
}

static void the_chosen_allocation_fails_once(void **state)
{
    (void)state;
    uint64_t before = mm_memory_count();
    mm_memory_fail_at(2);
    void *a = mm_alloc(8), *b = mm_alloc(8), *c = mm_alloc(8);
    assert_non_null(a);
    assert_null(b);
    assert_non_null(c);
    assert_int_equal(mm_memory_count() - before, 3);
    mm_memory_fail_at(1);
    mm_memory_fail_at(0);
    void *d = mm_alloc(8);
    assert_non_null(d);
    mm_free(a);
    mm_free(c);
    mm_free(d);
}

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    size_t out;
    assert_true(mm_size_mul(1u << 16, 1u << 15, &out));
    assert_int_equal(out, 1ull << 31);
    assert_false(mm_size_mul(SIZE_MAX, 2, &out));
    assert_false(mm_size_mul((size_t)1 << 32, (size_t)1 << 32, &out));
    assert_true(mm_size_mul(0, SIZE_MAX, &out));
    assert_true(mm_size_add(SIZE_MAX, 0, &out));
    assert_false(mm_size_add(SIZE_MAX, 1, &out));
}

static void a_budget_is_never_passed(void **state)
{
    (void)state;
    struct mm_budget budget;
    mm_budget_init(&budget, 100);
    assert_true(mm_budget_take(&budget, 60));
    assert_false(mm_budget_take(&budget, 41));
    assert_true(mm_budget_take(&budget, 40));
    assert_false(mm_budget_take(&budget, 1));
    assert_false(mm_budget_take(&budget, UINT64_MAX));
    mm_budget_give(&budget, 50);
    assert_int_equal(budget.used, 50);
    assert_int_equal(budget.peak, 100);
    assert_true(mm_budget_take(NULL, UINT64_MAX));
    mm_budget_give(NULL, 1);
    mm_budget_init(&budget, 0);
    assert_true(mm_budget_take(&budget, UINT64_MAX - 1));
    assert_false(mm_budget_take(&budget, 2));
}

#define THREADS 4
#define ROUNDS  20000
#define LIMIT   1000

static void *take_and_give(void *argument)
{
    struct mm_budget *budget = argument;
    uint64_t passed = 0;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t bytes = 1 + (uint64_t)(i * 37) % 400;
        if (!mm_budget_take(budget, bytes))
            continue;
        passed += budget->used > LIMIT;
        mm_budget_give(budget, bytes);
    }
    return (void *)(uintptr_t)passed;
}

static void threads_share_a_budget(void **state)
{
    (void)state;
    struct mm_budget budget;
    mm_budget_init(&budget, LIMIT);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, &budget), 0);
    for (int i = 0; i < THREADS; i++) {
        void *passed;
        pthread_join(threads[i], &passed);
        assert_null(passed);
    }
    assert_int_equal(budget.used, 0);
    assert_in_range(budget.peak, 1, LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_aligned_and_zeroed),    cmocka_unit_test(zero_bytes_give_unique_pointers),
        cmocka_unit_test(absurd_sizes_are_refused),        cmocka_unit_test(the_chosen_allocation_fails_once),
        cmocka_unit_test(sizes_that_overflow_are_refused), cmocka_unit_test(a_budget_is_never_passed),
        cmocka_unit_test(threads_share_a_budget),          cmocka_unit_test(large_blocks_hold_what_was_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
