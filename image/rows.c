/* The inner loops over rows of voxels. */
#include "base/vectors.h"
#include "image/rows_internal.h"

#define AHEAD 32 /* rows */

static inline __attribute__((always_inline)) void fetch_ahead(const struct mm_rows *rows, size_t row, size_t width)
{
    size_t next = row + (rows->count < AHEAD ? rows->count : AHEAD);
    const char *from = rows->from;
    if (next >= rows->count) {
        next -= rows->count;
        from = rows->after;
        if (!from)
            return;
    }
    from += (ptrdiff_t)next * rows->from_step;
    from -= rows->stride < 0 ? (rows->n - 1) * width : 0;
    fetch(from, rows->n * width);
}

#define FLOATER(id, ctype, name, bytes)                                                                              \
    MM_VECTORS static void float_##id(const struct mm_rows *rows)                                                    \
    {                                                                                                                \
        size_t n = rows->n;                                                                                          \
        ptrdiff_t stride = rows->stride;                                                                             \
        for (size_t row = 0; row < rows->count; row++) {                                                             \
            const ctype *restrict from = row_from(rows, row);                                                        \
            float *restrict to = row_to(rows, row);                                                                  \
            fetch_ahead(rows, row, bytes);                                                                           \
            MM_ROWS_LOOP(float, to, from, n, stride);                                                                \
        }                                                                                                            \
    }
MM_TYPES(FLOATER)

void mm_rows_float(const struct mm_rows *rows, enum mm_type from)
{
#define FLOATER_ENTRY(id, ctype, name, bytes) [id] = float_##id,
    static void (*const floaters[MM_TYPE_COUNT])(const struct mm_rows *) = {MM_TYPES(FLOATER_ENTRY)};
    if (from == MM_F32)
        mm_rows_copy(rows, sizeof(float));
    else
        floaters[from](rows);
}

/* By blocks of a fixed size, which become a few instructions where memcpy would be a call a row; the last block may
 * overlap the one before. */
static inline __attribute__((always_inline)) void copy_blocks(char *restrict to, const char *restrict from,
                                                              size_t bytes, size_t block)
{
    for (size_t at = 0; at + block <= bytes; at += block)
        memcpy(to + at, from + at, block);
    if (bytes % block)
        memcpy(to + bytes - block, from + bytes - block, block);
}

static void copy_forwards(const struct mm_rows *rows, size_t width)
{
    size_t bytes = rows->n * width;
    for (size_t row = 0; row < rows->count; row++) {
        fetch_ahead(rows, row, width);
        if (bytes >= LINE)
            copy_blocks(row_to(rows, row), row_from(rows, row), bytes, LINE);
        else if (bytes >= LINE / 4)
            copy_blocks(row_to(rows, row), row_from(rows, row), bytes, LINE / 4);
        else
            memcpy(row_to(rows, row), row_from(rows, row), bytes);
    }
}

static void copy_forwards_past(const struct mm_rows *rows, size_t width)
{
    size_t bytes = rows->n * width, lines = bytes / LINE * LINE;
    for (size_t row = 0; row < rows->count; row++) {
        const char *from = row_from(rows, row);
        char *to = row_to(rows, row);
        fetch_ahead(rows, row, width);
        for (size_t at = 0; at < lines; at += LINE) {
            mm_sixteen a = load_sixteen(from + at), b = load_sixteen(from + at + 16);
            mm_sixteen c = load_sixteen(from + at + 32), d = load_sixteen(from + at + 48);
            mm_past_store(to + at, a);
            mm_past_store(to + at + 16, b);
            mm_past_store(to + at + 32, c);
            mm_past_store(to + at + 48, d);
        }
        for (size_t at = lines; at < bytes; at += sizeof(mm_sixteen))
            mm_past_store(to + at, load_sixteen(from + at));
    }
}

#define COPIER(type)                                                                                                 \
    MM_VECTORS static void copy_##type(const struct mm_rows *rows)                                                   \
    {                                                                                                                \
        size_t n = rows->n;                                                                                          \
        ptrdiff_t stride = rows->stride;                                                                             \
        for (size_t row = 0; row < rows->count; row++) {                                                             \
            const type *restrict from = row_from(rows, row);                                                         \
            type *restrict to = row_to(rows, row);                                                                   \
            fetch_ahead(rows, row, sizeof(type));                                                                    \
            MM_ROWS_LOOP(type, to, from, n, stride);                                                                 \
        }                                                                                                            \
    }
COPIER(uint8_t)
COPIER(uint16_t)
COPIER(uint32_t)
COPIER(uint64_t)

