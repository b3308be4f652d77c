/* The first bytes of an image file, and the limit on whole ones. */
#ifndef MM_IMAGE_SOURCE_H
#define MM_IMAGE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define MM_IMAGE_FILE_MAX ((size_t)1 << 36)

struct mm_source {
    uint64_t file_bytes;
    bool is_gzip;
    size_t got; /* first bytes there were, of what is inside when the file is gzip */
};
/* Up to `capacity` of those bytes. */
enum mm_status mm_source_peek(const char *path, unsigned char *buffer, size_t capacity, struct mm_source *source,
                              struct mm_error *err);

#endif
