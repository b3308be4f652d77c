/* The pool: workers sleep until a run is posted, then take shard numbers from an atomic counter until there are none.
 * The caller takes part, and does not wait for workers that were too slow to join: a run is closed when its shards are
 * given out, and it ends when those who joined have left. */
#include <pthread.h>
#include <stdatomic.h>

#include "base/memory.h"
#include "base/threads.h"

#define THREADS_MAX 1024

struct worker {
    struct mm_pool *pool;
    pthread_t thread;
    unsigned number; /* 1 ..; the caller is 0 */
};

struct mm_pool {
    pthread_mutex_t mutex;
    pthread_cond_t posted, left;
    /* Under the mutex. */
    uint64_t run;    /* counts runs: a worker joins each once */
    bool is_open;    /* the run can be joined                 */
    bool is_running; /* one at a time                         */
    bool is_ending;
    unsigned joined; /* workers inside the run                */
    /* Of the run; written before it is posted. */
    mm_pool_work *work;
    void *context;
    size_t shards;
    _Atomic size_t next;
    /* Fixed. */
    unsigned threads;
    struct worker *workers; /* threads - 1 */
};

static void take_shards(struct mm_pool *pool, unsigned thread)
{
    for (size_t shard; (shard = atomic_fetch_add(&pool->next, 1)) < pool->shards;)
        pool->work(pool->context, shard, thread);
}

static void *work_loop(void *argument)
{
    struct worker *worker = argument;
    struct mm_pool *pool = worker->pool;
    uint64_t seen = 0;
    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        while (!pool->is_ending && !(pool->is_open && pool->run != seen))
            pthread_cond_wait(&pool->posted, &pool->mutex);
        if (pool->is_ending)
            break;
        seen = pool->run;
        pool->joined++;
        pthread_mutex_unlock(&pool->mutex);
        take_shards(pool, worker->number);
        pthread_mutex_lock(&pool->mutex);
        if (--pool->joined == 0)
            pthread_cond_signal(&pool->left);
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

enum mm_status mm_pool_open(unsigned threads, struct mm_pool **out, struct mm_error *err)
{
    if (threads < 1 || threads > THREADS_MAX)
        return mm_fail(err, MM_ERR_USAGE, "%u threads, allowed are 1 to %d", threads, THREADS_MAX);
    struct mm_pool *pool = mm_alloc(sizeof *pool);
    struct worker *workers = mm_alloc((threads - 1) * sizeof *workers);
    if (!pool || !workers) {
        mm_free(pool);
        mm_free(workers);
        return mm_fail_memory(err, "a thread pool");
    }
    pool->workers = workers;
    pool->threads = 1;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->posted, NULL);
    pthread_cond_init(&pool->left, NULL);
    for (unsigned i = 1; i < threads; i++) {
        workers[i - 1] = (struct worker){.pool = pool, .number = i};
        int reason = pthread_create(&workers[i - 1].thread, NULL, work_loop, &workers[i - 1]);
        if (reason) {
            char buffer[128];
            mm_pool_close(pool);
            return mm_fail(err, MM_ERR_DEVICE, "cannot start thread %u of %u: %s", i + 1, threads,
                           strerror_r(reason, buffer, sizeof buffer));
        }
        pool->threads = i + 1;
    }
    *out = pool;
    return MM_OK;
}

void mm_pool_close(struct mm_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->mutex);
    pool->is_ending = true;
    pthread_cond_broadcast(&pool->posted);
    pthread_mutex_unlock(&pool->mutex);
    for (unsigned i = 1; i < pool->threads; i++)
        pthread_join(pool->workers[i - 1].thread, NULL);
    pthread_cond_destroy(&pool->left);
    pthread_cond_destroy(&pool->posted);
    pthread_mutex_destroy(&pool->mutex);
    mm_free(pool->workers);
    mm_free(pool);
}

unsigned mm_pool_threads(const struct mm_pool *pool)
{
    return pool ? pool->threads : 1;
}

static void post_run(struct mm_pool *pool, size_t shards, mm_pool_work *work, void *context)
{
    pthread_mutex_lock(&pool->mutex);
    if (pool->is_running)
        mm_bug("a pool runs one thing at a time: mm_pool_run was called during a run");
    pool->is_running = true;
    pool->work = work;
    pool->context = context;
    pool->shards = shards;
    atomic_store(&pool->next, 0);
    pool->run++;
    /* One shard is done here before anybody is awake. */
    pool->is_open = pool->threads > 1 && shards > 1;
    if (pool->is_open)
        pthread_cond_broadcast(&pool->posted);
    pthread_mutex_unlock(&pool->mutex);
}

static void end_run(struct mm_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    pool->is_open = false;
    while (pool->joined > 0)
        pthread_cond_wait(&pool->left, &pool->mutex);
    pool->is_running = false;
    pthread_mutex_unlock(&pool->mutex);
}

void mm_pool_run(struct mm_pool *pool, size_t shards, mm_pool_work *work, void *context)
{
    if (!pool) {
        for (size_t shard = 0; shard < shards; shard++)
            work(context, shard, 0);
        return;
    }
    post_run(pool, shards, work, context);
    take_shards(pool, 0);
    end_run(pool);
}
