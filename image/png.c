/* The format PNG, by libpng: 8 or 16 bits, grey, grey and alpha, RGB, RGBA. Palettes become RGB (RGBA with
 * transparency), grey of 1, 2 and 4 bits becomes 8 bits, a transparent colour becomes an alpha channel.
 *
 * libpng reports failure by longjmp. Only the functions marked "may jump" call it in that state; they own nothing:
 * memory is in arenas and libpng's structs, which their callers free. */
#include <errno.h>
#include <png.h>
#include <setjmp.h>

#include "base/file.h"
#include "image/affine.h"
#include "image/decode.h"
#include "image/gzip.h"
#include "image/png_internal.h"
#include "image/source.h"

#define SIGNATURE_SIZE  8
#define CHUNK_BYTES_MAX (8 << 20) /* of one text or profile chunk, which we do not keep */

static bool probe(const unsigned char *bytes, size_t size, const char *path)
{
    (void)path;
    return size >= SIGNATURE_SIZE && png_sig_cmp(bytes, 0, SIGNATURE_SIZE) == 0;
}

/* One image on its way in. */
struct reader {
    const unsigned char *bytes;
    size_t size, used;
    FILE *stream; /* instead of bytes, for the header alone */
    png_structp png;
    png_infop info;
    struct mm_arena *arena, *scratch;
    struct mm_volume *volume;
    struct mm_error *err;
    enum mm_status status; /* why we jumped */
};

