/* The format BMP: palettes of 1, 4 and 8 bits, 24 and 32 bits, not compressed; rows from the top or the bottom.
 * Palettes become RGB, or grey when all their colours are; 32 bits become RGB, and RGBA where a header with masks gives
 * alpha one. Layout: wingdi.h, BITMAPFILEHEADER (14 bytes), then BITMAPCOREHEADER (12) or BITMAPINFOHEADER (40) and its
 * longer successors; numbers are little-endian. */
#include "base/file.h"
#include "image/affine.h"
#include "image/bmp_internal.h"
#include "image/decode.h"

#define FILE_HEADER  14
#define CORE_HEADER  12
#define INFO_HEADER  40
#define V3_HEADER    56 /* from here on the masks are in the header */
#define START_MAX    (FILE_HEADER + 256 + 256 * 4)
#define BI_RGB       0
#define BI_BITFIELDS 3
#define SIDE_MAX     1000000

struct bmp {
    uint32_t offset; /* of the rows */
    uint32_t header_size;
    int bits, colours; /* colours in the palette */
    bool top_down, has_alpha, is_grey;
    size_t row_bytes; /* padded to four */
    const unsigned char *palette;
    size_t entry; /* bytes of a colour: blue, green, red, and one more but in the oldest */
    struct mm_image_info info;
};

static uint32_t get(const unsigned char *at, int bytes)
{
    uint32_t value = 0;
    for (int i = bytes - 1; i >= 0; i--)
        value = value << 8 | at[i];
    return value;
}

static bool probe(const unsigned char *bytes, size_t size, const char *path)
{
    (void)path;
    uint32_t header = size >= FILE_HEADER + 4 ? get(bytes + FILE_HEADER, 4) : 0;
    return header >= CORE_HEADER && header <= 256 && bytes[0] == 'B' && bytes[1] == 'M';
}

/* 32 bits with masks: blue, green, red, alpha in this order, which everybody writes. */
static bool has_usual_masks(const unsigned char *bytes, struct bmp *b)
{
    const unsigned char *masks = bytes + FILE_HEADER + INFO_HEADER;
    b->has_alpha = b->header_size >= V3_HEADER && get(masks + 12, 4) == 0xff000000u;
    return b->bits == 32 && get(masks, 4) == 0xff0000 && get(masks + 4, 4) == 0xff00 && get(masks + 8, 4) == 0xff;
}

static enum mm_status read_fields(const unsigned char *bytes, size_t size, struct bmp *b, struct mm_error *err)
{
    const unsigned char *h = bytes + FILE_HEADER;
    bool is_core = b->header_size == CORE_HEADER;
    int64_t height = is_core ? (int32_t)get(h + 6, 2) : (int32_t)get(h + 8, 4), tall = height < 0 ? -height : height;
    uint32_t compression = is_core ? BI_RGB : get(h + 16, 4), used = is_core ? 0 : get(h + 32, 4);
    b->info.size[0] = is_core ? (int)get(h + 4, 2) : (int32_t)get(h + 4, 4);
    b->top_down = height < 0;
    b->info.size[1] = tall <= SIDE_MAX ? (int)tall : 0;
    b->bits = (int)get(is_core ? h + 10 : h + 14, 2);
    bool has_masks = compression == BI_BITFIELDS && size >= FILE_HEADER + V3_HEADER && has_usual_masks(bytes, b);
    if (compression != BI_RGB && !has_masks)
        return mm_fail(
            err, MM_ERR_DATA,
            "compression %u of %d bits is not supported: plain pixels, and 32 bits with the usual masks, are",
            compression, b->bits);
    if (b->bits != 1 && b->bits != 4 && b->bits != 8 && b->bits != 24 && b->bits != 32)
        return mm_fail(err, MM_ERR_DATA, "%d bits a pixel are not supported: 1, 4, 8, 24 and 32 are", b->bits);
    if (b->info.size[0] < 1 || b->info.size[1] < 1 || b->info.size[0] > SIDE_MAX || b->info.size[1] > SIDE_MAX)
        return mm_fail(err, MM_ERR_DATA, "%d x %d pixels: a side is 1 to %d", b->info.size[0], b->info.size[1],
                       SIDE_MAX);
    if (b->bits <= 8)
        b->colours = used >= 1 && used < 1u << b->bits ? (int)used : 1 << b->bits;
    b->entry = is_core ? 3 : 4;
    return MM_OK;
}

