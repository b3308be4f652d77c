/* TIFF, the parts: libtiff over memory or a stream, what a page holds, voxels in and out. Used by image/tiff*.c, their
 * tests and fuzzer only. */
#ifndef MM_IMAGE_TIFF_INTERNAL_H
#define MM_IMAGE_TIFF_INTERNAL_H

#include <tiffio.h>

#include "image/decode.h"

#define MM_TIFF_MESSAGE_MAX 256

/* What libtiff reads from or writes to, and the first thing it complained about. */
struct mm_tiff_io {
    const unsigned char *bytes; /* to read: these, or the stream */
    FILE *stream;
    unsigned char *made; /* to write: grows; mm_free by the caller */
    size_t capacity;
    uint64_t size, at;
    bool is_out_of_memory;
    char message[MM_TIFF_MESSAGE_MAX]; /* "" when nothing went wrong */
};
/* Mode as TIFFOpen's. NULL is a failure with its message in io; close with TIFFClose. */
TIFF *mm_tiff_open(struct mm_tiff_io *io, const char *mode);
/* `want` bytes from that place on; false when the file has fewer. */
bool mm_tiff_peek(struct mm_tiff_io *io, uint64_t at, void *out, size_t want);
/* MM_ERR_DATA "<what>: <libtiff's message>", or MM_ERR_MEMORY. */
enum mm_status mm_tiff_fail(const struct mm_tiff_io *io, const char *what, struct mm_error *err);

/* One page (directory) as it is stored. */
struct mm_tiff_page {
    uint32_t width, height;
    uint16_t bits, samples, format, photometric, planar, compression;
    bool is_tiled, is_counted; /* not counted: a smaller copy, or a mask */
    uint64_t stored_bytes;     /* unpacked, before few bits and palettes are expanded */
    enum mm_type type;         /* as the voxels are returned */
    int channels;
};
/* The current directory. May change how libtiff decodes it (JPEG to RGB). */
enum mm_status mm_tiff_describe(TIFF *tiff, struct mm_tiff_page *page, struct mm_error *err);
/* The voxels of the current directory into channels first_channel ... of slice z. */
enum mm_status mm_tiff_read_page(TIFF *tiff, const struct mm_tiff_io *io, const struct mm_tiff_page *page,
                                 struct mm_volume *volume, int first_channel, int z, struct mm_error *err);

enum mm_status mm_tiff_from_bytes(struct mm_arena *arena, const unsigned char *bytes, size_t size,
                                  struct mm_volume **out, struct mm_error *err);
enum mm_status mm_tiff_write(const char *path, const struct mm_volume *volume, struct mm_error *err);

#endif
