/* The inner loops over rows of voxels. A crop's rows lie far apart, beyond what the processor fetches by itself, so
 * rows a few further on are asked for ahead. */
#include "image/rows.h"

#include "base/vectors.h"

#define AHEAD 8  /* rows                    */
#define LINE  64 /* bytes of the cache      */
#define BLOCK 64 /* bytes copied at a time  */

static inline __attribute__((always_inline)) void fetch_ahead(const struct mm_rows *rows, size_t row, size_t width)
{
    if (row + AHEAD >= rows->count)
        return;
    const char *from = (const char *)rows->from + (ptrdiff_t)(row + AHEAD) * rows->from_step;
    from -= rows->stride < 0 ? (rows->n - 1) * width : 0;
    for (size_t at = 0; at < rows->n * width; at += LINE)
        __builtin_prefetch(from + at);
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

/* Forwards by blocks of a fixed size, which become a few instructions where memcpy would be a call a row. */
static void copy_forwards(const struct mm_rows *rows, size_t width)
{
    size_t bytes = rows->n * width, whole = bytes / BLOCK * BLOCK;
    for (size_t row = 0; row < rows->count; row++) {
        const char *from = row_from(rows, row);
        char *to = row_to(rows, row);
        fetch_ahead(rows, row, width);
        for (size_t at = 0; at < whole; at += BLOCK)
            memcpy(to + at, from + at, BLOCK);
        memcpy(to + whole, from + whole, bytes - whole);
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

void mm_rows_copy(const struct mm_rows *rows, size_t width)
{
    if (rows->stride == 1)
        copy_forwards(rows, width);
    else if (width == 1)
        copy_uint8_t(rows);
    else if (width == 2)
        copy_uint16_t(rows);
    else if (width == 4)
        copy_uint32_t(rows);
    else
        copy_uint64_t(rows);
}

#define TRANSPOSE(type, column)                                                                                      \
    do {                                                                                                             \
        for (size_t row = 0; row < rows->count; row++) {                                                             \
            type *to = row_to(rows, row);                                                                            \
            for (size_t i = column; i < rows->n; i++)                                                                \
                to[i] = ((const type *)row_from(rows, i))[row];                                                      \
        }                                                                                                            \
    } while (0)

#if defined(__has_builtin) && __has_builtin(__builtin_shufflevector)
#define HAS_SHUFFLES 1
typedef uint32_t four __attribute__((vector_size(16)));

static inline __attribute__((always_inline)) four load_four(const void *from)
{
    four v;
    memcpy(&v, from, sizeof v);
    return v;
}

/* 4 x 4 elements of 4 bytes. */
static inline __attribute__((always_inline)) void transpose_square(const struct mm_rows *rows, size_t row, size_t i)
{
    four v[4], pairs[4], out[4];
    for (size_t k = 0; k < 4; k++)
        v[k] = load_four((const uint32_t *)row_from(rows, i + k) + row);
    pairs[0] = __builtin_shufflevector(v[0], v[1], 0, 4, 1, 5);
    pairs[1] = __builtin_shufflevector(v[2], v[3], 0, 4, 1, 5);
    pairs[2] = __builtin_shufflevector(v[0], v[1], 2, 6, 3, 7);
    pairs[3] = __builtin_shufflevector(v[2], v[3], 2, 6, 3, 7);
    out[0] = __builtin_shufflevector(pairs[0], pairs[1], 0, 1, 4, 5);
    out[1] = __builtin_shufflevector(pairs[0], pairs[1], 2, 3, 6, 7);
    out[2] = __builtin_shufflevector(pairs[2], pairs[3], 0, 1, 4, 5);
    out[3] = __builtin_shufflevector(pairs[2], pairs[3], 2, 3, 6, 7);
    for (size_t k = 0; k < 4; k++)
        memcpy((uint32_t *)row_to(rows, row + k) + i, &out[k], sizeof out[k]);
}
#else
#define HAS_SHUFFLES 0
#endif

static void transpose_fours(const struct mm_rows *rows)
{
    size_t columns = 0, lines = 0;
#if HAS_SHUFFLES
    columns = rows->n / 4 * 4;
    lines = rows->count / 4 * 4;
    for (size_t row = 0; row < lines; row += 4)
        for (size_t i = 0; i < columns; i += 4)
            transpose_square(rows, row, i);
#endif
    TRANSPOSE(uint32_t, (row < lines ? columns : 0));
}

void mm_rows_transpose(const struct mm_rows *rows, size_t width)
{
    if (width == 1)
        TRANSPOSE(uint8_t, 0);
    else if (width == 2)
        TRANSPOSE(uint16_t, 0);
    else if (width == 4)
        transpose_fours(rows);
    else
        TRANSPOSE(uint64_t, 0);
}
