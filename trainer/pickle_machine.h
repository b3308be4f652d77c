/* Shared by pickle.c, pickle_scalars.c and pickle_containers.c only: the machine's state and what its opcodes are made of. */
#ifndef MM_TRAINER_PICKLE_MACHINE_H
#define MM_TRAINER_PICKLE_MACHINE_H

#include "trainer/pickle.h"

struct mm_pickle_machine {
    struct mm_arena *arena;
    const unsigned char *bytes;
    size_t size, at;
    const struct mm_pickle_hooks *hooks;
    struct mm_pickle_value **stack, **memo;
    size_t height, stack_capacity, memo_count, memo_capacity; /* memo_count: one more than the largest index */
    size_t marks[MM_PICKLE_DEPTH_MAX], mark_count;
    size_t value_count;
    struct mm_error *err;
};

/* `code` is the opcode that is run: a function may serve several. */
typedef enum mm_status mm_pickle_op(struct mm_pickle_machine *m, unsigned char code);

/* The next `width` bytes as a little-endian number, and the next `length` bytes. */
enum mm_status mm_pickle_number(struct mm_pickle_machine *m, int width, uint64_t *out);
enum mm_status mm_pickle_bytes(struct mm_pickle_machine *m, uint64_t length, const unsigned char **out);

/* A new value, counted against MM_PICKLE_VALUES_MAX; NULL after an error. */
struct mm_pickle_value *mm_pickle_new(struct mm_pickle_machine *m, enum mm_pickle_kind kind);
enum mm_status mm_pickle_push(struct mm_pickle_machine *m,
                              struct mm_pickle_value *value); /* NULL: the error that made it so */
/* The topmost value, taken; never one below the last mark. */
enum mm_status mm_pickle_pop(struct mm_pickle_machine *m, struct mm_pickle_value **out);
/* The value on top of the stack, left there, `kind` required. */
enum mm_status mm_pickle_top(struct mm_pickle_machine *m, enum mm_pickle_kind kind, struct mm_pickle_value **out);
/* Takes the last mark: `*first` is the height it was set at. */
enum mm_status mm_pickle_unmark(struct mm_pickle_machine *m, size_t *first);
/* Moves the stack's values from `first` on into the container. */
enum mm_status mm_pickle_fill(struct mm_pickle_machine *m, struct mm_pickle_value *container, size_t first);
/* Makes room for `wanted` pointers; the array is in the arena. */
enum mm_status mm_pickle_reserve(struct mm_pickle_machine *m, struct mm_pickle_value ***items, size_t *capacity,
                                 size_t wanted);

mm_pickle_op mm_pickle_constant, mm_pickle_integer, mm_pickle_long, mm_pickle_float, mm_pickle_text, mm_pickle_blob;
mm_pickle_op mm_pickle_empty, mm_pickle_mark, mm_pickle_tuple, mm_pickle_append, mm_pickle_set_items, mm_pickle_drop;
mm_pickle_op mm_pickle_put, mm_pickle_get_memo;

#endif
