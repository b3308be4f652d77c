/* An archive written member by member: manifest.json first, then perhaps the signature, then the files that the manifest lists. */
#ifndef MM_MMAR_ARCHIVE_WRITER_H
#define MM_MMAR_ARCHIVE_WRITER_H

#include "base/zip.h"
#include "mmar/archive/archive.h"
#include "mmar/archive/zstd_stream.h"

struct archive;

struct mm_archive_writer {
    struct mm_file_writer out;
    enum mm_archive_kind kind;
    struct mm_zip_writer zip; /* of a zip; else: */
    struct mm_zstd_writer zstd;
    struct archive *tar;
    bool abandoned;        /* nothing more is written */
    struct mm_error error; /* of a callback           */
    struct mm_archive_progress progress;
};
/* MM_ERR_USAGE when what `file` names is there and is no archive: a slip of the hand ("-o model.safetensors") must not cost anybody's
 * work. */
enum mm_status mm_archive_writer_may_replace(const char *file, struct mm_error *err);
/* `level`, `threads` 0: the default. Close also after a failure. */
enum mm_status mm_archive_writer_open(struct mm_archive_writer *writer, const char *file, enum mm_archive_kind kind,
                                      int level, unsigned threads, struct mm_error *err);
/* Begins a member: then exactly `size` bytes. */
enum mm_status mm_archive_writer_file(struct mm_archive_writer *writer, const char *name, uint64_t size,
                                      bool executable, struct mm_error *err);
enum mm_status mm_archive_writer_write(void *writer, const void *bytes, size_t size, struct mm_error *err);
/* What was written is read as any reader will, before it takes the place of what was there. */
enum mm_status mm_archive_writer_commit(struct mm_archive_writer *writer, struct mm_arena *arena,
                                        struct mm_error *err);
/* Without a commit nothing is left behind. */
void mm_archive_writer_close(struct mm_archive_writer *writer);

#endif
