/* Writing an archive: one tar stream that depends on content only, through zstd, or a zip, into a file that appears when it is whole and
 * has been read back. */
#include "mmar/archive/writer.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <sys/stat.h>

#include "mmar/archive/archive.h"
#include "mmar/command.h"

/* Of an archive: the start of a zstd frame, or of a zip that begins with a manifest (PyTorch's weights are zips too). */
static bool is_archive_head(const unsigned char *head, size_t size)
{
    static const unsigned char magic[] = {0x28, 0xB5, 0x2F, 0xFD};
    const size_t name = sizeof MM_ARCHIVE_MANIFEST - 1;
    return (size >= sizeof magic && !memcmp(head, magic, sizeof magic)) ||
           (mm_zip_is(head, size) && size >= 30 + name && !memcmp(head + 30, MM_ARCHIVE_MANIFEST, name));
}

/* Only an archive may be replaced: a slip of the hand ("-o model.safetensors") must not cost anybody's work. */
enum mm_status mm_archive_writer_may_replace(const char *file, struct mm_error *err)
{
    unsigned char head[64];
    struct stat about;
    if (lstat(file, &about) != 0)
        return errno == ENOENT ? MM_OK : mm_fail(err, MM_ERR_IO, "%s: %s", file, strerror(errno));
    if (!S_ISREG(about.st_mode))
        return mm_fail(err, MM_ERR_USAGE, "%s: is no plain file: name the file to write", file);
    FILE *stream = fopen(file, "rbe");
    if (!stream)
        return mm_fail(err, MM_ERR_IO, "%s: cannot open: %s", file, strerror(errno));
    size_t got = fread(head, 1, sizeof head, stream);
    fclose(stream);
    if (got && !is_archive_head(head, got))
        return mm_fail(err, MM_ERR_USAGE, "%s: exists and is no archive: it is not overwritten", file);
    return MM_OK;
}

static enum mm_status into_file(void *context, const void *bytes, size_t size, struct mm_error *err)
{
    struct mm_archive_writer *w = context;
    return mm_file_writer_write(&w->out, bytes, size) == MM_OK
               ? MM_OK
               : mm_fail(err, w->out.error.status, "%s", w->out.error.text);
}

static la_ssize_t into_zstd(struct archive *tar, void *context, const void *bytes, size_t size)
{
    struct mm_archive_writer *w = context;
    if (!w->abandoned && mm_zstd_writer_write(&w->zstd, bytes, size, &w->error) == MM_OK)
        return (la_ssize_t)size;
    archive_set_error(tar, EIO, "output");
    return -1;
}

static enum mm_status tar_failed(struct mm_archive_writer *w, struct mm_error *err)
{
    if (w->error.status != MM_OK)
        return mm_fail(err, w->error.status, "%s", w->error.text);
    return mm_fail(err, MM_ERR_MEMORY, "cannot write the tar: %s", archive_error_string(w->tar));
}

static enum mm_status open_tar(struct mm_archive_writer *w, int level, unsigned threads, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, mm_zstd_writer_open(&w->zstd, level ? level : MM_ZSTD_LEVEL_DEFAULT, threads, err)))
        return s;
    w->zstd.sink = into_file;
    w->zstd.sink_context = w;
    w->tar = archive_write_new();
    if (!w->tar)
        return mm_fail_memory(err, "a tar writer");
    if (archive_write_set_format_pax_restricted(w->tar) != ARCHIVE_OK ||
        archive_write_set_bytes_per_block(w->tar, 10240) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(w->tar, 1) != ARCHIVE_OK ||
        archive_write_open(w->tar, w, NULL, into_zstd, NULL) != ARCHIVE_OK)
        return tar_failed(w, err);
    return MM_OK;
}

enum mm_status mm_archive_writer_open(struct mm_archive_writer *w, const char *file, enum mm_archive_kind kind,
                                      int level, unsigned threads, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, mm_file_writer_open(&w->out, file, err)))
        return s;
    w->kind = kind;
    return kind == MM_ARCHIVE_ZIP ? mm_zip_writer_open(&w->zip, &w->out, level, err)
                                  : open_tar(w, level, threads, err);
}

/* No owner, no time. */
enum mm_status mm_archive_writer_file(struct mm_archive_writer *w, const char *name, uint64_t size, bool executable,
                                      struct mm_error *err)
{
    if (w->kind == MM_ARCHIVE_ZIP)
        return mm_zip_writer_entry(&w->zip, name, size, executable, err);
    struct archive_entry *entry = archive_entry_new();
    if (!entry)
        return mm_fail_memory(err, "a tar header");
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, executable ? 0755 : 0644);
    archive_entry_set_size(entry, (la_int64_t)size);
    archive_entry_set_mtime(entry, 0, 0);
    int result = archive_write_header(w->tar, entry);
    archive_entry_free(entry);
    /* A warning says that a name is stored as bytes (hdrcharset=BINARY): the locale of this program is "C". */
    return result == ARCHIVE_OK || result == ARCHIVE_WARN ? MM_OK : tar_failed(w, err);
}

enum mm_status mm_archive_writer_write(void *context, const void *bytes, size_t size, struct mm_error *err)
{
    struct mm_archive_writer *w = context;
    if (mm_interrupted())
        return mm_fail(err, MM_INTERRUPTED, "interrupted: nothing was written");
    mm_archive_tell(&w->progress, size);
    if (w->kind == MM_ARCHIVE_ZIP)
        return mm_zip_writer_write(&w->zip, bytes, size, err);
    la_ssize_t written = archive_write_data(w->tar, bytes, size);
    if (written < 0)
        return tar_failed(w, err);
    return (size_t)written == size ? MM_OK : mm_fail(err, MM_ERR_DATA, "grew while it was packed");
}

static enum mm_status end_stream(struct mm_archive_writer *w, struct mm_error *err)
{
    if (w->kind == MM_ARCHIVE_ZIP)
        return mm_zip_writer_end(&w->zip, err);
    return archive_write_close(w->tar) != ARCHIVE_OK ? tar_failed(w, err) : mm_zstd_writer_end(&w->zstd, err);
}

/* What was written is read as any reader will, before it takes the place of what was there. */
enum mm_status mm_archive_writer_commit(struct mm_archive_writer *w, struct mm_arena *arena, struct mm_error *err)
{
    enum mm_status s;
    cJSON *manifest;
    const struct mm_archive_visitor visitor = {.progress = &w->progress, .doing = "reading back"};
    if (MM_TRY(s, end_stream(w, err)))
        return s;
    if (fflush(w->out.stream) != 0)
        return mm_fail(err, MM_ERR_IO, "%s: cannot write: %s", w->out.path, strerror(errno));
    if (MM_TRY(s, mm_archive_read(arena, w->out.temporary, &visitor, &manifest, err))) {
        mm_fail_in(err, "the new archive does not read back (did a file change meanwhile?)");
        return s;
    }
    return mm_file_writer_commit(&w->out, err);
}

void mm_archive_writer_close(struct mm_archive_writer *w)
{
    w->abandoned = true; /* freeing it closes it, which would write; archive_write_fail would keep its buffer */
    if (w->tar)
        archive_write_free(w->tar);
    mm_zstd_writer_close(&w->zstd);
    if (w->zip.out)
        mm_zip_writer_close(&w->zip);
    mm_file_writer_abandon(&w->out);
    w->tar = NULL;
}
