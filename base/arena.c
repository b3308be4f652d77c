/* Arenas: a list of chunks, the newest in front, filled from its start. A request of more than half a chunk that does not
 * fit gets a chunk of its own of exactly its size, put behind the front one, so that large images cost what they are and
 * the front chunk goes on being filled. Bytes are zeroed when handed out, so a reset costs nothing.
 * Under AddressSanitizer what is not handed out is poisoned: an overrun inside an arena is found like one on the heap. */
#include "base/arena.h"

#include <stdarg.h>

#if defined(__SANITIZE_ADDRESS__)
#define ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADDRESS_SANITIZER 1
#endif
#endif
#ifdef ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size)   ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

#define ALIGNMENT  64
#define CHUNK_SIZE ((size_t)64 << 10)

struct mm_arena_chunk {
    struct mm_arena_chunk *next;
    size_t size, used; /* both with this header */
};
#define HEADER ((sizeof(struct mm_arena_chunk) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT)

void mm_arena_init(struct mm_arena *arena, struct mm_budget *budget)
{
    *arena = (struct mm_arena){.budget = budget, .chunk_size = CHUNK_SIZE};
}

static struct mm_arena_chunk *chunk_new(struct mm_arena *arena, size_t size)
{
    if (!mm_budget_take(arena->budget, size))
        return NULL;
    struct mm_arena_chunk *chunk = mm_alloc_large(size);
    if (!chunk) {
        mm_budget_give(arena->budget, size);
        return NULL;
    }
    *chunk = (struct mm_arena_chunk){.size = size, .used = HEADER};
    ASAN_POISON_MEMORY_REGION((char *)chunk + HEADER, size - HEADER);
    arena->bytes += size;
    return chunk;
}

static void chunk_free(struct mm_arena *arena, struct mm_arena_chunk *chunk)
{
    size_t size = chunk->size;
    ASAN_UNPOISON_MEMORY_REGION(chunk, size);
    mm_free_large(chunk, size);
    mm_budget_give(arena->budget, size);
    arena->bytes -= size;
}

void mm_arena_reset(struct mm_arena *arena)
{
    struct mm_arena_chunk *kept = NULL; /* of the ordinary size: a large one may be anybody's image */
    for (struct mm_arena_chunk *chunk = arena->head, *next; chunk; chunk = next) {
        next = chunk->next;
        if (!kept && chunk->size == arena->chunk_size)
            kept = chunk;
        else
            chunk_free(arena, chunk);
    }
    if (kept) {
        kept->next = NULL;
        kept->used = HEADER;
        ASAN_POISON_MEMORY_REGION((char *)kept + HEADER, kept->size - HEADER);
    }
    arena->head = kept;
}

void mm_arena_done(struct mm_arena *arena)
{
    for (struct mm_arena_chunk *chunk = arena->head, *next; chunk; chunk = next) {
        next = chunk->next;
        chunk_free(arena, chunk);
    }
    arena->head = NULL;
}

static size_t rounded(size_t size)
{
    return size ? (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT : ALIGNMENT;
}

static struct mm_arena_chunk *chunk_of(const void *block)
{
    return (struct mm_arena_chunk *)((uintptr_t)block - HEADER);
}

/* The link to the chunk that begins with the block, else to NULL. */
static struct mm_arena_chunk **find_chunk(struct mm_arena_chunk **link, const void *block)
{
    while (*link && *link != chunk_of(block))
        link = &(*link)->next;
    return link;
}

bool mm_arena_is_alone(const struct mm_arena *arena, const void *block, size_t size)
{
    struct mm_arena_chunk *head = arena->head;
    const struct mm_arena_chunk *chunk = *find_chunk(&head, block);
    return chunk && chunk->size == HEADER + rounded(size);
}

static void link_chunk(struct mm_arena *arena, struct mm_arena_chunk *chunk)
{
    struct mm_arena_chunk **link = arena->head ? &arena->head->next : &arena->head;
    chunk->next = *link;
    *link = chunk;
    arena->bytes += chunk->size;
}

bool mm_arena_move(struct mm_arena *to, struct mm_arena *from, void *const *blocks, size_t count)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += chunk_of(blocks[i])->size;
    if (!mm_budget_take(to->budget, bytes))
        return false;
    mm_budget_give(from->budget, bytes);
    for (size_t i = 0; i < count; i++) {
        struct mm_arena_chunk **link = find_chunk(&from->head, blocks[i]), *chunk = *link;
        *link = chunk->next;
        from->bytes -= chunk->size;
        link_chunk(to, chunk);
    }
    return true;
}

/* A chunk with room for `need` bytes (a multiple of ALIGNMENT), linked into the arena. */
static struct mm_arena_chunk *chunk_for(struct mm_arena *arena, size_t need)
{
    struct mm_arena_chunk *head = arena->head;
    if (head && need <= head->size - head->used)
        return head;
    bool own = need > arena->chunk_size / 2 || need + HEADER > arena->chunk_size;
    struct mm_arena_chunk *chunk = chunk_new(arena, own ? need + HEADER : arena->chunk_size);
    if (!chunk)
        return NULL;
    if (own && head) {
        chunk->next = head->next;
        head->next = chunk;
    } else {
        chunk->next = head;
        arena->head = chunk;
    }
    return chunk;
}

void *mm_arena_alloc_raw(struct mm_arena *arena, size_t size)
{
    if (size > (size_t)PTRDIFF_MAX - HEADER - ALIGNMENT)
        return NULL;
    size_t need = rounded(size);
    struct mm_arena_chunk *chunk = chunk_for(arena, need);
    if (!chunk)
        return NULL;
    char *bytes = (char *)chunk + chunk->used;
    chunk->used += need;
    ASAN_UNPOISON_MEMORY_REGION(bytes, size);
    return bytes;
}

void *mm_arena_alloc(struct mm_arena *arena, size_t size)
{
    void *bytes = mm_arena_alloc_raw(arena, size);
    return bytes ? memset(bytes, 0, size) : NULL;
}

void *mm_arena_array_of(struct mm_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    return mm_size_mul(count, size, &bytes) ? mm_arena_alloc(arena, bytes) : NULL;
}

char *mm_arena_textn(struct mm_arena *arena, const char *text, size_t length)
{
    size_t size;
    char *copy = mm_size_add(length, 1, &size) ? mm_arena_alloc(arena, size) : NULL;
    if (copy && length)
        memcpy(copy, text, length);
    return copy;
}

char *mm_arena_text(struct mm_arena *arena, const char *text)
{
    return mm_arena_textn(arena, text, strlen(text));
}

char *mm_arena_format(struct mm_arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    char *text = length < 0 ? NULL : mm_arena_alloc(arena, (size_t)length + 1);
    if (text)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}
