/* Gzip in memory. The size field at the end of a member is never trusted: the caller knows how much it wants. */
#include "image/gzip.h"

#include <libdeflate.h>
#include <limits.h>
#include <zlib.h>

#define COMPRESSION_LEVEL 6

bool mm_gzip_is(const unsigned char *bytes, size_t size)
{
    return size >= 3 && bytes[0] == 0x1f && bytes[1] == 0x8b && bytes[2] == 8; /* RFC 1952 2.3.1: ID1 ID2 CM */
}

bool mm_gzip_can_hold(size_t packed, size_t unpacked)
{
    return unpacked / MM_DEFLATE_RATIO_MAX <= packed;
}

static uInt piece(size_t left)
{
    return left < UINT_MAX ? (uInt)left : UINT_MAX;
}

/* Inflates one member until its end or until the output is full. True at the end of an intact member. */
static bool inflate_member(z_stream *stream, const unsigned char *end, unsigned char *out_end)
{
    int code = Z_OK;
    while (code == Z_OK && stream->next_out < out_end) {
        stream->avail_in = piece((size_t)(end - stream->next_in));
        stream->avail_out = piece((size_t)(out_end - stream->next_out));
        code = inflate(stream, Z_NO_FLUSH);
    }
    return code == Z_STREAM_END;
}

size_t mm_gzip_prefix(const unsigned char *bytes, size_t size, unsigned char *out, size_t want)
{
    const unsigned char *end = bytes + size;
    z_stream stream = {.next_in = (z_const Bytef *)bytes, .next_out = out};
    if (inflateInit2(&stream, MAX_WBITS + 16) != Z_OK) /* + 16: gzip framing */
        return 0;
    while (inflate_member(&stream, end, out + want) && mm_gzip_is(stream.next_in, (size_t)(end - stream.next_in)) &&
           inflateReset(&stream) == Z_OK) {
    }
    size_t got = (size_t)(stream.next_out - out);
    inflateEnd(&stream);
    return got;
}

/* A member that holds more than wanted: the wanted bytes, then the rest to nowhere, so that its checksum still
 * counts. */
static bool unpack_long_member(const unsigned char *bytes, size_t size, unsigned char *out, size_t want)
{
    unsigned char nowhere[4096];
    z_stream stream = {.next_in = (z_const Bytef *)bytes, .next_out = out};
    if (inflateInit2(&stream, MAX_WBITS + 16) != Z_OK)
        return false;
    bool at_end = inflate_member(&stream, bytes + size, out + want);
    bool is_full = stream.next_out == out + want;
    while (is_full && !at_end && stream.next_out != nowhere) {
        stream.next_out = nowhere;
        at_end = inflate_member(&stream, bytes + size, nowhere + sizeof nowhere);
    }
    inflateEnd(&stream);
    return is_full && at_end;
}

/* All members in order through `unpacker`. Counts into *got what was written. */
static enum mm_status unpack_members(struct libdeflate_decompressor *unpacker, const unsigned char *bytes,
                                     size_t size, unsigned char *out, size_t want, size_t *got, struct mm_error *err)
{
    size_t used, made;
    while (*got < want && mm_gzip_is(bytes, size)) {
        enum libdeflate_result result =
            libdeflate_gzip_decompress_ex(unpacker, bytes, size, out + *got, want - *got, &used, &made);
        if (result == LIBDEFLATE_INSUFFICIENT_SPACE && unpack_long_member(bytes, size, out + *got, want - *got)) {
            *got = want;
            break;
        }
        if (result != LIBDEFLATE_SUCCESS)
            return mm_fail(err, MM_ERR_DATA, "the gzip data is damaged or cut short (%zu compressed bytes)", size);
        *got += made;
        bytes += used;
        size -= used;
    }
    return MM_OK;
}

enum mm_status mm_gzip_unpack(const unsigned char *bytes, size_t size, unsigned char *out, size_t want,
                              struct mm_error *err)
{
    size_t got = 0;
    struct libdeflate_decompressor *unpacker = libdeflate_alloc_decompressor();
    if (!unpacker)
        return mm_fail_memory(err, "the gzip decompressor");
    enum mm_status s = unpack_members(unpacker, bytes, size, out, want, &got, err);
    libdeflate_free_decompressor(unpacker);
    if (s == MM_OK && got < want)
        s = mm_fail(err, MM_ERR_DATA, "the gzip data unpacks to %zu bytes, %zu are needed", got, want);
    return s;
}

enum mm_status mm_gzip_pack(struct mm_arena *arena, const unsigned char *bytes, size_t size, unsigned char **out,
                            size_t *out_size, struct mm_error *err)
{
    struct libdeflate_compressor *packer = libdeflate_alloc_compressor(COMPRESSION_LEVEL);
    if (!packer)
        return mm_fail_memory(err, "the gzip compressor");
    size_t bound = libdeflate_gzip_compress_bound(packer, size);
    *out = mm_arena_alloc(arena, bound);
    if (*out)
        *out_size = libdeflate_gzip_compress(packer, bytes, size, *out, bound);
    libdeflate_free_compressor(packer);
    return *out ? MM_OK : mm_fail_memory(err, "the compressed image");
}
