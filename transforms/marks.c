/* One loop for each type, short enough to become vectors. */
#include "transforms/marks.h"

#include "base/vectors.h"

#define BLOCK 256 /* voxels looked at together before the place of one among them is asked for */

#define ADD(id, ctype, name, bytes)                                                                                  \
    case id: {                                                                                                       \
        const ctype *voxels = row;                                                                                   \
        for (size_t i = 0; stride == 1 && i < n; i++)                                                                \
            marks[i] |= voxels[i] != 0;                                                                              \
        for (size_t i = 0; stride != 1 && i < n; i++)                                                                \
            marks[i] |= voxels[(ptrdiff_t)i * stride] != 0;                                                          \
        break;                                                                                                       \
    }

MM_VECTORS void mm_marks_add(uint8_t *restrict marks, const void *restrict row, enum mm_type type, size_t n,
                             ptrdiff_t stride)
{
    switch (type) {
        MM_TYPES(ADD)
    case MM_TYPE_COUNT:
        break;
    }
}

MM_VECTORS size_t mm_marks_count(const uint8_t *marks, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i += 255) { /* sums of so many fit a byte */
        uint8_t sum = 0;
        for (size_t k = i; k < i + 255 && k < n; k++)
            sum = (uint8_t)(sum + marks[k]);
        count += sum;
    }
    return count;
}

uint32_t *mm_marks_list(const uint8_t *marks, size_t n, uint32_t start, uint32_t *numbers)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t eight;
        memcpy(&eight, marks + i, sizeof eight);
        for (size_t k = i; eight && k < i + 8; k++) {
            *numbers = start + (uint32_t)k;
            numbers += marks[k];
        }
    }
    for (; i < n; i++) {
        *numbers = start + (uint32_t)i;
        numbers += marks[i];
    }
    return numbers;
}

#define ANY(id, ctype, name, bytes)                                                                                  \
    case id: {                                                                                                       \
        const ctype *voxels = row;                                                                                   \
        for (int i = from; stride == 1 && i < to; i++)                                                               \
            any |= (float)voxels[i] > 0;                                                                             \
        for (int i = from; stride != 1 && i < to; i++)                                                               \
            any |= (float)voxels[i * stride] > 0;                                                                    \
        break;                                                                                                       \
    }

/* Is a voxel from `from` on and below `to` above 0? */
MM_VECTORS static bool any_above(const void *row, enum mm_type type, int from, int to, ptrdiff_t stride)
{
    int any = 0;
    switch (type) {
        MM_TYPES(ANY)
    case MM_TYPE_COUNT:
        break;
    }
    return any;
}

int mm_marks_first(const void *row, enum mm_type type, int from, int to, ptrdiff_t stride)
{
    while (from < to && !any_above(row, type, from, from + BLOCK < to ? from + BLOCK : to, stride))
        from = from + BLOCK < to ? from + BLOCK : to;
    while (from < to && !any_above(row, type, from, from + 1, stride))
        from++;
    return from;
}

int mm_marks_last(const void *row, enum mm_type type, int from, int to, ptrdiff_t stride)
{
    while (from < to && !any_above(row, type, to - BLOCK > from ? to - BLOCK : from, to, stride))
        to = to - BLOCK > from ? to - BLOCK : from;
    while (from < to && !any_above(row, type, to - 1, to, stride))
        to--;
    return to - 1;
}
