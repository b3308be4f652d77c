/* Heap memory and budgets. The hook makes every allocation failure testable; budgets are plain atomics, because many
 * threads charge the same one. */
#include "base/memory.h"

#include "base/pages.h"

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

/* Counts an allocation; false: it shall fail. */
static bool is_allowed(void)
{
    return atomic_fetch_add(&allocations, 1) + 1 != atomic_load(&fail_at);
}

void *mm_alloc_raw(size_t size)
{
    if (!is_allowed() || size > (size_t)PTRDIFF_MAX - ALIGNMENT)
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

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WATCHED 1
#endif
#endif
#ifdef WATCHED /* sanitizers watch what the C library gives out, not mappings */
#define MAPPED_FROM SIZE_MAX
#else
#define MAPPED_FROM MM_LARGE
#endif

void *mm_alloc_large(size_t size)
{
    if (size < MAPPED_FROM)
        return mm_alloc_raw(size);
    return is_allowed() && size <= (size_t)PTRDIFF_MAX / 2 ? mm_pages_take(size) : NULL;
}

void mm_free_large(void *pointer, size_t size)
{
    if (pointer && size >= MAPPED_FROM)
        mm_pages_give(pointer, size);
    else
        mm_free(pointer);
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
