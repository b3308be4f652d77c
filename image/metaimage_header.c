/* The header of MetaImage: lines "Key = value" that end with ElementDataFile. Directions are those of DICOM and ITK,
 * left-posterior-superior; TransformMatrix lists the direction of the first axis, then of the second ... */
#include "image/affine.h"
#include "image/metaimage_internal.h"

#define AXES_MAX 4

#define FIELD_KEYS(id, keys) [MM_META_##id] = keys,
static const char *const field_keys[] = {MM_META_FIELDS(FIELD_KEYS)};

/* metaTypes.h: MET_LONG has four bytes. The first name of a type is the one that is written. */
static const struct {
    enum mm_type type;
    const char *name;
} types[] = {
    {MM_U8, "MET_UCHAR"},       {MM_I8, "MET_CHAR"},       {MM_U16, "MET_USHORT"}, {MM_I16, "MET_SHORT"},
    {MM_U32, "MET_UINT"},       {MM_I32, "MET_INT"},       {MM_U32, "MET_ULONG"},  {MM_I32, "MET_LONG"},
    {MM_U64, "MET_ULONG_LONG"}, {MM_I64, "MET_LONG_LONG"}, {MM_F32, "MET_FLOAT"},  {MM_F64, "MET_DOUBLE"},
};
#define TYPE_COUNT (sizeof types / sizeof *types)

const char *mm_meta_type_name(enum mm_type type)
{
    size_t i = 0;
    while (types[i].type != type)
        i++;
    return types[i].name;
}

static int field_of(struct mm_piece key)
{
    for (int i = 0; i < MM_META_FIELD_COUNT; i++) {
        if (mm_piece_among(key, field_keys[i]))
            return i;
    }
    return -1;
}

bool mm_meta_is(const unsigned char *bytes, size_t size)
{
    struct mm_piece rest = {(const char *)bytes, size}, line, key, value;
    if (!mm_piece_line(&rest, &line) || !mm_piece_split(line, '=', &key, &value))
        return false;
    return (field_of(key) == MM_META_OBJECT && mm_piece_is(value, "Image")) || field_of(key) == MM_META_NDIMS;
}

static enum mm_status split_lines(struct mm_meta *m, const unsigned char *bytes, size_t size, struct mm_error *err)
{
    struct mm_piece rest = {(const char *)bytes, size < MM_TEXT_HEADER_MAX ? size : MM_TEXT_HEADER_MAX};
    struct mm_piece line, key, value;
    while (!m->field[MM_META_DATA_FILE].at) {
        bool has_line = mm_piece_line(&rest, &line);
        bool is_field = has_line && mm_piece_split(line, '=', &key, &value);
        int field = is_field ? field_of(key) : -1;
        if (!has_line || (line.length && !is_field))
            return mm_fail(err, MM_ERR_DATA,
                           "not a MetaImage header: lines \"Key = value\" that end with ElementDataFile are needed");
        if (field >= 0)
            m->field[field] = value;
    }
    m->data_at = (size_t)(rest.at - (const char *)bytes);
    return MM_OK;
}

static enum mm_status fail_value(const struct mm_meta *m, enum mm_meta_field field, const char *needs,
                                 struct mm_error *err)
{
    struct mm_piece value = m->field[field];
    if (!value.at)
        return mm_fail(err, MM_ERR_DATA, "the header has no %s: %s", field_keys[field], needs);
    return mm_fail(err, MM_ERR_DATA, "%.*s is \"%.*s\": %s", (int)strcspn(field_keys[field], " "), field_keys[field],
                   MM_PIECE_SHOWN(value), needs);
}

/* True or False; false when it is not there. */
static enum mm_status read_flag(const struct mm_meta *m, enum mm_meta_field field, bool otherwise, bool *out,
                                struct mm_error *err)
{
    struct mm_piece value = m->field[field];
    *out = value.at ? mm_piece_among(value, "True T 1") : otherwise;
    if (value.at && !*out && !mm_piece_among(value, "False F 0"))
        return fail_value(m, field, "it must be True or False", err);
    return MM_OK;
}

static enum mm_status read_flags(struct mm_meta *m, struct mm_error *err)
{
    enum mm_status s;
    bool is_binary = true;
    struct mm_piece object = m->field[MM_META_OBJECT], skip = m->field[MM_META_HEADER_SIZE];
    if (object.at && !mm_piece_is(object, "Image"))
        return fail_value(m, MM_META_OBJECT, "only images are read", err);
    if (MM_TRY(s, read_flag(m, MM_META_BINARY, true, &is_binary, err)) ||
        MM_TRY(s, read_flag(m, MM_META_COMPRESSED, false, &m->is_compressed, err)) ||
        MM_TRY(s, read_flag(m, MM_META_MSB, false, &m->numbers.big_endian, err)))
        return s;
    m->is_text = !is_binary;
    if (m->is_text)
        m->numbers.big_endian = MM_HOST_IS_BIG_ENDIAN;
    if (skip.at && (!mm_piece_integers(skip, &m->header_size, 1) || m->header_size < -1))
        return fail_value(m, MM_META_HEADER_SIZE, "it must be a number of bytes, or -1", err);
    m->is_local = mm_piece_is(m->field[MM_META_DATA_FILE], "LOCAL");
    return MM_OK;
}

