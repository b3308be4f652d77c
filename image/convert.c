/* Conversion between element types: to integers with rounding half to even, saturation, and NaN as 0.
 *
 * Every type converts to and from double in blocks that stay in the L1 cache, so ten loaders and ten storers make
 * all hundred pairs. Double is exact for all but 64-bit integers, which convert among themselves without it.
 * Conversion to float, the most frequent one, is direct. */
#include <math.h>

#include "image/rows.h"

#define BLOCK 512

#define LOADER(id, ctype, name, bytes)                                                                               \
    static void load_##id(double *to, const void *source, size_t n, ptrdiff_t stride)                                \
    {                                                                                                                \
        const ctype *from = source;                                                                                  \
        MM_ROWS_LOOP(double, to, from, n, stride);                                                                   \
    }
MM_TYPES(LOADER)

#define LOADER_ENTRY(id, ctype, name, bytes) [id] = load_##id,
static void (*const loaders[MM_TYPE_COUNT])(double *, const void *, size_t, ptrdiff_t) = {MM_TYPES(LOADER_ENTRY)};

/* Types of up to 32 bits: clamp first, so that the rounded value always fits. lrint rounds half to even. */
#define NARROW_STORER(id, ctype, low, high)                                                                          \
    static void store_##id(void *target, const double *from, size_t n)                                               \
    {                                                                                                                \
        ctype *to = target;                                                                                          \
        for (size_t i = 0; i < n; i++) {                                                                             \
            double v = from[i] > (low) ? from[i] : from[i] != from[i] ? 0 : (low);                                   \
            to[i] = (ctype)lrint(v < (high) ? v : (high));                                                           \
        }                                                                                                            \
    }
NARROW_STORER(MM_U8, uint8_t, 0.0, UINT8_MAX)
NARROW_STORER(MM_I8, int8_t, INT8_MIN, INT8_MAX)
NARROW_STORER(MM_U16, uint16_t, 0.0, UINT16_MAX)
NARROW_STORER(MM_I16, int16_t, INT16_MIN, INT16_MAX)
NARROW_STORER(MM_U32, uint32_t, 0.0, UINT32_MAX)
NARROW_STORER(MM_I32, int32_t, INT32_MIN, INT32_MAX)

static void store_MM_U64(void *target, const double *from, size_t n)
{
    const double limit = 18446744073709551616.0; /* 2^64 */
    uint64_t *to = target;
    for (size_t i = 0; i < n; i++) {
        double v = rint(from[i]);
        to[i] = v >= limit ? UINT64_MAX : v > 0 ? (uint64_t)v : 0;
    }
}

static void store_MM_I64(void *target, const double *from, size_t n)
{
    const double limit = 9223372036854775808.0; /* 2^63 */
    int64_t *to = target;
    for (size_t i = 0; i < n; i++) {
        double v = rint(from[i]);
        to[i] = v >= limit ? INT64_MAX : v >= -limit ? (int64_t)v : v != v ? 0 : INT64_MIN;
    }
}

static void store_MM_F32(void *target, const double *from, size_t n)
{
    float *to = target;
    for (size_t i = 0; i < n; i++)
        to[i] = (float)from[i];
}

static void store_MM_F64(void *target, const double *from, size_t n)
{
    memcpy(target, from, n * sizeof *from);
}

#define STORER_ENTRY(id, ctype, name, bytes) [id] = store_##id,
static void (*const storers[MM_TYPE_COUNT])(void *, const double *, size_t) = {MM_TYPES(STORER_ENTRY)};

/* The same type, or 64-bit integers of either sign: no way through double. */
static void copy_exact(void *target, enum mm_type to_type, const void *source, enum mm_type from_type, size_t n,
                       ptrdiff_t stride)
{
    size_t bytes = mm_type_bytes(to_type);
    const unsigned char *from = source;
    unsigned char *to = target;
    if (to_type == from_type && stride == 1) {
        memmove(target, source, n * bytes);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        memcpy(to + i * bytes, from + (ptrdiff_t)i * stride * (ptrdiff_t)bytes, bytes);
        if (to_type != from_type && to[i * bytes + 7] & 0x80) { /* the top bit of a little-endian 64-bit integer */
            const uint64_t saturated = to_type == MM_U64 ? 0 : INT64_MAX;
            memcpy(to + i * bytes, &saturated, bytes);
        }
    }
}

static bool is_wide(enum mm_type type)
{
    return type == MM_U64 || type == MM_I64;
}

void mm_convert(void *to, enum mm_type to_type, const void *from, enum mm_type from_type, size_t n,
                ptrdiff_t from_stride)
{
    double block[BLOCK];
    if (to_type == from_type || (is_wide(to_type) && is_wide(from_type))) {
        copy_exact(to, to_type, from, from_type, n, from_stride);
        return;
    }
    if (to_type == MM_F32) {
        mm_rows_float(&(struct mm_rows){.to = to, .from = from, .n = n, .count = 1, .stride = from_stride},
                      from_type);
        return;
    }
    const unsigned char *source = from;
    unsigned char *target = to;
    for (size_t start = 0; start < n; start += BLOCK) {
        size_t count = n - start < BLOCK ? n - start : BLOCK;
        loaders[from_type](block, source + (ptrdiff_t)start * from_stride * (ptrdiff_t)mm_type_bytes(from_type),
                           count, from_stride);
        storers[to_type](target + start * mm_type_bytes(to_type), block, count);
    }
}
