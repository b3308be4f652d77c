/* How far long work is: told, never printed. */
#include "base/file.h"
#include "base/hash.h"
#include "mmar/archive/archive.h"
#include "mmar/command.h"

void mm_archive_stage(struct mm_archive_progress *progress, const char *doing, uint64_t total)
{
    if (!progress)
        return;
    progress->doing = doing;
    progress->done = 0;
    progress->total = total;
}

void mm_archive_tell(struct mm_archive_progress *progress, uint64_t more)
{
    if (!progress || !progress->tell)
        return;
    progress->done += more;
    progress->tell(progress->context, progress->doing, progress->done, progress->total);
}

struct digest {
    struct mm_sha256 hash;
    struct mm_archive_progress *progress;
};

static enum mm_status add_piece(void *context, const void *bytes, size_t size, struct mm_error *err)
{
    struct digest *d = context;
    mm_archive_tell(d->progress, size);
    return mm_interrupted() ? mm_fail(err, MM_INTERRUPTED, "interrupted: nothing was written")
                            : mm_sha256_add(&d->hash, bytes, size, err);
}

enum mm_status mm_archive_digest(const char *path, struct mm_archive_progress *progress, char hex[65],
                                 struct mm_error *err)
{
    enum mm_status s;
    unsigned char digest[MM_SHA256_SIZE];
    struct digest d = {.progress = progress};
    if (MM_TRY(s, mm_sha256_init(&d.hash, err)))
        return s;
    if ((s = mm_file_scan(path, add_piece, &d, err)) == MM_OK && (s = mm_sha256_done(&d.hash, digest, err)) == MM_OK)
        mm_sha256_hex(digest, hex);
    mm_sha256_abandon(&d.hash);
    return s;
}