static enum mm_status read_type(struct mm_meta *m, struct mm_error *err)
{
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (m->field[MM_META_TYPE].at && mm_piece_is(m->field[MM_META_TYPE], types[i].name)) {
            m->info.type = m->numbers.type = types[i].type;
            return MM_OK;
        }
    }
    return fail_value(m, MM_META_TYPE, "MET_CHAR to MET_ULONG_LONG, MET_FLOAT and MET_DOUBLE are read", err);
}

/* Channels are interleaved; or they are the fourth dimension. */
static enum mm_status read_sizes(struct mm_meta *m, int *dimensions, struct mm_error *err)
{
    int64_t count, channels = 1, size[AXES_MAX] = {1, 1, 1, 1};
    struct mm_image_info *info = &m->info;
    if (!m->field[MM_META_NDIMS].at || !mm_piece_integers(m->field[MM_META_NDIMS], &count, 1) || count < 2 ||
        count > AXES_MAX)
        return fail_value(m, MM_META_NDIMS, "an image has 2 or 3, and a fourth for channels", err);
    if (!m->field[MM_META_SIZES].at || !mm_piece_integers(m->field[MM_META_SIZES], size, (int)count))
        return fail_value(m, MM_META_SIZES, "one whole number for each of NDims is needed", err);
    if (m->field[MM_META_CHANNELS].at && !mm_piece_integers(m->field[MM_META_CHANNELS], &channels, 1))
        return fail_value(m, MM_META_CHANNELS, "it must be a number", err);
    if (channels != 1 && size[3] != 1)
        return fail_value(m, MM_META_CHANNELS, "a fourth dimension is channels already", err);
    for (int a = 0; a < AXES_MAX; a++) {
        if (size[a] < 1 || size[a] > INT32_MAX || channels < 1 || channels > INT32_MAX)
            return fail_value(m, MM_META_SIZES, "a size, and the number of channels, is 1 to 2147483647", err);
    }
    *dimensions = (int)count;
    info->rank = count == 2 ? 2 : 3;
    info->channels = (int)(channels * size[3]);
    m->numbers.stride[0] = (size_t)channels;
    for (int a = 0; a < 3; a++)
        info->size[a] = (int)size[a];
    return mm_decode_check_size(info, &m->values, err);
}

/* After the sizes are known to be sane. */
static void set_strides(struct mm_meta *m)
{
    bool is_interleaved = m->numbers.stride[0] > 1;
    for (int a = 0; a < 3; a++)
        m->numbers.stride[a + 1] = m->numbers.stride[a] * (size_t)m->info.size[a];
    if (is_interleaved)
        m->numbers.stride[3] = 1;
}

static enum mm_status read_affine(struct mm_meta *m, int dimensions, struct mm_error *err)
{
    double direction[AXES_MAX * AXES_MAX] = {0}, spacing[AXES_MAX] = {1, 1, 1, 1}, origin[AXES_MAX] = {0};
    enum mm_meta_field lengths = m->field[MM_META_SPACING].at ? MM_META_SPACING : MM_META_ELEMENT_SIZE;
    double *affine = m->info.affine;
    for (int a = 0; a < dimensions; a++)
        direction[a * (dimensions + 1)] = 1;
    if (m->field[MM_META_TRANSFORM].at &&
        !mm_piece_reals(m->field[MM_META_TRANSFORM], direction, dimensions * dimensions))
        return fail_value(m, MM_META_TRANSFORM, "NDims x NDims numbers are needed", err);
    if (m->field[lengths].at && !mm_piece_reals(m->field[lengths], spacing, dimensions))
        return fail_value(m, lengths, "one number for each of NDims is needed", err);
    if (m->field[MM_META_OFFSET].at && !mm_piece_reals(m->field[MM_META_OFFSET], origin, dimensions))
        return fail_value(m, MM_META_OFFSET, "one number for each of NDims is needed", err);
    mm_affine_identity(affine);
    for (int r = 0; r < m->info.rank; r++) {
        for (int c = 0; c < m->info.rank; c++)
            affine[4 * r + c] = direction[c * dimensions + r] * spacing[c];
        affine[4 * r + 3] = origin[r];
    }
    for (int i = 0; i < 8; i++) /* two rows: left and posterior to right and anterior */
        affine[i] = -affine[i] + 0.0;
    return mm_decode_check_affine(affine, err);
}

enum mm_status mm_meta_parse(const unsigned char *bytes, size_t size, struct mm_meta *m, struct mm_error *err)
{
    enum mm_status s;
    int dimensions = 0;
    memset(m, 0, sizeof *m);
    if (MM_TRY(s, split_lines(m, bytes, size, err)) || MM_TRY(s, read_flags(m, err)) ||
        MM_TRY(s, read_type(m, err)) || MM_TRY(s, read_sizes(m, &dimensions, err)))
        return s;
    set_strides(m);
    return read_affine(m, dimensions, err);
}
