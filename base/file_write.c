/* Atomic writes: everything goes to a hidden temporary file beside the target, which takes the target's name only when
 * every byte is on the disk. A crash leaves the old file, or the new one, and at worst a temporary one, which nobody removes: see
 * docs/decisions/010-temporaries.md. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/file_internal.h"
#include "base/trace.h"

#define NAMES_TRIED 10000
#define NAME_KEPT   200 /* bytes of the target's name in the temporary one: the limit for both is 255 */

static _Atomic uint64_t temporaries; /* makes their names differ within the process */

static char *heap_text(const char *text, size_t length)
{
    char *copy = mm_alloc(length + 1);
    if (copy)
        memcpy(copy, text, length);
    return copy;
}

/* "folder/.name.tmp-<pid>-<counter>" */
static char *temporary_path(const char *path)
{
    const char *name = mm_file_name(path);
    size_t size = (size_t)(name - path) + NAME_KEPT + 64;
    char *temporary = mm_alloc(size);
    if (temporary)
        snprintf(temporary, size, "%.*s.%.*s.tmp-%ld-%" PRIu64, (int)(name - path), path, NAME_KEPT, name,
                 (long)getpid(), atomic_fetch_add(&temporaries, 1));
    return temporary;
}

/* A name that is taken is one that a killed program left, whose process number is ours now: in a container most are. */
static int create_temporary(struct mm_file_writer *writer, const char *path, mode_t mode)
{
    for (int tries = 0; tries < NAMES_TRIED; tries++) {
        mm_free(writer->temporary);
        writer->temporary = temporary_path(path);
        if (!writer->temporary)
            return -1;
        if (mm_file_hook_fails(MM_FILE_CREATE, writer->temporary, NULL))
            return -1;
        int file = open(writer->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (file >= 0 || errno != EEXIST)
            return file;
    }
    return -1;
}

enum mm_status mm_file_writer_open_as(struct mm_file_writer *writer, const char *path, unsigned care,
                                      struct mm_error *err)
{
    *writer = (struct mm_file_writer){.care = care, .error = {.status = MM_OK}};
    int file = -1;
    mode_t mode = care & MM_FILE_PRIVATE ? 0600 : 0666;
    MM_TRACE(FILE, "write %s", path);
    writer->path = heap_text(path, strlen(path));
    file = writer->path ? create_temporary(writer, path, mode) : -1;
    if (!writer->path || !writer->temporary) {
        mm_fail_memory(&writer->error, "a file name");
        goto done;
    }
    writer->stream = file < 0 ? NULL : fdopen(file, "wb");
    if (!writer->stream)
        mm_file_failed(&writer->error, path, "create");
done:
    if (writer->stream)
        return MM_OK;
    if (file >= 0) {
        close(file);
        unlink(writer->temporary);
    }
    mm_free(writer->path);
    mm_free(writer->temporary);
    writer->path = writer->temporary = NULL;
    return mm_fail(err, writer->error.status, "%s", writer->error.text);
}

enum mm_status mm_file_writer_open(struct mm_file_writer *writer, const char *path, struct mm_error *err)
{
    return mm_file_writer_open_as(writer, path, 0, err);
}

enum mm_status mm_file_writer_open_secret(struct mm_file_writer *writer, const char *path, struct mm_error *err)
{
    return mm_file_writer_open_as(writer, path, MM_FILE_PRIVATE | MM_FILE_NEW, err);
}

enum mm_status mm_file_writer_write(struct mm_file_writer *writer, const void *bytes, size_t size)
{
    if (writer->error.status != MM_OK)
        return writer->error.status;
    if (!writer->stream)
        return mm_fail(&writer->error, MM_ERR_IO, "the file is closed already");
    if (mm_file_hook_fails(MM_FILE_WRITE, writer->temporary, NULL) || fwrite(bytes, 1, size, writer->stream) != size)
        return mm_file_failed(&writer->error, writer->path, "write");
    return MM_OK;
}

/* All bytes on the disk (or with the system, where that is enough) and the stream closed; the first thing that goes wrong is kept in the writer. */
static void finish_stream(struct mm_file_writer *writer)
{
    bool is_good = writer->error.status == MM_OK;
    if (is_good && (mm_file_hook_fails(MM_FILE_WRITE, writer->temporary, NULL) || fflush(writer->stream) != 0)) {
        mm_file_failed(&writer->error, writer->path, "write");
        is_good = false;
    }
    bool is_synced = !(writer->care & MM_FILE_UNSYNCED);
    if (is_good && is_synced &&
        (mm_file_hook_fails(MM_FILE_SYNC, writer->temporary, NULL) || fsync(fileno(writer->stream)) != 0)) {
        mm_file_failed(&writer->error, writer->path, "sync");
        is_good = false;
    }
    if (fclose(writer->stream) != 0 && is_good)
        mm_file_failed(&writer->error, writer->path, "write");
    writer->stream = NULL;
}

/* Under its new name, or not at all. */
static int rename_to(const char *from, const char *to, bool replace)
{
    if (mm_file_hook_fails(MM_FILE_RENAME, from, to))
        return -1;
    if (replace || mm_file_is_folder(from)) /* which replaces nothing but an empty folder */
        return rename(from, to);
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    /* This file system cannot promise it; the question and the renaming are two steps there. */
    errno = EEXIST;
    return mm_file_exists(to) ? -1 : rename(from, to);
}

static enum mm_status place(const char *temporary, const char *path, bool replace, bool is_synced,
                            struct mm_error *err)
{
    if (rename_to(temporary, path, replace) == 0)
        return is_synced ? mm_file_sync_parent(path, err) : MM_OK;
    return !replace && (errno == EEXIST || errno == ENOTEMPTY)
               ? mm_fail(err, MM_ERR_USAGE, "%s: exists already: nothing was changed", path)
               : mm_file_failed(err, path, "replace");
}

enum mm_status mm_file_place(const char *temporary, const char *path, bool replace, struct mm_error *err)
{
    return place(temporary, path, replace, true, err);
}

enum mm_status mm_file_writer_commit(struct mm_file_writer *writer, struct mm_error *err)
{
    if (!writer->stream) {
        if (writer->error.status == MM_OK)
            mm_fail(&writer->error, MM_ERR_IO, "the file is closed already");
        return mm_fail(err, writer->error.status, "%s", writer->error.text);
    }
    finish_stream(writer);
    struct mm_error *error = &writer->error;
    bool replaces = !(writer->care & MM_FILE_NEW), is_synced = !(writer->care & MM_FILE_UNSYNCED);
    if (error->status != MM_OK || place(writer->temporary, writer->path, replaces, is_synced, error) != MM_OK)
        unlink(writer->temporary); /* which is gone when only the folder could not be synced */
    mm_free(writer->path);
    mm_free(writer->temporary);
    writer->path = writer->temporary = NULL;
    return error->status == MM_OK ? MM_OK : mm_fail(err, error->status, "%s", error->text);
}

void mm_file_writer_abandon(struct mm_file_writer *writer)
{
    if (!writer->stream)
        return;
    fclose(writer->stream);
    unlink(writer->temporary);
    mm_free(writer->path);
    mm_free(writer->temporary);
    writer->stream = NULL;
    writer->path = writer->temporary = NULL;
}

enum mm_status mm_file_write(const char *path, const void *bytes, size_t size, struct mm_error *err)
{
    struct mm_file_writer writer;
    enum mm_status s;
    if (MM_TRY(s, mm_file_writer_open(&writer, path, err)))
        return s;
    mm_file_writer_write(&writer, bytes, size);
    return mm_file_writer_commit(&writer, err);
}
