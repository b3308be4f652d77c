/* Peeking into files, so that a header costs one small read however large the image is. */
#include "image/source.h"

#include "base/file.h"
#include "image/gzip.h"

/* Enough gzip data for the first kilobyte of any format: a name of 4 KiB and the code tables of one block. */
#define PEEK_RAW 16384

enum mm_status mm_source_peek(const char *path, unsigned char *buffer, size_t capacity, struct mm_source *source,
                              struct mm_error *err)
{
    unsigned char raw[PEEK_RAW];
    size_t raw_size = 0;
    enum mm_status s;
    if (MM_TRY(s, mm_file_size(path, &source->file_bytes, err)) ||
        MM_TRY(s, mm_file_read_start(path, raw, sizeof raw, &raw_size, err)))
        return s;
    source->is_gzip = mm_gzip_is(raw, raw_size);
    if (source->is_gzip) {
        source->got = mm_gzip_prefix(raw, raw_size, buffer, capacity);
        return MM_OK;
    }
    source->got = raw_size < capacity ? raw_size : capacity;
    memcpy(buffer, raw, source->got);
    return MM_OK;
}
