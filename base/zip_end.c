/* The end of a zip file: from its last record backwards to the directory; and the bytes of the file. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/zip_internal.h"

#define COMMENT_MAX 65535

bool mm_zip_is(const unsigned char *bytes, size_t size)
{
    return size >= 4 && !memcmp(bytes, "PK\3\4", 4);
}

enum mm_status mm_zip_fetch(const struct mm_zip *zip, uint64_t offset, void *bytes, size_t size, struct mm_error *err)
{
    if (zip->bytes) {
        memcpy(bytes, zip->bytes + offset, size);
        return MM_OK;
    }
    for (size_t done = 0; done < size;) {
        ssize_t got = pread(zip->file, (unsigned char *)bytes + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return mm_fail(err, MM_ERR_IO, "cannot read: %s", strerror(errno));
        if (!got)
            return mm_fail(err, MM_ERR_DATA, "became shorter while it was read");
        done += (size_t)got;
    }
    return MM_OK;
}

enum mm_status mm_zip_borrow(struct mm_arena *arena, const struct mm_zip *zip, uint64_t offset, size_t size,
                             const unsigned char **out, struct mm_error *err)
{
    if (zip->bytes) {
        *out = zip->bytes + offset;
        return MM_OK;
    }
    unsigned char *room = mm_arena_alloc(arena, size + 1);
    *out = room;
    return room ? mm_zip_fetch(zip, offset, room, size, err) : mm_fail_memory(err, "a zip file's directory");
}

static enum mm_status find_end(struct mm_arena *arena, const struct mm_zip *zip, uint64_t *place,
                               const unsigned char **record, struct mm_error *err)
{
    enum mm_status s;
    const unsigned char *tail;
    uint64_t size = zip->size;
    size_t length = (size_t)(size < MM_ZIP_END_SIZE + COMMENT_MAX ? size : MM_ZIP_END_SIZE + COMMENT_MAX);
    if (MM_TRY(s, mm_zip_borrow(arena, zip, size - length, length, &tail, err)))
        return s;
    for (size_t back = MM_ZIP_END_SIZE; back <= length; back++) {
        const unsigned char *at = tail + length - back;
        if (memcmp(at, "PK\5\6", 4) != 0)
            continue;
        if (mm_zip_number(at + 20, 2) != back - MM_ZIP_END_SIZE)
            return mm_fail(err, MM_ERR_DATA, "the zip file has bytes behind its end record");
        *place = size - back;
        *record = at;
        return MM_OK;
    }
    return mm_fail(err, MM_ERR_DATA, "the zip file has no end record: it was cut off");
}

/* A number of the end record is that of the zip64 one, or all ones. */
static bool agrees(uint64_t here, uint64_t there, uint64_t ones)
{
    return here == there || here == ones;
}

static enum mm_status read_end64(const struct mm_zip *zip, const unsigned char *end, struct mm_zip_directory *d,
                                 struct mm_error *err)
{
    enum mm_status s;
    unsigned char record[MM_ZIP_END64_SIZE + MM_ZIP_LOCATOR_SIZE], *locator = record + MM_ZIP_END64_SIZE;
    uint64_t place = d->end - sizeof record;
    if (MM_TRY(s, mm_zip_fetch(zip, place, record, sizeof record, err)))
        return s;
    if (memcmp(record, "PK\6\6", 4) != 0 || mm_zip_number(locator + 8, 8) != place ||
        mm_zip_number(record + 4, 8) != MM_ZIP_END64_SIZE - 12)
        return mm_fail(err, MM_ERR_DATA, "the zip64 end record is not at byte %llu, as its locator says",
                       (unsigned long long)mm_zip_number(locator + 8, 8));
    d->count = mm_zip_number(record + 32, 8);
    d->size = mm_zip_number(record + 40, 8);
    d->offset = mm_zip_number(record + 48, 8);
    d->end = place;
    if (mm_zip_number(record + 16, 8) || mm_zip_number(locator + 4, 4) || mm_zip_number(locator + 16, 4) > 1 ||
        mm_zip_number(record + 24, 8) != d->count)
        return mm_fail(err, MM_ERR_DATA, "the zip file has several disks");
    if (!agrees(mm_zip_number(end + 10, 2), d->count, UINT16_MAX) ||
        !agrees(mm_zip_number(end + 12, 4), d->size, UINT32_MAX) ||
        !agrees(mm_zip_number(end + 16, 4), d->offset, UINT32_MAX))
        return mm_fail(err, MM_ERR_DATA, "the zip file's two end records contradict each other");
    return MM_OK;
}

enum mm_status mm_zip_find_directory(struct mm_arena *arena, const struct mm_zip *zip, struct mm_zip_directory *d,
                                     struct mm_error *err)
{
    enum mm_status s;
    const unsigned char *end = NULL;
    unsigned char locator[4];
    if (MM_TRY(s, find_end(arena, zip, &d->end, &end, err)))
        return s;
    d->count = mm_zip_number(end + 10, 2);
    d->size = mm_zip_number(end + 12, 4);
    d->offset = mm_zip_number(end + 16, 4);
    if (mm_zip_number(end + 4, 4) || mm_zip_number(end + 8, 2) != d->count)
        return mm_fail(err, MM_ERR_DATA, "the zip file has several disks");
    if (d->end >= MM_ZIP_END64_SIZE + MM_ZIP_LOCATOR_SIZE) {
        if (MM_TRY(s, mm_zip_fetch(zip, d->end - MM_ZIP_LOCATOR_SIZE, locator, 4, err)))
            return s;
        if (!memcmp(locator, "PK\6\7", 4) && MM_TRY(s, read_end64(zip, end, d, err)))
            return s;
    }
    if (d->count > MM_ZIP_ENTRIES_MAX || d->size > MM_ZIP_DIRECTORY_MAX)
        return mm_fail(err, MM_ERR_DATA, "the zip file says that it has %llu entries, at most %u are read",
                       (unsigned long long)d->count, MM_ZIP_ENTRIES_MAX);
    if (d->offset > d->end || d->size != d->end - d->offset || d->count * MM_ZIP_CENTRAL_SIZE > d->size)
        return mm_fail(err, MM_ERR_DATA,
                       "the zip file's directory does not lie right before its end: something is in front of the "
                       "file, between, or missing");
    return MM_OK;
}
