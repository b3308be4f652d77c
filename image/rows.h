/* Rows of voxels: the inner loops of conversion, copying and transposition. */
#ifndef MM_IMAGE_ROWS_H
#define MM_IMAGE_ROWS_H

#include "image/rescale.h"

/* `count` rows of n elements each, steps from row to row in bytes. */
struct mm_rows {
    void *to;
    const void *from;
    ptrdiff_t to_step, from_step;
    size_t n, count;
    ptrdiff_t stride;                 /* of the elements of an input row; those of the output are contiguous   */
    const void *after;                /* rows like `from` that are read next, for the cache; NULL: there are none */
    const struct mm_rescale *rescale; /* of mm_rows_copy: floats are rescaled on the way; NULL: not */
    bool is_past; /* the output is not read soon: where the copy can, it goes past the cache (image/past.h) */
};

/* To float. */
void mm_rows_float(const struct mm_rows *rows, enum mm_type from);
/* The same elements of `width` bytes. */
void mm_rows_copy(const struct mm_rows *rows, size_t width);
/* Row r of the output is column r of the input: n input rows of `count` elements each, both at most MM_ROWS_TILE, elements
 * of `width` bytes. `stride` is not looked at; `after` are the input rows read next. */
#define MM_ROWS_TILE 64
void mm_rows_transpose(const struct mm_rows *rows, size_t width);

/* One row; the literals let the compiler vectorise the usual strides. */
#define MM_ROWS_LOOP(type, to, from, n, stride)                                                                      \
    do {                                                                                                             \
        if (stride == 1)                                                                                             \
            for (size_t i = 0; i < n; i++)                                                                           \
                to[i] = (type)from[i];                                                                               \
        else if (stride == -1)                                                                                       \
            for (size_t i = 0; i < n; i++)                                                                           \
                to[i] = (type)from[-(ptrdiff_t)i];                                                                   \
        else                                                                                                         \
            for (size_t i = 0; i < n; i++)                                                                           \
                to[i] = (type)from[(ptrdiff_t)i * stride];                                                           \
    } while (0)

#endif
