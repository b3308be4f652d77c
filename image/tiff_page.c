/* One page of a TIFF file: what it holds, and its strips or tiles to planes. Grey of 1, 2 and 4 bits fills 8 bits,
 * palettes become RGB, white-is-zero is turned round, JPEG's YCbCr becomes RGB; the orientation tag is not followed. */
#include "image/tiff_internal.h"

#define BLOCK_BYTES_SPARE ((uint64_t)64 << 20) /* tiles may be larger than a small page */

/* Sample format and bits to a type; false when there is none. */
static bool find_type(uint16_t format, uint16_t bits, enum mm_type *type)
{
    static const enum mm_type integers[2][4] = {{MM_U8, MM_U16, MM_U32, MM_U64}, {MM_I8, MM_I16, MM_I32, MM_I64}};
    int width = bits == 8 ? 0 : bits == 16 ? 1 : bits == 32 ? 2 : bits == 64 ? 3 : -1;
    if (width < 0 || format > SAMPLEFORMAT_VOID || (format == SAMPLEFORMAT_IEEEFP && width < 2))
        return false;
    if (format == SAMPLEFORMAT_IEEEFP)
        *type = width == 2 ? MM_F32 : MM_F64;
    else
        *type = integers[format == SAMPLEFORMAT_INT][width];
    return true;
}

static bool has_few_bits(const struct mm_tiff_page *p)
{
    return p->bits == 1 || p->bits == 2 || p->bits == 4;
}

static enum mm_status describe_samples(struct mm_tiff_page *p, struct mm_error *err)
{
    bool is_small = has_few_bits(p) && p->samples == 1 && p->format != SAMPLEFORMAT_IEEEFP;
    p->channels = p->samples;
    p->type = MM_U8;
    if (p->photometric == PHOTOMETRIC_PALETTE) {
        if (p->samples != 1 || (p->bits != 8 && !is_small))
            return mm_fail(err, MM_ERR_DATA, "a palette of %d bits with %d samples: 1, 2, 4 or 8 and one are read",
                           p->bits, p->samples);
        p->channels = 3;
        return MM_OK;
    }
    if (!is_small && !find_type(p->format, p->bits, &p->type))
        return mm_fail(err, MM_ERR_DATA,
                       "samples of %d bits and sample format %d: integers of 8 to 64 bits, floats of 32 and 64, and "
                       "grey of 1, 2 and 4 are read",
                       p->bits, p->format);
    return MM_OK;
}

static enum mm_status check_colours(TIFF *tiff, struct mm_tiff_page *p, struct mm_error *err)
{
    bool is_jpeg = p->compression == COMPRESSION_JPEG;
    if (p->compression == COMPRESSION_OJPEG || !TIFFIsCODECConfigured(p->compression))
        return mm_fail(err, MM_ERR_DATA, "compression %d is not supported", p->compression);
    if (is_jpeg && p->photometric == PHOTOMETRIC_YCBCR && p->planar == PLANARCONFIG_CONTIG) {
        TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
        return MM_OK;
    }
    if (p->photometric <= PHOTOMETRIC_PALETTE) /* white is zero, black is zero, RGB, palette */
        return MM_OK;
    return mm_fail(err, MM_ERR_DATA,
                   "photometric interpretation %d is not supported: grey, RGB and palettes are read", p->photometric);
}

enum mm_status mm_tiff_describe(TIFF *tiff, struct mm_tiff_page *p, struct mm_error *err)
{
    enum mm_status s;
    uint32_t subfile = 0;
    *p = (struct mm_tiff_page){.is_tiled = TIFFIsTiled(tiff) != 0};
    if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &p->width) || !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &p->height) ||
        !TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &p->photometric))
        return mm_fail(err, MM_ERR_DATA, "the page has no size or no photometric interpretation");
    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &p->bits);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &p->samples);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &p->format);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &p->planar);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &p->compression);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SUBFILETYPE, &subfile);
    p->is_counted = (subfile & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) == 0;
    if (p->width < 1 || p->height < 1 || p->width > INT32_MAX || p->height > INT32_MAX || p->samples < 1)
        return mm_fail(err, MM_ERR_DATA, "%u x %u pixels of %d samples: each must be 1 to 2147483647", p->width,
                       p->height, p->samples);
    if (MM_TRY(s, check_colours(tiff, p, err)) || MM_TRY(s, describe_samples(p, err)))
        return s;
    uint64_t planes = p->planar == PLANARCONFIG_SEPARATE ? p->samples : 1;
    p->stored_bytes = TIFFScanlineSize64(tiff) * p->height * planes; /* 2^31 pixels a side of at most 2^19 bytes */
    return p->stored_bytes ? MM_OK : mm_fail(err, MM_ERR_DATA, "the page's rows have no size libtiff can handle");
}

