/* The compressed side of an archive: exactly one zstd frame (RFC 8878) with its checksum, written and read in pieces. */
#ifndef MM_MMAR_ARCHIVE_ZSTD_STREAM_H
#define MM_MMAR_ARCHIVE_ZSTD_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

#define MM_ZSTD_LEVEL_MAX     19
#define MM_ZSTD_THREADS_MAX   64
#define MM_ZSTD_LEVEL_DEFAULT 10

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

struct mm_zstd_reader {
    FILE *file;
    struct ZSTD_DCtx_s *context;
    unsigned char *in, *out;
    size_t in_size, in_at;
    uint64_t consumed, produced; /* bytes of the file taken, bytes given */
    bool ended;                  /* the frame is complete                */
};
/* MM_ERR_IO when the file cannot be read, MM_ERR_DATA when it is no frame of ours. Close also after a failure. */
enum mm_status mm_zstd_reader_open(struct mm_zstd_reader *reader, const char *path, struct mm_error *err);
/* The next bytes, valid until the next call; *size 0: the frame has ended, its checksum is right, and nothing follows it in the file. */
enum mm_status mm_zstd_reader_read(struct mm_zstd_reader *reader, const void **bytes, size_t *size,
                                   struct mm_error *err);
void mm_zstd_reader_close(struct mm_zstd_reader *reader);

/* One thread, so that the bytes depend on content, level and libzstd only. */
struct mm_zstd_writer {
    struct ZSTD_CCtx_s *context;
    unsigned char *out;
    enum mm_status (*sink)(void *sink_context, const void *bytes, size_t size, struct mm_error *err);
    void *sink_context;
};
enum mm_status mm_zstd_writer_open(struct mm_zstd_writer *writer, int level,
                                   struct mm_error *err); /* then set the sink */
enum mm_status mm_zstd_writer_write(struct mm_zstd_writer *writer, const void *bytes, size_t size,
                                    struct mm_error *err);
enum mm_status mm_zstd_writer_end(struct mm_zstd_writer *writer, struct mm_error *err);
void mm_zstd_writer_close(struct mm_zstd_writer *writer);

#endif
