/* The threads of the loader and how they wait. Every wait is a short slice, so that a question is asked now and then
 * and no lost wake-up lasts. */
#include <time.h>

#include "cache/loader_internal.h"

#define WAIT_SLICE_NS 100000000L
#define THREADS_MAX   1024
#define SCRATCH_CHUNK ((size_t)16 << 20) /* a task's memory up to this size is taken once and kept */

static void wait_slice(struct mm_loader *loader, pthread_cond_t *condition)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += WAIT_SLICE_NS;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    pthread_cond_timedwait(condition, &loader->mutex, &until);
}

enum mm_status mm_loader_wait_locked(struct mm_loader *loader, struct mm_error *err)
{
    if (loader->interrupted && loader->interrupted())
        return mm_fail(err, MM_INTERRUPTED, "interrupted while waiting for data");
    wait_slice(loader, &loader->progress);
    return MM_OK;
}

static void run_task(struct worker *worker, const struct task *task)
{
    struct mm_loader *loader = worker->loader;
    switch (task->kind) {
    case TASK_FETCH:
        mm_loader_fetch(loader, task, &worker->scratch);
        break;
    case TASK_CUT:
        mm_loader_cut(loader, task, &worker->scratch);
        break;
    case TASK_PREPARE: {
        enum mm_status s = mm_loader_prepare(loader, &task->key, &worker->scratch, NULL);
        pthread_mutex_lock(&loader->mutex);
        mm_loader_prepared_locked(loader, &task->key, !s);
        pthread_mutex_unlock(&loader->mutex);
        break;
    }
    }
    mm_arena_reset(&worker->scratch);
}

static void *work_loop(void *argument)
{
    struct worker *worker = argument;
    struct mm_loader *loader = worker->loader;
    struct task task;
    pthread_mutex_lock(&loader->mutex);
    while (!loader->is_closing) {
        if (!mm_loader_pick_slot_locked(loader, &task) && !mm_loader_pick_ahead_locked(loader, &task)) {
            wait_slice(loader, &loader->work);
            continue;
        }
        pthread_mutex_unlock(&loader->mutex);
        run_task(worker, &task);
        pthread_mutex_lock(&loader->mutex);
    }
    pthread_mutex_unlock(&loader->mutex);
    return NULL;
}

enum mm_status mm_loader_start(struct mm_loader *loader, unsigned threads, struct mm_error *err)
{
    if (threads > THREADS_MAX)
        return mm_fail(err, MM_ERR_USAGE, "%u loader threads, at most %d are allowed", threads, THREADS_MAX);
    loader->workers = mm_alloc(threads * sizeof *loader->workers);
    if (!loader->workers)
        return mm_fail_memory(err, "the loader's threads");
    for (unsigned i = 0; i < threads; i++) {
        struct worker *worker = &loader->workers[i];
        worker->loader = loader;
        mm_arena_init(&worker->scratch, NULL);
        worker->scratch.chunk_size = SCRATCH_CHUNK;
        int reason = pthread_create(&worker->thread, NULL, work_loop, worker);
        if (reason) {
            char buffer[128];
            return mm_fail(err, MM_ERR_DEVICE, "cannot start loader thread %u of %u: %s", i + 1, threads,
                           strerror_r(reason, buffer, sizeof buffer));
        }
        loader->threads = i + 1;
    }
    return MM_OK;
}

void mm_loader_stop(struct mm_loader *loader)
{
    pthread_mutex_lock(&loader->mutex);
    loader->is_closing = true;
    pthread_cond_broadcast(&loader->work);
    pthread_mutex_unlock(&loader->mutex);
    mm_disk_stop(loader->disk);
    for (unsigned i = 0; i < loader->threads; i++) {
        pthread_join(loader->workers[i].thread, NULL);
        mm_arena_done(&loader->workers[i].scratch);
    }
    mm_free(loader->workers);
}
