/* The bytes of a zip file's entries, and whether the file is one of our own writing. */
#include <string.h>
#include <zlib.h>

#include "base/zip_internal.h"

#define BUFFER_SIZE ((size_t)128 << 10)

/* The sum of zlib is an unsigned long of which 32 bits count. */
struct output {
    mm_file_piece *piece;
    void *context;
    uint64_t size;
    uLong crc;
};

static enum mm_status give(struct output *out, const struct mm_zip_entry *entry, const void *bytes, size_t size,
                           struct mm_error *err)
{
    if (size > entry->size - out->size)
        return mm_fail(err, MM_ERR_DATA, "%s: has more bytes than the %llu that the directory says", entry->shown,
                       (unsigned long long)entry->size);
    out->size += size;
    out->crc = crc32_z(out->crc, bytes, size);
    return out->piece ? out->piece(out->context, bytes, size, err) : MM_OK;
}

/* The next stored bytes at `*at`; those of a file go through `buffer`. */
static enum mm_status next_packed(const struct mm_zip *zip, uint64_t *at, uint64_t end, unsigned char *buffer,
                                  const unsigned char **bytes, size_t *size, struct mm_error *err)
{
    *size = end - *at < BUFFER_SIZE ? (size_t)(end - *at) : BUFFER_SIZE;
    uint64_t place = *at;
    *at += *size;
    *bytes = zip->bytes ? zip->bytes + place : buffer;
    return zip->bytes ? MM_OK : mm_zip_fetch(zip, place, buffer, *size, err);
}

static enum mm_status read_stored(const struct mm_zip *zip, const struct mm_zip_entry *entry, unsigned char *buffer,
                                  struct output *out, struct mm_error *err)
{
    enum mm_status s;
    for (uint64_t at = entry->data; at < entry->data + entry->packed;) {
        const unsigned char *bytes;
        size_t size;
        if (MM_TRY(s, next_packed(zip, &at, entry->data + entry->packed, buffer, &bytes, &size, err)) ||
            MM_TRY(s, give(out, entry, bytes, size, err)))
            return s;
    }
    return MM_OK;
}

/* Unpacks what the stream has as input; *ended: behind its last block. */
static enum mm_status unpack(z_stream *stream, const struct mm_zip_entry *entry, unsigned char *room,
                             struct output *out, bool *ended, struct mm_error *err)
{
    enum mm_status s;
    do {
        stream->next_out = room;
        stream->avail_out = (uInt)BUFFER_SIZE;
        int result = inflate(stream, Z_NO_FLUSH);
        if (result == Z_MEM_ERROR)
            return mm_fail_memory(err, "an inflater");
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            return mm_fail(err, MM_ERR_DATA, "%s: is damaged: %s", entry->shown,
                           stream->msg ? stream->msg : "no sound deflate stream");
        if (MM_TRY(s, give(out, entry, room, BUFFER_SIZE - stream->avail_out, err)))
            return s;
        *ended = result == Z_STREAM_END;
    } while (!*ended && (stream->avail_in || !stream->avail_out));
    return MM_OK;
}

static enum mm_status read_deflated(const struct mm_zip *zip, const struct mm_zip_entry *entry, unsigned char *buffer,
                                    struct output *out, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    bool ended = false;
    z_stream stream = {0};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
        return mm_fail_memory(err, "an inflater");
    for (uint64_t at = entry->data, end = at + entry->packed; at < end && s == MM_OK;) {
        const unsigned char *bytes;
        size_t size;
        if (ended)
            s = mm_fail(err, MM_ERR_DATA, "%s: has bytes behind its end", entry->shown);
        else if ((s = next_packed(zip, &at, end, buffer, &bytes, &size, err)) == MM_OK) {
            stream.next_in = (Bytef *)bytes;
            stream.avail_in = (uInt)size;
            s = unpack(&stream, entry, buffer + BUFFER_SIZE, out, &ended, err);
        }
    }
    if (s == MM_OK && stream.avail_in)
        s = mm_fail(err, MM_ERR_DATA, "%s: has bytes behind its end", entry->shown);
    else if (s == MM_OK && !ended)
        s = mm_fail(err, MM_ERR_DATA, "%s: is cut off", entry->shown);
    inflateEnd(&stream);
    return s;
}

