/* NumPy arrays from memory: for image/npy.c, its tests and its fuzzer. */
#ifndef MM_IMAGE_NPY_INTERNAL_H
#define MM_IMAGE_NPY_INTERNAL_H

#include "image/decode.h"

enum mm_status mm_npy_from_bytes(struct mm_arena *arena, const unsigned char *bytes, size_t size,
                                 struct mm_volume **out, struct mm_error *err);

#endif
