/* The format MetaImage: .mha, and .mhd whose data file lies beside it; binary, zlib-compressed or ascii data. */
#include <libdeflate.h>

#include "base/file.h"
#include "image/gzip.h"
#include "image/metaimage_internal.h"
#include "image/source.h"

static bool probe(const unsigned char *bytes, size_t size, const char *path)
{
    (void)path;
    return mm_meta_is(bytes, size);
}

/* Exactly `want` bytes from one zlib stream (RFC 1950). Bytes behind it are ignored. */
static enum mm_status unpack_zlib(const unsigned char *bytes, size_t size, unsigned char *out, size_t want,
                                  struct mm_error *err)
{
    size_t used;
    struct libdeflate_decompressor *unpacker = libdeflate_alloc_decompressor();
    if (!unpacker)
        return mm_fail_memory(err, "the zlib decompressor");
    enum libdeflate_result result = libdeflate_zlib_decompress_ex(unpacker, bytes, size, out, want, &used, NULL);
    libdeflate_free_decompressor(unpacker);
    if (result == LIBDEFLATE_SUCCESS)
        return MM_OK;
    return mm_fail(err, MM_ERR_DATA, "the zlib data (%zu bytes) %s: the header needs %zu bytes", size,
                   result == LIBDEFLATE_BAD_DATA       ? "are damaged or cut short"
                   : result == LIBDEFLATE_SHORT_OUTPUT ? "hold too little"
                                                       : "hold too much",
                   want);
}

/* The numbers as one run of bytes; in the arena when they have to be made. */
static enum mm_status find_numbers(struct mm_arena *scratch, const struct mm_meta *m, const unsigned char *bytes,
                                   size_t size, const unsigned char **numbers, struct mm_error *err)
{
    size_t needed = m->values * mm_type_bytes(m->numbers.type); /* at most 2^34 * 8 */
    bool is_raw = !m->is_text && !m->is_compressed;
    size_t skip = m->header_size >= 0 ? (size_t)m->header_size : size > needed && is_raw ? size - needed : 0;
    if (skip > size || (is_raw && needed > size - skip))
        return mm_fail(err, MM_ERR_DATA, "cut short: %zu bytes of voxels, the header needs %zu after %zu", size,
                       needed, skip);
    *numbers = bytes + skip;
    if (is_raw)
        return MM_OK;
    bytes += skip;
    size -= skip;
    if (m->is_text ? m->values / 2 > size : !mm_gzip_can_hold(size, needed)) /* text: a digit and a blank each */
        return mm_fail(err, MM_ERR_DATA, "the header needs %zu values, more than %zu bytes can hold", m->values,
                       size);
    unsigned char *made = mm_arena_alloc(scratch, needed);
    if (!made)
        return mm_fail_memory(err, "the unpacked image");
    *numbers = made;
    if (m->is_text)
        return mm_decode_text(bytes, size, m->numbers.type, m->values, made, err);
    return mm_gzip_is(bytes, size) ? mm_gzip_unpack(bytes, size, made, needed, err)
                                   : unpack_zlib(bytes, size, made, needed, err);
}

static enum mm_status make_volume(struct mm_arena *arena, const struct mm_meta *m, const unsigned char *bytes,
                                  size_t size, struct mm_volume **out, struct mm_error *err)
{
    struct mm_arena scratch;
    const unsigned char *numbers = NULL;
    mm_arena_init(&scratch, arena->budget);
    enum mm_status s = find_numbers(&scratch, m, bytes, size, &numbers, err);
    if (s == MM_OK) {
        *out = mm_decode_numbers(arena, &m->info, &m->numbers, numbers);
        s = *out ? MM_OK : mm_fail_memory(err, "the voxels");
    }
    mm_arena_done(&scratch);
    return s;
}