enum mm_status mm_zip_read(const struct mm_zip *zip, const struct mm_zip_entry *entry, mm_file_piece *piece,
                           void *context, struct mm_error *err)
{
    struct output out = {piece, context, 0, crc32_z(0, NULL, 0)};
    unsigned char *buffer = mm_alloc_raw(2 * BUFFER_SIZE);
    if (!buffer)
        return mm_fail_memory(err, "a buffer");
    enum mm_status s = (entry->method == MM_ZIP_STORED ? read_stored : read_deflated)(zip, entry, buffer, &out, err);
    mm_free(buffer);
    if (s != MM_OK)
        return s;
    if (out.size != entry->size)
        return mm_fail(err, MM_ERR_DATA, "%s: has %llu bytes, the directory says %llu", entry->shown,
                       (unsigned long long)out.size, (unsigned long long)entry->size);
    if (out.crc != entry->crc)
        return mm_fail(err, MM_ERR_DATA, "%s is damaged: its checksum is %08lx, the directory says %08lx",
                       entry->shown, out.crc, (unsigned long)entry->crc);
    return MM_OK;
}

struct whole {
    unsigned char *bytes;
    size_t at;
};

static enum mm_status into_memory(void *context, const void *bytes, size_t size, struct mm_error *err)
{
    struct whole *whole = context;
    (void)err;
    if (size)
        memcpy(whole->bytes + whole->at, bytes, size);
    whole->at += size;
    return MM_OK;
}

enum mm_status mm_zip_read_all(struct mm_arena *arena, const struct mm_zip *zip, const struct mm_zip_entry *entry,
                               size_t limit, unsigned char **bytes, struct mm_error *err)
{
    struct whole whole = {.at = 0};
    if (entry->size > limit)
        return mm_fail(err, MM_ERR_DATA, "%s: has %llu bytes, at most %zu are read", entry->shown,
                       (unsigned long long)entry->size, limit);
    *bytes = whole.bytes = mm_arena_alloc(arena, (size_t)entry->size + 1);
    return whole.bytes ? mm_zip_read(zip, entry, into_memory, &whole, err) : mm_fail_memory(err, entry->name);
}

/* The file's bytes at *at are those of `record`; *at moves behind them. */
static enum mm_status expect(const struct mm_zip *zip, uint64_t *at, const unsigned char *record, size_t length,
                             const char *what, struct mm_error *err)
{
    enum mm_status s;
    unsigned char found[MM_ZIP_RECORD_MAX];
    if (length > zip->size - *at)
        return mm_fail(err, MM_ERR_DATA, "%s: its zip record is shorter than those of archives", what);
    if (MM_TRY(s, mm_zip_fetch(zip, *at, found, length, err)))
        return s;
    if (memcmp(found, record, length) != 0)
        return mm_fail(err, MM_ERR_DATA,
                       "%s: its zip record holds times, attributes or fields: archives of mmar pack hold none", what);
    *at += length;
    return MM_OK;
}

enum mm_status mm_zip_check_plain(const struct mm_zip *zip, struct mm_error *err)
{
    enum mm_status s;
    unsigned char record[MM_ZIP_RECORD_MAX];
    uint64_t at = 0;
    for (size_t i = 0; i < zip->count; i++) {
        const struct mm_zip_entry *e = &zip->entries[i];
        if (e->offset != at)
            return mm_fail(err, MM_ERR_DATA, "%s: does not lie in the order of the directory", e->shown);
        if (MM_TRY(s, expect(zip, &at, record, mm_zip_put_local(record, e), e->shown, err)))
            return s;
        at += e->packed;
    }
    uint64_t directory = at;
    for (size_t i = 0; i < zip->count; i++)
        if (MM_TRY(s, expect(zip, &at, record, mm_zip_put_central(record, &zip->entries[i]), zip->entries[i].shown,
                             err)))
            return s;
    if (MM_TRY(s, expect(zip, &at, record, mm_zip_put_ends(record, zip->count, directory, at - directory),
                         "the end of the file", err)))
        return s;
    return at == zip->size ? MM_OK : mm_fail(err, MM_ERR_DATA, "the zip file has a comment");
}
