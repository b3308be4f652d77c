/* Opcodes of tuples, lists, dicts and the memo. */
#include <string.h>

#include "trainer/pickle_machine.h"

enum mm_status mm_pickle_reserve(struct mm_pickle_machine *m, struct mm_pickle_value ***items, size_t *capacity,
                                 size_t wanted)
{
    size_t grown = *capacity ? *capacity : 8;
    if (wanted <= *capacity)
        return MM_OK;
    while (grown < wanted)
        grown *= 2;
    struct mm_pickle_value **larger = mm_arena_array(m->arena, struct mm_pickle_value *, grown);
    if (!larger)
        return mm_fail_memory(m->err, "a pickle's values");
    if (*capacity)
        memcpy(larger, *items, *capacity * sizeof(*larger));
    *items = larger;
    *capacity = grown;
    return MM_OK;
}

enum mm_status mm_pickle_fill(struct mm_pickle_machine *m, struct mm_pickle_value *container, size_t first)
{
    enum mm_status status;
    size_t count = m->height - first;
    if (MM_TRY(status, mm_pickle_reserve(m, &container->items, &container->capacity, container->count + count)))
        return status;
    for (size_t i = 0; i < count; i++) {
        struct mm_pickle_value *item = m->stack[first + i];
        if (item->depth >= container->depth)
            container->depth = item->depth + 1;
        container->items[container->count++] = item;
    }
    m->height = first;
    if (container->depth > MM_PICKLE_DEPTH_MAX)
        return mm_fail(m->err, MM_ERR_DATA, "more than %d containers in one another", MM_PICKLE_DEPTH_MAX);
    return MM_OK;
}

enum mm_status mm_pickle_empty(struct mm_pickle_machine *m, unsigned char code)
{
    enum mm_pickle_kind kind = code == '}' ? MM_PICKLE_DICT : code == ']' ? MM_PICKLE_LIST : MM_PICKLE_TUPLE;
    return mm_pickle_push(m, mm_pickle_new(m, kind));
}

enum mm_status mm_pickle_mark(struct mm_pickle_machine *m, unsigned char code)
{
    (void)code;
    if (m->mark_count == MM_PICKLE_DEPTH_MAX)
        return mm_fail(m->err, MM_ERR_DATA, "more than %d containers in one another", MM_PICKLE_DEPTH_MAX);
    m->marks[m->mark_count++] = m->height;
    return MM_OK;
}

/* TUPLE takes what is above the mark, TUPLE1 to TUPLE3 the topmost one to three. */
enum mm_status mm_pickle_tuple(struct mm_pickle_machine *m, unsigned char code)
{
    enum mm_status status;
    size_t first, count = code - 0x84u, floor = m->mark_count ? m->marks[m->mark_count - 1] : 0;
    if (code == 't') {
        if (MM_TRY(status, mm_pickle_unmark(m, &first)))
            return status;
    } else if (m->height - floor < count) {
        return mm_fail(m->err, MM_ERR_DATA, "a tuple of more values than there are");
    } else {
        first = m->height - count;
    }
    struct mm_pickle_value *tuple = mm_pickle_new(m, MM_PICKLE_TUPLE);
    if (tuple && MM_TRY(status, mm_pickle_fill(m, tuple, first)))
        return status;
    return mm_pickle_push(m, tuple);
}

/* The container below stack[first], filled with what stands from there. */
static enum mm_status fill_below(struct mm_pickle_machine *m, enum mm_pickle_kind kind, size_t first)
{
    size_t floor = m->mark_count ? m->marks[m->mark_count - 1] : 0;
    struct mm_pickle_value *container = first > floor ? m->stack[first - 1] : NULL;
    if (!container || container->kind != kind)
        return mm_fail(m->err, MM_ERR_DATA, "values are added to something that is not %s",
                       mm_pickle_kind_text(kind));
    if (kind == MM_PICKLE_DICT && (m->height - first) % 2)
        return mm_fail(m->err, MM_ERR_DATA, "a dict's key has no value");
    return mm_pickle_fill(m, container, first);
}

/* APPEND and APPENDS. */
enum mm_status mm_pickle_append(struct mm_pickle_machine *m, unsigned char code)
{
    enum mm_status status;
    size_t first = m->height ? m->height - 1 : 0;
    if (code == 'e' && MM_TRY(status, mm_pickle_unmark(m, &first)))
        return status;
    return fill_below(m, MM_PICKLE_LIST, first);
}

/* SETITEM and SETITEMS. */
enum mm_status mm_pickle_set_items(struct mm_pickle_machine *m, unsigned char code)
{
    enum mm_status status;
    size_t first = m->height >= 2 ? m->height - 2 : 0;
    if (code == 'u' && MM_TRY(status, mm_pickle_unmark(m, &first)))
        return status;
    return fill_below(m, MM_PICKLE_DICT, first);
}

/* POP and POP_MARK. */
enum mm_status mm_pickle_drop(struct mm_pickle_machine *m, unsigned char code)
{
    enum mm_status status;
    struct mm_pickle_value *value;
    size_t first;
    if (code == '0')
        return mm_pickle_pop(m, &value);
    if (MM_TRY(status, mm_pickle_unmark(m, &first)))
        return status;
    m->height = first;
    return MM_OK;
}

/* BINPUT, LONG_BINPUT and MEMOIZE. Each takes a byte at least, so that honest indices are below the pickle's size. */
enum mm_status mm_pickle_put(struct mm_pickle_machine *m, unsigned char code)
{
    enum mm_status status;
    uint64_t index = m->memo_count;
    if (code != 0x94 && MM_TRY(status, mm_pickle_number(m, code == 'q' ? 1 : 4, &index)))
        return status;
    if (index >= m->size || index >= MM_PICKLE_VALUES_MAX)
        return mm_fail(m->err, MM_ERR_DATA, "memo index %llu is too large", (unsigned long long)index);
    if (!m->height)
        return mm_fail(m->err, MM_ERR_DATA, "nothing to remember");
    if (MM_TRY(status, mm_pickle_reserve(m, &m->memo, &m->memo_capacity, (size_t)index + 1)))
        return status;
    m->memo[index] = m->stack[m->height - 1];
    if (index >= m->memo_count)
        m->memo_count = (size_t)index + 1;
    return MM_OK;
}

/* BINGET and LONG_BINGET. */
enum mm_status mm_pickle_get_memo(struct mm_pickle_machine *m, unsigned char code)
{
    enum mm_status status;
    uint64_t index;
    if (MM_TRY(status, mm_pickle_number(m, code == 'h' ? 1 : 4, &index)))
        return status;
    if (index >= m->memo_count || !m->memo[index])
        return mm_fail(m->err, MM_ERR_DATA, "memo index %llu is not set", (unsigned long long)index);
    return mm_pickle_push(m, m->memo[index]);
}
