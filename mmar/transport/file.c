/* Paths, file:// and shares that are mounted. The validator is the file's identity, time and size: a file that was replaced or written to
 * since has another. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "mmar/command.h"
#include "mmar/transport/transport.h"

#define PIECE_SIZE ((size_t)1 << 20)
#define SCHEME     "file://"

static enum mm_status path_of(const char *place, const char **path, struct mm_error *err)
{
    *path = place;
    if (strncasecmp(place, SCHEME, strlen(SCHEME)) != 0)
        return MM_OK;
    *path = place + strlen(SCHEME);
    if (mm_text_starts(*path, "localhost/"))
        *path += strlen("localhost");
    if (**path != '/')
        return mm_fail(err, MM_ERR_USAGE, "%s: names a host: mount the share, and name the path to it", place);
    return strpbrk(*path, "%?#") ? mm_fail(err, MM_ERR_USAGE, "%s: holds %%, ? or #: name the path itself", place)
                                 : MM_OK;
}

static enum mm_status failed(const char *path, const char *what, struct mm_error *err)
{
    return mm_fail(err, MM_ERR_IO, "%s: cannot %s: %s", path, what, strerror(errno));
}

static enum mm_status describe(int file, const char *path, const struct mm_transport_request *request,
                               struct mm_transport_answer *answer, struct mm_error *err)
{
    struct stat about;
    if (fstat(file, &about) != 0)
        return failed(path, "read", err);
    if (S_ISDIR(about.st_mode))
        return mm_fail(err, MM_ERR_USAGE, "%s: is a folder: an archive is a file", path);
    if (!S_ISREG(about.st_mode))
        return mm_fail(err, MM_ERR_USAGE, "%s: is no plain file", path);
    *answer = (struct mm_transport_answer){.size = (uint64_t)about.st_size};
    snprintf(answer->validator, sizeof answer->validator, "%" PRIuMAX ":%" PRIuMAX ":%jd.%09ld:%" PRIuMAX,
             (uintmax_t)about.st_dev, (uintmax_t)about.st_ino, (intmax_t)about.st_mtim.tv_sec, about.st_mtim.tv_nsec,
             (uintmax_t)about.st_size);
    if (answer->size > request->limit)
        return mm_fail(err, MM_ERR_DATA, "%s: has %" PRIu64 " bytes, at most %" PRIu64 " are taken", path,
                       answer->size, request->limit);
    if (request->validator && !strcmp(request->validator, answer->validator) && request->offset <= answer->size)
        answer->offset = request->offset;
    return MM_OK;
}

/* From the answer's offset to the end; the announced size, or an error. */
static enum mm_status copy(int file, const char *path, const struct mm_transport_answer *answer,
                           const struct mm_transport_sink *sink, unsigned char *buffer, struct mm_error *err)
{
    enum mm_status s;
    uint64_t at = answer->offset;
    for (;;) {
        ssize_t n = pread(file, buffer, PIECE_SIZE, (off_t)at);
        if (n < 0 && errno == EINTR && !mm_interrupted())
            continue;
        if (mm_interrupted())
            return mm_fail(err, MM_INTERRUPTED, "interrupted");
        if (n < 0)
            return failed(path, "read", err);
        if (n == 0)
            break;
        at += (uint64_t)n;
        if (at > answer->size)
            break;
        if (MM_TRY(s, sink->piece(sink->context, buffer, (size_t)n, err)))
            return s;
    }
    return at == answer->size ? MM_OK
                              : mm_fail(err, MM_ERR_IO, "%s: changed while it was read: it had %" PRIu64 " bytes",
                                        path, answer->size);
}

static enum mm_status fetch(struct mm_arena *arena, const struct mm_transport_request *request,
                            const struct mm_transport_sink *sink, struct mm_error *err)
{
    enum mm_status s;
    const char *path;
    struct mm_transport_answer answer;
    (void)arena;
    if (MM_TRY(s, path_of(request->place, &path, err)))
        return s;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not hold us */
    if (file < 0)
        return failed(path, "open", err);
    unsigned char *buffer = mm_alloc_raw(PIECE_SIZE);
    if (!buffer)
        s = mm_fail_memory(err, "a file buffer");
    else if ((s = describe(file, path, request, &answer, err)) == MM_OK &&
             (s = sink->begin(sink->context, &answer, err)) == MM_OK)
        s = copy(file, path, &answer, sink, buffer, err);
    mm_free(buffer);
    close(file);
    return s;
}

const struct mm_transport mm_transport_file = {
    .name = "file",
    .summary = "a path on this machine or on a share that is mounted here, also as file://",
    .schemes = SCHEME,
    .takes_paths = true,
    .fetch = fetch,
};
