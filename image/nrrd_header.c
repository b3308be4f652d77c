/* The header of NRRD: lines "field: value" up to an empty line; comments and "key:=value" lines are passed over. */
#include "image/nrrd_internal.h"

#define MAGIC_LENGTH 8 /* NRRD0001 to NRRD0005 */

#define FIELD_NAMES(id, names) [MM_NRRD_##id] = names,
static const char *const field_names[] = {MM_NRRD_FIELDS(FIELD_NAMES)};

/* The first name is the one that is written. */
static const struct {
    enum mm_type type;
    const char *name, *aliases;
} types[] = {
    {MM_U8, "unsigned char", "uchar unsigned_char uint8 uint8_t"},
    {MM_I8, "signed char", "signed_char int8 int8_t"},
    {MM_U16, "unsigned short", "ushort unsigned_short unsigned_short_int uint16 uint16_t"},
    {MM_I16, "short", "short short_int signed_short signed_short_int int16 int16_t"},
    {MM_U32, "unsigned int", "uint unsigned_int uint32 uint32_t"},
    {MM_I32, "int", "int signed_int int32 int32_t"},
    {MM_U64, "unsigned long long int", "ulonglong unsigned_long_long unsigned_long_long_int uint64 uint64_t"},
    {MM_I64, "long long int", "longlong long_long long_long_int signed_long_long signed_long_long_int int64 int64_t"},
    {MM_F32, "float", "float"},
    {MM_F64, "double", "double"},
};
#define TYPE_COUNT (sizeof types / sizeof *types)

const char *mm_nrrd_type_name(enum mm_type type)
{
    size_t i = 0;
    while (types[i].type != type)
        i++;
    return types[i].name;
}

bool mm_nrrd_is(const unsigned char *bytes, size_t size)
{
    return size > MAGIC_LENGTH && memcmp(bytes, "NRRD000", 7) == 0 && bytes[7] >= '1' && bytes[7] <= '5' &&
           (bytes[8] == '\n' || bytes[8] == '\r');
}

static void keep_field(struct mm_nrrd *n, struct mm_piece line)
{
    struct mm_piece key, value;
    if ((line.length && *line.at == '#') || !mm_piece_split(line, ':', &key, &value))
        return;
    for (int i = 0; i < MM_NRRD_FIELD_COUNT; i++) {
        if (mm_piece_among(key, field_names[i]))
            n->field[i] = value;
    }
}

/* A header without data may end with the file. */
static enum mm_status split_lines(struct mm_nrrd *n, const unsigned char *bytes, size_t size, struct mm_error *err)
{
    struct mm_piece rest = {(const char *)bytes, size < MM_TEXT_HEADER_MAX ? size : MM_TEXT_HEADER_MAX}, line;
    if (!mm_nrrd_is(bytes, size))
        return mm_fail(err, MM_ERR_DATA, "not an NRRD file: it does not start with NRRD0001 to NRRD0005");
    while (mm_piece_line(&rest, &line) && line.length)
        keep_field(n, line);
    n->data_at = (size_t)(rest.at - (const char *)bytes);
    if (line.length && !n->field[MM_NRRD_DATA_FILE].at)
        return mm_fail(err, MM_ERR_DATA, "the NRRD header has no empty line at its end within %zu bytes",
                       size < MM_TEXT_HEADER_MAX ? size : MM_TEXT_HEADER_MAX);
    return MM_OK;
}

/* The fields without which there is no image. */
static enum mm_status check_present(const struct mm_nrrd *n, struct mm_error *err)
{
    static const enum mm_nrrd_field needed[] = {MM_NRRD_TYPE, MM_NRRD_DIMENSION, MM_NRRD_SIZES, MM_NRRD_ENCODING};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (!n->field[needed[i]].at)
            return mm_fail(err, MM_ERR_DATA, "the NRRD header has no field \"%s\"", field_names[needed[i]]);
    }
    return MM_OK;
}

