/* The first bytes of an image file, and the limit on whole ones. */
#ifndef MM_IMAGE_SOURCE_H
#define MM_IMAGE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define MM_IMAGE_FILE_MAX ((size_t)1 << 36)

/* Up to `capacity` first bytes (of what is inside, when the file is gzip) and the size of the file itself. */
enum mm_status mm_source_peek(const char *path, unsigned char *buffer, size_t capacity, size_t *got,
                              uint64_t *file_bytes, struct mm_error *err);

#endif
