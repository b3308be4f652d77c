/* The pickle machine: its table of opcodes, its stack, and the three opcodes that name or make things; see pickle.h. */
#include "trainer/pickle.h"

#include <string.h>

#include "trainer/pickle_machine.h"

#define GLOBAL_NAME_MAX 200

enum mm_status mm_pickle_bytes(struct mm_pickle_machine *m, uint64_t length, const unsigned char **out)
{
    if (length > m->size - m->at)
        return mm_fail(m->err, MM_ERR_DATA, "the pickle is cut off");
    *out = m->bytes + m->at;
    m->at += length;
    return MM_OK;
}

enum mm_status mm_pickle_number(struct mm_pickle_machine *m, int width, uint64_t *out)
{
    enum mm_status status;
    const unsigned char *at = NULL;
    if (MM_TRY(status, mm_pickle_bytes(m, (uint64_t)width, &at)))
        return status;
    *out = 0;
    for (int i = width; i-- > 0;)
        *out = *out << 8 | at[i];
    return MM_OK;
}

struct mm_pickle_value *mm_pickle_make(struct mm_arena *arena, enum mm_pickle_kind kind)
{
    struct mm_pickle_value *value = mm_arena_new(arena, struct mm_pickle_value);
    if (value)
        value->kind = kind;
    return value;
}

struct mm_pickle_value *mm_pickle_new(struct mm_pickle_machine *m, enum mm_pickle_kind kind)
{
    if (m->value_count++ == MM_PICKLE_VALUES_MAX) {
        mm_fail(m->err, MM_ERR_DATA, "more than %u values", MM_PICKLE_VALUES_MAX);
        return NULL;
    }
    struct mm_pickle_value *value = mm_pickle_make(m->arena, kind);
    if (!value)
        mm_fail_memory(m->err, "a pickle's values");
    return value;
}

enum mm_status mm_pickle_push(struct mm_pickle_machine *m, struct mm_pickle_value *value)
{
    enum mm_status status;
    if (!value)
        return m->err->status;
    if (m->height == MM_PICKLE_VALUES_MAX)
        return mm_fail(m->err, MM_ERR_DATA, "more than %u values", MM_PICKLE_VALUES_MAX);
    if (MM_TRY(status, mm_pickle_reserve(m, &m->stack, &m->stack_capacity, m->height + 1)))
        return status;
    m->stack[m->height++] = value;
    return MM_OK;
}

enum mm_status mm_pickle_pop(struct mm_pickle_machine *m, struct mm_pickle_value **out)
{
    if (m->height <= (m->mark_count ? m->marks[m->mark_count - 1] : 0))
        return mm_fail(m->err, MM_ERR_DATA, "a value is taken where there is none");
    *out = m->stack[--m->height];
    return MM_OK;
}

enum mm_status mm_pickle_top(struct mm_pickle_machine *m, enum mm_pickle_kind kind, struct mm_pickle_value **out)
{
    enum mm_status status;
    if (MM_TRY(status, mm_pickle_pop(m, out)))
        return status;
    m->height++;
    if ((*out)->kind != kind)
        return mm_fail(m->err, MM_ERR_DATA, "expected %s, found %s", mm_pickle_kind_text(kind),
                       mm_pickle_kind_text((*out)->kind));
    return MM_OK;
}

enum mm_status mm_pickle_unmark(struct mm_pickle_machine *m, size_t *first)
{
    if (!m->mark_count)
        return mm_fail(m->err, MM_ERR_DATA, "a container ends that did not begin");
    *first = m->marks[--m->mark_count];
    return MM_OK;
}

