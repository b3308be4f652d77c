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

/* The decoder, on the thread that owns it. */
struct mm_zstd_decoder {
    FILE *file;
    struct ZSTD_DCtx_s *context;
    unsigned char *in;
    size_t in_size, in_at;
    uint64_t consumed, produced; /* bytes of the file taken, bytes given */
    bool ended;                  /* the frame is complete                */
};
/* Fills `out`; *size 0: the frame has ended, its checksum is right, and nothing follows it in the file. */
enum mm_status mm_zstd_decode(struct mm_zstd_decoder *decoder, unsigned char *out, size_t room, size_t *size,
                              struct mm_error *err);

/* The first bytes are decoded as they are asked for, so that a look at the head reads nothing else; then a thread decodes ahead. */
struct mm_zstd_reader {
    struct mm_zstd_decoder decoder;
    unsigned char *out;
    struct mm_zstd_ahead *ahead; /* NULL: no thread yet */
    bool alone;                  /* no thread could be had */
    uint64_t produced;           /* bytes given            */
};
/* MM_ERR_IO when the file cannot be read, MM_ERR_DATA when it is no frame of ours. Close also after a failure. */
enum mm_status mm_zstd_reader_open(struct mm_zstd_reader *reader, const char *path, struct mm_error *err);
/* The next bytes, valid until the next call; *size 0: the end, see mm_zstd_decode. */
enum mm_status mm_zstd_reader_read(struct mm_zstd_reader *reader, const void **bytes, size_t *size,
                                   struct mm_error *err);
void mm_zstd_reader_close(struct mm_zstd_reader *reader);

/* zstd_ahead.c. NULL when there is no thread or memory to be had: the caller decodes by itself. */
struct mm_zstd_ahead *mm_zstd_ahead_open(struct mm_zstd_decoder *decoder);
enum mm_status mm_zstd_ahead_read(struct mm_zstd_ahead *ahead, const void **bytes, size_t *size,
                                  struct mm_error *err);
void mm_zstd_ahead_close(struct mm_zstd_ahead *ahead);

/* Jobs of a fixed size on one or more threads of libzstd: the bytes depend on content, level and libzstd, not on the number of
 * threads (tests/mmar/archive/test_zstd.c). The window is 1 MiB at every level, so that a thread takes about 5 MiB and a reader 2. */
struct mm_zstd_writer {
    struct ZSTD_CCtx_s *context;
    unsigned char *out;
    enum mm_status (*sink)(void *sink_context, const void *bytes, size_t size, struct mm_error *err);
    void *sink_context;
};
/* `threads` 0: the processors there are, up to 8. Then set the sink. */
enum mm_status mm_zstd_writer_open(struct mm_zstd_writer *writer, int level, unsigned threads, struct mm_error *err);
enum mm_status mm_zstd_writer_write(struct mm_zstd_writer *writer, const void *bytes, size_t size,
                                    struct mm_error *err);
enum mm_status mm_zstd_writer_end(struct mm_zstd_writer *writer, struct mm_error *err);
void mm_zstd_writer_close(struct mm_zstd_writer *writer);

#endif
