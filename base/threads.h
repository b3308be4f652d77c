/* Threads: a pool that runs fixed shards, and a bounded queue with deadlines. */
#ifndef MM_BASE_THREADS_H
#define MM_BASE_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Runs numbered pieces of work on `threads` threads, the caller included. The pieces and their numbers are the caller's and
 * fixed by the shape of the work, so results do not depend on the thread count. One run at a time per pool. */
struct mm_pool;
enum mm_status mm_pool_open(unsigned threads, struct mm_pool **out, struct mm_error *err);
void mm_pool_close(struct mm_pool *pool);
unsigned mm_pool_threads(const struct mm_pool *pool); /* 1 for NULL */
typedef void mm_pool_work(void *context, size_t shard, unsigned thread);
/* Calls work(context, i, thread) for i in 0..shards-1, each once, and returns when all are done. NULL pool: in order, here. */
void mm_pool_run(struct mm_pool *pool, size_t shards, mm_pool_work *work, void *context);

/* First in, first out, of pointers. Every wait has a deadline (seconds; < 0 = for ever) and ends early when it is closed. */
struct mm_queue;
enum mm_queue_result { MM_QUEUE_OK, MM_QUEUE_TIMEOUT, MM_QUEUE_CLOSED };
enum mm_status mm_queue_open(size_t capacity, struct mm_queue **out, struct mm_error *err);
void mm_queue_free(struct mm_queue *queue);
void mm_queue_close(struct mm_queue *queue); /* wakes everyone; what is inside can still be taken */
enum mm_queue_result mm_queue_put(struct mm_queue *queue, void *item, double seconds);
enum mm_queue_result mm_queue_take(struct mm_queue *queue, void **item, double seconds);

/* Processors this process may use (affinity and cgroup quota), at least 1. */
unsigned mm_threads_available(void);
/* The calling thread works ahead of others: when it is woken it does not take the processor from one that runs, though it
 * has its share. A wish: failure changes nothing. */
void mm_thread_work_ahead(void);
/* Seconds on a steady clock. */
double mm_clock(void);
/* Seconds that the calling thread has spent in the kernel. */
double mm_clock_kernel(void);

#endif