static enum mm_status push_global(struct mm_pickle_machine *m, const char *module, size_t module_length,
                                  const char *name, size_t name_length)
{
    char full[GLOBAL_NAME_MAX + 1];
    for (size_t i = 0; i < module_length + name_length; i++) {
        unsigned char c = (unsigned char)(i < module_length ? module[i] : name[i - module_length]);
        if (c < 0x21 || c > 0x7e)
            return mm_fail(m->err, MM_ERR_DATA, "a global's name with byte 0x%02x", c);
    }
    if (module_length + name_length >= GLOBAL_NAME_MAX)
        return mm_fail(m->err, MM_ERR_DATA, "a global's name of more than %d bytes", GLOBAL_NAME_MAX);
    snprintf(full, sizeof(full), "%.*s.%.*s", (int)module_length, module, (int)name_length, name);
    for (size_t i = 0; m->hooks->globals[i]; i++)
        if (!strcmp(m->hooks->globals[i], full)) {
            struct mm_pickle_value *value = mm_pickle_new(m, MM_PICKLE_GLOBAL);
            if (value)
                value->integer = (int64_t)i;
            return mm_pickle_push(m, value);
        }
    return mm_fail(m->err, MM_ERR_DATA, "it names %s, which is not among what weights need: nothing was run", full);
}

static enum mm_status line(struct mm_pickle_machine *m, const char **text, size_t *length)
{
    const unsigned char *start = m->bytes + m->at, *end = memchr(start, '\n', m->size - m->at);
    if (!end)
        return mm_fail(m->err, MM_ERR_DATA, "the pickle is cut off");
    *text = (const char *)start;
    *length = (size_t)(end - start);
    m->at += *length + 1;
    return MM_OK;
}

/* GLOBAL has its names as lines, STACK_GLOBAL on the stack. */
static enum mm_status global(struct mm_pickle_machine *m, unsigned char code)
{
    enum mm_status status;
    const char *module, *name;
    size_t module_length, name_length;
    if (code == 'c') {
        if (MM_TRY(status, line(m, &module, &module_length)) || MM_TRY(status, line(m, &name, &name_length)))
            return status;
        return push_global(m, module, module_length, name, name_length);
    }
    struct mm_pickle_value *texts[2];
    for (int i = 2; i-- > 0;)
        if (MM_TRY(status, mm_pickle_top(m, MM_PICKLE_TEXT, &texts[i])) ||
            MM_TRY(status, mm_pickle_pop(m, &texts[i])))
            return status;
    return push_global(m, texts[0]->text, strlen(texts[0]->text), texts[1]->text, strlen(texts[1]->text));
}

static enum mm_status reduce(struct mm_pickle_machine *m, unsigned char code)
{
    enum mm_status status;
    struct mm_pickle_value *args, *callee, *made = NULL;
    (void)code;
    if (MM_TRY(status, mm_pickle_top(m, MM_PICKLE_TUPLE, &args)) || MM_TRY(status, mm_pickle_pop(m, &args)) ||
        MM_TRY(status, mm_pickle_top(m, MM_PICKLE_GLOBAL, &callee)) || MM_TRY(status, mm_pickle_pop(m, &callee)))
        return status;
    if (MM_TRY(status, m->hooks->reduce(m->hooks->context, (size_t)callee->integer, args, &made, m->err)))
        return mm_fail_in(m->err, "%s", m->hooks->globals[callee->integer]);
    return mm_pickle_push(m, made);
}

static enum mm_status persistent_id(struct mm_pickle_machine *m, unsigned char code)
{
    enum mm_status status;
    struct mm_pickle_value *id, *made = NULL;
    (void)code;
    if (MM_TRY(status, mm_pickle_pop(m, &id)) || MM_TRY(status, m->hooks->load(m->hooks->context, id, &made, m->err)))
        return status;
    return mm_pickle_push(m, made);
}

/* BUILD sets attributes; an OrderedDict has some (_metadata) that nobody needs. */
static enum mm_status build(struct mm_pickle_machine *m, unsigned char code)
{
    enum mm_status status;
    struct mm_pickle_value *state, *target;
    (void)code;
    if (MM_TRY(status, mm_pickle_pop(m, &state)))
        return status;
    return mm_pickle_top(m, MM_PICKLE_DICT, &target);
}

static enum mm_status protocol(struct mm_pickle_machine *m, unsigned char code)
{
    enum mm_status status;
    uint64_t version;
    (void)code;
    if (MM_TRY(status, mm_pickle_number(m, 1, &version)))
        return status;
    if (version < 2 || version > 5)
        return mm_fail(m->err, MM_ERR_DATA, "pickle protocol %llu, 2 to 5 are read", (unsigned long long)version);
    return MM_OK;
}

