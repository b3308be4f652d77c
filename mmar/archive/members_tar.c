/* Members of a zstd-compressed tar: zstd frame -> tar (libarchive, nothing but plain ustar and pax) -> members. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

#include "mmar/archive/members.h"
#include "mmar/archive/zstd_stream.h"
#include "mmar/command.h"

#define BLOCK          512
#define USTAR_NAME_MAX 100
#define USTAR_SIZE_MAX 077777777777ull
#define EXTENDED_MAX   3072  /* pax header, its records (path, size, charset), ustar header */
#define PADDING_MAX    10240 /* zeros behind the end mark: one record of POSIX tar */
#define END_MARK       1024

struct members_tar {
    struct mm_zstd_reader input;
    struct archive *tar;
    struct mm_error input_error; /* what libarchive's callback could not say */
    struct archive_entry *ahead; /* a header that was read and not yet used */
    uint64_t content_end;        /* of the tar stream: behind its last byte that is not zero */
};

/* The tar stream ----------------------------------------------------------------------------------------------------------- */

static enum mm_status next_piece(struct members_tar *m, const void **bytes, size_t *size, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, mm_zstd_reader_read(&m->input, bytes, size, err)))
        return s;
    const unsigned char *piece = *bytes;
    size_t last = *size;
    while (last && !piece[last - 1])
        last--;
    if (last)
        m->content_end = m->input.produced - *size + last;
    return MM_OK;
}

static la_ssize_t give_piece(struct archive *tar, void *context, const void **bytes)
{
    struct members_tar *m = context;
    size_t size;
    if (next_piece(m, bytes, &size, &m->input_error) == MM_OK)
        return (la_ssize_t)size;
    archive_set_error(tar, EIO, "input");
    return ARCHIVE_FATAL;
}

static enum mm_status tar_failed(struct members_tar *m, struct mm_error *err)
{
    if (m->input_error.status != MM_OK)
        return mm_fail(err, m->input_error.status, "%s", m->input_error.text);
    if (archive_errno(m->tar) == ENOMEM)
        return mm_fail_memory(err, "a tar reader");
    const char *why = archive_error_string(m->tar);
    return mm_fail(err, MM_ERR_DATA, "is damaged: %s", why ? why : "no sound tar");
}

static enum mm_status open_tar(struct mm_members *members, const char *file, struct mm_error *err)
{
    enum mm_status s;
    struct members_tar *m = members->state = mm_arena_new(members->arena, struct members_tar);
    if (!m)
        return mm_fail_memory(err, "a tar reader");
    if (MM_TRY(s, mm_zstd_reader_open(&m->input, file, err)))
        return s;
    m->tar = archive_read_new();
    if (!m->tar)
        return mm_fail_memory(err, "a tar reader");
    if (archive_read_support_format_tar(m->tar) != ARCHIVE_OK ||
        archive_read_open(m->tar, m, NULL, give_piece, NULL) != ARCHIVE_OK)
        return tar_failed(m, err);
    return MM_OK;
}

static void close_tar(struct mm_members *members)
{
    struct members_tar *m = members->state;
    if (!m)
        return;
    if (m->tar)
        archive_read_free(m->tar);
    mm_zstd_reader_close(&m->input);
}

/* Members ------------------------------------------------------------------------------------------------------------------ */

/* Everything a tar header can say beside name, size and mode has the one value that mm_pack gives it. */
static bool is_plain(struct archive *tar, struct archive_entry *entry)
{
    const char *user = archive_entry_uname(entry), *group = archive_entry_gname(entry);
    return (archive_format(tar) == ARCHIVE_FORMAT_TAR_USTAR ||
            archive_format(tar) == ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE) &&
           archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry) &&
           !archive_entry_symlink(entry) && !archive_entry_sparse_count(entry) && !archive_entry_xattr_count(entry) &&
           !archive_entry_acl_types(entry) && !archive_entry_fflags_text(entry) && archive_entry_uid(entry) == 0 &&
           archive_entry_gid(entry) == 0 && (!user || !*user) && (!group || !*group) &&
           archive_entry_mtime(entry) == 0 && archive_entry_mtime_nsec(entry) == 0 && !archive_entry_atime(entry) &&
           !archive_entry_ctime(entry) && archive_entry_size_is_set(entry);
}

