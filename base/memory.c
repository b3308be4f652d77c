/* Heap memory and budgets. The hook makes every allocation failure testable; budgets are plain atomics, because many
 * threads charge the same one. */
#include "base/memory.h"

#define ALIGNMENT 64 /* a cache line, and the widest vector register */

static _Atomic uint64_t allocations; /* since start                              */
static _Atomic uint64_t fail_at;     /* the allocation that fails, counted alike; 0 = none */

void mm_budget_init(struct mm_budget *budget, uint64_t limit)
{
    budget->limit = limit;
    atomic_init(&budget->used, 0);
    atomic_init(&budget->peak, 0);
}

bool mm_budget_take(struct mm_budget *budget, uint64_t bytes)
{
    if (!budget)
        return true;
    uint64_t limit = budget->limit ? budget->limit : UINT64_MAX;
    uint64_t used = atomic_load(&budget->used);
    do {
        if (bytes > limit - used)
            return false;
    } while (!atomic_compare_exchange_weak(&budget->used, &used, used + bytes));

    uint64_t peak = atomic_load(&budget->peak);
    while (used + bytes > peak && !atomic_compare_exchange_weak(&budget->peak, &peak, used + bytes))
        ;
    return true;
}

void mm_budget_give(struct mm_budget *budget, uint64_t bytes)
{
    if (budget)
        atomic_fetch_sub(&budget->used, bytes);
}

void *mm_alloc_raw(size_t size)
{
    uint64_t number = atomic_fetch_add(&allocations, 1) + 1;
    if (number == atomic_load(&fail_at))
        return NULL;
    if (size > (size_t)PTRDIFF_MAX - ALIGNMENT)
        return NULL;
    size_t whole = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return aligned_alloc(ALIGNMENT, whole ? whole : ALIGNMENT);
}

void *mm_alloc(size_t size)
{
    void *pointer = mm_alloc_raw(size);
    if (pointer)
        memset(pointer, 0, size);
    return pointer;
}

void mm_free(void *pointer)
{
    free(pointer);
}

bool mm_size_mul(size_t a, size_t b, size_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

bool mm_size_add(size_t a, size_t b, size_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

void mm_memory_fail_at(uint64_t n)
{
    atomic_store(&fail_at, n ? atomic_load(&allocations) + n : 0);
}

uint64_t mm_memory_count(void)
{
    return atomic_load(&allocations);
}
