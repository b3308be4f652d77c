/* Opcodes that push one number, text or constant. */
#include <string.h>

#include "trainer/pickle_machine.h"

static enum mm_status push_integer(struct mm_pickle_machine *m, enum mm_pickle_kind kind, int64_t integer)
{
    struct mm_pickle_value *value = mm_pickle_new(m, kind);
    if (value)
        value->integer = integer;
    return mm_pickle_push(m, value);
}

enum mm_status mm_pickle_constant(struct mm_pickle_machine *m, unsigned char code)
{
    if (code == 'N')
        return mm_pickle_push(m, mm_pickle_new(m, MM_PICKLE_NONE));
    return push_integer(m, MM_PICKLE_BOOL, code == 0x88);
}

/* BININT, BININT1, BININT2: only the first has a sign. */
enum mm_status mm_pickle_integer(struct mm_pickle_machine *m, unsigned char code)
{
    enum mm_status status;
    uint64_t bits;
    if (MM_TRY(status, mm_pickle_number(m, code == 'J' ? 4 : code == 'M' ? 2 : 1, &bits)))
        return status;
    return push_integer(m, MM_PICKLE_INT, code == 'J' ? (int64_t)(int32_t)bits : (int64_t)bits);
}

/* LONG1: two's complement of as many bytes as the first says. */
enum mm_status mm_pickle_long(struct mm_pickle_machine *m, unsigned char code)
{
    enum mm_status status;
    uint64_t length, bits;
    (void)code;
    if (MM_TRY(status, mm_pickle_number(m, 1, &length)))
        return status;
    if (length > 8)
        return mm_fail(m->err, MM_ERR_DATA, "an integer of %llu bytes, at most 8 are read",
                       (unsigned long long)length);
    if (MM_TRY(status, mm_pickle_number(m, (int)length, &bits)))
        return status;
    if (length && length < 8 && bits >> (8 * length - 1))
        bits |= UINT64_MAX << (8 * length);
    return push_integer(m, MM_PICKLE_INT, (int64_t)bits);
}

/* BINFLOAT is big-endian. */
enum mm_status mm_pickle_float(struct mm_pickle_machine *m, unsigned char code)
{
    enum mm_status status;
    const unsigned char *at = NULL;
    uint64_t bits = 0;
    (void)code;
    if (MM_TRY(status, mm_pickle_bytes(m, 8, &at)))
        return status;
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | at[i];
    struct mm_pickle_value *value = mm_pickle_new(m, MM_PICKLE_FLOAT);
    if (value)
        memcpy(&value->real, &bits, sizeof(bits));
    return mm_pickle_push(m, value);
}

/* BINUNICODE and BINSTRING have lengths of four bytes, SHORT_BINUNICODE and SHORT_BINSTRING of one. */
enum mm_status mm_pickle_text(struct mm_pickle_machine *m, unsigned char code)
{
    enum mm_status status;
    uint64_t length;
    const unsigned char *at = NULL;
    if (MM_TRY(status, mm_pickle_number(m, code == 'X' || code == 'T' ? 4 : 1, &length)) ||
        MM_TRY(status, mm_pickle_bytes(m, length, &at)))
        return status;
    if (memchr(at, 0, length))
        return mm_fail(m->err, MM_ERR_DATA, "a text with a NUL byte");
    struct mm_pickle_value *value = mm_pickle_new(m, MM_PICKLE_TEXT);
    if (value && !(value->text = mm_arena_textn(m->arena, (const char *)at, length)))
        return mm_fail_memory(m->err, "a pickle's text");
    return mm_pickle_push(m, value);
}

/* SHORT_BINBYTES and BINBYTES: no tensor needs them. */
enum mm_status mm_pickle_blob(struct mm_pickle_machine *m, unsigned char code)
{
    enum mm_status status;
    uint64_t length;
    const unsigned char *at = NULL;
    if (MM_TRY(status, mm_pickle_number(m, code == 'B' ? 4 : 1, &length)) ||
        MM_TRY(status, mm_pickle_bytes(m, length, &at)))
        return status;
    return mm_pickle_push(m, mm_pickle_new(m, MM_PICKLE_BYTES));
}
