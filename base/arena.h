/* Lifetimes. Everything made in an arena dies with it; there is no other free. Not thread-safe: one owner at a time.
 * By custom: `run` (until exit), `epoch`, `step`; and one arena per sample, which travels with it. */
#ifndef MM_BASE_ARENA_H
#define MM_BASE_ARENA_H

#include "base/memory.h"

struct mm_arena_chunk;
struct mm_arena {
    struct mm_arena_chunk *head; /* newest chunk; big requests get a chunk of their own */
    struct mm_budget *budget;    /* borrowed; every chunk is charged to it; may be NULL  */
    size_t chunk_size;           /* 64 KiB; may be set after init: an arena whose contents fit in one chunk
                                    takes no memory from the system again after a reset */
    size_t bytes;                /* held now, headers included                           */
};

/* Cannot fail: the first chunk is taken at the first allocation. */
void mm_arena_init(struct mm_arena *arena, struct mm_budget *budget);
/* Frees everything at once. A reset arena keeps one chunk for reuse; a done arena holds nothing. */
void mm_arena_reset(struct mm_arena *arena);
void mm_arena_done(struct mm_arena *arena);

/* Zeroed, 64-byte aligned; NULL when memory or budget is out. */
void *mm_arena_alloc(struct mm_arena *arena, size_t size);
/* The same with contents undefined: for buffers that are written whole. */
void *mm_arena_alloc_raw(struct mm_arena *arena, size_t size);
char *mm_arena_text(struct mm_arena *arena, const char *text); /* copy */
char *mm_arena_textn(struct mm_arena *arena, const char *text, size_t length);
char *mm_arena_format(struct mm_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A block that lies alone in a chunk, as large ones do, can change its owner without being copied. `move` takes all of them into
 * `to`, charged to its budget, or none: false, when that does not allow it. */
bool mm_arena_is_alone(const struct mm_arena *arena, const void *block, size_t size);
bool mm_arena_move(struct mm_arena *to, struct mm_arena *from, void *const *blocks, size_t count);

void *mm_arena_array_of(struct mm_arena *arena, size_t count, size_t size);
#define mm_arena_array(arena, type, count) ((type *)mm_arena_array_of((arena), (count), sizeof(type)))
#define mm_arena_new(arena, type)          mm_arena_array(arena, type, 1)

#endif