/* Where rows go, and what is between the file's samples and the volume's. */
struct target {
    const struct mm_tiff_page *page;
    struct mm_volume *volume;
    int first_channel, z;
    uint16_t *palette[3];
    unsigned palette_shift;
    unsigned char *row; /* samples of few bits, one a byte */
};

/* n samples of few bits to one a byte, from the highest bits on. */
static void spread_bits(unsigned char *to, const unsigned char *from, int n, int bits)
{
    for (int i = 0; i < n; i++) {
        int at = i * bits;
        to[i] = (unsigned char)(from[at / 8] >> (8 - bits - at % 8) & ((1 << bits) - 1));
    }
}

static void put_palette(const struct target *t, const unsigned char *indices, int x, int y, int n)
{
    for (int c = 0; c < 3; c++) {
        unsigned char *to = (unsigned char *)mm_volume_row(t->volume, t->first_channel + c, t->z, y) + x;
        for (int i = 0; i < n; i++)
            to[i] = (unsigned char)(t->palette[c][indices[i]] >> t->palette_shift);
    }
}

/* One channel of a row: white is zero only where there is a largest value. */
static void put_channel(const struct target *t, const unsigned char *from, size_t step, int c, int x, int y, int n)
{
    enum mm_type type = t->volume->type;
    unsigned char *to =
        (unsigned char *)mm_volume_row(t->volume, t->first_channel + c, t->z, y) + (size_t)x * mm_type_bytes(type);
    mm_convert(to, type, from, type, (size_t)n, step);
    if (t->page->photometric != PHOTOMETRIC_MINISWHITE || (type != MM_U8 && type != MM_U16))
        return;
    for (size_t i = 0; i < (size_t)n * mm_type_bytes(type); i++)
        to[i] = (unsigned char)~to[i];
}

/* n pixels at (x, y); `plane` is the sample they are of, or -1 when the samples are interleaved. */
static void put_row(const struct target *t, const unsigned char *from, int plane, int x, int y, int n)
{
    const struct mm_tiff_page *p = t->page;
    if (has_few_bits(p)) {
        spread_bits(t->row, from, n, p->bits);
        from = t->row;
    }
    if (p->photometric == PHOTOMETRIC_PALETTE) {
        put_palette(t, from, x, y, n);
        return;
    }
    for (int i = 0; has_few_bits(p) && i < n; i++)
        t->row[i] = (unsigned char)(t->row[i] * 255 / ((1 << p->bits) - 1));
    if (plane >= 0) {
        put_channel(t, from, 1, plane, x, y, n);
        return;
    }
    for (int c = 0; c < p->samples; c++)
        put_channel(t, from + (size_t)c * mm_type_bytes(p->type), p->samples, c, x, y, n);
}

/* Strips or tiles: `across` x `down` blocks a plane, numbered row by row, then plane by plane. */
struct blocks {
    unsigned char *bytes; /* of one */
    size_t size, row_bytes;
    uint32_t wide, tall, across, down, planes;
};

