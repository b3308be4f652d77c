/* What readers and writers of image files share. Numbers come as the file has them, in either byte order and with the
 * axes in any order, and leave as x, y, z, channel. */
#include "image/decode.h"

#include "base/file.h"
#include "image/affine.h"
#include "image/source.h"

#define NUMBER_LENGTH_MAX 63
#define TILE              64 /* elements a side of what is transposed at a time */

enum mm_status mm_decode_file(struct mm_arena *arena, const char *path, mm_decoder *decode, struct mm_volume **out,
                              struct mm_error *err)
{
    struct mm_arena scratch;
    unsigned char *bytes;
    size_t size;
    mm_arena_init(&scratch, arena->budget);
    enum mm_status s = mm_file_read(&scratch, path, MM_IMAGE_FILE_MAX, &bytes, &size, err);
    if (s == MM_OK)
        s = decode(arena, bytes, size, out, err);
    mm_arena_done(&scratch);
    return s;
}

enum mm_status mm_decode_start(struct mm_arena *arena, const char *path, size_t most, unsigned char **bytes,
                               size_t *got, uint64_t *file_bytes, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, mm_file_size(path, file_bytes, err)))
        return s;
    size_t size = *file_bytes < most ? (size_t)*file_bytes : most;
    *bytes = mm_arena_alloc(arena, size);
    if (!*bytes)
        return mm_fail_memory(err, "the start of a file");
    return mm_file_read_start(path, *bytes, size, got, err);
}

enum mm_status mm_decode_check_size(const struct mm_image_info *info, size_t *values, struct mm_error *err)
{
    const int factors[4] = {info->size[0], info->size[1], info->size[2], info->channels};
    *values = 1;
    for (int i = 0; i < 4; i++) {
        if (factors[i] < 1 || !mm_size_mul(*values, (size_t)factors[i], values) || *values > MM_VOLUME_VOXELS_MAX)
            return mm_fail(err, MM_ERR_DATA,
                           "%d x %d x %d voxels with %d channels: each must be at least 1 and all together at most "
                           "%zu values",
                           factors[0], factors[1], factors[2], factors[3], MM_VOLUME_VOXELS_MAX);
    }
    return MM_OK;
}

enum mm_status mm_decode_check_affine(const double m[16], struct mm_error *err)
{
    double inverse[16];
    if (mm_affine_invert(inverse, m))
        return MM_OK;
    return mm_fail(err, MM_ERR_DATA,
                   "directions, spacing and origin give an affine that %s: [%g %g %g %g] [%g %g %g %g] [%g %g %g %g]",
                   mm_affine_is_finite(m) ? "cannot be inverted" : "holds numbers that are not finite", m[0], m[1],
                   m[2], m[3], m[4], m[5], m[6], m[7], m[8], m[9], m[10], m[11]);
}

static void swap_bytes(unsigned char *bytes, size_t n, size_t width)
{
    for (unsigned char *at = bytes; at < bytes + n * width; at += width) {
        for (size_t i = 0; i < width / 2; i++) {
            unsigned char byte = at[i];
            at[i] = at[width - 1 - i];
            at[width - 1 - i] = byte;
        }
    }
}

/* Widths as literals, so that the compiler turns them into one instruction each. */
void mm_decode_swap(unsigned char *bytes, size_t n, size_t width)
{
    if (width == 2)
        swap_bytes(bytes, n, 2);
    else if (width == 4)
        swap_bytes(bytes, n, 4);
    else if (width == 8)
        swap_bytes(bytes, n, 8);
}

/* n elements that are `step` apart in the file to a row. */
static inline void copy_elements(unsigned char *to, const unsigned char *from, size_t n, size_t step, size_t width)
{
    for (size_t i = 0; i < n; i++)
        memcpy(to + i * width, from + i * step * width, width);
}

/* Widths as literals, so that the compiler turns them into one instruction each. */
static void copy_row(unsigned char *to, const unsigned char *from, size_t n, size_t step, size_t width)
{
    if (step == 1)
        memcpy(to, from, n * width);
    else if (width == 1)
        copy_elements(to, from, n, step, 1);
    else if (width == 2)
        copy_elements(to, from, n, step, 2);
    else if (width == 4)
        copy_elements(to, from, n, step, 4);
    else
        copy_elements(to, from, n, step, 8);
}

/* The axis that is contiguous in the file, of those longer than one. */
static int fastest_axis(const struct mm_numbers *numbers, const size_t size[4])
{
    int fastest = 0;
    for (int a = 1; a < 4; a++) {
        if (size[a] > 1 && (numbers->stride[a] < numbers->stride[fastest] || size[fastest] == 1))
            fastest = a;
    }
    return fastest;
}

