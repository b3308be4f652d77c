/* The format NumPy .npy, versions 1 to 3 (numpy.lib.format): one array of numbers.
 *
 * The axes of the array are x, y, z and channels in this order, a[x, y], a[x, y, z] or a[x, y, z, c], as MONAI's
 * NumpyReader takes them; whether the first or the last of them is contiguous does not matter. So an array of three
 * axes is a volume, never a colour image. There is no affine: one voxel is one millimetre. Booleans become uint8.
 * Written are contiguous first axes (fortran_order), which is this program's own order. */
#include "base/file.h"
#include "image/affine.h"
#include "image/fields.h"
#include "image/npy_internal.h"

#define MAGIC_LENGTH 6
#define HEADER_MAX   65536
#define AXES_MAX     4
#define ALIGNMENT    64 /* of the data in the file */

struct npy {
    size_t data_at, values;
    struct mm_image_info info;
    struct mm_numbers numbers;
};

static const struct {
    char kind;
    int bytes;
    enum mm_type type;
} types[] = {
    {'b', 1, MM_U8},  {'u', 1, MM_U8},  {'i', 1, MM_I8},  {'u', 2, MM_U16}, {'i', 2, MM_I16}, {'u', 4, MM_U32},
    {'i', 4, MM_I32}, {'u', 8, MM_U64}, {'i', 8, MM_I64}, {'f', 4, MM_F32}, {'f', 8, MM_F64},
};
#define TYPE_COUNT (sizeof types / sizeof *types)

static bool probe(const unsigned char *bytes, size_t size, const char *path)
{
    (void)path;
    return size >= MAGIC_LENGTH + 4 && memcmp(bytes, "\x93NUMPY", MAGIC_LENGTH) == 0;
}

/* What stands behind 'key': in the dictionary, up to its end. */
static bool find_value(struct mm_piece header, const char *key, struct mm_piece *value)
{
    size_t length = strlen(key);
    const char *at = memmem(header.at, header.length, key, length);
    if (!at)
        return false;
    size_t left = header.length - (size_t)(at - header.at) - length;
    at += length;
    while (left && (*at == ' ' || *at == ':')) {
        at++;
        left--;
    }
    *value = (struct mm_piece){at, left};
    return left > 0;
}

/* '<i2': byte order, kind, bytes. */
static enum mm_status read_type(struct mm_piece header, struct npy *n, struct mm_error *err)
{
    struct mm_piece value;
    if (!find_value(header, "'descr'", &value) || value.length < 5)
        return mm_fail(err, MM_ERR_DATA, "the header has no 'descr'");
    const char *d = value.at;
    n->numbers.big_endian = d[1] == '>' || (d[1] == '=' && MM_HOST_IS_BIG_ENDIAN);
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (d[0] == '\'' && strchr("<>|=", d[1]) && d[1] && d[2] == types[i].kind && d[3] == '0' + types[i].bytes &&
            d[4] == '\'') {
            n->info.type = n->numbers.type = types[i].type;
            return MM_OK;
        }
    }
    size_t shown = value.length < 12 ? value.length : 12;
    const char *comma = memchr(d, ',', shown);
    return mm_fail(err, MM_ERR_DATA,
                   "elements are %.*s: booleans, integers of 1 to 8 bytes and floats of 4 and 8 are read, not half "
                   "floats, complex numbers, records or objects",
                   (int)(comma ? (size_t)(comma - d) : shown), d);
}

/* (3, 4, 5) or (3,4,5,): up to AXES_MAX numbers; returns how many, or -1. */
static int read_tuple(struct mm_piece value, int64_t sizes[AXES_MAX])
{
    char text[128];
    size_t used = 0;
    int count = 0;
    const char *end = memchr(value.at, ')', value.length);
    if (*value.at != '(' || !end || (size_t)(end - value.at) >= sizeof text)
        return -1;
    for (const char *c = value.at + 1; c < end; c++)
        text[used++] = *c == ',' ? ' ' : *c;
    struct mm_piece rest = {text, used}, word;
    while (mm_piece_word(&rest, &word)) {
        if (count == AXES_MAX || !mm_piece_integers(word, &sizes[count], 1))
            return -1;
        count++;
    }
    return count;
}