static enum mm_status measure_blocks(TIFF *tiff, const struct mm_tiff_page *p, struct blocks *b, struct mm_error *err)
{
    b->wide = p->width;
    b->tall = p->height;
    if (p->is_tiled) {
        TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &b->wide);
        TIFFGetField(tiff, TIFFTAG_TILELENGTH, &b->tall);
    } else {
        TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &b->tall);
        b->tall = b->tall < p->height ? b->tall : p->height;
    }
    uint64_t size = p->is_tiled ? TIFFTileSize64(tiff) : TIFFScanlineSize64(tiff) * b->tall;
    if (!b->wide || !b->tall || !size || size > BLOCK_BYTES_SPARE + 4 * p->stored_bytes)
        return mm_fail(err, MM_ERR_DATA, "strips or tiles of %u x %u pixels make no sense for a page of %u x %u",
                       b->wide, b->tall, p->width, p->height);
    b->size = (size_t)size;
    b->row_bytes = (size_t)(p->is_tiled ? TIFFTileRowSize64(tiff) : TIFFScanlineSize64(tiff));
    b->across = (p->width - 1) / b->wide + 1;
    b->down = (p->height - 1) / b->tall + 1;
    b->planes = p->planar == PLANARCONFIG_SEPARATE ? p->samples : 1;
    return MM_OK;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static enum mm_status read_block(TIFF *tiff, const struct mm_tiff_io *io, const struct target *t,
                                 const struct blocks *b, uint32_t number, struct mm_error *err)
{
    const struct mm_tiff_page *p = t->page;
    uint32_t in_plane = number % (b->across * b->down);
    uint32_t x = in_plane % b->across * b->wide, y = in_plane / b->across * b->tall;
    uint32_t rows = least(b->tall, p->height - y), columns = least(b->wide, p->width - x);
    tmsize_t want = (tmsize_t)(p->is_tiled ? b->size : rows * b->row_bytes);
    tmsize_t got = p->is_tiled ? TIFFReadEncodedTile(tiff, number, b->bytes, want)
                               : TIFFReadEncodedStrip(tiff, number, b->bytes, want);
    if (got < want || io->message[0])
        return mm_tiff_fail(io, p->is_tiled ? "a tile cannot be read" : "a strip cannot be read", err);
    int plane = b->planes > 1 ? (int)(number / (b->across * b->down)) : -1;
    for (uint32_t r = 0; r < rows; r++)
        put_row(t, b->bytes + r * b->row_bytes, plane, (int)x, (int)(y + r), (int)columns);
    return MM_OK;
}

static enum mm_status find_palette(TIFF *tiff, struct target *t, struct mm_error *err)
{
    uint16_t **palette = t->palette;
    if (!TIFFGetField(tiff, TIFFTAG_COLORMAP, &palette[0], &palette[1], &palette[2]))
        return mm_fail(err, MM_ERR_DATA, "the page has no palette");
    for (int i = 0; i < 1 << t->page->bits; i++) { /* 16 bits by the rules; some writers fill only 8 */
        if (palette[0][i] > 255 || palette[1][i] > 255 || palette[2][i] > 255)
            t->palette_shift = 8;
    }
    return MM_OK;
}

enum mm_status mm_tiff_read_page(TIFF *tiff, const struct mm_tiff_io *io, const struct mm_tiff_page *page,
                                 struct mm_volume *volume, int first_channel, int z, struct mm_error *err)
{
    struct target t = {.page = page, .volume = volume, .first_channel = first_channel, .z = z};
    struct blocks b;
    enum mm_status s = MM_OK;
    if (MM_TRY(s, measure_blocks(tiff, page, &b, err)))
        return s;
    if (page->photometric == PHOTOMETRIC_PALETTE && MM_TRY(s, find_palette(tiff, &t, err)))
        return s;
    uint64_t count = (uint64_t)b.across * b.down * b.planes;
    if (count > UINT32_MAX)
        return mm_fail(err, MM_ERR_DATA, "%llu strips or tiles are too many", (unsigned long long)count);
    b.bytes = mm_alloc(b.size);
    t.row = mm_alloc(b.wide);
    if (!b.bytes || !t.row)
        s = mm_fail_memory(err, "a strip or tile of a TIFF");
    for (uint32_t number = 0; s == MM_OK && number < count; number++)
        s = read_block(tiff, io, &t, &b, number, err);
    mm_free(t.row);
    mm_free(b.bytes);
    return s;
}
