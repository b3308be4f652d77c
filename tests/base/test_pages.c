/* Large blocks out of stock: whole, apart from each other, aligned, and no more of them than were in use at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/pages.h"
#include "tests/support/resident.h"

#define MIB    ((size_t)1 << 20)
#define LEAST  MM_PAGES_LEAST
#define ALIGN  (2 * MIB)
#define BLOCKS 12
#define ROUNDS 1500

struct held {
    unsigned char *at;
    size_t size;
    unsigned char value;
};

static uint32_t draw(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

/* A byte in each small page, and the last one. */
static void fill(const struct held *block)
{
    for (size_t i = 0; i < block->size; i += 4096)
        block->at[i] = block->value;
    block->at[block->size - 1] = block->value;
}

static bool is_filled(const struct held *block)
{
    bool is = block->at[block->size - 1] == block->value;
    for (size_t i = 0; i < block->size; i += 4096)
        is = is && block->at[i] == block->value;
    return is;
}

static void take(struct held *block, size_t size, unsigned char value)
{
    *block = (struct held){.at = mm_pages_take(size), .size = size, .value = value};
    assert_non_null(block->at);
    assert_int_equal((uintptr_t)block->at % ALIGN, 0);
    fill(block);
}

static void give(struct held *block)
{
    assert_true(is_filled(block));
    mm_pages_give(block->at, block->size);
    block->at = NULL;
}

/* Whole pages. */
static size_t mapped(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (size + page - 1) / page * page;
}

/* Any order of sizes: what is held keeps its bytes, and the stock is at most what is not in use of the most that was. */
static void any_order_keeps_bytes_and_bound(void **state)
{
    (void)state;
    struct held held[BLOCKS] = {{0}};
    uint64_t seed = 1;
    size_t used = 0, most = 0;
    mm_pages_return();
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct held *block = &held[draw(&seed) % BLOCKS];
        if (block->at) {
            used -= mapped(block->size);
            give(block);
        } else {
            take(block, LEAST + draw(&seed) % (14 * MIB), (unsigned char)(round + 1));
            used += mapped(block->size);
            most = used > most ? used : most;
        }
        assert_true(used + mm_pages_stock() <= most);
    }
    for (size_t i = 0; i < BLOCKS; i++)
        if (held[i].at)
            give(&held[i]);
    mm_pages_return();
    assert_int_equal(mm_pages_stock(), 0);
}

static void what_was_given_serves_again(void **state)
{
    (void)state;
    struct held block;
    mm_pages_return();
    take(&block, 10 * MIB, 1);
    unsigned char *at = block.at;
    give(&block);
    assert_int_equal(mm_pages_stock(), 10 * MIB);
    take(&block, 10 * MIB, 2);
    assert_ptr_equal(block.at, at);
    assert_int_equal(mm_pages_stock(), 0);
    give(&block);
    mm_pages_return();
}

static void a_much_larger_one_is_divided(void **state)
{
    (void)state;
    struct held large, small, rest;
    mm_pages_return();
    take(&large, 32 * MIB, 1);
    give(&large);
    take(&small, 5 * MIB, 2);
    assert_int_equal(mm_pages_stock(), 26 * MIB); /* the sixth MiB lies in the block's last huge page */
    take(&rest, 26 * MIB, 3);
    assert_int_equal(mm_pages_stock(), 0);
    give(&small);
    give(&rest);
    mm_pages_return();
}

static void a_smaller_one_is_made_longer(void **state)
{
    (void)state;
    struct held block, other;
    mm_pages_return();
    take(&block, 30 * MIB, 1);
    give(&block);
    take(&other, 12 * MIB, 2);
    take(&block, 8 * MIB, 3);
    give(&block);
    give(&other);
    size_t before = mm_pages_stock();
    take(&block, 24 * MIB, 4);
    assert_true(before >= 20 * MIB && 24 * MIB + mm_pages_stock() <= 30 * MIB);
    give(&block);
    mm_pages_return();
}

static void the_stock_goes_back(void **state)
{
    (void)state;
    struct held block;
    uint64_t before = resident_bytes();
    if (!before)
        skip();
    take(&block, 64 * MIB, 1);
    assert_true(resident_bytes() > before + 60 * MIB);
    give(&block);
    mm_pages_return();
    assert_int_equal(mm_pages_stock(), 0);
    assert_true(resident_bytes() < before + 16 * MIB);
}

/* More blocks than the stock has places. */
static void many_blocks_are_no_loss(void **state)
{
    (void)state;
    enum { MANY = 100 };
    static struct held held[MANY];
    for (unsigned i = 0; i < MANY; i++)
        take(&held[i], LEAST, (unsigned char)i);
    for (unsigned i = 0; i < MANY; i++)
        give(&held[i]);
    assert_true(mm_pages_stock() <= MANY * LEAST);
    for (unsigned i = 0; i < MANY; i++)
        take(&held[i], LEAST, (unsigned char)(i + 1));
    for (unsigned i = 0; i < MANY; i++)
        give(&held[i]);
    mm_pages_return();
}

static void *take_and_give(void *argument)
{
    uint64_t seed = (uintptr_t)argument;
    bool is_whole = true;
    for (unsigned round = 0; round < 200; round++) {
        struct held block = {.size = LEAST + draw(&seed) % (6 * MIB), .value = (unsigned char)(uintptr_t)argument};
        block.at = mm_pages_take(block.size);
        if (!block.at)
            return NULL;
        fill(&block);
        is_whole = is_whole && is_filled(&block);
        mm_pages_give(block.at, block.size);
    }
    return is_whole ? argument : NULL;
}

static void threads_share_the_stock(void **state)
{
    (void)state;
    pthread_t threads[4];
    for (uintptr_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, (void *)(i + 1)), 0);
    for (uintptr_t i = 0; i < 4; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_ptr_equal(result, (void *)(i + 1));
    }
    mm_pages_return();
}

static void absurd_sizes_are_refused(void **state)
{
    (void)state;
    struct held a, b;
    mm_pages_return();
    assert_null(mm_pages_take((size_t)PTRDIFF_MAX / 2));
    take(&a, 2 * LEAST, 1);
    take(&b, 2 * LEAST, 2);
    give(&a);
    give(&b);
    take(&a, 5 * LEAST, 3); /* more than ever was in use: nothing stays beside it, though much more was asked for */
    assert_int_equal(mm_pages_stock(), 0);
    give(&a);
    mm_pages_return();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_keeps_bytes_and_bound),
        cmocka_unit_test(what_was_given_serves_again),
        cmocka_unit_test(a_much_larger_one_is_divided),
        cmocka_unit_test(a_smaller_one_is_made_longer),
        cmocka_unit_test(the_stock_goes_back),
        cmocka_unit_test(many_blocks_are_no_loss),
        cmocka_unit_test(threads_share_the_stock),
        cmocka_unit_test(absurd_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
