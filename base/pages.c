/* Huge pages lie at multiples of their size, so every block begins at one; what is behind its last whole one stays in small
 * pages, so that no byte more is taken than was asked for, but for the last page. A block never spans two mappings of
 * the kernel's, which mremap would refuse: it is mapped at once, a piece of such a one, or moved as a whole. */
#include "base/pages.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE_PAGE  ((size_t)2 << 20) /* of x86-64, and of aarch64 with pages of 4 KiB */
#define BLOCKS_MAX 64

struct block {
    char *at;
    size_t size; /* whole pages */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
/* Under the mutex. */
static struct block stock[BLOCKS_MAX]; /* given back longest ago first */
static size_t stock_count, in_stock, in_use, most_in_use;

static size_t round_up(size_t size, size_t unit)
{
    return (size + unit - 1) / unit * unit;
}

static size_t whole_pages(size_t size)
{
    return round_up(size, (size_t)sysconf(_SC_PAGESIZE));
}

static void unmap(struct block block)
{
    if (block.size)
        munmap(block.at, block.size);
}

/* Takes `size` bytes off the end, which is empty afterwards if all are. */
static void cut(struct block *block, size_t size)
{
    block->size -= size;
    munmap(block->at + block->size, size);
}

static char *map_aligned(size_t size)
{
    char *all = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED)
        return NULL;
    size_t before = (HUGE_PAGE - (uintptr_t)all % HUGE_PAGE) % HUGE_PAGE;
    if (before)
        munmap(all, before);
    munmap(all + before + size, HUGE_PAGE - before);
    madvise(all + before, size, MADV_HUGEPAGE); /* a wish: failure changes nothing */
    return all + before;
}

static struct block remove_locked(size_t i)
{
    struct block block = stock[i];
    in_stock -= block.size;
    memmove(&stock[i], &stock[i + 1], (--stock_count - i) * sizeof *stock);
    return block;
}

static void add_locked(struct block block)
{
    if (stock_count == BLOCKS_MAX)
        unmap(remove_locked(0));
    stock[stock_count++] = block;
    in_stock += block.size;
}

/* The smallest block that suffices, else the largest; the number of blocks when there is none. */
static size_t find_locked(size_t size)
{
    size_t found = stock_count;
    for (size_t i = 0; i < stock_count; i++) {
        bool suffices = stock[i].size >= size;
        if (found == stock_count || (stock[found].size < size ? stock[i].size > stock[found].size
                                                              : suffices && stock[i].size < stock[found].size))
            found = i;
    }
    return found;
}

/* Makes the sum no more than was in use at once, from the end of what was given back longest ago. */
static void shed_locked(void)
{
    while (stock_count && in_use + in_stock > most_in_use) {
        size_t excess = round_up(in_use + in_stock - most_in_use, HUGE_PAGE);
        if (stock[0].size < excess + MM_PAGES_LEAST) {
            unmap(remove_locked(0));
        } else {
            cut(&stock[0], excess);
            in_stock -= excess;
        }
    }
}

/* A block out of the stock, of another size perhaps; what is left of a much larger one goes back. */
static struct block take_locked(size_t size)
{
    size_t i = find_locked(size), end = round_up(size, HUGE_PAGE);
    struct block block = {NULL, 0};
    if (i < stock_count)
        block = remove_locked(i);
    if (block.size >= end + MM_PAGES_LEAST) {
        add_locked((struct block){block.at + end, block.size - end});
        block.size = end;
    }
    in_use += size;
    most_in_use = in_use > most_in_use ? in_use : most_in_use;
    shed_locked();
    return block;
}

/* Moves the pages to a place where there is room behind them. Whether the place is still ours when that fails the kernel does not
 * tell, so it is left alone. */
static char *lengthen(struct block block, size_t size)
{
    char *place = map_aligned(size);
    if (place && !block.size)
        return place;
    if (place && mremap(block.at, block.size, size, MREMAP_MAYMOVE | MREMAP_FIXED, place) == place)
        return place;
    unmap(block);
    return place ? map_aligned(size) : NULL;
}

void *mm_pages_take(size_t size)
{
    size = whole_pages(size);
    pthread_mutex_lock(&mutex);
    struct block block = take_locked(size);
    pthread_mutex_unlock(&mutex);
    if (block.size > size)
        cut(&block, block.size - size);
    if (block.size < size)
        block.at = lengthen(block, size);
    if (!block.at) {
        pthread_mutex_lock(&mutex);
        in_use -= size;
        most_in_use = in_use + in_stock; /* so much never was in use */
        pthread_mutex_unlock(&mutex);
    }
    return block.at;
}

void mm_pages_give(void *at, size_t size)
{
    struct block block = {at, whole_pages(size)};
    madvise(block.at, block.size,
            MADV_FREE); /* where it is not known, the pages are ours until they are used again */
    pthread_mutex_lock(&mutex);
    in_use -= block.size;
    add_locked(block);
    pthread_mutex_unlock(&mutex);
}

void mm_pages_return(void)
{
    pthread_mutex_lock(&mutex);
    while (stock_count)
        unmap(remove_locked(stock_count - 1));
    most_in_use = in_use;
    pthread_mutex_unlock(&mutex);
}

size_t mm_pages_stock(void)
{
    pthread_mutex_lock(&mutex);
    size_t bytes = in_stock;
    pthread_mutex_unlock(&mutex);
    return bytes;
}
