/* Files that grow from run to run. What was written stays, whatever ends the program; the lock ends with it too. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_internal.h"

enum mm_status mm_file_part_open(struct mm_file_part *part, const char *path, uint64_t *size, struct mm_error *err)
{
    struct stat about;
    *part = (struct mm_file_part){path, mm_file_hook_fails(MM_FILE_CREATE, path, NULL)
                                            ? -1
                                            : open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666)};
    if (part->file < 0)
        return mm_file_failed(err, path, "create");
    if (flock(part->file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        mm_file_part_close(part);
        return mm_fail(err, MM_ERR_IO, "%s: another program is writing it", path);
    }
    if (fstat(part->file, &about) != 0 || !S_ISREG(about.st_mode)) {
        mm_file_part_close(part);
        return mm_fail(err, MM_ERR_IO, "%s: is not a regular file", path);
    }
    *size = (uint64_t)about.st_size;
    return MM_OK;
}

enum mm_status mm_file_part_cut(struct mm_file_part *part, uint64_t size, struct mm_error *err)
{
    if (mm_file_hook_fails(MM_FILE_WRITE, part->path, NULL) || ftruncate(part->file, (off_t)size) != 0 ||
        lseek(part->file, (off_t)size, SEEK_SET) < 0)
        return mm_file_failed(err, part->path, "cut");
    return MM_OK;
}

enum mm_status mm_file_part_write(struct mm_file_part *part, const void *bytes, size_t size, struct mm_error *err)
{
    const unsigned char *at = bytes;
    if (mm_file_hook_fails(MM_FILE_WRITE, part->path, NULL))
        return mm_file_failed(err, part->path, "write");
    while (size) {
        ssize_t n = write(part->file, at, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return mm_file_failed(err, part->path, "write");
        at += n;
        size -= (size_t)n;
    }
    return MM_OK;
}

enum mm_status mm_file_part_sync(struct mm_file_part *part, struct mm_error *err)
{
    if (mm_file_hook_fails(MM_FILE_SYNC, part->path, NULL) || fsync(part->file) != 0)
        return mm_file_failed(err, part->path, "sync");
    return MM_OK;
}

void mm_file_part_close(struct mm_file_part *part)
{
    if (part->file >= 0)
        close(part->file);
    part->file = -1;
}
