/* The bounded queue: a ring under one mutex, with one condition for "has an item" and one for "has room". */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <time.h>

#include "base/memory.h"
#include "base/threads.h"

#define SECONDS_MAX 1e9 /* a deadline further away is for ever */

struct mm_queue {
    pthread_mutex_t mutex;
    pthread_cond_t has_item, has_room;
    void **items;
    size_t capacity, first, count;
    bool is_closed;
};

/* Waits on the steady clock, so that setting the time of day neither ends nor prolongs a wait. */
static void init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

enum mm_status mm_queue_open(size_t capacity, struct mm_queue **out, struct mm_error *err)
{
    size_t bytes;
    if (capacity < 1 || !mm_size_mul(capacity, sizeof(void *), &bytes))
        return mm_fail(err, MM_ERR_USAGE, "a queue of %zu items cannot be made", capacity);
    struct mm_queue *queue = mm_alloc(sizeof *queue);
    void **items = mm_alloc(bytes);
    if (!queue || !items) {
        mm_free(queue);
        mm_free(items);
        return mm_fail_memory(err, "a queue");
    }
    queue->items = items;
    queue->capacity = capacity;
    pthread_mutex_init(&queue->mutex, NULL);
    init_condition(&queue->has_item);
    init_condition(&queue->has_room);
    *out = queue;
    return MM_OK;
}

void mm_queue_free(struct mm_queue *queue)
{
    if (!queue)
        return;
    pthread_cond_destroy(&queue->has_room);
    pthread_cond_destroy(&queue->has_item);
    pthread_mutex_destroy(&queue->mutex);
    mm_free(queue->items);
    mm_free(queue);
}

void mm_queue_close(struct mm_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->is_closed = true;
    pthread_cond_broadcast(&queue->has_item);
    pthread_cond_broadcast(&queue->has_room);
    pthread_mutex_unlock(&queue->mutex);
}

static struct timespec deadline_in(double seconds)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double whole = floor(seconds);
    now.tv_sec += (time_t)whole;
    now.tv_nsec += (long)((seconds - whole) * 1e9);
    if (now.tv_nsec >= 1000000000) {
        now.tv_nsec -= 1000000000;
        now.tv_sec++;
    }
    return now;
}

/* Sleeps until the queue changes; false when the deadline has passed. */
static bool wait_for(struct mm_queue *queue, pthread_cond_t *condition, double seconds,
                     const struct timespec *deadline)
{
    if (seconds < 0 || seconds > SECONDS_MAX)
        return pthread_cond_wait(condition, &queue->mutex) == 0;
    return pthread_cond_timedwait(condition, &queue->mutex, deadline) != ETIMEDOUT;
}

enum mm_queue_result mm_queue_put(struct mm_queue *queue, void *item, double seconds)
{
    struct timespec deadline = deadline_in(seconds > 0 && seconds <= SECONDS_MAX ? seconds : 0);
    enum mm_queue_result result = MM_QUEUE_OK;
    bool is_awake = true;
    pthread_mutex_lock(&queue->mutex);
    while (!queue->is_closed && queue->count == queue->capacity && is_awake)
        is_awake = wait_for(queue, &queue->has_room, seconds, &deadline);
    if (queue->is_closed) {
        result = MM_QUEUE_CLOSED;
    } else if (queue->count == queue->capacity) {
        result = MM_QUEUE_TIMEOUT;
    } else {
        queue->items[(queue->first + queue->count++) % queue->capacity] = item;
        pthread_cond_signal(&queue->has_item);
    }
    pthread_mutex_unlock(&queue->mutex);
    return result;
}

enum mm_queue_result mm_queue_take(struct mm_queue *queue, void **item, double seconds)
{
    struct timespec deadline = deadline_in(seconds > 0 && seconds <= SECONDS_MAX ? seconds : 0);
    enum mm_queue_result result = MM_QUEUE_OK;
    bool is_awake = true;
    pthread_mutex_lock(&queue->mutex);
    while (!queue->is_closed && queue->count == 0 && is_awake)
        is_awake = wait_for(queue, &queue->has_item, seconds, &deadline);
    if (queue->count > 0) {
        *item = queue->items[queue->first];
        queue->first = (queue->first + 1) % queue->capacity;
        queue->count--;
        pthread_cond_signal(&queue->has_room);
    } else {
        result = queue->is_closed ? MM_QUEUE_CLOSED : MM_QUEUE_TIMEOUT;
    }
    pthread_mutex_unlock(&queue->mutex);
    return result;
}