/* FRAME only helps streaming. */
static enum mm_status frame(struct mm_pickle_machine *m, unsigned char code)
{
    uint64_t length;
    (void)code;
    return mm_pickle_number(m, 8, &length);
}

static mm_pickle_op *const ops[256] = {
    ['N'] = mm_pickle_constant,
    [0x88] = mm_pickle_constant,
    [0x89] = mm_pickle_constant,
    ['J'] = mm_pickle_integer,
    ['K'] = mm_pickle_integer,
    ['M'] = mm_pickle_integer,
    [0x8a] = mm_pickle_long,
    ['G'] = mm_pickle_float,
    ['X'] = mm_pickle_text,
    [0x8c] = mm_pickle_text,
    ['U'] = mm_pickle_text,
    ['T'] = mm_pickle_text,
    ['B'] = mm_pickle_blob,
    ['C'] = mm_pickle_blob,
    ['}'] = mm_pickle_empty,
    [']'] = mm_pickle_empty,
    [')'] = mm_pickle_empty,
    ['('] = mm_pickle_mark,
    ['t'] = mm_pickle_tuple,
    [0x85] = mm_pickle_tuple,
    [0x86] = mm_pickle_tuple,
    [0x87] = mm_pickle_tuple,
    ['a'] = mm_pickle_append,
    ['e'] = mm_pickle_append,
    ['s'] = mm_pickle_set_items,
    ['u'] = mm_pickle_set_items,
    ['0'] = mm_pickle_drop,
    ['1'] = mm_pickle_drop,
    ['q'] = mm_pickle_put,
    ['r'] = mm_pickle_put,
    [0x94] = mm_pickle_put,
    ['h'] = mm_pickle_get_memo,
    ['j'] = mm_pickle_get_memo,
    ['c'] = global,
    [0x93] = global,
    ['Q'] = persistent_id,
    ['R'] = reduce,
    ['b'] = build,
    [0x80] = protocol,
    [0x95] = frame,
};

static enum mm_status run(struct mm_pickle_machine *m)
{
    enum mm_status status;
    uint64_t code;
    for (;;) {
        size_t place = m->at;
        if (MM_TRY(status, mm_pickle_number(m, 1, &code)))
            return status;
        if (code == '.')
            return MM_OK;
        if (!ops[code])
            return mm_fail(m->err, MM_ERR_DATA, "opcode 0x%02x at byte %zu is not among those that weights need",
                           (unsigned)code, place);
        if (MM_TRY(status, ops[code](m, (unsigned char)code)))
            return mm_fail_in(m->err, "byte %zu", place);
    }
}

enum mm_status mm_pickle_read(struct mm_arena *arena, const unsigned char *bytes, size_t size,
                              const struct mm_pickle_hooks *hooks, struct mm_pickle_value **out, size_t *used,
                              struct mm_error *err)
{
    enum mm_status status;
    struct mm_error own = {.status = MM_OK};
    size_t readable = size < MM_PICKLE_SIZE_MAX ? size : MM_PICKLE_SIZE_MAX;
    struct mm_pickle_machine m = {
        .arena = arena, .bytes = bytes, .size = readable, .hooks = hooks, .err = err ? err : &own};
    if (MM_TRY(status, run(&m)) || MM_TRY(status, mm_pickle_pop(&m, out)))
        return status;
    if (m.height || m.mark_count)
        return mm_fail(m.err, MM_ERR_DATA, "%zu values are left over at the end", m.height);
    if (used)
        *used = m.at;
    return MM_OK;
}

const struct mm_pickle_value *mm_pickle_get(const struct mm_pickle_value *dict, const char *key)
{
    if (dict && dict->kind == MM_PICKLE_DICT)
        for (size_t i = dict->count; i >= 2; i -= 2)
            if (dict->items[i - 2]->kind == MM_PICKLE_TEXT && !strcmp(dict->items[i - 2]->text, key))
                return dict->items[i - 1];
    return NULL;
}

const char *mm_pickle_kind_text(enum mm_pickle_kind kind)
{
    static const char *const texts[] = {"None",    "a bool", "an integer", "a float",  "a text",   "bytes",
                                        "a tuple", "a list", "a dict",     "a global", "an object"};
    return texts[kind];
}
