/* Files: reading, questions about paths, Writing is in file_write.c and file_part.c, folders in
 * file_folder.c, the test hook in file_hook.c. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_internal.h"
#include "base/leave.h"
#include "base/trace.h"

#define FIRST_CAPACITY ((size_t)64 << 10) /* for what has no size beforehand, such as a pipe */
#define PIECE_SIZE     ((size_t)1 << 20)

enum mm_status mm_file_failed(struct mm_error *err, const char *path, const char *what)
{
    char reason[128];
    return mm_fail(err, MM_ERR_IO, "%s: cannot %s: %s", path, what, strerror_r(errno, reason, sizeof reason));
}

static int open_for_reading(const char *path)
{
    MM_TRACE(FILE, "read %s", path);
    if (mm_file_hook_fails(MM_FILE_OPEN, path, NULL))
        return -1;
    mm_leave_enter();
    int file = open(path, O_RDONLY | O_CLOEXEC);
    mm_leave_exit();
    return file;
}

static ssize_t read_some(int file, const char *path, unsigned char *bytes, size_t size)
{
    if (mm_file_hook_fails(MM_FILE_READ, path, NULL))
        return -1;
    mm_leave_enter();
    ssize_t n = read(file, bytes, size);
    mm_leave_exit();
    return n;
}

/* Fills `bytes` until `size` or the end of the file; -1 on failure. */
static ssize_t read_fully(int file, const char *path, unsigned char *bytes, size_t size)
{
    size_t used = 0;
    while (used < size) {
        ssize_t n = read_some(file, path, bytes + used, size - used);
        if (n == 0)
            break;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        used += (size_t)n;
    }
    return (ssize_t)used;
}

static enum mm_status fail_too_large(const char *path, size_t limit, struct mm_error *err)
{
    return mm_fail(err, MM_ERR_DATA, "%s: larger than %zu bytes, the most that is read", path, limit);
}

/* Reads to the end into arena memory that starts with `capacity` bytes and doubles. */
static enum mm_status read_open_file(struct mm_arena *arena, int file, const char *path, size_t capacity,
                                     size_t limit, unsigned char **bytes, size_t *size, struct mm_error *err)
{
    size_t used = 0;
    unsigned char *buffer = NULL;
    for (;;) {
        unsigned char *larger = mm_arena_alloc_raw(arena, capacity + 1);
        if (!larger)
            return mm_fail(err, MM_ERR_MEMORY, "%s: cannot allocate %zu bytes", path, capacity + 1);
        if (used)
            memcpy(larger, buffer, used);
        buffer = larger;
        /* The byte for the NUL tells whether there is more than the capacity. */
        ssize_t n = read_fully(file, path, buffer + used, capacity + 1 - used);
        if (n < 0)
            return mm_file_failed(err, path, "read");
        used += (size_t)n;
        if (used <= capacity)
            break;
        if (capacity >= limit)
            return fail_too_large(path, limit, err);
        capacity = capacity > limit / 2 ? limit : capacity * 2;
    }
    buffer[used] = '\0';
    *bytes = buffer;
    *size = used;
    return MM_OK;
}

enum mm_status mm_file_read(struct mm_arena *arena, const char *path, size_t limit, unsigned char **bytes,
                            size_t *size, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    size_t seeming = SIZE_MAX;
    if (limit > (size_t)PTRDIFF_MAX - 1)
        limit = (size_t)PTRDIFF_MAX - 1;
    int file = mm_file_fault_meets(path, &seeming) ? open_for_reading(path) : -1;
    if (file < 0)
        return mm_file_failed(err, path, "open");
    struct stat about;
    if (fstat(file, &about) != 0) {
        s = mm_file_failed(err, path, "read");
        goto done;
    }
    bool has_size = S_ISREG(about.st_mode) && about.st_size > 0;
    if (has_size && (uint64_t)about.st_size > limit) {
        s = fail_too_large(path, limit, err);
        goto done;
    }
    size_t capacity = has_size ? (size_t)about.st_size : FIRST_CAPACITY < limit ? FIRST_CAPACITY : limit;
    s = read_open_file(arena, file, path, capacity, limit, bytes, size, err);
    if (s == MM_OK && *size > seeming)
        (*bytes)[ *size = seeming] = '\0';
done:
    close(file);
    return s;
}

enum mm_status mm_file_read_start(const char *path, void *bytes, size_t capacity, size_t *got, struct mm_error *err)
{
    int file = mm_file_fault_meets(path, &capacity) ? open_for_reading(path) : -1;
    if (file < 0)
        return mm_file_failed(err, path, "open");
    ssize_t n = read_fully(file, path, bytes, capacity);
    enum mm_status s = n < 0 ? mm_file_failed(err, path, "read") : MM_OK;
    *got = n < 0 ? 0 : (size_t)n;
    close(file);
    return s;
}

enum mm_status mm_file_scan(const char *path, mm_file_piece *piece, void *context, struct mm_error *err)
{
    unsigned char *bytes = mm_alloc_raw(PIECE_SIZE);
    if (!bytes)
        return mm_fail_memory(err, "a file buffer");
    enum mm_status s = MM_OK;
    int file = open_for_reading(path);
    if (file < 0) {
        s = mm_file_failed(err, path, "open");
        goto done;
    }
    for (ssize_t n = (ssize_t)PIECE_SIZE; s == MM_OK && n == (ssize_t)PIECE_SIZE;) {
        n = read_fully(file, path, bytes, PIECE_SIZE);
        s = n < 0 ? mm_file_failed(err, path, "read") : n > 0 ? piece(context, bytes, (size_t)n, err) : MM_OK;
    }
done:
    if (file >= 0)
        close(file);
    mm_free(bytes);
    return s;
}

bool mm_file_exists(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0;
}

bool mm_file_is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

enum mm_status mm_file_size(const char *path, uint64_t *size, struct mm_error *err)
{
    struct stat about;
    mm_leave_enter();
    int outcome = stat(path, &about);
    mm_leave_exit();
    if (outcome != 0)
        return mm_file_failed(err, path, "open");
    if (!S_ISREG(about.st_mode))
        return mm_fail(err, MM_ERR_IO, "%s: is not a regular file", path);
    *size = (uint64_t)about.st_size;
    return MM_OK;
}

char *mm_file_join(struct mm_arena *arena, const char *folder, const char *name)
{
    if (!folder || !*folder || *name == '/')
        return mm_arena_text(arena, name);
    return mm_arena_format(arena, "%s%s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/", name);
}

const char *mm_file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

char *mm_file_folder(struct mm_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return mm_arena_text(arena, ".");
    size_t length = (size_t)(slash - path);
    while (length > 0 && path[length - 1] == '/')
        length--;
    return length ? mm_arena_textn(arena, path, length) : mm_arena_text(arena, "/");
}
