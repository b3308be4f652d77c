/* libtiff over memory or a stream, with its messages kept beside the file they are about. */
#include <stdarg.h>

#include "image/tiff_internal.h"

#define HAS_OPEN_OPTIONS      (TIFFLIB_VERSION >= 20221213) /* 4.5.0 */
#define SINGLE_ALLOCATION_MAX ((tmsize_t)1 << 32)

static tmsize_t give_bytes(thandle_t handle, void *out, tmsize_t want)
{
    struct mm_tiff_io *io = handle;
    uint64_t left = io->at < io->size ? io->size - io->at : 0;
    size_t n = (uint64_t)want < left ? (size_t)want : (size_t)left;
    if (io->stream)
        n = fseeko(io->stream, (off_t)io->at, SEEK_SET) == 0 ? fread(out, 1, n, io->stream) : 0;
    else if (n)
        memcpy(out, (io->made ? io->made : io->bytes) + io->at, n);
    io->at += n;
    return (tmsize_t)n;
}

bool mm_tiff_peek(struct mm_tiff_io *io, uint64_t at, void *out, size_t want)
{
    uint64_t before = io->at;
    io->at = at;
    bool got = give_bytes(io, out, (tmsize_t)want) == (tmsize_t)want;
    io->at = before;
    return got;
}

static bool grow(struct mm_tiff_io *io, uint64_t needed)
{
    if (needed <= io->capacity)
        return true;
    size_t capacity = 2 * (size_t)needed;
    unsigned char *made = mm_alloc(capacity);
    if (!made) {
        io->is_out_of_memory = true;
        return false;
    }
    if (io->made)
        memcpy(made, io->made, (size_t)io->size);
    mm_free(io->made);
    io->made = made;
    io->capacity = capacity;
    return true;
}

static tmsize_t take_bytes(thandle_t handle, void *bytes, tmsize_t n)
{
    struct mm_tiff_io *io = handle;
    if (!grow(io, io->at + (uint64_t)n))
        return 0;
    memcpy(io->made + io->at, bytes, (size_t)n);
    io->at += (uint64_t)n;
    io->size = io->at > io->size ? io->at : io->size;
    return n;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence)
{
    struct mm_tiff_io *io = handle;
    uint64_t from = whence == SEEK_CUR ? io->at : whence == SEEK_END ? io->size : 0;
    io->at = from + offset; /* beyond the end: nothing is read there, and writing fills with zeros */
    return io->at;
}

static int close_nothing(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t get_size(thandle_t handle)
{
    return ((struct mm_tiff_io *)handle)->size;
}

#if HAS_OPEN_OPTIONS
static int on_error(TIFF *tiff, void *context, const char *module, const char *format, va_list args)
{
    struct mm_tiff_io *io = context;
    (void)tiff;
    (void)module;
    if (!io->message[0])
        vsnprintf(io->message, sizeof io->message, format, args);
    return 1;
}

static int on_warning(TIFF *tiff, void *context, const char *module, const char *format, va_list args)
{
    (void)tiff;
    (void)context;
    (void)module;
    (void)format;
    (void)args;
    return 1;
}

TIFF *mm_tiff_open(struct mm_tiff_io *io, const char *mode)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options)
        return NULL;
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, SINGLE_ALLOCATION_MAX);
    TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, io);
    TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, io);
    TIFF *tiff = TIFFClientOpenExt("image", mode, io, give_bytes, take_bytes, seek, close_nothing, get_size, NULL,
                                   NULL, options);
    TIFFOpenOptionsFree(options);
    return tiff;
}
#else
/* Handlers of the whole process: all that can be done in every thread alike is to silence them. */
TIFF *mm_tiff_open(struct mm_tiff_io *io, const char *mode)
{
    TIFFSetErrorHandler(NULL);
    TIFFSetWarningHandler(NULL);
    return TIFFClientOpen("image", mode, io, give_bytes, take_bytes, seek, close_nothing, get_size, NULL, NULL);
}
#endif

enum mm_status mm_tiff_fail(const struct mm_tiff_io *io, const char *what, struct mm_error *err)
{
    if (io->is_out_of_memory)
        return mm_fail_memory(err, "the TIFF file");
    return mm_fail(err, MM_ERR_DATA, "%s: %s", what, io->message[0] ? io->message : "the data are damaged");
}
