/* The format TIFF, by libtiff: a page is a 2D image, several pages are the slices of a volume.
 *
 * Pages that are marked as smaller copies or masks are passed over; all others must agree. ImageJ's description is
 * followed where it says that pages are channels (which are then numbered before slices), or that one page stands for
 * a stack of images that follow each other without pages of their own (files over 4 GiB). */
#include <errno.h>

#include "base/file.h"
#include "image/affine.h"
#include "image/gzip.h"
#include "image/source.h"
#include "image/tiff_internal.h"

#define PAGES_MAX      65535
#define UNPACKED_MAX   ((uint64_t)1 << 32) /* of codecs without a bound on what few bytes can hold */
#define LZW_RATIO_MAX  2731                /* 4096 bytes from 12 bits */
#define RUN_RATIO_MAX  64                  /* PackBits: 128 bytes from 2 */
#define JPEG_RATIO_MAX 1536                /* a block of 64 pixels in three colours from one bit */

static bool probe(const unsigned char *bytes, size_t size, const char *path)
{
    (void)path;
    return size >= 8 && (memcmp(bytes, "II*\0", 4) == 0 || memcmp(bytes, "MM\0*", 4) == 0 ||
                         memcmp(bytes, "II+\0", 4) == 0 || memcmp(bytes, "MM\0+", 4) == 0); /* BigTIFF */
}

/* A file, and all its pages as one image. */
struct stack {
    struct mm_tiff_io io;
    TIFF *tiff;
    struct mm_tiff_page page; /* that all agree with */
    int pages;                /* counted ones        */
    int page_channels;        /* pages that are channels of one slice: 1 without ImageJ */
    int images;               /* in the one page: 1 without ImageJ                      */
    uint64_t stored_bytes;
    struct mm_image_info info;
};

/* "key=12" on a line of ImageJ's description; `otherwise` when it is not there. */
static int imagej_number(const char *description, const char *key, int otherwise)
{
    const char *at = strstr(description, key);
    long value = at && at[-1] == '\n' ? strtol(at + strlen(key), NULL, 10) : otherwise;
    return value >= 1 && value <= PAGES_MAX * 1024L ? (int)value : otherwise;
}

static void read_imagej(struct stack *k)
{
    const char *description = NULL;
    k->page_channels = k->images = 1;
    if (!TIFFGetField(k->tiff, TIFFTAG_IMAGEDESCRIPTION, &description) || strncmp(description, "ImageJ=", 7) != 0)
        return;
    int images = imagej_number(description, "images=", 1), channels = imagej_number(description, "channels=", 1);
    int slices = imagej_number(description, "slices=", 1);
    if (k->pages == 1 && images > 1 && k->page.compression == COMPRESSION_NONE)
        k->images = images;
    if (channels > 1 && k->page.samples == 1 && (int64_t)channels * slices == (int64_t)k->pages * k->images)
        k->page_channels = channels;
}

static enum mm_status compare_pages(const struct mm_tiff_page *a, const struct mm_tiff_page *b, int number,
                                    struct mm_error *err)
{
    if (a->width == b->width && a->height == b->height && a->type == b->type && a->channels == b->channels)
        return MM_OK;
    return mm_fail(err, MM_ERR_DATA,
                   "page %d is %u x %u of %d %s, the first is %u x %u of %d %s: the pages of a volume must agree",
                   number, b->width, b->height, b->channels, mm_type_name(b->type), a->width, a->height, a->channels,
                   mm_type_name(a->type));
}

/* Does the pointer behind the page at `at` say that there is no other? libtiff takes a cut for the end. */
static bool has_end(struct stack *k, uint64_t at)
{
    bool is_big = TIFFIsBigTIFF(k->tiff); /* wider numbers */
    unsigned char count[8], pointer[8] = {0};
    uint64_t entries = 0;
    size_t width = is_big ? 8 : 2;
    if (!mm_tiff_peek(&k->io, at, count, width))
        return false;
    for (size_t i = 0; i < width; i++)
        entries = entries << 8 | count[TIFFIsBigEndian(k->tiff) ? i : width - 1 - i];
    at += width + entries * (is_big ? 20 : 12);
    return entries < k->io.size && mm_tiff_peek(&k->io, at, pointer, is_big ? 8 : 4) &&
           memcmp(pointer, "\0\0\0\0\0\0\0", 8) == 0;
}