static enum mm_status read_sizes(struct mm_piece header, struct npy *n, struct mm_error *err)
{
    struct mm_piece value;
    int64_t sizes[AXES_MAX] = {1, 1, 1, 1};
    int count = find_value(header, "'shape'", &value) ? read_tuple(value, sizes) : -1;
    if (count < 2)
        return mm_fail(err, MM_ERR_DATA, "the shape has %s: an image has 2 to 4 axes, x, y, z and channels",
                       count < 0 ? "no such form" : "too few axes");
    for (int a = 0; a < AXES_MAX; a++) {
        if (sizes[a] < 1 || sizes[a] > INT32_MAX)
            return mm_fail(err, MM_ERR_DATA, "axis %d has %lld elements: 1 to %d are read", a, (long long)sizes[a],
                           INT32_MAX);
    }
    n->info.rank = count == 2 ? 2 : 3;
    for (int a = 0; a < 3; a++)
        n->info.size[a] = (int)sizes[a];
    n->info.channels = (int)sizes[3];
    return mm_decode_check_size(&n->info, &n->values, err);
}

/* The first axis contiguous (fortran_order), or the last. */
static enum mm_status read_order(struct mm_piece header, struct npy *n, struct mm_error *err)
{
    struct mm_piece value;
    bool found = find_value(header, "'fortran_order'", &value);
    bool is_first = found && value.length >= 4 && memcmp(value.at, "True", 4) == 0;
    if (!is_first && !(found && value.length >= 5 && memcmp(value.at, "False", 5) == 0))
        return mm_fail(err, MM_ERR_DATA, "the header has no 'fortran_order' that is True or False");
    const size_t sizes[AXES_MAX] = {(size_t)n->info.size[0], (size_t)n->info.size[1], (size_t)n->info.size[2],
                                    (size_t)n->info.channels};
    size_t stride = 1;
    for (int i = 0; i < AXES_MAX; i++) {
        int a = is_first ? i : AXES_MAX - 1 - i;
        n->numbers.stride[a] = stride;
        stride *= sizes[a]; /* their product is checked */
    }
    return MM_OK;
}

static enum mm_status parse(const unsigned char *bytes, size_t size, struct npy *n, struct mm_error *err)
{
    enum mm_status s;
    memset(n, 0, sizeof *n);
    if (!probe(bytes, size, NULL))
        return mm_fail(err, MM_ERR_DATA, "not a .npy file, or cut short: %zu bytes", size);
    int version = bytes[MAGIC_LENGTH];
    size_t start = version == 1 ? 10 : 12, length = bytes[8] + 256u * bytes[9];
    if (version < 1 || version > 3)
        return mm_fail(err, MM_ERR_DATA, "version %d of .npy: 1 to 3 are read", version);
    if (version > 1 && size >= start)
        length += 65536u * bytes[10] + ((size_t)bytes[11] << 24);
    if (size < start || length > size - start || length > HEADER_MAX)
        return mm_fail(err, MM_ERR_DATA, "cut short, or a header of %zu bytes, more than %d", length, HEADER_MAX);
    struct mm_piece header = {(const char *)bytes + start, length};
    n->data_at = start + length;
    mm_affine_identity(n->info.affine);
    if (MM_TRY(s, read_type(header, n, err)) || MM_TRY(s, read_sizes(header, n, err)))
        return s;
    return read_order(header, n, err);
}