static bool has_grey_palette(const struct bmp *b)
{
    for (int i = 0; i < b->colours; i++) {
        const unsigned char *colour = b->palette + (size_t)i * b->entry;
        if (colour[0] != colour[1] || colour[1] != colour[2])
            return false;
    }
    return b->colours > 0;
}

/* Everything before the rows. */
static enum mm_status parse(const unsigned char *bytes, size_t size, struct bmp *b, struct mm_error *err)
{
    enum mm_status s;
    memset(b, 0, sizeof *b);
    if (!probe(bytes, size, NULL))
        return mm_fail(err, MM_ERR_DATA, "not a BMP file, or cut short: %zu bytes", size);
    b->offset = get(bytes + 10, 4);
    b->header_size = get(bytes + FILE_HEADER, 4);
    if (b->header_size != CORE_HEADER && b->header_size < INFO_HEADER)
        return mm_fail(err, MM_ERR_DATA, "a header of %u bytes is not supported: 12, or 40 and more, are",
                       b->header_size);
    if (size < FILE_HEADER + (size_t)b->header_size)
        return mm_fail(err, MM_ERR_DATA, "cut short: %zu bytes, the headers alone have %u", size,
                       FILE_HEADER + b->header_size);
    if (MM_TRY(s, read_fields(bytes, size, b, err)))
        return s;
    size_t palette_end = FILE_HEADER + b->header_size + (size_t)b->colours * b->entry;
    if (b->offset < palette_end || size < palette_end)
        return mm_fail(err, MM_ERR_DATA, "the pixels start at byte %u of %zu, inside the header or palette",
                       b->offset, size);
    b->palette = bytes + FILE_HEADER + b->header_size;
    b->is_grey = has_grey_palette(b);
    b->row_bytes = ((size_t)b->info.size[0] * (size_t)b->bits + 31) / 32 * 4;
    b->info.type = MM_U8;
    b->info.rank = 2;
    b->info.channels = b->is_grey ? 1 : b->has_alpha ? 4 : 3;
    b->info.size[2] = 1;
    mm_affine_identity(b->info.affine);
    return MM_OK;
}

/* Pixels of up to 8 bits, from the highest bits on. False for a colour that is not in the palette. */
static bool put_indices(const struct bmp *b, struct mm_volume *v, int y, const unsigned char *row)
{
    for (int x = 0; x < v->size[0]; x++) {
        int at = x * b->bits, index = row[at / 8] >> (8 - b->bits - at % 8) & ((1 << b->bits) - 1);
        if (index >= b->colours)
            return false;
        for (int c = 0; c < v->channels; c++)
            ((unsigned char *)mm_volume_row(v, c, 0, y))[x] = b->palette[(size_t)index * b->entry + 2 - (size_t)c];
    }
    return true;
}

/* Blue, green, red, alpha to red, green, blue, alpha. */
static void put_colours(const struct bmp *b, struct mm_volume *v, int y, const unsigned char *row)
{
    for (int c = 0; c < v->channels; c++)
        mm_convert(mm_volume_row(v, c, 0, y), MM_U8, row + (c < 3 ? 2 - c : 3), MM_U8, (size_t)v->size[0],
                   (size_t)b->bits / 8);
}

enum mm_status mm_bmp_from_bytes(struct mm_arena *arena, const unsigned char *bytes, size_t size,
                                 struct mm_volume **out, struct mm_error *err)
{
    struct bmp b;
    enum mm_status s;
    if (MM_TRY(s, parse(bytes, size, &b, err)))
        return s;
    size_t height = (size_t)b.info.size[1], needed = b.row_bytes * height; /* at most 4e6 a row, 1e6 rows */
    if (size < b.offset || size - b.offset < needed)
        return mm_fail(err, MM_ERR_DATA, "cut short: %zu bytes, the pixels need %zu from byte %u on", size, needed,
                       b.offset);
    struct mm_volume *v = mm_volume_make(arena, MM_U8, 2, b.info.channels, b.info.size);
    if (!v)
        return mm_fail_memory(err, "the pixels of a BMP");
    for (size_t i = 0; i < height; i++) {
        const unsigned char *row = bytes + b.offset + i * b.row_bytes;
        int y = (int)(b.top_down ? i : height - 1 - i);
        if (b.bits > 8)
            put_colours(&b, v, y, row);
        else if (!put_indices(&b, v, y, row))
            return mm_fail(err, MM_ERR_DATA, "a pixel of row %d has none of the %d colours of the palette", y,
                           b.colours);
    }
    *out = v;
    return MM_OK;
}

