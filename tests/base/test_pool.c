/* The pool: every shard once, on any number of threads, again and again. Meant to be run under ThreadSanitizer too. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/threads.h"

#define SHARDS_MAX 1000

struct run {
    unsigned done[SHARDS_MAX]; /* not atomic: a shard belongs to one thread, and the run's end publishes it */
    _Atomic unsigned by_thread[16];
    unsigned threads;
};

static void mark(void *context, size_t shard, unsigned thread)
{
    struct run *run = context;
    run->done[shard]++;
    if (thread < run->threads)
        run->by_thread[thread]++;
}

static void every_shard_is_done_once(void **state)
{
    (void)state;
    static const size_t shards[] = {0, 1, 2, 7, SHARDS_MAX};
    for (unsigned threads = 1; threads <= 8; threads++) {
        struct mm_pool *pool;
        assert_int_equal(mm_pool_open(threads, &pool, NULL), MM_OK);
        assert_int_equal(mm_pool_threads(pool), threads);
        for (size_t i = 0; i < sizeof shards / sizeof *shards; i++) {
            struct run run = {.threads = threads};
            mm_pool_run(pool, shards[i], mark, &run);
            unsigned total = 0;
            for (unsigned t = 0; t < threads; t++)
                total += run.by_thread[t];
            assert_int_equal(total, shards[i]);
            for (size_t k = 0; k < SHARDS_MAX; k++)
                assert_int_equal(run.done[k], k < shards[i]);
        }
        mm_pool_close(pool);
    }
}

static void many_short_runs_follow_each_other(void **state)
{
    (void)state;
    struct mm_pool *pool;
    assert_int_equal(mm_pool_open(4, &pool, NULL), MM_OK);
    struct run run = {.threads = 4};
    for (int i = 0; i < 5000; i++)
        mm_pool_run(pool, 5, mark, &run);
    for (size_t k = 0; k < 5; k++)
        assert_int_equal(run.done[k], 5000);
    mm_pool_close(pool);
}

static void append(void *context, size_t shard, unsigned thread)
{
    assert_int_equal(thread, 0);
    size_t **next = context;
    *(*next)++ = shard;
}

static void no_pool_runs_in_order_here(void **state)
{
    (void)state;
    size_t order[4], *next = order;
    mm_pool_run(NULL, 4, append, &next);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(order[i], i);
    assert_int_equal(mm_pool_threads(NULL), 1);
    mm_pool_close(NULL);
}

static void bad_thread_counts_are_refused(void **state)
{
    (void)state;
    struct mm_pool *pool;
    struct mm_error err;
    assert_int_equal(mm_pool_open(0, &pool, &err), MM_ERR_USAGE);
    assert_string_equal(err.text, "0 threads, allowed are 1 to 1024");
    assert_int_equal(mm_pool_open(100000, &pool, &err), MM_ERR_USAGE);
    for (uint64_t n = 1; n <= 2; n++) {
        mm_memory_fail_at(n);
        assert_int_equal(mm_pool_open(2, &pool, &err), MM_ERR_MEMORY);
        mm_memory_fail_at(0);
    }
}

static void run_again(void *context, size_t shard, unsigned thread)
{
    (void)shard;
    (void)thread;
    mm_pool_run(context, 1, run_again, context);
}

/* A run inside a run is a bug of the program: it aborts instead of waiting for itself. */
static void a_nested_run_aborts(void **state)
{
    (void)state;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        signal(SIGABRT, SIG_DFL);
        if (!freopen("/dev/null", "w", stderr))
            _exit(1);
        struct mm_pool *pool;
        mm_pool_open(2, &pool, NULL);
        mm_pool_run(pool, 2, run_again, pool);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shard_is_done_once),   cmocka_unit_test(many_short_runs_follow_each_other),
        cmocka_unit_test(no_pool_runs_in_order_here), cmocka_unit_test(bad_thread_counts_are_refused),
        cmocka_unit_test(a_nested_run_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