#if HAS_SHUFFLES
/* Which the compiler makes of no loop over bytes. */
MM_VECTORS static void copy_bytes_backwards(const struct mm_rows *rows)
{
    size_t whole = rows->n / 16 * 16;
    for (size_t row = 0; row < rows->count; row++) {
        const uint8_t *from = row_from(rows, row);
        uint8_t *to = row_to(rows, row);
        mm_sixteen v;
        fetch_ahead(rows, row, 1);
        for (size_t i = 0; i < whole; i += 16) {
            v = load_sixteen(from - i - 15);
            v = __builtin_shufflevector(v, v, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
            memcpy(to + i, &v, sizeof v);
        }
        for (size_t i = whole; i < rows->n; i++)
            to[i] = from[-(ptrdiff_t)i];
    }
}

#define BACKWARDS_PAST(width, ...)                                                                                   \
    MM_VECTORS static void copy_backwards_past_##width(const struct mm_rows *rows)                                   \
    {                                                                                                                \
        for (size_t row = 0; row < rows->count; row++) {                                                             \
            const char *end = (const char *)row_from(rows, row) + width;                                             \
            char *to = row_to(rows, row);                                                                            \
            fetch_ahead(rows, row, width);                                                                           \
            for (size_t at = 0; at < rows->n * width; at += 16) {                                                    \
                mm_sixteen v = load_sixteen(end - at - 16);                                                          \
                mm_past_store(to + at, __builtin_shufflevector(v, v, __VA_ARGS__));                                  \
            }                                                                                                        \
        }                                                                                                            \
    }
BACKWARDS_PAST(1, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
BACKWARDS_PAST(4, 12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3)
#else
#define copy_bytes_backwards copy_uint8_t
#endif

#define RESCALES_MAX 8

/* Of a list of rescalings, the oldest first. */
struct factors {
    size_t count;
    float by[RESCALES_MAX], plus[RESCALES_MAX];
};

static bool list_factors(const struct mm_rescale *rescale, struct factors *out)
{
    out->count = 0;
    for (const struct mm_rescale *r = rescale; r; r = r->before)
        out->count++;
    size_t i = out->count;
    if (i > RESCALES_MAX)
        return false;
    for (const struct mm_rescale *r = rescale; r; r = r->before) {
        out->by[--i] = r->by;
        out->plus[i] = r->plus;
    }
    return true;
}

typedef float four_floats __attribute__((vector_size(16)));

static inline __attribute__((always_inline)) four_floats rescaled(mm_sixteen v, const struct factors *factors)
{
    four_floats x = (four_floats)v;
    for (size_t i = 0; i < factors->count; i++)
        x = x * factors->by[i] + factors->plus[i];
    return x;
}

static void copy_rescaled_past(const struct mm_rows *rows, const struct factors *factors)
{
    size_t bytes = rows->n * sizeof(float);
    for (size_t row = 0; row < rows->count; row++) {
        const char *from = row_from(rows, row);
        char *to = row_to(rows, row);
        fetch_ahead(rows, row, sizeof(float));
        for (size_t at = 0; at < bytes; at += sizeof(mm_sixteen))
            mm_past_store(to + at, (mm_sixteen)rescaled(load_sixteen(from + at), factors));
    }
}

#if HAS_SHUFFLES
static void copy_rescaled_backwards_past(const struct mm_rows *rows, const struct factors *factors)
{
    size_t bytes = rows->n * sizeof(float);
    for (size_t row = 0; row < rows->count; row++) {
        const char *end = (const char *)row_from(rows, row) + sizeof(float);
        char *to = row_to(rows, row);
        fetch_ahead(rows, row, sizeof(float));
        for (size_t at = 0; at < bytes; at += sizeof(mm_sixteen)) {
            four_floats x = rescaled(load_sixteen(end - at - sizeof(mm_sixteen)), factors);
            mm_past_store(to + at, (mm_sixteen)__builtin_shufflevector(x, x, 3, 2, 1, 0));
        }
    }
}
#endif

/* True: done. */
static bool copy_rescaled(const struct mm_rows *rows)
{
    struct factors factors;
    if (!goes_past(rows, sizeof(float)) || !list_factors(rows->rescale, &factors))
        return false;
    if (rows->stride == 1)
        copy_rescaled_past(rows, &factors);
#if HAS_SHUFFLES
    else if (rows->stride == -1)
        copy_rescaled_backwards_past(rows, &factors);
#endif
    else
        return false;
    return true;
}

/* True: done. */
static bool copy_past(const struct mm_rows *rows, size_t width)
{
    if (!goes_past(rows, width))
        return false;
    if (rows->stride == 1)
        copy_forwards_past(rows, width);
#if HAS_SHUFFLES
    else if (rows->stride == -1 && width == 1)
        copy_backwards_past_1(rows);
    else if (rows->stride == -1 && width == 4)
        copy_backwards_past_4(rows);
#endif
    else
        return false;
    return true;
}

static void copy(const struct mm_rows *rows, size_t width)
{
    if (copy_past(rows, width))
        return;
    if (rows->stride == 1)
        copy_forwards(rows, width);
    else if (width == 1 && rows->stride == -1)
        copy_bytes_backwards(rows);
    else if (width == 1)
        copy_uint8_t(rows);
    else if (width == 2)
        copy_uint16_t(rows);
    else if (width == 4)
        copy_uint32_t(rows);
    else
        copy_uint64_t(rows);
}

void mm_rows_copy(const struct mm_rows *rows, size_t width)
{
    if (!rows->rescale) {
        copy(rows, width);
        return;
    }
    if (copy_rescaled(rows))
        return;
    struct mm_rows near = *rows;
    near.is_past = false; /* it is read at once */
    copy(&near, width);
    for (size_t row = 0; row < rows->count; row++)
        mm_rescale_run_all(rows->rescale, row_to(rows, row), rows->n);
}