/* Where x is not contiguous in the file, squares of x and the axis that is: both sides then stay in the cache. */
static void copy_in_tiles(struct mm_volume *v, const struct mm_numbers *numbers, const unsigned char *bytes,
                          const size_t size[4])
{
    size_t width = mm_type_bytes(v->type);
    int fastest = fastest_axis(numbers, size);
    const size_t *from = numbers->stride, to[4] = {1, size[0], size[0] * size[1], size[0] * size[1] * size[2]};
    size_t tile[4] = {fastest ? TILE : size[0], 1, 1, 1};
    tile[fastest] = fastest ? TILE : tile[fastest];
    size_t tiles = 1;
    for (int a = 0; a < 4; a++)
        tiles *= (size[a] - 1) / tile[a] + 1;
    for (size_t n = 0; n < tiles; n++) {
        size_t begin[4], i[4], rest = n;
        for (int a = 0; a < 4; a++) {
            size_t along = (size[a] - 1) / tile[a] + 1;
            begin[a] = i[a] = rest % along * tile[a];
            rest /= along;
        }
        int a = fastest ? fastest : 1;
        size_t end = begin[a] + tile[a] < size[a] ? begin[a] + tile[a] : size[a];
        size_t run = begin[0] + tile[0] < size[0] ? tile[0] : size[0] - begin[0];
        for (; i[a] < end; i[a]++)
            copy_row((unsigned char *)v->data + (i[0] + i[1] * to[1] + i[2] * to[2] + i[3] * to[3]) * width,
                     bytes + (i[0] * from[0] + i[1] * from[1] + i[2] * from[2] + i[3] * from[3]) * width, run,
                     from[0], width);
    }
}

struct mm_volume *mm_decode_numbers(struct mm_arena *arena, const struct mm_image_info *info,
                                    const struct mm_numbers *numbers, const unsigned char *bytes)
{
    struct mm_volume *v = mm_volume_make(arena, numbers->type, info->rank, info->channels, info->size);
    size_t width = mm_type_bytes(numbers->type);
    if (!v)
        return NULL;
    memcpy(v->affine, info->affine, sizeof v->affine);
    const size_t size[4] = {(size_t)v->size[0], (size_t)v->size[1], (size_t)v->size[2], (size_t)v->channels};
    copy_in_tiles(v, numbers, bytes, size);
    if (numbers->big_endian != MM_HOST_IS_BIG_ENDIAN)
        mm_decode_swap(v->data, mm_volume_bytes(v) / width, width);
    return v;
}

static bool is_blank(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

enum mm_status mm_decode_text(const unsigned char *text, size_t size, enum mm_type type, size_t count, void *out,
                              struct mm_error *err)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        char number[NUMBER_LENGTH_MAX + 1], *end;
        size_t length = 0;
        while (at < size && is_blank(text[at]))
            at++;
        while (at + length < size && !is_blank(text[at + length]))
            length++;
        if (length == 0)
            return mm_fail(err, MM_ERR_DATA, "cut short: %zu numbers, %zu are needed", i, count);
        size_t kept = length < NUMBER_LENGTH_MAX ? length : NUMBER_LENGTH_MAX;
        memcpy(number, text + at, kept);
        number[kept] = '\0';
        double value = strtod(number, &end);
        if (*end || kept < length)
            return mm_fail(err, MM_ERR_DATA, "number %zu of the voxels is no number", i + 1);
        mm_convert((unsigned char *)out + i * mm_type_bytes(type), type, &value, MM_F64, 1, 1);
        at += length;
    }
    return MM_OK;
}

const unsigned char *mm_encode_interleaved(struct mm_arena *arena, const struct mm_volume *v)
{
    size_t width = mm_type_bytes(v->type), pixel = (size_t)v->channels * width, at = 0;
    if (v->channels == 1 && mm_volume_is_dense(v))
        return v->data;
    unsigned char *bytes = mm_arena_alloc(arena, mm_volume_bytes(v));
    if (!bytes)
        return NULL;
    for (int z = 0; z < v->size[2]; z++) {
        for (int y = 0; y < v->size[1]; y++, at += (size_t)v->size[0] * pixel) {
            for (int c = 0; c < v->channels; c++) {
                const unsigned char *from = mm_volume_row(v, c, z, y);
                unsigned char *to = bytes + at + (size_t)c * width;
                for (int x = 0; x < v->size[0]; x++, to += pixel, from += v->stride[0] * (ptrdiff_t)width)
                    memcpy(to, from, width);
            }
        }
    }
    return bytes;
}