/* A plain header is one block. More is needed for names and sizes that do not fit into it; a stranger's extra records are not. */
static bool has_short_header(const struct members_tar *m, const char *name, uint64_t size)
{
    uint64_t header = (uint64_t)(archive_filter_bytes(m->tar, 0) - archive_read_header_position(m->tar));
    bool fits = strlen(name) <= USTAR_NAME_MAX && size <= USTAR_SIZE_MAX;
    for (const char *c = name; *c; c++)
        fits = fits && (unsigned char)*c < 0x80;
    return header <= (fits ? BLOCK : EXTENDED_MAX);
}

/* Its header, which stays the next until a member takes it; NULL at the end. */
static enum mm_status peek(struct mm_members *members, const char **name, struct mm_error *err)
{
    struct members_tar *m = members->state;
    *name = NULL;
    if (!m->ahead) {
        int result = archive_read_next_header(m->tar, &m->ahead);
        if (result != ARCHIVE_OK)
            m->ahead = NULL;
        if (result == ARCHIVE_EOF)
            return MM_OK;
        if (result != ARCHIVE_OK)
            return tar_failed(m, err);
    }
    *name = archive_entry_pathname(m->ahead);
    return *name ? MM_OK : mm_fail(err, MM_ERR_DATA, "a file has no name");
}

static enum mm_status take(struct mm_members *members, const char *name, bool executable, uint64_t *size,
                           struct mm_error *err)
{
    struct members_tar *m = members->state;
    struct archive_entry *entry = m->ahead;
    m->ahead = NULL;
    if (!is_plain(m->tar, entry) || !has_short_header(m, name, (uint64_t)archive_entry_size(entry)))
        return mm_fail(err, MM_ERR_DATA,
                       "%s: is no plain file, or has an owner, a time or attributes: archives hold none", name);
    if (archive_entry_perm(entry) != (executable ? 0755 : 0644))
        return mm_fail(err, MM_ERR_DATA, "%s: has mode %o, its entry in the manifest asks for %s", name,
                       (unsigned)archive_entry_perm(entry), executable ? "755" : "644");
    *size = (uint64_t)archive_entry_size(entry);
    return MM_OK;
}

/* The current member's bytes, in order and without holes: exactly `size`. */
static enum mm_status read_tar(struct mm_members *members, const char *name, uint64_t size, mm_file_piece *piece,
                               void *context, struct mm_error *err)
{
    enum mm_status s;
    struct members_tar *m = members->state;
    uint64_t at = 0;
    for (;;) {
        const void *bytes;
        size_t count;
        la_int64_t offset;
        int result = archive_read_data_block(m->tar, &bytes, &count, &offset);
        if (result == ARCHIVE_EOF)
            break;
        if (result != ARCHIVE_OK)
            return tar_failed(m, err);
        if ((uint64_t)offset != at || count > size - at)
            return mm_fail(err, MM_ERR_DATA, "%s: is not stored in one piece", name);
        if (mm_interrupted())
            return mm_fail(err, MM_INTERRUPTED, "interrupted at %s", name);
        if (MM_TRY(s, piece(context, bytes, count, err)))
            return s;
        at += count;
    }
    return at == size ? MM_OK : mm_fail(err, MM_ERR_DATA, "%s: is cut off", name);
}

/* Behind the last file: the end mark, a little padding, the end of the frame and of the file. */
static enum mm_status end(struct mm_members *members, struct mm_error *err)
{
    enum mm_status s;
    struct members_tar *m = members->state;
    struct archive_entry *entry;
    const void *bytes;
    size_t size;
    const uint64_t content =
        (uint64_t)archive_filter_bytes(m->tar, 0); /* libarchive has taken the last file and its padding */
    int result = archive_read_next_header(m->tar, &entry);
    if (result == ARCHIVE_OK)
        return mm_fail(err, MM_ERR_DATA, "holds files that its manifest does not list");
    if (result != ARCHIVE_EOF)
        return tar_failed(m, err);
    do {
        if (m->content_end > content || m->input.produced > content + END_MARK + PADDING_MAX)
            return mm_fail(err, MM_ERR_DATA, "has data behind the end of its tar");
        if (MM_TRY(s, next_piece(m, &bytes, &size, err)))
            return s;
    } while (size);
    if (m->input.produced < content + END_MARK)
        return mm_fail(err, MM_ERR_DATA, "is cut off: its tar has no end mark");
    return MM_OK;
}

const struct mm_members_kind mm_members_tar = {open_tar, peek, take, read_tar, end, close_tar};