/* Walks all pages. Anything libtiff complains about here is damage. */
static enum mm_status survey(struct stack *k, struct mm_error *err)
{
    struct mm_tiff_page page;
    enum mm_status s;
    uint64_t at;
    int number = 0;
    do {
        at = TIFFCurrentDirOffset(k->tiff);
        if (MM_TRY(s, mm_tiff_describe(k->tiff, &page, err)))
            return mm_fail_in(err, "page %d", number + 1);
        number++;
        if (!page.is_counted)
            continue;
        if (k->pages > 0 && MM_TRY(s, compare_pages(&k->page, &page, number, err)))
            return s;
        k->page = page;
        k->stored_bytes += page.stored_bytes; /* at most 65535 times 2^50 */
        k->pages++;
        if (number > PAGES_MAX)
            return mm_fail(err, MM_ERR_DATA, "more than %d pages", PAGES_MAX);
    } while (TIFFReadDirectory(k->tiff));
    if (k->io.message[0] || !has_end(k, at))
        return mm_tiff_fail(&k->io, "a page cannot be read", err);
    if (!k->pages)
        return mm_fail(err, MM_ERR_DATA, "no page but smaller copies and masks");
    if (!TIFFSetDirectory(k->tiff, 0))
        return mm_tiff_fail(&k->io, "the first page cannot be read again", err);
    read_imagej(k);
    return MM_OK;
}

/* How many unpacked bytes `size` bytes of that compression can hold at most. */
static uint64_t bound_of(uint16_t compression, uint64_t size)
{
    switch (compression) {
    case COMPRESSION_NONE:
        return size;
    case COMPRESSION_PACKBITS:
        return size * RUN_RATIO_MAX;
    case COMPRESSION_LZW:
        return size * LZW_RATIO_MAX;
    case COMPRESSION_DEFLATE:
    case COMPRESSION_ADOBE_DEFLATE:
        return size * MM_DEFLATE_RATIO_MAX;
    case COMPRESSION_JPEG:
        return size * JPEG_RATIO_MAX;
    default:
        return UNPACKED_MAX;
    }
}

static enum mm_status describe(struct stack *k, struct mm_error *err)
{
    struct mm_image_info *info = &k->info;
    size_t values;
    int slices = k->pages * k->images / k->page_channels;
    info->type = k->page.type;
    info->rank = slices > 1 ? 3 : 2;
    info->channels = k->page_channels > 1 ? k->page_channels : k->page.channels;
    info->size[0] = (int)k->page.width;
    info->size[1] = (int)k->page.height;
    info->size[2] = slices;
    mm_affine_identity(info->affine);
    if (k->stored_bytes > bound_of(k->page.compression, k->io.size))
        return mm_fail(err, MM_ERR_DATA,
                       "%d pages of %u x %u pixels of %d samples are more than a file of %llu bytes can hold",
                       k->pages, k->page.width, k->page.height, k->page.samples, (unsigned long long)k->io.size);
    return mm_decode_check_size(info, &values, err);
}

static enum mm_status open_stack(struct stack *k, struct mm_error *err)
{
    enum mm_status s;
    k->tiff = mm_tiff_open(&k->io, "rm"); /* m: no memory mapping */
    if (!k->tiff)
        return mm_tiff_fail(&k->io, "not a TIFF file that can be read", err);
    if (MM_TRY(s, survey(k, err)))
        return s;
    return describe(k, err);
}

static enum mm_status read_pages(struct stack *k, struct mm_volume *v, struct mm_error *err)
{
    struct mm_tiff_page page;
    enum mm_status s;
    int number = 0;
    do {
        k->io.message[0] = '\0';
        if (MM_TRY(s, mm_tiff_describe(k->tiff, &page, err)))
            return s;
        if (!page.is_counted)
            continue;
        int c = k->page_channels > 1 ? number % k->page_channels : 0, z = number / k->page_channels;
        if (number >= k->pages)
            return mm_fail(err, MM_ERR_DATA, "the pages cannot be read twice alike");
        if (MM_TRY(s, mm_tiff_read_page(k->tiff, &k->io, &page, v, c, z, err)))
            return mm_fail_in(err, "page %d", number + 1);
        number++;
    } while (TIFFReadDirectory(k->tiff));
    return number == k->pages ? MM_OK : mm_tiff_fail(&k->io, "a page cannot be read", err);
}

