/* Pickles as data. A small machine reads the opcodes that torch.save writes (protocols 2 to 5) and builds values; it has no way to call
 * anything. What a pickle names (GLOBAL) must be in the caller's list, and what it would call (REDUCE) or load (BINPERSID) the
 * caller turns into a value or refuses. Every other opcode and name is an error that says which.
 * Format: CPython 3.11 Lib/pickletools.py. */
#ifndef MM_TRAINER_PICKLE_H
#define MM_TRAINER_PICKLE_H

#include "base/arena.h"
#include "base/error.h"

#define MM_PICKLE_SIZE_MAX   (64u << 20) /* bytes of a pickle                            */
#define MM_PICKLE_VALUES_MAX (1u << 21)
#define MM_PICKLE_DEPTH_MAX  64 /* containers open at once, and one in another  */

enum mm_pickle_kind {
    MM_PICKLE_NONE,
    MM_PICKLE_BOOL,   /* integer           */
    MM_PICKLE_INT,    /* integer           */
    MM_PICKLE_FLOAT,  /* real              */
    MM_PICKLE_TEXT,   /* text, without NUL */
    MM_PICKLE_BYTES,  /* nothing is kept   */
    MM_PICKLE_TUPLE,  /* items             */
    MM_PICKLE_LIST,   /* items             */
    MM_PICKLE_DICT,   /* items: key, value, key, value ...; count counts both */
    MM_PICKLE_GLOBAL, /* integer: index into the caller's names              */
    MM_PICKLE_OBJECT, /* object: of the caller                               */
};

/* Containers may hold themselves: whoever walks them must bound the walk. */
struct mm_pickle_value {
    enum mm_pickle_kind kind;
    unsigned depth; /* of the deepest that was in it when it was last added to */
    size_t count, capacity;
    union {
        int64_t integer;
        double real;
        const char *text;
        struct mm_pickle_value **items;
        void *object;
    };
};

struct mm_pickle_hooks {
    void *context;
    const char *const *globals; /* "torch._utils._rebuild_tensor_v2", ...; NULL at the end */
    /* What calling globals[global] with the tuple `args` would make. */
    enum mm_status (*reduce)(void *context, size_t global, const struct mm_pickle_value *args,
                             struct mm_pickle_value **out, struct mm_error *err);
    /* What a persistent id stands for. */
    enum mm_status (*load)(void *context, const struct mm_pickle_value *id, struct mm_pickle_value **out,
                           struct mm_error *err);
};

/* Reads one pickle at the start of `bytes`; *used (may be NULL) is its length. Values live in the arena. */
enum mm_status mm_pickle_read(struct mm_arena *arena, const unsigned char *bytes, size_t size,
                              const struct mm_pickle_hooks *hooks, struct mm_pickle_value **out, size_t *used,
                              struct mm_error *err);
/* An empty value of that kind; NULL when memory is out. */
struct mm_pickle_value *mm_pickle_make(struct mm_arena *arena, enum mm_pickle_kind kind);
/* The dict's value under that text, the last if there are several; NULL when absent or no dict. */
const struct mm_pickle_value *mm_pickle_get(const struct mm_pickle_value *dict, const char *key);
/* "a dict", "a list", ...: for messages. */
const char *mm_pickle_kind_text(enum mm_pickle_kind kind);

#endif
