/* BMP from memory: for image/bmp.c, its tests and its fuzzer. */
#ifndef MM_IMAGE_BMP_INTERNAL_H
#define MM_IMAGE_BMP_INTERNAL_H

#include "image/format.h"

enum mm_status mm_bmp_from_bytes(struct mm_arena *arena, const unsigned char *bytes, size_t size,
                                 struct mm_volume **out, struct mm_error *err);

#endif