enum mm_status mm_meta_from_bytes(struct mm_arena *arena, const unsigned char *bytes, size_t size,
                                  struct mm_volume **out, struct mm_error *err)
{
    struct mm_meta m;
    enum mm_status s;
    if (MM_TRY(s, mm_meta_parse(bytes, size, &m, err)))
        return s;
    if (!m.is_local)
        return mm_fail(err, MM_ERR_DATA, "the data are in another file, \"%.*s\"",
                       MM_PIECE_SHOWN(m.field[MM_META_DATA_FILE]));
    return make_volume(arena, &m, bytes + m.data_at, size - m.data_at, out, err);
}

/* The header of a file, in the arena. */
static enum mm_status read_header(struct mm_arena *scratch, const char *path, struct mm_meta *m, struct mm_error *err)
{
    unsigned char *bytes;
    size_t got;
    uint64_t file_bytes;
    enum mm_status s;
    if (MM_TRY(s, mm_decode_start(scratch, path, MM_TEXT_HEADER_MAX, &bytes, &got, &file_bytes, err)) ||
        MM_TRY(s, mm_meta_parse(bytes, got, m, err)))
        return s;
    m->info.file_bytes = file_bytes;
    return MM_OK;
}

static enum mm_status read_detached(struct mm_arena *arena, struct mm_arena *scratch, const struct mm_meta *m,
                                    const char *path, struct mm_volume **out, struct mm_error *err)
{
    struct mm_piece name = m->field[MM_META_DATA_FILE];
    char *data_path;
    unsigned char *bytes;
    size_t size;
    enum mm_status s;
    if ((name.length >= 4 && mm_piece_is((struct mm_piece){name.at, 4}, "LIST")) ||
        (name.length && memchr(name.at, '%', name.length)))
        return mm_fail(err, MM_ERR_DATA, "the data are in many files, \"%.*s\": join them in one",
                       MM_PIECE_SHOWN(name));
    if (MM_TRY(s, mm_piece_data_path(scratch, name, path, &data_path, err)) ||
        MM_TRY(s, mm_file_read(scratch, data_path, MM_IMAGE_FILE_MAX, &bytes, &size, err)))
        return s;
    return make_volume(arena, m, bytes, size, out, err);
}

static enum mm_status header(const char *path, struct mm_image_info *info, struct mm_error *err)
{
    struct mm_arena scratch;
    struct mm_meta m;
    mm_arena_init(&scratch, NULL);
    enum mm_status s = read_header(&scratch, path, &m, err);
    if (s == MM_OK)
        *info = m.info;
    mm_arena_done(&scratch);
    return s;
}

static enum mm_status data_file(struct mm_arena *arena, const char *path, char **file, struct mm_error *err)
{
    struct mm_arena scratch;
    struct mm_meta m;
    mm_arena_init(&scratch, NULL);
    enum mm_status s = read_header(&scratch, path, &m, err);
    if (s == MM_OK && !m.is_local)
        s = mm_piece_data_path(arena, m.field[MM_META_DATA_FILE], path, file, err);
    mm_arena_done(&scratch);
    return s;
}

static enum mm_status read(struct mm_arena *arena, const char *path, struct mm_volume **out, struct mm_error *err)
{
    struct mm_arena scratch;
    struct mm_meta m;
    mm_arena_init(&scratch, arena->budget);
    enum mm_status s = read_header(&scratch, path, &m, err);
    if (s == MM_OK)
        s = m.is_local ? mm_decode_file(arena, path, mm_meta_from_bytes, out, err)
                       : read_detached(arena, &scratch, &m, path, out, err);
    mm_arena_done(&scratch);
    return s;
}

const struct mm_format mm_format_metaimage = {
    .name = "metaimage",
    .extensions = ".mha .mhd",
    .summary = "MetaImage as ITK, ITK-SNAP and MITK write it, plain, compressed or ascii",
    .probe = probe,
    .header = header,
    .read = read,
    .data_file = data_file,
    .write = mm_meta_write,
    .has_float = true,
};
