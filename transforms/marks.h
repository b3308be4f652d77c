/* Rows of voxels asked about as fast as memory gives them, in the type that they have. */
#ifndef MM_TRANSFORMS_MARKS_H
#define MM_TRANSFORMS_MARKS_H

#include "image/volume.h"

/* marks[i] = 1 where voxel i of the row is not 0 (NaN is not), and stays where it is. n voxels `stride` elements apart. */
void mm_marks_add(uint8_t *marks, const void *row, enum mm_type type, size_t n, ptrdiff_t stride);
size_t mm_marks_count(const uint8_t *marks, size_t n); /* marks are 0 or 1 */
/* Writes start + i for each mark i, ascending, and one more number that counts for nothing behind them; returns where that is. */
uint32_t *mm_marks_list(const uint8_t *marks, size_t n, uint32_t start, uint32_t *numbers);

/* The first voxel from `from` on and below `to` that is above 0 in float32; `to` when there is none. */
int mm_marks_first(const void *row, enum mm_type type, int from, int to, ptrdiff_t stride);
/* The last one, from - 1 when there is none. */
int mm_marks_last(const void *row, enum mm_type type, int from, int to, ptrdiff_t stride);

#endif
