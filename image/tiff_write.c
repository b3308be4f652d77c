/* Writes TIFF: a 2D image as one page, a volume as one page a slice, so a volume of one slice comes back as 2D image.
 * Integers are packed by deflate; floats are plain, which every reader of stacks understands. The affine has no place
 * in TIFF. Files that may pass 4 GiB become BigTIFF. */
#include "base/file.h"
#include "image/tiff_internal.h"

#define STRIP_BYTES   ((size_t)256 << 10)
#define PAGE_OVERHEAD ((size_t)4096) /* tags, and offsets of strips beyond that are counted apart */
#define CLASSIC_MAX   ((size_t)4000 << 20)
#define CHANNELS_MAX  65535

static bool is_colour(const struct mm_volume *v)
{
    return (v->channels == 3 || v->channels == 4) && (v->type == MM_U8 || v->type == MM_U16);
}

static void set_tags(TIFF *tiff, const struct mm_volume *v, int z, uint32_t rows_per_strip)
{
    static const uint16_t extra[CHANNELS_MAX]; /* all EXTRASAMPLE_UNSPECIFIED, which is 0 */
    bool is_float = !mm_type_is_integer(v->type), colour = is_colour(v);
    bool is_signed = v->type == MM_I8 || v->type == MM_I16 || v->type == MM_I32 || v->type == MM_I64;
    int extras = v->channels - (colour ? 3 : 1);
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, (uint32_t)v->size[0]);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, (uint32_t)v->size[1]);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, (int)(8 * mm_type_bytes(v->type)));
    TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT,
                 is_float    ? SAMPLEFORMAT_IEEEFP
                 : is_signed ? SAMPLEFORMAT_INT
                             : SAMPLEFORMAT_UINT);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, v->channels);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, colour ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
    if (extras > 0)
        TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, extras, extra);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, is_float ? COMPRESSION_NONE : COMPRESSION_ADOBE_DEFLATE);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, rows_per_strip);
    if (v->size[2] > 1)
        TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, FILETYPE_PAGE);
    if (v->size[2] > 1 && v->size[2] <= UINT16_MAX)
        TIFFSetField(tiff, TIFFTAG_PAGENUMBER, z, v->size[2]);
}

/* Slice z from its interleaved rows. */
static bool write_page(TIFF *tiff, const struct mm_volume *v, int z, const unsigned char *rows)
{
    size_t row_bytes = (size_t)v->size[0] * (size_t)v->channels * mm_type_bytes(v->type), height = (size_t)v->size[1];
    size_t tall = row_bytes < STRIP_BYTES ? STRIP_BYTES / row_bytes : 1;
    tall = tall < height ? tall : height;
    set_tags(tiff, v, z, (uint32_t)tall);
    uint32_t strip = 0;
    for (size_t y = 0; y < height; y += tall, strip++) {
        tmsize_t bytes = (tmsize_t)((height - y < tall ? height - y : tall) * row_bytes);
        if (TIFFWriteEncodedStrip(tiff, strip, (void *)(rows + y * row_bytes), bytes) != bytes)
            return false;
    }
    return TIFFWriteDirectory(tiff) != 0;
}

/* The whole file in io->made. */
static enum mm_status encode(struct mm_arena *scratch, struct mm_tiff_io *io, const struct mm_volume *v,
                             struct mm_error *err)
{
    const unsigned char *rows = mm_encode_interleaved(scratch, v);
    size_t slice = mm_volume_bytes(v) / (size_t)v->size[2];
    size_t room = mm_volume_bytes(v) + (size_t)v->size[2] * (PAGE_OVERHEAD + 16 * (size_t)v->size[1]);
    io->made = mm_alloc(io->capacity = room);
    if (!rows || !io->made)
        return mm_fail_memory(err, "the TIFF file");
    TIFF *tiff = mm_tiff_open(io, room > CLASSIC_MAX ? "w8" : "w");
    bool good = tiff != NULL;
    for (int z = 0; good && z < v->size[2]; z++)
        good = write_page(tiff, v, z, rows + (size_t)z * slice);
    if (tiff)
        TIFFClose(tiff);
    return good ? MM_OK : mm_tiff_fail(io, "cannot make a TIFF", err);
}

enum mm_status mm_tiff_write(const char *path, const struct mm_volume *volume, struct mm_error *err)
{
    struct mm_tiff_io io = {.bytes = NULL};
    struct mm_arena scratch;
    if (volume->channels > CHANNELS_MAX)
        return mm_fail(err, MM_ERR_DATA, "a TIFF cannot hold %d channels, only 1 to %d", volume->channels,
                       CHANNELS_MAX);
    mm_arena_init(&scratch, NULL);
    enum mm_status s = encode(&scratch, &io, volume, err);
    if (s == MM_OK)
        s = mm_file_write(path, io.made, (size_t)io.size, err);
    mm_free(io.made);
    mm_arena_done(&scratch);
    return s;
}
