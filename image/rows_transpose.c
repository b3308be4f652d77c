/* Rows of the output from columns of the input. Input rows lie far apart, and meet each other in the cache, so they are
 * gathered in a tile first; the output is written row by row, since memory takes lines best in order, and meanwhile the
 * input rows of the next tile are asked for. */
#include "base/vectors.h"
#include "image/rows_internal.h"

typedef uint32_t tile[MM_ROWS_TILE][MM_ROWS_TILE];

/* Elements of an output row that squares cover: whole stores. */
static inline __attribute__((always_inline)) size_t whole(const struct mm_rows *rows, size_t width)
{
    return HAS_SHUFFLES && (width == 1 || width == 4) ? rows->n * width / 16 * 16 / width : 0;
}

/* What the squares left; by memcpy, since rows of bytes begin anywhere. */
#define TRANSPOSE(type)                                                                                              \
    do {                                                                                                             \
        size_t covered = rows->count / 4 * 4;                                                                        \
        for (size_t row = 0; row < rows->count; row++) {                                                             \
            char *to = row_to(rows, row);                                                                            \
            for (size_t i = row < covered ? whole(rows, sizeof(type)) : 0; i < rows->n; i++)                         \
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

/* 4 x 4 elements of 4 bytes. */
static inline __attribute__((always_inline)) void transpose_square(four to[4], tile from, size_t row, size_t column)
{
    four a = load_four(&from[row][column]), b = load_four(&from[row + 1][column]);
    four c = load_four(&from[row + 2][column]), d = load_four(&from[row + 3][column]);
    four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    to[0] = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
    to[1] = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
    ab = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    cd = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    to[2] = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
    to[3] = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
}

/* `n` squares beside each other, a line of the output after the other: the compiler, too, must not begin the next one
 * before, since lines under way are few and one that is dropped half written costs twice. */
static inline __attribute__((always_inline)) void write_lines(char *to, ptrdiff_t to_step, tile from, size_t first,
                                                              size_t column, size_t n, bool past)
{
    four squares[4][4];
    for (size_t k = 0; k < n; k++)
        transpose_square(squares[k], from, first + 4 * k, column);
    for (size_t row = 0; row < 4; row++) {
        __asm__ volatile("" ::: "memory");
        for (size_t k = 0; k < n; k++)
            store_four(to + (ptrdiff_t)row * to_step + (first + 4 * k) * sizeof(uint32_t), squares[k][row], past);
    }
}

/* The share of what is read next that is asked for along with four rows of the output. */
static inline __attribute__((always_inline)) void fetch_next(const struct mm_rows *rows, size_t row, size_t width)
{
    for (size_t i = row; rows->after && i < rows->n && i < row + 4; i++)
        fetch((const char *)rows->after + (ptrdiff_t)i * rows->from_step, rows->count * width);
}

/* Rows of the output, whole squares of it, from `columns` rows of the tile. */
static inline __attribute__((always_inline)) void write_squares(const struct mm_rows *rows, tile from, size_t columns,
                                                                size_t width, bool past)
{
    ptrdiff_t to_step = rows->to_step;
    for (size_t row = 0; row + 4 <= rows->count; row += 4) {
        char *to = row_to(rows, row);
        fetch_next(rows, row, width);
        size_t i = 0;
        for (; i + 16 <= columns; i += 16)
            write_lines(to, to_step, from, i, row, 4, past);
        for (; i < columns; i += 4)
            write_lines(to, to_step, from, i, row, 1, past);
    }
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
static inline __attribute__((always_inline)) void zip_bytes(uint32_t *restrict to, const uint8_t *a, ptrdiff_t step,
                                                            size_t n)
{
    const uint8_t *b = a + step, *c = b + step, *d = c + step;
    for (size_t i = 0; i < n; i++)
        to[i] = in_memory(a[i], b[i], c[i], d[i]);
}

MM_VECTORS static void transpose_fours(const struct mm_rows *rows)
{
    tile gathered;
    for (size_t i = 0; i < whole(rows, 4); i++)
        memcpy(gathered[i], row_from(rows, i), rows->count * sizeof gathered[i][0]);
    if (goes_past(rows, 4))
        write_squares(rows, gathered, whole(rows, 4), 4, true);
    else
        write_squares(rows, gathered, whole(rows, 4), 4, false);
}

MM_VECTORS static void transpose_bytes(const struct mm_rows *rows)
{
    tile zipped;
    size_t fours = whole(rows, 1) / 4;
    for (size_t i = 0; i < fours; i++)
        zip_bytes(zipped[i], row_from(rows, 4 * i), rows->from_step, rows->count);
    if (goes_past(rows, 1))
        write_squares(rows, zipped, fours, 1, true);
    else
        write_squares(rows, zipped, fours, 1, false);
}
#else
#define transpose_fours(rows) (void)0
#define transpose_bytes(rows) (void)0
#endif

void mm_rows_transpose(const struct mm_rows *rows, size_t width)
{
    if (width == 1) {
        transpose_bytes(rows);
        TRANSPOSE(uint8_t);
    } else if (width == 2) {
        TRANSPOSE(uint16_t);
    } else if (width == 4) {
        transpose_fours(rows);
        TRANSPOSE(uint32_t);
    } else {
        TRANSPOSE(uint64_t);
    }
}
