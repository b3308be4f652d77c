/* PNG from memory: for image/png.c, its tests and its fuzzer. */
#ifndef MM_IMAGE_PNG_INTERNAL_H
#define MM_IMAGE_PNG_INTERNAL_H

#include "image/format.h"

#define MM_PNG_SIDE_MAX  1000000
#define MM_PNG_BYTES_MAX ((size_t)1 << 32) /* unpacked */

enum mm_status mm_png_from_bytes(struct mm_arena *arena, const unsigned char *bytes, size_t size,
                                 struct mm_volume **out, struct mm_error *err);
enum mm_status mm_png_write(const char *path, const struct mm_volume *volume, struct mm_error *err);

#endif
