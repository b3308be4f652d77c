/* Writing one zstd frame: checksum on, no size in its head (it is not known when the frame begins). */
#include <zstd.h>

#include "base/memory.h"
#include "base/threads.h"
#include "mmar/archive/zstd_stream.h"

#define OUT_SIZE    ((size_t)128 << 10)
#define WINDOW_LOG  20
#define TABLE_LOG   18 /* of the hash and chain tables: levels would take up to 64 MiB a thread */
#define JOB_SIZE    (1 << 20)
#define THREADS_MAX 8 /* unless asked for more */

/* A libzstd without threads knows no workers and no jobs: it goes on with one. */
static bool set_parameters(ZSTD_CCtx *context, int level, unsigned threads)
{
    const struct {
        ZSTD_cParameter parameter;
        int value;
    } all[] = {{ZSTD_c_compressionLevel, level},
               {ZSTD_c_checksumFlag, 1},
               {ZSTD_c_windowLog, WINDOW_LOG},
               {ZSTD_c_hashLog, TABLE_LOG},
               {ZSTD_c_chainLog, TABLE_LOG}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (ZSTD_isError(ZSTD_CCtx_setParameter(context, all[i].parameter, all[i].value)))
            return false;
    return ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_nbWorkers, (int)threads)) ||
           !ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_jobSize, JOB_SIZE));
}

enum mm_status mm_zstd_writer_open(struct mm_zstd_writer *writer, int level, unsigned threads, struct mm_error *err)
{
    unsigned there = mm_threads_available();
    *writer = (struct mm_zstd_writer){.context = ZSTD_createCCtx(), .out = mm_alloc_raw(OUT_SIZE)};
    if (!threads)
        threads = there < THREADS_MAX ? there : THREADS_MAX;
    return writer->context && writer->out && set_parameters(writer->context, level, threads)
               ? MM_OK
               : mm_fail_memory(err, "a zstd encoder");
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