/* Where the plain bytes of ImageJ's images start: the strips of the one page must follow each other. */
static bool find_images(const struct stack *k, uint64_t *start)
{
    const struct mm_tiff_page *p = &k->page;
    uint32_t strips = TIFFNumberOfStrips(k->tiff);
    *start = TIFFGetStrileOffset(k->tiff, 0);
    for (uint32_t i = 1; i < strips; i++) {
        if (TIFFGetStrileOffset(k->tiff, i) !=
            TIFFGetStrileOffset(k->tiff, i - 1) + TIFFGetStrileByteCount(k->tiff, i - 1))
            return false;
    }
    return !p->is_tiled && p->bits >= 8 && p->planar == PLANARCONFIG_CONTIG &&
           (p->photometric == PHOTOMETRIC_MINISBLACK || p->photometric == PHOTOMETRIC_RGB);
}

static enum mm_status read_images(struct mm_arena *arena, const struct stack *k, struct mm_volume **out,
                                  struct mm_error *err)
{
    uint64_t start = 0, needed = k->page.stored_bytes * (uint64_t)k->images; /* at most 2^34 values of 8 bytes */
    size_t samples = k->page.samples, row = samples * k->page.width, image = row * k->page.height;
    struct mm_numbers numbers = {.type = k->page.type, .big_endian = TIFFIsBigEndian(k->tiff)};
    if (!find_images(k, &start))
        return mm_fail(err, MM_ERR_DATA, "a stack of %d ImageJ images in one page is read only plain and in order",
                       k->images);
    if (start > k->io.size || needed > k->io.size - start)
        return mm_fail(err, MM_ERR_DATA, "cut short: %d ImageJ images need %llu bytes after the first %llu",
                       k->images, (unsigned long long)needed, (unsigned long long)start);
    bool are_channels = k->page_channels > 1;
    numbers.stride[0] = samples;
    numbers.stride[1] = row;
    numbers.stride[2] = image * (size_t)k->page_channels;
    numbers.stride[3] = are_channels ? image : 1;
    *out = mm_decode_numbers(arena, &k->info, &numbers, k->io.bytes + start);
    return *out ? MM_OK : mm_fail_memory(err, "the voxels");
}

static enum mm_status read_stack(struct mm_arena *arena, struct stack *k, struct mm_volume **out,
                                 struct mm_error *err)
{
    if (k->images > 1)
        return read_images(arena, k, out, err);
    struct mm_volume *v = mm_volume_make(arena, k->info.type, k->info.rank, k->info.channels, k->info.size);
    enum mm_status s = v ? read_pages(k, v, err) : mm_fail_memory(err, "the voxels");
    if (s == MM_OK)
        *out = v;
    return s;
}

enum mm_status mm_tiff_from_bytes(struct mm_arena *arena, const unsigned char *bytes, size_t size,
                                  struct mm_volume **out, struct mm_error *err)
{
    struct stack k = {.io = {.bytes = bytes, .size = size}};
    enum mm_status s = open_stack(&k, err);
    if (s == MM_OK)
        s = read_stack(arena, &k, out, err);
    if (k.tiff)
        TIFFClose(k.tiff);
    return s;
}

static enum mm_status read(struct mm_arena *arena, const char *path, struct mm_volume **out, struct mm_error *err)
{
    return mm_decode_file(arena, path, mm_tiff_from_bytes, out, err);
}

static enum mm_status header(const char *path, struct mm_image_info *info, struct mm_error *err)
{
    struct stack k = {.io = {.bytes = NULL}};
    enum mm_status s;
    if (MM_TRY(s, mm_file_size(path, &k.io.size, err)))
        return s;
    k.io.stream = fopen(path, "rb");
    if (!k.io.stream)
        return mm_fail(err, MM_ERR_IO, "%s: cannot open: %s", path, strerror(errno));
    s = open_stack(&k, err);
    *info = k.info;
    info->file_bytes = k.io.size;
    if (k.tiff)
        TIFFClose(k.tiff);
    fclose(k.io.stream);
    return s;
}

const struct mm_format mm_format_tiff = {
    .name = "tiff",
    .extensions = ".tiff .tif",
    .summary = "TIFF images, and volumes of one page a slice",
    .probe = probe,
    .header = header,
    .read = read,
    .write = mm_tiff_write,
    .has_float = true,
};
