/* Members of a zip. base/zip.h has checked that both of its halves agree; here it must be, byte for byte, what mm_pack would write around
 * the same members: no times, owners, comments or fields in which anything could hide. */
#include "base/zip.h"
#include "mmar/archive/members.h"
#include "mmar/command.h"

struct members_zip {
    struct mm_zip *zip;
    size_t next;
};

static enum mm_status open_zip(struct mm_members *members, const char *file, struct mm_error *err)
{
    enum mm_status s;
    struct members_zip *m = members->state = mm_arena_new(members->arena, struct members_zip);
    if (!m)
        return mm_fail_memory(err, "a zip reader");
    if (MM_TRY(s, mm_zip_open(members->arena, file, &m->zip, err)))
        return s;
    if (!m->zip->count || strcmp(m->zip->entries[0].name, MM_ARCHIVE_MANIFEST) != 0)
        return mm_fail(err, MM_ERR_DATA,
                       "is a zip, and no archive: its first file is not " MM_ARCHIVE_MANIFEST
                       " (mmar show tells what it is)");
    return mm_zip_check_plain(m->zip, err);
}

static enum mm_status peek(struct mm_members *members, const char **name, struct mm_error *err)
{
    const struct members_zip *m = members->state;
    (void)err;
    *name = m->next < m->zip->count ? m->zip->entries[m->next].name : NULL;
    return MM_OK;
}

static enum mm_status take(struct mm_members *members, const char *name, bool executable, uint64_t *size,
                           struct mm_error *err)
{
    struct members_zip *m = members->state;
    const struct mm_zip_entry *entry = &m->zip->entries[m->next++];
    if (entry->executable != executable)
        return mm_fail(err, MM_ERR_DATA, "%s: has mode %s, its entry in the manifest asks for %s", name,
                       entry->executable ? "755" : "644", executable ? "755" : "644");
    *size = entry->size;
    return MM_OK;
}

struct receiver {
    mm_file_piece *piece;
    void *context;
};

static enum mm_status hand_on(void *context, const void *bytes, size_t size, struct mm_error *err)
{
    const struct receiver *to = context;
    if (mm_interrupted())
        return mm_fail(err, MM_INTERRUPTED, "interrupted");
    return to->piece(to->context, bytes, size, err);
}

static enum mm_status read_zip(struct mm_members *members, const char *name, uint64_t size, mm_file_piece *piece,
                               void *context, struct mm_error *err)
{
    const struct members_zip *m = members->state;
    struct receiver to = {piece, context};
    (void)name, (void)size;
    return mm_zip_read(m->zip, &m->zip->entries[m->next - 1], hand_on, &to, err);
}

static enum mm_status end(struct mm_members *members, struct mm_error *err)
{
    const struct members_zip *m = members->state;
    return m->next == m->zip->count ? MM_OK
                                    : mm_fail(err, MM_ERR_DATA, "holds files that its manifest does not list");
}

static void close_zip(struct mm_members *members)
{
    const struct members_zip *m = members->state;
    if (m)
        mm_zip_close(m->zip);
}

const struct mm_members_kind mm_members_zip = {open_zip, peek, take, read_zip, end, close_zip};
