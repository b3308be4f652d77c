/* Arenas: alignment, zeroing also after a reset, exact cost of large requests, budgets, allocation failures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

#define KIB ((size_t)1024)

static void allocations_are_aligned_zeroed_and_apart(void **state)
{
    (void)state;
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    unsigned char *last = NULL;
    for (size_t size = 0; size < 600; size++) {
        unsigned char *bytes = mm_arena_alloc(&arena, size);
        assert_non_null(bytes);
        assert_int_equal((uintptr_t)bytes % 64, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(bytes[i], 0);
        memset(bytes, 0xFF, size);
        assert_ptr_not_equal(bytes, last);
        last = bytes;
    }
    mm_arena_done(&arena);
    assert_int_equal(arena.bytes, 0);
}

static void a_reset_arena_hands_out_zeroes_from_the_kept_chunk(void **state)
{
    (void)state;
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    for (int i = 0; i < 10; i++)
        memset(mm_arena_alloc(&arena, 20 * KIB), 0xFF, 20 * KIB);
    mm_arena_reset(&arena);
    assert_int_equal(arena.bytes, arena.chunk_size);
    uint64_t before = mm_memory_count();
    const unsigned char *bytes = mm_arena_alloc(&arena, 20 * KIB);
    for (size_t i = 0; i < 20 * KIB; i++)
        assert_int_equal(bytes[i], 0);
    assert_int_equal(mm_memory_count(), before);
    mm_arena_done(&arena);
}

static void one_large_chunk_serves_every_round_after_a_reset(void **state)
{
    (void)state;
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    arena.chunk_size = 1024 * KIB;
    uint64_t before = 0;
    for (int round = 0; round < 3; round++) {
        if (round == 1)
            before = mm_memory_count();
        for (int i = 0; i < 10; i++)
            assert_non_null(mm_arena_alloc(&arena, 90 * KIB));
        mm_arena_reset(&arena);
    }
    assert_int_equal(mm_memory_count(), before);
    mm_arena_done(&arena);
}

static void a_large_request_costs_its_size_and_leaves_the_front_chunk(void **state)
{
    (void)state;
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    char *first = mm_arena_alloc(&arena, 64);
    size_t before = arena.bytes;
    assert_non_null(mm_arena_alloc(&arena, 40000 * KIB));
    assert_in_range(arena.bytes - before, 40000 * KIB, 40000 * KIB + 128);
    char *second = mm_arena_alloc(&arena, 64);
    assert_ptr_equal(second, first + 64);
    mm_arena_reset(&arena);
    assert_int_equal(arena.bytes, before);
    mm_arena_done(&arena);
}

static void the_budget_is_charged_and_given_back(void **state)
{
    (void)state;
    struct mm_budget budget;
    mm_budget_init(&budget, 300 * KIB);
    struct mm_arena arena, other;
    mm_arena_init(&arena, &budget);
    mm_arena_init(&other, &budget);
    assert_non_null(mm_arena_alloc(&arena, 200 * KIB));
    assert_int_equal(budget.used, arena.bytes);
    assert_null(mm_arena_alloc(&other, 200 * KIB));
    assert_non_null(mm_arena_alloc(&other, 10));
    assert_int_equal(budget.used, arena.bytes + other.bytes);
    mm_arena_done(&arena);
    assert_int_equal(budget.used, other.bytes);
    assert_non_null(mm_arena_alloc(&other, 200 * KIB));
    mm_arena_done(&other);
    assert_int_equal(budget.used, 0);
    assert_true(budget.peak <= budget.limit);
}

static void large_blocks_change_their_owner(void **state)
{
    (void)state;
    struct mm_budget budget;
    struct mm_arena from, to;
    mm_budget_init(&budget, 1000 * KIB);
    mm_arena_init(&from, NULL);
    mm_arena_init(&to, &budget);
    unsigned char *small = mm_arena_alloc(&from, KIB), *a = mm_arena_alloc(&from, 300 * KIB),
                  *b = mm_arena_alloc(&from, 500 * KIB), *c = mm_arena_alloc(&from, 400 * KIB);
    assert_true(mm_arena_is_alone(&from, a, 300 * KIB));
    assert_false(mm_arena_is_alone(&from, a, 200 * KIB));
    assert_false(mm_arena_is_alone(&from, a + 64, 300 * KIB));
    assert_false(mm_arena_is_alone(&from, small, KIB));
    assert_false(mm_arena_is_alone(&to, a, 300 * KIB));
    memset(a, 1, 300 * KIB);
    memset(b, 2, 500 * KIB);
    size_t before = from.bytes;
    assert_false(mm_arena_move(&to, &from, (void *[]){a, b, c}, 3));
    assert_int_equal(from.bytes, before);
    assert_int_equal(budget.used, 0);
    assert_true(mm_arena_is_alone(&from, b, 500 * KIB));

    assert_true(mm_arena_move(&to, &from, (void *[]){a, b}, 2));
    assert_int_equal(from.bytes + to.bytes, before);
    assert_int_equal(budget.used, to.bytes);
    assert_true(to.bytes >= 800 * KIB);
    mm_arena_done(&from);
    assert_int_equal(from.bytes, 0);
    assert_int_equal(a[300 * KIB - 1], 1);
    assert_int_equal(b[500 * KIB - 1], 2);
    assert_non_null(mm_arena_alloc(&to, KIB));
    mm_arena_done(&to);
    assert_int_equal(to.bytes, 0);
    assert_int_equal(budget.used, 0);
}

static void a_failed_allocation_leaves_the_arena_usable(void **state)
{
    (void)state;
    struct mm_budget budget;
    mm_budget_init(&budget, 0);
    struct mm_arena arena;
    mm_arena_init(&arena, &budget);
    mm_memory_fail_at(1);
    assert_null(mm_arena_alloc(&arena, 10));
    assert_int_equal(budget.used, 0);
    assert_non_null(mm_arena_alloc(&arena, 10));
    mm_memory_fail_at(1);
    assert_null(mm_arena_alloc(&arena, 100 * KIB));
    assert_non_null(mm_arena_alloc(&arena, 10));
    assert_int_equal(budget.used, arena.bytes);
    mm_arena_done(&arena);
    mm_arena_done(&arena);
    mm_arena_reset(&arena);
    assert_int_equal(budget.used, 0);
}

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    assert_null(mm_arena_alloc(&arena, SIZE_MAX));
    assert_null(mm_arena_alloc(&arena, SIZE_MAX - 64));
    assert_null(mm_arena_array(&arena, double, SIZE_MAX / 4));
    assert_null(mm_arena_textn(&arena, "", SIZE_MAX));
    assert_non_null(mm_arena_array(&arena, double, 0));
    mm_arena_done(&arena);
}

static void texts_are_copied_and_formatted(void **state)
{
    (void)state;
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    char source[] = "spleen";
    char *copy = mm_arena_text(&arena, source), *part = mm_arena_textn(&arena, source, 3);
    source[0] = 'x';
    assert_string_equal(copy, "spleen");
    assert_string_equal(part, "spl");
    assert_string_equal(mm_arena_format(&arena, "%s/%03d", "a", 7), "a/007");
    assert_string_equal(mm_arena_format(&arena, "%*s", 100000, "x") + 99999, "x");
    mm_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_aligned_zeroed_and_apart),
        cmocka_unit_test(a_reset_arena_hands_out_zeroes_from_the_kept_chunk),
        cmocka_unit_test(one_large_chunk_serves_every_round_after_a_reset),
        cmocka_unit_test(a_large_request_costs_its_size_and_leaves_the_front_chunk),
        cmocka_unit_test(the_budget_is_charged_and_given_back),
        cmocka_unit_test(large_blocks_change_their_owner),
        cmocka_unit_test(a_failed_allocation_leaves_the_arena_usable),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(texts_are_copied_and_formatted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