static enum mm_status read_type(struct mm_nrrd *n, struct mm_error *err)
{
    struct mm_piece type = n->field[MM_NRRD_TYPE], endian = n->field[MM_NRRD_ENDIAN];
    size_t i = 0;
    while (i < TYPE_COUNT && !mm_piece_among(type, types[i].aliases))
        i++;
    if (i == TYPE_COUNT)
        return mm_fail(err, MM_ERR_DATA, "type is \"%.*s\": integers of 8 to 64 bits, float and double are read",
                       MM_PIECE_SHOWN(type));
    n->info.type = n->numbers.type = types[i].type;
    bool matters = n->encoding != MM_NRRD_TEXT && mm_type_bytes(n->info.type) > 1;
    n->numbers.big_endian = n->encoding == MM_NRRD_TEXT ? MM_HOST_IS_BIG_ENDIAN : mm_piece_is(endian, "big");
    if (matters && !n->numbers.big_endian && !mm_piece_is(endian, "little"))
        return mm_fail(err, MM_ERR_DATA, "endian is \"%.*s\": it must be little or big", MM_PIECE_SHOWN(endian));
    return MM_OK;
}

static enum mm_status read_encoding(struct mm_nrrd *n, struct mm_error *err)
{
    struct mm_piece encoding = n->field[MM_NRRD_ENCODING];
    if (mm_piece_is(encoding, "raw"))
        n->encoding = MM_NRRD_RAW;
    else if (mm_piece_among(encoding, "gzip gz"))
        n->encoding = MM_NRRD_GZIP;
    else if (mm_piece_among(encoding, "ascii text txt"))
        n->encoding = MM_NRRD_TEXT;
    else
        return mm_fail(err, MM_ERR_DATA, "encoding is \"%.*s\": raw, gzip and ascii are read",
                       MM_PIECE_SHOWN(encoding));
    return MM_OK;
}

/* Bytes and lines to pass over before the data. */
static enum mm_status read_skips(struct mm_nrrd *n, struct mm_error *err)
{
    struct mm_piece lines = n->field[MM_NRRD_LINE_SKIP], bytes = n->field[MM_NRRD_BYTE_SKIP];
    if (lines.at && (!mm_piece_integers(lines, &n->line_skip, 1) || n->line_skip < 0))
        return mm_fail(err, MM_ERR_DATA, "line skip is \"%.*s\": it must be a number of lines",
                       MM_PIECE_SHOWN(lines));
    if (bytes.at && (!mm_piece_integers(bytes, &n->byte_skip, 1) || n->byte_skip < -1))
        return mm_fail(err, MM_ERR_DATA, "byte skip is \"%.*s\": it must be a number of bytes, or -1",
                       MM_PIECE_SHOWN(bytes));
    if (n->byte_skip != 0 && n->encoding != MM_NRRD_RAW)
        return mm_fail(err, MM_ERR_DATA, "byte skip is %lld: only raw data are read after one",
                       (long long)n->byte_skip);
    return MM_OK;
}

static enum mm_status read_sizes(struct mm_nrrd *n, struct mm_error *err)
{
    struct mm_piece dimension = n->field[MM_NRRD_DIMENSION], sizes = n->field[MM_NRRD_SIZES];
    int64_t count;
    if (!mm_piece_integers(dimension, &count, 1) || count < 2 || count > MM_NRRD_AXES)
        return mm_fail(err, MM_ERR_DATA, "dimension is \"%.*s\": an image has 2 to 4, of which at most one channels",
                       MM_PIECE_SHOWN(dimension));
    n->dimension = (int)count;
    if (!mm_piece_integers(sizes, n->size, n->dimension))
        return mm_fail(err, MM_ERR_DATA, "sizes are \"%.*s\": %d whole numbers are needed", MM_PIECE_SHOWN(sizes),
                       n->dimension);
    for (int a = 0; a < n->dimension; a++) {
        if (n->size[a] < 1 || n->size[a] > INT32_MAX)
            return mm_fail(err, MM_ERR_DATA, "sizes are \"%.*s\": a size is 1 to %d", MM_PIECE_SHOWN(sizes),
                           INT32_MAX);
    }
    return MM_OK;
}

enum mm_status mm_nrrd_parse(const unsigned char *bytes, size_t size, struct mm_nrrd *n, struct mm_error *err)
{
    enum mm_status s;
    memset(n, 0, sizeof *n);
    if (MM_TRY(s, split_lines(n, bytes, size, err)) || MM_TRY(s, check_present(n, err)) ||
        MM_TRY(s, read_encoding(n, err)) || MM_TRY(s, read_type(n, err)) || MM_TRY(s, read_skips(n, err)) ||
        MM_TRY(s, read_sizes(n, err)) || MM_TRY(s, mm_nrrd_read_axes(n, err)))
        return s;
    return mm_decode_check_size(&n->info, &n->values, err);
}
