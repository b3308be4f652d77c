/* Writing a zip file: an entry's header goes out with gaps, which are filled when its sizes and checksum are known. */
#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "base/zip_internal.h"

#define BUFFER_SIZE ((size_t)128 << 10)

static enum mm_status put(struct mm_zip_writer *w, const void *bytes, size_t size, struct mm_error *err)
{
    w->at += size;
    return mm_file_writer_write(w->out, bytes, size) == MM_OK
               ? MM_OK
               : mm_fail(err, w->out->error.status, "%s", w->out->error.text);
}

enum mm_status mm_zip_writer_open(struct mm_zip_writer *writer, struct mm_file_writer *out, int level,
                                  struct mm_error *err)
{
    *writer = (struct mm_zip_writer){.out = out, .level = level};
    mm_arena_init(&writer->arena, NULL);
    if (!level)
        return MM_OK;
    z_stream *stream = mm_alloc(sizeof *stream);
    if (stream && deflateInit2(stream, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK)
        writer->deflate = stream;
    else
        mm_free(stream);
    writer->buffer = mm_alloc_raw(BUFFER_SIZE);
    return writer->deflate && writer->buffer ? MM_OK : mm_fail_memory(err, "a deflater");
}

static enum mm_status grow(struct mm_zip_writer *w, struct mm_error *err)
{
    size_t capacity = w->capacity ? 2 * w->capacity : 64;
    struct mm_zip_entry *grown = mm_arena_array(&w->arena, struct mm_zip_entry, capacity);
    if (!grown)
        return mm_fail_memory(err, "a zip file's directory");
    if (w->count)
        memcpy(grown, w->entries, w->count * sizeof *grown);
    w->entries = grown;
    w->capacity = capacity;
    return MM_OK;
}

/* Packs `size` bytes, or with `flush` Z_FINISH what is left. */
static enum mm_status pack(struct mm_zip_writer *w, const void *bytes, size_t size, int flush, struct mm_error *err)
{
    enum mm_status s;
    const unsigned char *at = bytes;
    z_stream *stream = w->deflate;
    do {
        size_t now = size < BUFFER_SIZE ? size : BUFFER_SIZE;
        stream->next_in = (Bytef *)at;
        stream->avail_in = (uInt)now;
        at = at ? at + now : NULL;
        size -= now;
        do {
            stream->next_out = w->buffer;
            stream->avail_out = (uInt)BUFFER_SIZE;
            deflate(stream, flush);
            if (MM_TRY(s, put(w, w->buffer, BUFFER_SIZE - stream->avail_out, err)))
                return s;
        } while (!stream->avail_out);
    } while (size);
    return MM_OK;
}

/* The header again, over the first one. */
static enum mm_status fill_header(struct mm_zip_writer *w, const struct mm_zip_entry *e, struct mm_error *err)
{
    unsigned char header[MM_ZIP_RECORD_MAX];
    size_t length = mm_zip_put_local(header, e);
    FILE *stream = w->out->stream;
    if (fseeko(stream, (off_t)e->offset, SEEK_SET) != 0 || fwrite(header, 1, length, stream) != length ||
        fseeko(stream, (off_t)w->at, SEEK_SET) != 0)
        return mm_fail(err, MM_ERR_IO, "%s: cannot write: %s", w->out->path, strerror(errno));
    return MM_OK;
}

static enum mm_status finish_entry(struct mm_zip_writer *w, struct mm_error *err)
{
    enum mm_status s;
    if (!w->is_open)
        return MM_OK;
    struct mm_zip_entry *e = &w->entries[w->count - 1];
    w->is_open = false;
    if (w->written != e->size)
        return mm_fail(err, MM_ERR_DATA, "%s: shrank while it was packed", e->name);
    if (w->level && (MM_TRY(s, pack(w, NULL, 0, Z_FINISH, err))))
        return s;
    if (w->level)
        deflateReset(w->deflate);
    e->packed = w->at - e->data;
    return fill_header(w, e, err);
}

enum mm_status mm_zip_writer_entry(struct mm_zip_writer *writer, const char *name, uint64_t size, bool executable,
                                   struct mm_error *err)
{
    enum mm_status s;
    unsigned char header[MM_ZIP_RECORD_MAX];
    if (MM_TRY(s, finish_entry(writer, err)) || (writer->count == writer->capacity && MM_TRY(s, grow(writer, err))))
        return s;
    if (strlen(name) > MM_ZIP_NAME_MAX)
        return mm_fail(err, MM_ERR_DATA, "a name is longer than %d bytes", MM_ZIP_NAME_MAX);
    struct mm_zip_entry *e = &writer->entries[writer->count++];
    *e = (struct mm_zip_entry){.name = mm_arena_text(&writer->arena, name),
                               .offset = writer->at,
                               .size = size,
                               .crc = (uint32_t)crc32_z(0, NULL, 0),
                               .method = writer->level ? MM_ZIP_DEFLATED : MM_ZIP_STORED,
                               .executable = executable};
    if (!e->name)
        return mm_fail_memory(err, "a zip file's directory");
    writer->written = 0;
    writer->is_open = true;
    s = put(writer, header, mm_zip_put_local(header, e), err);
    e->data = writer->at;
    return s;
}

enum mm_status mm_zip_writer_write(struct mm_zip_writer *writer, const void *bytes, size_t size, struct mm_error *err)
{
    struct mm_zip_entry *e = &writer->entries[writer->count - 1];
    if (size > e->size - writer->written)
        return mm_fail(err, MM_ERR_DATA, "grew while it was packed");
    if (!size)
        return MM_OK;
    writer->written += size;
    e->crc = (uint32_t)crc32_z(e->crc, bytes, size);
    return writer->level ? pack(writer, bytes, size, Z_NO_FLUSH, err) : put(writer, bytes, size, err);
}

enum mm_status mm_zip_writer_end(struct mm_zip_writer *writer, struct mm_error *err)
{
    enum mm_status s;
    unsigned char record[MM_ZIP_RECORD_MAX];
    if (MM_TRY(s, finish_entry(writer, err)))
        return s;
    uint64_t directory = writer->at;
    for (size_t i = 0; i < writer->count; i++)
        if (MM_TRY(s, put(writer, record, mm_zip_put_central(record, &writer->entries[i]), err)))
            return s;
    size_t length = mm_zip_put_ends(record, writer->count, directory, writer->at - directory);
    return put(writer, record, length, err);
}

void mm_zip_writer_close(struct mm_zip_writer *writer)
{
    if (writer->deflate)
        deflateEnd(writer->deflate);
    mm_free(writer->deflate);
    mm_free(writer->buffer);
    mm_arena_done(&writer->arena);
    *writer = (struct mm_zip_writer){.out = NULL};
}
