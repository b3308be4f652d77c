/* Reading one zstd frame of a stranger: window and ratio are bounded, the checksum is demanded, nothing may follow. */
#include <errno.h>
#include <zstd.h>

#include "base/memory.h"
#include "mmar/archive/archive.h"
#include "mmar/archive/zstd_stream.h"

#define IN_SIZE        ((size_t)128 << 10)
#define OUT_SIZE       ((size_t)128 << 10)
#define AHEAD_FROM     ((uint64_t)1 << 20) /* bytes given before a thread decodes ahead */
#define WINDOW_LOG_MAX 27                  /* 128 MiB, what zstd's own tool takes */
#define RATIO_FROM     ((uint64_t)16 << 20)

/* Frame_Header_Descriptor, RFC 8878 section 3.1.1.1.1 */
enum { HAS_DICTIONARY = 0x03, HAS_CHECKSUM = 0x04, RESERVED_BIT = 0x08, UNUSED_BIT = 0x10 };

/* The next bytes of the file; in_size 0 at its end. */
static enum mm_status fill(struct mm_zstd_decoder *r, struct mm_error *err)
{
    r->in_at = 0;
    errno = 0;
    r->in_size = fread(r->in, 1, IN_SIZE, r->file);
    if (!r->in_size && ferror(r->file))
        return mm_fail(err, MM_ERR_IO, "cannot read: %s", strerror(errno));
    return MM_OK;
}

static enum mm_status check_frame_header(const struct mm_zstd_decoder *r, struct mm_error *err)
{
    static const unsigned char magic[] = {0x28, 0xB5, 0x2F, 0xFD};
    if (r->in_size < 5 || memcmp(r->in, magic, sizeof magic) != 0)
        return mm_fail(err, MM_ERR_DATA, "is no archive: it does not start with a zstd frame");
    if (r->in[4] & (RESERVED_BIT | UNUSED_BIT))
        return mm_fail(err, MM_ERR_DATA, "the head of the zstd frame is damaged: a reserved bit is set");
    if (r->in[4] & HAS_DICTIONARY)
        return mm_fail(err, MM_ERR_DATA, "the zstd frame needs a dictionary: archives have none");
    if (!(r->in[4] & HAS_CHECKSUM))
        return mm_fail(err, MM_ERR_DATA, "the zstd frame has no checksum: archives have one");
    return MM_OK;
}

enum mm_status mm_zstd_reader_open(struct mm_zstd_reader *reader, const char *path, struct mm_error *err)
{
    enum mm_status s;
    struct mm_zstd_decoder *d = &reader->decoder;
    *reader = (struct mm_zstd_reader){.decoder = {.file = fopen(path, "rbe")}};
    if (!d->file)
        return mm_fail(err, MM_ERR_IO, "cannot open: %s", strerror(errno));
    d->in = mm_alloc_raw(IN_SIZE);
    reader->out = mm_alloc_raw(OUT_SIZE);
    d->context = ZSTD_createDCtx();
    if (!d->in || !reader->out || !d->context ||
        ZSTD_isError(ZSTD_DCtx_setParameter(d->context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
        return mm_fail_memory(err, "a zstd decoder");
    return MM_TRY(s, fill(d, err)) ? s : check_frame_header(d, err);
}

static enum mm_status check_limits(const struct mm_zstd_decoder *r, struct mm_error *err)
{
    if (r->produced > MM_ARCHIVE_BYTES_MAX)
        return mm_fail(err, MM_ERR_DATA, "unpacks to more than %llu GiB",
                       (unsigned long long)(MM_ARCHIVE_BYTES_MAX >> 30));
    if (r->produced > RATIO_FROM && r->produced / MM_ARCHIVE_RATIO_MAX > r->consumed)
        return mm_fail(err, MM_ERR_DATA, "unpacks to more than %d times its size", MM_ARCHIVE_RATIO_MAX);
    return MM_OK;
}

/* One call of the decoder; *size may stay 0. */
static enum mm_status decode(struct mm_zstd_decoder *r, unsigned char *bytes, size_t room, size_t *size,
                             struct mm_error *err)
{
    ZSTD_inBuffer in = {r->in, r->in_size, r->in_at};
    ZSTD_outBuffer out = {bytes, room, 0};
    size_t left = ZSTD_decompressStream(r->context, &out, &in);
    if (ZSTD_isError(left))
        return mm_fail(err, MM_ERR_DATA, "is damaged near byte %llu: %s", (unsigned long long)r->consumed,
                       ZSTD_getErrorName(left));
    r->consumed += in.pos - r->in_at;
    r->produced += out.pos;
    r->in_at = in.pos;
    r->ended = left == 0;
    *size = out.pos;
    return check_limits(r, err);
}

static enum mm_status check_end(struct mm_zstd_decoder *r, struct mm_error *err)
{
    enum mm_status s;
    if (r->in_at == r->in_size && MM_TRY(s, fill(r, err)))
        return s;
    if (r->in_at < r->in_size)
        return mm_fail(err, MM_ERR_DATA, "has bytes behind the end of the archive, at byte %llu",
                       (unsigned long long)r->consumed);
    return MM_OK;
}

enum mm_status mm_zstd_decode(struct mm_zstd_decoder *decoder, unsigned char *out, size_t room, size_t *size,
                              struct mm_error *err)
{
    enum mm_status s;
    *size = 0;
    while (!decoder->ended) {
        if (MM_TRY(s, decode(decoder, out, room, size, err)) || *size)
            return s;
        if (decoder->ended || decoder->in_at < decoder->in_size)
            continue;
        if (MM_TRY(s, fill(decoder, err)))
            return s;
        if (!decoder->in_size)
            return mm_fail(err, MM_ERR_DATA, "is cut off: it ends after %llu bytes, in the middle",
                           (unsigned long long)decoder->consumed);
    }
    return check_end(decoder, err);
}

enum mm_status mm_zstd_reader_read(struct mm_zstd_reader *reader, const void **bytes, size_t *size,
                                   struct mm_error *err)
{
    enum mm_status s;
    if (!reader->ahead && !reader->alone && reader->produced >= AHEAD_FROM) {
        reader->ahead = mm_zstd_ahead_open(&reader->decoder);
        reader->alone = !reader->ahead;
    }
    *bytes = reader->out;
    s = reader->ahead ? mm_zstd_ahead_read(reader->ahead, bytes, size, err)
                      : mm_zstd_decode(&reader->decoder, reader->out, OUT_SIZE, size, err);
    if (s == MM_OK)
        reader->produced += *size;
    return s;
}

void mm_zstd_reader_close(struct mm_zstd_reader *reader)
{
    struct mm_zstd_decoder *d = &reader->decoder;
    if (reader->ahead)
        mm_zstd_ahead_close(reader->ahead);
    if (d->file)
        fclose(d->file);
    ZSTD_freeDCtx(d->context);
    mm_free(d->in);
    mm_free(reader->out);
    *reader = (struct mm_zstd_reader){.out = NULL};
}
