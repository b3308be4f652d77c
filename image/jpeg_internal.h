/* JPEG from memory: for image/jpeg*.c, its tests and its fuzzer. */
#ifndef MM_IMAGE_JPEG_INTERNAL_H
#define MM_IMAGE_JPEG_INTERNAL_H

#include "image/format.h"

enum mm_status mm_jpeg_from_bytes(struct mm_arena *arena, const unsigned char *bytes, size_t size,
                                  struct mm_volume **out, struct mm_error *err);
enum mm_status mm_jpeg_write(const char *path, const struct mm_volume *volume, struct mm_error *err);

#endif
