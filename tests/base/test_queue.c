/* The queue: order, room, deadlines, closing; and many threads at once (under ThreadSanitizer too). */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/threads.h"

static int numbers[10];

static void items_come_out_in_order(void **state)
{
    (void)state;
    struct mm_queue *queue;
    assert_int_equal(mm_queue_open(3, &queue, NULL), MM_OK);
    void *item;
    for (int round = 0; round < 5; round++) { /* the ring wraps */
        for (int i = 0; i < 3; i++)
            assert_int_equal(mm_queue_put(queue, &numbers[i], 0), MM_QUEUE_OK);
        assert_int_equal(mm_queue_put(queue, &numbers[3], 0), MM_QUEUE_TIMEOUT);
        assert_int_equal(mm_queue_take(queue, &item, -1), MM_QUEUE_OK);
        assert_ptr_equal(item, &numbers[0]);
        assert_int_equal(mm_queue_put(queue, &numbers[4], 1e300), MM_QUEUE_OK);
        static const int expected[] = {1, 2, 4};
        for (int i = 0; i < 3; i++) {
            assert_int_equal(mm_queue_take(queue, &item, 0), MM_QUEUE_OK);
            assert_ptr_equal(item, &numbers[expected[i]]);
        }
        assert_int_equal(mm_queue_take(queue, &item, 0), MM_QUEUE_TIMEOUT);
    }
    mm_queue_free(queue);
    mm_queue_free(NULL);
}

static void a_wait_lasts_until_its_deadline(void **state)
{
    (void)state;
    struct mm_queue *queue;
    assert_int_equal(mm_queue_open(1, &queue, NULL), MM_OK);
    void *item;
    double start = mm_clock();
    assert_int_equal(mm_queue_take(queue, &item, 0.02), MM_QUEUE_TIMEOUT);
    assert_true(mm_clock() - start >= 0.02);
    assert_int_equal(mm_queue_put(queue, &numbers[0], 0.02), MM_QUEUE_OK);
    start = mm_clock();
    assert_int_equal(mm_queue_put(queue, &numbers[0], 0.02), MM_QUEUE_TIMEOUT);
    assert_true(mm_clock() - start >= 0.02);
    mm_queue_free(queue);
}

static void a_closed_queue_can_be_emptied(void **state)
{
    (void)state;
    struct mm_queue *queue;
    assert_int_equal(mm_queue_open(2, &queue, NULL), MM_OK);
    void *item;
    mm_queue_put(queue, &numbers[0], -1);
    mm_queue_close(queue);
    assert_int_equal(mm_queue_put(queue, &numbers[1], -1), MM_QUEUE_CLOSED);
    assert_int_equal(mm_queue_take(queue, &item, -1), MM_QUEUE_OK);
    assert_int_equal(mm_queue_take(queue, &item, -1), MM_QUEUE_CLOSED);
    mm_queue_close(queue);
    mm_queue_free(queue);
}

static void *take_for_ever(void *argument)
{
    void *item;
    return (void *)(intptr_t)mm_queue_take(argument, &item, -1);
}

static void closing_wakes_everyone(void **state)
{
    (void)state;
    struct mm_queue *queue;
    assert_int_equal(mm_queue_open(1, &queue, NULL), MM_OK);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_for_ever, queue), 0);
    mm_queue_close(queue);
    for (int i = 0; i < 3; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_int_equal((intptr_t)result, MM_QUEUE_CLOSED);
    }
    mm_queue_free(queue);
}

#define THREADS 3
#define ITEMS   5000

struct traffic {
    struct mm_queue *queue;
    _Atomic uintptr_t put, taken;
};

static void *put_many(void *argument)
{
    struct traffic *traffic = argument;
    for (uintptr_t i = 1; i <= ITEMS; i++) {
        mm_queue_put(traffic->queue, (void *)i, -1);
        traffic->put += i;
    }
    return NULL;
}

static void *take_many(void *argument)
{
    struct traffic *traffic = argument;
    for (void *item; mm_queue_take(traffic->queue, &item, -1) == MM_QUEUE_OK;)
        traffic->taken += (uintptr_t)item;
    return NULL;
}

static void nothing_is_lost_or_doubled_between_threads(void **state)
{
    (void)state;
    struct traffic traffic = {0};
    assert_int_equal(mm_queue_open(4, &traffic.queue, NULL), MM_OK);
    pthread_t givers[THREADS], takers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&givers[i], NULL, put_many, &traffic), 0);
        assert_int_equal(pthread_create(&takers[i], NULL, take_many, &traffic), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(givers[i], NULL);
    mm_queue_close(traffic.queue);
    for (int i = 0; i < THREADS; i++)
        pthread_join(takers[i], NULL);
    assert_int_equal(traffic.put, THREADS * (uintptr_t)ITEMS * (ITEMS + 1) / 2);
    assert_int_equal(traffic.put, traffic.taken);
    mm_queue_free(traffic.queue);
}

static void bad_capacities_are_refused(void **state)
{
    (void)state;
    struct mm_queue *queue;
    assert_int_equal(mm_queue_open(0, &queue, NULL), MM_ERR_USAGE);
    assert_int_equal(mm_queue_open(SIZE_MAX, &queue, NULL), MM_ERR_USAGE);
    for (uint64_t n = 1; n <= 2; n++) {
        mm_memory_fail_at(n);
        assert_int_equal(mm_queue_open(4, &queue, NULL), MM_ERR_MEMORY);
        mm_memory_fail_at(0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_come_out_in_order),
        cmocka_unit_test(a_wait_lasts_until_its_deadline),
        cmocka_unit_test(a_closed_queue_can_be_emptied),
        cmocka_unit_test(closing_wakes_everyone),
        cmocka_unit_test(nothing_is_lost_or_doubled_between_threads),
        cmocka_unit_test(bad_capacities_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