enum mm_status mm_npy_from_bytes(struct mm_arena *arena, const unsigned char *bytes, size_t size,
                                 struct mm_volume **out, struct mm_error *err)
{
    struct npy n;
    enum mm_status s;
    if (MM_TRY(s, parse(bytes, size, &n, err)))
        return s;
    size_t needed = n.values * mm_type_bytes(n.info.type); /* at most 2^34 * 8 */
    if (size - n.data_at < needed)
        return mm_fail(err, MM_ERR_DATA, "cut short: %zu bytes of elements, the shape needs %zu", size - n.data_at,
                       needed);
    *out = mm_decode_numbers(arena, &n.info, &n.numbers, bytes + n.data_at);
    return *out ? MM_OK : mm_fail_memory(err, "the voxels");
}

static enum mm_status read(struct mm_arena *arena, const char *path, struct mm_volume **out, struct mm_error *err)
{
    return mm_decode_file(arena, path, mm_npy_from_bytes, out, err);
}

static enum mm_status header(const char *path, struct mm_image_info *info, struct mm_error *err)
{
    struct mm_arena scratch;
    struct npy n;
    unsigned char *bytes;
    size_t got;
    uint64_t file_bytes;
    enum mm_status s;
    mm_arena_init(&scratch, NULL);
    if (!MM_TRY(s, mm_decode_start(&scratch, path, HEADER_MAX + 12, &bytes, &got, &file_bytes, err)) &&
        !MM_TRY(s, parse(bytes, got, &n, err))) {
        *info = n.info;
        info->file_bytes = file_bytes;
    }
    mm_arena_done(&scratch);
    return s;
}

/* Version 1: the dictionary, filled with blanks so that the data are aligned. */
static size_t make_header(const struct mm_volume *v, char header[2 * ALIGNMENT + 128])
{
    static const char kinds[MM_TYPE_COUNT] = {'u', 'i', 'u', 'i', 'u', 'i', 'u', 'i', 'f', 'f'};
    char shape[64], order = mm_type_bytes(v->type) == 1 ? '|' : MM_HOST_IS_BIG_ENDIAN ? '>' : '<';
    int used = snprintf(shape, sizeof shape, "%d, %d", v->size[0], v->size[1]);
    if (v->rank == 3 || v->channels > 1)
        used += snprintf(shape + used, sizeof shape - (size_t)used, ", %d", v->size[2]);
    if (v->channels > 1)
        snprintf(shape + used, sizeof shape - (size_t)used, ", %d", v->channels);
    size_t length = (size_t)snprintf(header + 10, 2 * ALIGNMENT + 118,
                                     "{'descr': '%c%c%zu', 'fortran_order': True, 'shape': (%s), }", order,
                                     kinds[v->type], mm_type_bytes(v->type), shape);
    size_t total = (10 + length + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    memset(header + 10 + length, ' ', total - 10 - length);
    header[total - 1] = '\n';
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = (char)((total - 10) & 0xff);
    header[9] = (char)((total - 10) >> 8);
    return total;
}

static enum mm_status write(const char *path, const struct mm_volume *volume, struct mm_error *err)
{
    struct mm_arena scratch;
    struct mm_file_writer writer;
    char start[2 * ALIGNMENT + 128];
    enum mm_status s;
    mm_arena_init(&scratch, NULL);
    const struct mm_volume *dense = mm_volume_is_dense(volume) ? volume : mm_volume_copy(&scratch, volume);
    if (!dense)
        s = mm_fail_memory(err, "the voxels in order");
    else if (!MM_TRY(s, mm_file_writer_open(&writer, path, err))) {
        mm_file_writer_write(&writer, start, make_header(dense, start));
        mm_file_writer_write(&writer, dense->data, mm_volume_bytes(dense));
        s = mm_file_writer_commit(&writer, err);
    }
    mm_arena_done(&scratch);
    return s;
}

const struct mm_format mm_format_npy = {
    .name = "npy",
    .extensions = ".npy",
    .summary = "NumPy arrays with axes x, y, z, channels",
    .probe = probe,
    .header = header,
    .read = read,
    .write = write,
    .has_float = true,
};
