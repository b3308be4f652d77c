/* The inner loops over rows of voxels. A crop's rows lie far apart, beyond what the processor fetches by itself, so
 * rows further on are asked for ahead, into the second cache: the first has too few places for lines under way. */
#include "image/rows.h"

#include "base/vectors.h"
#include "image/past.h"

#if defined(__has_builtin) && __has_builtin(__builtin_shufflevector)
#define HAS_SHUFFLES 1
#else
#define HAS_SHUFFLES 0
#endif
#define AHEAD 32 /* rows */
#define LINE  MM_PAST_LINE

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
    for (size_t at = 0; at < rows->n * width; at += LINE)
        __builtin_prefetch(from + at, 0, 2);
    __builtin_prefetch(from + rows->n * width - 1, 0, 2);
}

static inline __attribute__((always_inline)) const void *row_from(const struct mm_rows *rows, size_t row)
{
    return (const char *)rows->from + (ptrdiff_t)row * rows->from_step;
}

static inline __attribute__((always_inline)) void *row_to(const struct mm_rows *rows, size_t row)
{
    return (char *)rows->to + (ptrdiff_t)row * rows->to_step;
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

static inline __attribute__((always_inline)) mm_sixteen load_sixteen(const void *from)
{
    mm_sixteen v;
    memcpy(&v, from, sizeof v);
    return v;
}

/* Can the output go past the cache? Its rows are whole lines, or lie without gaps, so that each line is completed by
 * the next row. */
static bool goes_past(const struct mm_rows *rows, size_t width)
{
    size_t bytes = rows->n * width;
    bool is_run = rows->to_step == (ptrdiff_t)bytes;
    size_t unit = is_run ? sizeof(mm_sixteen) : LINE;
    return rows->is_past && bytes % unit == 0 && (uintptr_t)rows->to % unit == 0 &&
           rows->to_step % (ptrdiff_t)unit == 0;
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

void mm_rows_copy(const struct mm_rows *rows, size_t width)
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

/* Of the input rows from `column` on; by memcpy, since rows of bytes begin anywhere. */
#define TRANSPOSE(type, column)                                                                                      \
    do {                                                                                                             \
        for (size_t row = 0; row < rows->count; row++) {                                                             \
            char *to = row_to(rows, row);                                                                            \
            for (size_t i = column; i < rows->n; i++)                                                                \
                memcpy(to + i * sizeof(type), (const char *)row_from(rows, i) + row * sizeof(type), sizeof(type));   \
        }                                                                                                            \
    } while (0)

#if HAS_SHUFFLES
typedef uint32_t four __attribute__((vector_size(16)));

static inline __attribute__((always_inline)) four load_four(const void *from)
{
    four v;
    memcpy(&v, from, sizeof v);
    return v;
}

static inline __attribute__((always_inline)) void store_four(char *to, four v, bool past)
{
    if (past)
        mm_past_store(to, (mm_sixteen)v);
    else
        memcpy(to, &v, sizeof v);
}

/* 4 x 4 elements of 4 bytes; the steps lead from row to row. */
static inline __attribute__((always_inline)) void transpose_square(char *to, ptrdiff_t to_step, const char *from,
                                                                   ptrdiff_t from_step, bool past)
{
    four a = load_four(from), b = load_four(from + from_step);
    four c = load_four(from + 2 * from_step), d = load_four(from + 3 * from_step);
    four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    store_four(to, __builtin_shufflevector(ab, cd, 0, 1, 4, 5), past);
    store_four(to + to_step, __builtin_shufflevector(ab, cd, 2, 3, 6, 7), past);
    ab = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    cd = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    store_four(to + 2 * to_step, __builtin_shufflevector(ab, cd, 0, 1, 4, 5), past);
    store_four(to + 3 * to_step, __builtin_shufflevector(ab, cd, 2, 3, 6, 7), past);
}

static inline __attribute__((always_inline)) void transpose_squares(const struct mm_rows *rows, size_t columns,
                                                                    size_t lines, bool past)
{
    for (size_t row = 0; row < lines; row += 4)
        for (size_t i = 0; i < columns; i += 4)
            transpose_square((char *)row_to(rows, row) + i * sizeof(uint32_t), rows->to_step,
                             (const char *)row_from(rows, i) + row * sizeof(uint32_t), rows->from_step, past);
}
#endif

static void transpose_fours(const struct mm_rows *rows)
{
    size_t columns = 0, lines = 0;
#if HAS_SHUFFLES
    columns = rows->n / 4 * 4;
    lines = rows->count / 4 * 4;
    if (rows->to_step % LINE == 0 && goes_past(rows, sizeof(uint32_t)))
        transpose_squares(rows, columns, lines, true);
    else
        transpose_squares(rows, columns, lines, false);
#endif
    TRANSPOSE(uint32_t, (row < lines ? columns : 0));
}

static inline __attribute__((always_inline)) uint32_t in_memory(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return a | b << 8 | c << 16 | d << 24;
#else
    return a << 24 | b << 16 | c << 8 | d;
#endif
}

/* Four rows of bytes become one of four bytes each. */
MM_VECTORS static void zip_bytes(uint32_t *restrict to, const uint8_t *a, ptrdiff_t step, size_t n)
{
    const uint8_t *b = a + step, *c = b + step, *d = c + step;
    for (size_t i = 0; i < n; i++)
        to[i] = in_memory(a[i], b[i], c[i], d[i]);
}

static void transpose_bytes(const struct mm_rows *rows)
{
    uint32_t zipped[MM_ROWS_TILE / 4][MM_ROWS_TILE];
    size_t fours = rows->n / 4;
    for (size_t i = 0; i < fours; i++)
        zip_bytes(zipped[i], row_from(rows, 4 * i), rows->from_step, rows->count);
    const struct mm_rows of_fours = {.to = rows->to,
                                     .from = zipped,
                                     .to_step = rows->to_step,
                                     .from_step = sizeof zipped[0],
                                     .n = fours,
                                     .count = rows->count,
                                     .is_past = rows->is_past};
    transpose_fours(&of_fours);
    TRANSPOSE(uint8_t, 4 * fours);
}

void mm_rows_transpose(const struct mm_rows *rows, size_t width)
{
    if (width == 1)
        transpose_bytes(rows);
    else if (width == 2)
        TRANSPOSE(uint16_t, 0);
    else if (width == 4)
        transpose_fours(rows);
    else
        TRANSPOSE(uint64_t, 0);
}
