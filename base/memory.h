/* Allocation with a test hook (the n-th allocation fails) and budgets that are never exceeded by one byte.
 * All heap memory of the library comes from here; arenas (base/arena.h) are built on it. Thread-safe. */
#ifndef MM_BASE_MEMORY_H
#define MM_BASE_MEMORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pages.h"

/* A limit in bytes shared by many owners. `limit` 0 = unlimited. `peak` is the high-water mark of `used`. */
struct mm_budget {
    uint64_t limit;
    _Atomic uint64_t used, peak;
};

void mm_budget_init(struct mm_budget *budget, uint64_t limit);
/* Reserves, or returns false and reserves nothing. NULL budget always succeeds. */
bool mm_budget_take(struct mm_budget *budget, uint64_t bytes);
void mm_budget_give(struct mm_budget *budget, uint64_t bytes);

/* 64-byte aligned, zeroed. NULL when memory is out, `size` overflows or the hook says so. `size` 0 gives a unique pointer. */
void *mm_alloc(size_t size);
/* Like mm_alloc, contents undefined: for buffers that are written whole. */
void *mm_alloc_raw(size_t size);
void mm_free(void *pointer);

/* Contents undefined: for images, tensors and what else is large and goes as a whole. From MM_LARGE bytes on a block is a
 * mapping of its own, in pages as large as the system gives: a crop out of a cached image touches thousands of places, and
 * each small page among them must be looked up. Freed, it stays in stock for the next one (base/pages.h). */
#define MM_LARGE MM_PAGES_LEAST
void *mm_alloc_large(size_t size);
void mm_free_large(void *pointer, size_t size); /* the size it was made with; accepts NULL */

/* From now on, for the whole process: what malloc gave out in large blocks is the system's again as soon as it is freed, and each thread keeps
 * little of what it frees. The C library's own rule learns from the blocks it sees and would come to keep tens of
 * megabytes for each thread that there was. */
void mm_memory_return_large(void);

/* a * b and a + b into *out; false on overflow. For every size that comes from a file. */
bool mm_size_mul(size_t a, size_t b, size_t *out);
bool mm_size_add(size_t a, size_t b, size_t *out);

/* Bytes that this process may still take: what the system has available, less where a cgroup limits it. 0: not known. */
uint64_t mm_memory_available(void);
uint64_t mm_memory_available_at(const char *root); /* the same with /proc and /sys in a folder: for tests */
/* Gives back to the system what was freed and is kept for later, the stock of large blocks too: after a large owner is gone. */
void mm_memory_return(void);

/* Tests: the n-th allocation from now on (1 = next) fails, once; 0 switches it off. Count of allocations since start. */
void mm_memory_fail_at(uint64_t n);
uint64_t mm_memory_count(void);

#endif