static void on_error(png_structp png, png_const_charp message)
{
    struct reader *r = png_get_error_ptr(png);
    if (r->status == MM_OK)
        r->status = mm_fail(r->err, MM_ERR_DATA, "damaged PNG: %s", message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static void give_bytes(png_structp png, png_bytep out, size_t size)
{
    struct reader *r = png_get_io_ptr(png);
    if (r->stream) {
        if (fread(out, 1, size, r->stream) != size)
            png_error(png, "the file ends early");
        return;
    }
    if (size > r->size - r->used)
        png_error(png, "the file ends early");
    memcpy(out, r->bytes + r->used, size);
    r->used += size;
}

static void stop(struct reader *r, enum mm_status status)
{
    r->status = status;
    png_longjmp(r->png, 1);
}

/* May jump. Everything becomes 8 or 16 bits a channel, in the byte order of this machine. */
static void ask_for_channels(struct reader *r)
{
    png_set_expand(r->png);
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        png_set_swap(r->png);
    png_set_interlace_handling(r->png);
    png_read_update_info(r->png, r->info);
}

/* May jump. A file of n bytes cannot hold more packed rows than deflate can make of them, and what they expand to
 * has a stated maximum. */
static void check_size(struct reader *r, size_t packed_row, size_t row, size_t height)
{
    size_t packed, total;
    if (!mm_size_mul(packed_row, height, &packed) || !mm_gzip_can_hold(r->size, packed))
        stop(r, mm_fail(r->err, MM_ERR_DATA, "%zu rows of %zu bytes are more than a PNG of %zu bytes can hold",
                        height, packed_row, r->size));
    if (!mm_size_mul(row, height, &total) || total > MM_PNG_BYTES_MAX)
        stop(r, mm_fail(r->err, MM_ERR_DATA, "%zu rows of %zu bytes are too large: the limit is %zu bytes", height,
                        row, MM_PNG_BYTES_MAX));
}

/* May jump. Interlaced images need all rows at once. */
static void read_rows(struct reader *r, unsigned char *pixels, size_t row_bytes, size_t height)
{
    png_bytep *rows = mm_arena_array(r->scratch, png_bytep, height);
    if (!rows)
        stop(r, mm_fail_memory(r->err, "the rows of a PNG"));
    for (size_t y = 0; y < height; y++)
        rows[y] = pixels + y * row_bytes;
    png_read_image(r->png, rows);
    png_read_end(r->png, NULL);
}

/* May jump. */
static void read_image(struct reader *r)
{
    png_read_info(r->png, r->info);
    size_t packed_row = png_get_rowbytes(r->png, r->info);
    ask_for_channels(r);
    size_t row_bytes = png_get_rowbytes(r->png, r->info);
    int channels = png_get_channels(r->png, r->info);
    const int size[3] = {(int)png_get_image_width(r->png, r->info), (int)png_get_image_height(r->png, r->info), 1};
    enum mm_type type = png_get_bit_depth(r->png, r->info) == 16 ? MM_U16 : MM_U8;
    check_size(r, packed_row, row_bytes, (size_t)size[1]);

    unsigned char *pixels = mm_arena_array_of(r->scratch, (size_t)size[1], row_bytes);
    if (!pixels)
        stop(r, mm_fail_memory(r->err, "the pixels of a PNG"));
    read_rows(r, pixels, row_bytes, (size_t)size[1]);
    r->volume = mm_volume_make(r->arena, type, 2, channels, size);
    if (!r->volume)
        stop(r, mm_fail_memory(r->err, "the pixels of a PNG"));
    for (int c = 0; c < channels; c++)
        mm_convert(mm_volume_row(r->volume, c, 0, 0), type, pixels + (size_t)c * mm_type_bytes(type), type,
                   mm_volume_voxels(r->volume), (size_t)channels);
}

static enum mm_status open_reader(struct reader *r)
{
    r->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, r, on_error, on_warning);
    if (r->png)
        r->info = png_create_info_struct(r->png);
    if (!r->info)
        return mm_fail_memory(r->err, "the PNG decoder");
    png_set_user_limits(r->png, MM_PNG_SIDE_MAX, MM_PNG_SIDE_MAX);
    png_set_chunk_malloc_max(r->png, CHUNK_BYTES_MAX);
    png_set_read_fn(r->png, r, give_bytes);
    return MM_OK;
}

static void run_reader(struct reader *r)
{
    if (setjmp(png_jmpbuf(r->png)) == 0)
        read_image(r);
}

enum mm_status mm_png_from_bytes(struct mm_arena *arena, const unsigned char *bytes, size_t size,
                                 struct mm_volume **out, struct mm_error *err)
{
    struct mm_arena scratch;
    struct reader r = {.bytes = bytes, .size = size, .arena = arena, .scratch = &scratch, .err = err};
    mm_arena_init(&scratch, arena->budget);
    r.status = open_reader(&r);
    if (r.status == MM_OK)
        run_reader(&r);
    png_destroy_read_struct(&r.png, &r.info, NULL);
    mm_arena_done(&scratch);
    if (r.status == MM_OK)
        *out = r.volume;
    return r.status;
}

static enum mm_status read(struct mm_arena *arena, const char *path, struct mm_volume **out, struct mm_error *err)
{
    return mm_decode_file(arena, path, mm_png_from_bytes, out, err);
}

/* May not be one function with its caller: setjmp leaves the locals of its own function undefined. */
static void read_info(struct reader *r, struct mm_image_info *info)
{
    if (setjmp(png_jmpbuf(r->png)))
        return;
    png_read_info(r->png, r->info);
    ask_for_channels(r);
    info->type = png_get_bit_depth(r->png, r->info) == 16 ? MM_U16 : MM_U8;
    info->channels = png_get_channels(r->png, r->info);
    info->size[0] = (int)png_get_image_width(r->png, r->info);
    info->size[1] = (int)png_get_image_height(r->png, r->info);
}

/* Up to the first pixels: only there is known whether a transparent colour adds a channel. */
static enum mm_status header(const char *path, struct mm_image_info *info, struct mm_error *err)
{
    struct reader r = {.err = err};
    enum mm_status s;
    if (MM_TRY(s, mm_file_size(path, &info->file_bytes, err)))
        return s;
    info->rank = 2;
    info->size[2] = 1;
    mm_affine_identity(info->affine);
    r.stream = fopen(path, "rb");
    if (!r.stream)
        return mm_fail(err, MM_ERR_IO, "%s: cannot open: %s", path, strerror(errno));
    r.status = open_reader(&r);
    if (r.status == MM_OK)
        read_info(&r, info);
    png_destroy_read_struct(&r.png, &r.info, NULL);
    fclose(r.stream);
    return r.status;
}

const struct mm_format mm_format_png = {
    .name = "png",
    .extensions = ".png",
    .summary = "PNG images of 8 or 16 bits with 1 to 4 channels",
    .probe = probe,
    .header = header,
    .read = read,
    .write = mm_png_write,
};
