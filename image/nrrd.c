/* The format NRRD: one file, or a header whose data file lies beside it; raw, gzip and ascii data. */
#include "base/file.h"
#include "image/gzip.h"
#include "image/nrrd_internal.h"
#include "image/source.h"

static bool probe(const unsigned char *bytes, size_t size, const char *path)
{
    (void)path;
    return mm_nrrd_is(bytes, size);
}

/* `lines` lines off the front. */
static void skip_lines(struct mm_piece *data, int64_t lines)
{
    struct mm_piece line;
    while (lines-- > 0 && mm_piece_line(data, &line)) {
    }
}

/* Where the raw bytes are among the data. */
static enum mm_status find_raw(const struct mm_nrrd *n, struct mm_piece data, size_t needed,
                               const unsigned char **numbers, struct mm_error *err)
{
    size_t skip = n->byte_skip >= 0 ? (size_t)n->byte_skip : data.length - needed;
    if (data.length < needed || skip > data.length - needed)
        return mm_fail(err, MM_ERR_DATA, "cut short: %zu bytes of voxels, the header needs %zu after %lld",
                       data.length, needed, (long long)(n->byte_skip > 0 ? n->byte_skip : 0));
    *numbers = (const unsigned char *)data.at + skip;
    return MM_OK;
}

/* The numbers as one run of bytes; in the arena when they have to be made. */
static enum mm_status find_numbers(struct mm_arena *scratch, const struct mm_nrrd *n, struct mm_piece data,
                                   const unsigned char **numbers, struct mm_error *err)
{
    size_t needed = n->values * mm_type_bytes(n->numbers.type); /* at most 2^34 * 8 */
    skip_lines(&data, n->line_skip);
    const unsigned char *bytes = (const unsigned char *)data.at;
    if (n->encoding == MM_NRRD_RAW)
        return find_raw(n, data, needed, numbers, err);
    bool fits = n->encoding == MM_NRRD_GZIP ? mm_gzip_can_hold(data.length, needed)
                                            : n->values / 2 <= data.length; /* a digit and a blank each */
    if (!fits)
        return mm_fail(err, MM_ERR_DATA, "the header needs %zu values, more than %zu bytes can hold", n->values,
                       data.length);
    unsigned char *made = mm_arena_alloc(scratch, needed);
    if (!made)
        return mm_fail_memory(err, "the unpacked image");
    *numbers = made;
    if (n->encoding == MM_NRRD_GZIP)
        return mm_gzip_unpack(bytes, data.length, made, needed, err);
    return mm_decode_text(bytes, data.length, n->numbers.type, n->values, made, err);
}

static enum mm_status make_volume(struct mm_arena *arena, const struct mm_nrrd *n, struct mm_piece data,
                                  struct mm_volume **out, struct mm_error *err)
{
    struct mm_arena scratch;
    const unsigned char *numbers = NULL;
    mm_arena_init(&scratch, arena->budget);
    enum mm_status s = find_numbers(&scratch, n, data, &numbers, err);
    if (s == MM_OK) {
        *out = mm_decode_numbers(arena, &n->info, &n->numbers, numbers);
        s = *out ? MM_OK : mm_fail_memory(err, "the voxels");
    }
    mm_arena_done(&scratch);
    return s;
}

enum mm_status mm_nrrd_from_bytes(struct mm_arena *arena, const unsigned char *bytes, size_t size,
                                  struct mm_volume **out, struct mm_error *err)
{
    struct mm_nrrd n;
    enum mm_status s;
    if (MM_TRY(s, mm_nrrd_parse(bytes, size, &n, err)))
        return s;
    if (n.field[MM_NRRD_DATA_FILE].at)
        return mm_fail(err, MM_ERR_DATA, "the data are in another file, \"%.*s\"",
                       MM_PIECE_SHOWN(n.field[MM_NRRD_DATA_FILE]));
    return make_volume(arena, &n, (struct mm_piece){(const char *)bytes + n.data_at, size - n.data_at}, out, err);
}

/* The header of a file, in the arena. */
static enum mm_status read_header(struct mm_arena *scratch, const char *path, struct mm_nrrd *n, struct mm_error *err)
{
    unsigned char *bytes;
    size_t got;
    uint64_t file_bytes;
    enum mm_status s;
    if (MM_TRY(s, mm_decode_start(scratch, path, MM_TEXT_HEADER_MAX, &bytes, &got, &file_bytes, err)) ||
        MM_TRY(s, mm_nrrd_parse(bytes, got, n, err)))
        return s;
    n->info.file_bytes = file_bytes;
    return MM_OK;
}

static enum mm_status read_detached(struct mm_arena *arena, struct mm_arena *scratch, const struct mm_nrrd *n,
                                    const char *path, struct mm_volume **out, struct mm_error *err)
{
    struct mm_piece name = n->field[MM_NRRD_DATA_FILE];
    char *data_path;
    unsigned char *bytes;
    size_t size;
    enum mm_status s;
    if (name.length >= 4 && mm_piece_is((struct mm_piece){name.at, 4}, "LIST"))
        return mm_fail(err, MM_ERR_DATA, "the data are in a list of files: join them in one");
    if (MM_TRY(s, mm_piece_data_path(scratch, name, path, &data_path, err)) ||
        MM_TRY(s, mm_file_read(scratch, data_path, MM_IMAGE_FILE_MAX, &bytes, &size, err)))
        return s;
    return make_volume(arena, n, (struct mm_piece){(const char *)bytes, size}, out, err);
}

static enum mm_status header(const char *path, struct mm_image_info *info, struct mm_error *err)
{
    struct mm_arena scratch;
    struct mm_nrrd n;
    mm_arena_init(&scratch, NULL);
    enum mm_status s = read_header(&scratch, path, &n, err);
    if (s == MM_OK)
        *info = n.info;
    mm_arena_done(&scratch);
    return s;
}

static enum mm_status data_file(struct mm_arena *arena, const char *path, char **file, struct mm_error *err)
{
    struct mm_arena scratch;
    struct mm_nrrd n;
    mm_arena_init(&scratch, NULL);
    enum mm_status s = read_header(&scratch, path, &n, err);
    if (s == MM_OK && n.field[MM_NRRD_DATA_FILE].at)
        s = mm_piece_data_path(arena, n.field[MM_NRRD_DATA_FILE], path, file, err);
    mm_arena_done(&scratch);
    return s;
}

static enum mm_status read(struct mm_arena *arena, const char *path, struct mm_volume **out, struct mm_error *err)
{
    struct mm_arena scratch;
    struct mm_nrrd n;
    mm_arena_init(&scratch, arena->budget);
    enum mm_status s = read_header(&scratch, path, &n, err);
    if (s == MM_OK)
        s = n.field[MM_NRRD_DATA_FILE].at ? read_detached(arena, &scratch, &n, path, out, err)
                                          : mm_decode_file(arena, path, mm_nrrd_from_bytes, out, err);
    mm_arena_done(&scratch);
    return s;
}

const struct mm_format mm_format_nrrd = {
    .name = "nrrd",
    .extensions = ".nrrd .nhdr",
    .summary = "NRRD images as 3D Slicer and ITK write them, raw, gzip or ascii",
    .probe = probe,
    .header = header,
    .read = read,
    .data_file = data_file,
    .write = mm_nrrd_write,
    .has_float = true,
};