static enum mm_status read(struct mm_arena *arena, const char *path, struct mm_volume **out, struct mm_error *err)
{
    return mm_decode_file(arena, path, mm_bmp_from_bytes, out, err);
}

static enum mm_status header(const char *path, struct mm_image_info *info, struct mm_error *err)
{
    struct mm_arena scratch;
    struct bmp b;
    unsigned char *bytes;
    size_t got;
    uint64_t file_bytes;
    enum mm_status s;
    mm_arena_init(&scratch, NULL);
    if (!MM_TRY(s, mm_decode_start(&scratch, path, START_MAX, &bytes, &got, &file_bytes, err)) &&
        !MM_TRY(s, parse(bytes, got, &b, err))) {
        *info = b.info;
        info->file_bytes = file_bytes;
    }
    mm_arena_done(&scratch);
    return s;
}

static enum mm_status check(const struct mm_volume *v, struct mm_error *err)
{
    if (v->type != MM_U8)
        return mm_fail(err, MM_ERR_DATA, "a BMP cannot hold %s voxels, only uint8", mm_type_name(v->type));
    if (v->channels != 1 && v->channels != 3)
        return mm_fail(err, MM_ERR_DATA, "a BMP cannot hold %d channels, only 1 or 3", v->channels);
    if (v->rank != 2)
        return mm_fail(err, MM_ERR_DATA, "a BMP cannot hold a 3D image, only 2D ones");
    if (v->size[0] > SIDE_MAX || v->size[1] > SIDE_MAX || mm_volume_bytes(v) > INT32_MAX)
        return mm_fail(err, MM_ERR_DATA, "%d x %d pixels are too large for a BMP", v->size[0], v->size[1]);
    return MM_OK;
}

static void put(unsigned char *at, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (unsigned char)(value >> 8 * i);
}

/* Both headers, and for one channel the 256 greys. Returns how many bytes that is. */
static size_t make_start(const struct mm_volume *v, size_t row_bytes, unsigned char start[START_MAX])
{
    size_t colours = v->channels == 1 ? 256 : 0, size = FILE_HEADER + INFO_HEADER + 4 * colours;
    size_t rows = row_bytes * (size_t)v->size[1];
    unsigned char *h = start + FILE_HEADER;
    memset(start, 0, START_MAX);
    memcpy(start, "BM", 2);
    put(start + 2, (uint32_t)(size + rows), 4);
    put(start + 10, (uint32_t)size, 4);
    put(h, INFO_HEADER, 4);
    put(h + 4, (uint32_t)v->size[0], 4);
    put(h + 8, (uint32_t)v->size[1], 4);
    put(h + 12, 1, 2);
    put(h + 14, v->channels == 1 ? 8 : 24, 2);
    put(h + 20, (uint32_t)rows, 4);
    put(h + 32, (uint32_t)colours, 4);
    for (size_t i = 0; i < colours; i++)
        memset(h + INFO_HEADER + 4 * i, (int)i, 3);
    return size;
}

static enum mm_status write(const char *path, const struct mm_volume *v, struct mm_error *err)
{
    struct mm_file_writer writer;
    unsigned char start[START_MAX];
    enum mm_status s;
    if (MM_TRY(s, check(v, err)))
        return s;
    size_t channels = (size_t)v->channels, row_bytes = ((size_t)v->size[0] * channels + 3) / 4 * 4;
    unsigned char *row = mm_alloc(row_bytes);
    if (!row)
        return mm_fail_memory(err, "a row of a BMP");
    if (MM_TRY(s, mm_file_writer_open(&writer, path, err)))
        goto done;
    mm_file_writer_write(&writer, start, make_start(v, row_bytes, start));
    for (int y = v->size[1] - 1; y >= 0; y--) {
        for (size_t c = 0; c < channels; c++) {
            const unsigned char *from = mm_volume_row(v, (int)(channels - 1 - c), 0, y);
            for (size_t x = 0; x < (size_t)v->size[0]; x++)
                row[x * channels + c] = from[(ptrdiff_t)x * v->stride[0]];
        }
        mm_file_writer_write(&writer, row, row_bytes);
    }
    s = mm_file_writer_commit(&writer, err);
done:
    mm_free(row);
    return s;
}

const struct mm_format mm_format_bmp = {
    .name = "bmp",
    .extensions = ".bmp",
    .summary = "BMP images that are not compressed, grey or RGB",
    .probe = probe,
    .header = header,
    .read = read,
    .write = write,
};
