/* The threads of the loader: what they do, and how they begin and end. */
#include <time.h>

#include "cache/loader_internal.h"

#define WAIT_SLICE_NS 100000000L
#define STOP_SLICE_NS 10000000L
#define LEAVE_AFTER   0.2 /* seconds that a thread which reads a file has to come back when the loader is closed */
#define THREADS_MAX   1024
#define SCRATCH_CHUNK ((size_t)16 << 20) /* of a thread whose tasks are not small: memory up to this is kept */

static void sleep_for(struct mm_loader *loader, pthread_cond_t *condition, long ns)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ns;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    pthread_cond_timedwait(condition, &loader->mutex, &until);
}

void mm_loader_sleep_locked(struct mm_loader *loader, pthread_cond_t *condition)
{
    sleep_for(loader, condition, WAIT_SLICE_NS);
}

/* Preparing ahead that fails: the item is tried again when it is needed. */
static void prepare_ahead(struct worker *worker, const struct task *task)
{
    struct mm_loader *loader = worker->loader;
    struct mm_sample *sample;
    bool is_kept;
    mm_loader_prepare(worker, &task->key, &sample, &is_kept, NULL);
    pthread_mutex_lock(&loader->mutex);
    if (!worker->is_lost)
        mm_loader_prepared_locked(loader, &task->key, is_kept);
}

/* Taken without the mutex, which is held afterwards. */
static void run_task(struct worker *worker, const struct task *task)
{
    switch (task->kind) {
    case TASK_FETCH:
        mm_loader_fetch(worker, task);
        break;
    case TASK_CUT:
        mm_loader_cut(worker, task);
        break;
    case TASK_PREPARE:
        prepare_ahead(worker, task);
        break;
    case TASK_WHOLE:
        mm_loader_make_whole(worker, task);
        break;
    }
}

/* Memory that the system gets back takes its time, for which the mutex is let go. */
static void empty_scratch_locked(struct worker *worker)
{
    bool is_small = worker->scratch.bytes <= worker->scratch.chunk_size;
    if (!is_small) {
        worker->scratch.chunk_size = SCRATCH_CHUNK;
        pthread_mutex_unlock(&worker->loader->mutex);
    }
    mm_arena_reset(&worker->scratch);
    if (!is_small)
        pthread_mutex_lock(&worker->loader->mutex);
}

static bool pick(struct mm_loader *loader, struct task *task)
{
    if (mm_loader_pick_whole_locked(loader, task))
        return true;
    uint32_t due = mm_loader_due_locked(loader);
    return mm_loader_pick_slot_locked(loader, loader->next, due, task) ||
           (!mm_loader_is_short_locked(loader) && mm_loader_pick_ahead_locked(loader, task)) ||
           mm_loader_pick_slot_locked(loader, due, loader->assigned, task) ||
           mm_loader_pick_ahead_locked(loader, task);
}

static void *work_loop(void *argument)
{
    struct worker *worker = argument;
    struct mm_loader *loader = worker->loader;
    mm_leave_allow(&worker->leave);
    mm_thread_work_ahead(); /* the caller who wakes threads at an epoch's begin would lose some milliseconds to them */
    pthread_mutex_lock(&loader->mutex);
    while (!loader->is_closing && !worker->is_lost) {
        if (!pick(loader, &worker->task)) {
            mm_loader_sleep_locked(loader, &loader->work);
            continue;
        }
        const struct task task = worker->task;
        worker->since = mm_clock();
        worker->is_measured = loader->plan.replaced_max > 0;
        worker->item = task.key.item;
        worker->watch.step = NULL;
        loader->busy_long += task.is_long;
        pthread_mutex_unlock(&loader->mutex);
        worker->kernel = worker->is_measured ? mm_clock_kernel() : 0;
        run_task(worker, &task);
        empty_scratch_locked(worker);
        worker->since = 0;
        loader->busy_long -= task.is_long && !worker->is_lost;
    }
    pthread_mutex_unlock(&loader->mutex);
    mm_arena_done(&worker->scratch);
    pthread_mutex_lock(&loader->mutex);
    worker->is_over = true;
    pthread_cond_broadcast(&loader->progress);
    pthread_mutex_unlock(&loader->mutex);
    return NULL;
}

enum mm_status mm_loader_start_worker(struct mm_loader *loader, struct mm_error *err)
{
    struct worker *worker = mm_alloc(sizeof *worker);
    if (!worker)
        return mm_fail_memory(err, "a loader thread");
    worker->loader = loader;
    mm_arena_init(&worker->scratch, NULL);
    int reason = pthread_create(&worker->thread, NULL, work_loop, worker);
    if (reason) {
        char buffer[128];
        mm_free(worker);
        return mm_fail(err, MM_ERR_DEVICE, "cannot start another loader thread: %s",
                       strerror_r(reason, buffer, sizeof buffer));
    }
    worker->next = loader->workers;
    loader->workers = worker;
    return MM_OK;
}

enum mm_status mm_loader_start(struct mm_loader *loader, unsigned threads, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    if (threads > THREADS_MAX)
        return mm_fail(err, MM_ERR_USAGE, "%u loader threads, at most %d are allowed", threads, THREADS_MAX);
    pthread_mutex_lock(&loader->mutex);
    for (; loader->threads < threads && s == MM_OK; loader->threads += s == MM_OK)
        s = mm_loader_start_worker(loader, err);
    pthread_mutex_unlock(&loader->mutex);
    return s;
}

/* The item is bad from here on: the time that it took is enough, and another thread would be lost to it. */
void mm_loader_lose_locked(struct mm_loader *loader, struct worker *worker, struct mm_error *err)
{
    const struct task *task = &worker->task;
    worker->is_lost = true;
    worker->watch.is_unwanted = true;
    loader->busy_long--;
    mm_loader_note_bad_locked(loader, task->key.item, err);
    if (task->kind == TASK_FETCH)
        mm_loader_fetched_locked(loader, task, err->status, err);
    else if (task->kind == TASK_WHOLE)
        mm_loader_whole_made_locked(loader, task->request, err->status, err);
    else
        mm_loader_prepared_locked(loader, &task->key, false);
    if (mm_loader_start_worker(loader, &loader->error))
        loader->status = loader->error.status;
}

/* All threads are over, or left behind in a call that may never return. */
static bool have_ended(struct mm_loader *loader, bool may_leave)
{
    bool ended = true;
    for (struct worker *w = loader->workers; w; w = w->next) {
        w->is_left = w->is_left || (may_leave && !w->is_over && mm_leave_behind(&w->leave));
        ended = ended && (w->is_over || w->is_left);
    }
    return ended;
}

void mm_loader_stop(struct mm_loader *loader)
{
    double start = mm_clock();
    pthread_mutex_lock(&loader->mutex);
    loader->is_closing = true;
    for (struct worker *w = loader->workers; w; w = w->next)
        w->watch.is_unwanted = true;
    pthread_cond_broadcast(&loader->work);
    pthread_mutex_unlock(&loader->mutex);
    mm_disk_stop(loader->disk); /* nobody waits for another process's work any more */
    pthread_mutex_lock(&loader->mutex);
    while (!have_ended(loader, mm_clock() - start > LEAVE_AFTER))
        sleep_for(loader, &loader->progress, STOP_SLICE_NS);
    pthread_mutex_unlock(&loader->mutex);
    for (struct worker *w = loader->workers, *next; w; w = next) {
        next = w->next;
        if (w->is_left) {
            pthread_detach(w->thread); /* its struct is its own now */
            continue;
        }
        pthread_join(w->thread, NULL);
        mm_free(w);
    }
    loader->workers = NULL;
}
