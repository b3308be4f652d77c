/* Writing one zstd frame: checksum on, one thread, no size in its head (it is not known when the frame begins). */
#include <zstd.h>

#include "base/memory.h"
#include "mmar/archive/zstd_stream.h"

#define OUT_SIZE ((size_t)128 << 10)

enum mm_status mm_zstd_writer_open(struct mm_zstd_writer *writer, int level, struct mm_error *err)
{
    *writer = (struct mm_zstd_writer){.context = ZSTD_createCCtx(), .out = mm_alloc_raw(OUT_SIZE)};
    if (!writer->context || !writer->out ||
        ZSTD_isError(ZSTD_CCtx_setParameter(writer->context, ZSTD_c_compressionLevel, level)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(writer->context, ZSTD_c_checksumFlag, 1)))
        return mm_fail_memory(err, "a zstd encoder");
    return MM_OK;
}

static enum mm_status encode(struct mm_zstd_writer *w, const void *bytes, size_t size, ZSTD_EndDirective how,
                             struct mm_error *err)
{
    enum mm_status s;
    ZSTD_inBuffer in = {bytes, size, 0};
    size_t left;
    do {
        ZSTD_outBuffer out = {w->out, OUT_SIZE, 0};
        left = ZSTD_compressStream2(w->context, &out, &in, how);
        if (ZSTD_isError(left))
            return mm_fail(err, MM_ERR_MEMORY, "cannot compress: %s", ZSTD_getErrorName(left));
        if (out.pos && MM_TRY(s, w->sink(w->sink_context, w->out, out.pos, err)))
            return s;
    } while (how == ZSTD_e_end ? left != 0 : in.pos < in.size);
    return MM_OK;
}

enum mm_status mm_zstd_writer_write(struct mm_zstd_writer *writer, const void *bytes, size_t size,
                                    struct mm_error *err)
{
    return encode(writer, bytes, size, ZSTD_e_continue, err);
}

enum mm_status mm_zstd_writer_end(struct mm_zstd_writer *writer, struct mm_error *err)
{
    return encode(writer, NULL, 0, ZSTD_e_end, err);
}

void mm_zstd_writer_close(struct mm_zstd_writer *writer)
{
    ZSTD_freeCCtx(writer->context);
    mm_free(writer->out);
    *writer = (struct mm_zstd_writer){.context = NULL};
}
