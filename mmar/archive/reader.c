/* Reading an archive as if a stranger had made it to harm us: zstd frame -> tar (libarchive, nothing but plain ustar and pax) -> members,
 * which must be manifest.json and then exactly the files that it lists, in its order, with its sizes and digests. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

#include "base/file.h"
#include "base/hash.h"
#include "mmar/archive/archive.h"
#include "mmar/archive/zstd_stream.h"
#include "mmar/command.h"

#define BLOCK          512
#define USTAR_NAME_MAX 100
#define USTAR_SIZE_MAX 077777777777ull
#define EXTENDED_MAX   3072  /* pax header, its records (path, size, charset), ustar header */
#define PADDING_MAX    10240 /* zeros behind the end mark: one record of POSIX tar */
#define END_MARK       1024

struct reader {
    struct mm_arena *arena;
    struct mm_zstd_reader input;
    struct archive *tar;
    struct mm_error input_error; /* what libarchive's callback could not say */
    struct archive_entry *ahead; /* a header that was read and not yet used */
    uint64_t content_end;        /* of the tar stream: behind its last byte that is not zero */
};

/* The tar stream ----------------------------------------------------------------------------------------------------------- */

static enum mm_status next_piece(struct reader *r, const void **bytes, size_t *size, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, mm_zstd_reader_read(&r->input, bytes, size, err)))
        return s;
    const unsigned char *piece = *bytes;
    size_t last = *size;
    while (last && !piece[last - 1])
        last--;
    if (last)
        r->content_end = r->input.produced - *size + last;
    return MM_OK;
}

static la_ssize_t give_piece(struct archive *tar, void *context, const void **bytes)
{
    struct reader *r = context;
    size_t size;
    if (next_piece(r, bytes, &size, &r->input_error) == MM_OK)
        return (la_ssize_t)size;
    archive_set_error(tar, EIO, "input");
    return ARCHIVE_FATAL;
}

static enum mm_status tar_failed(struct reader *r, struct mm_error *err)
{
    if (r->input_error.status != MM_OK)
        return mm_fail(err, r->input_error.status, "%s", r->input_error.text);
    if (archive_errno(r->tar) == ENOMEM)
        return mm_fail_memory(err, "a tar reader");
    const char *why = archive_error_string(r->tar);
    return mm_fail(err, MM_ERR_DATA, "is damaged: %s", why ? why : "no sound tar");
}

static enum mm_status open_reader(struct reader *r, const char *file, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, mm_zstd_reader_open(&r->input, file, err)))
        return s;
    r->tar = archive_read_new();
    if (!r->tar)
        return mm_fail_memory(err, "a tar reader");
    if (archive_read_support_format_tar(r->tar) != ARCHIVE_OK ||
        archive_read_open(r->tar, r, NULL, give_piece, NULL) != ARCHIVE_OK)
        return tar_failed(r, err);
    return MM_OK;
}

static void close_reader(struct reader *r)
{
    if (r->tar)
        archive_read_free(r->tar);
    mm_zstd_reader_close(&r->input);
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
static bool has_short_header(const struct reader *r, const char *name, uint64_t size)
{
    uint64_t header = (uint64_t)(archive_filter_bytes(r->tar, 0) - archive_read_header_position(r->tar));
    bool fits = strlen(name) <= USTAR_NAME_MAX && size <= USTAR_SIZE_MAX;
    for (const char *c = name; *c; c++)
        fits = fits && (unsigned char)*c < 0x80;
    return header <= (fits ? BLOCK : EXTENDED_MAX);
}

/* Its header, which stays the next until a member takes it; NULL at the end. */
static enum mm_status look_ahead(struct reader *r, const char **name, struct mm_error *err)
{
    *name = NULL;
    if (!r->ahead) {
        int result = archive_read_next_header(r->tar, &r->ahead);
        if (result != ARCHIVE_OK)
            r->ahead = NULL;
        if (result == ARCHIVE_EOF)
            return MM_OK;
        if (result != ARCHIVE_OK)
            return tar_failed(r, err);
    }
    *name = archive_entry_pathname(r->ahead);
    return *name ? MM_OK : mm_fail(err, MM_ERR_DATA, "a file has no name");
}

/* The next member must be of that name and mode; its size comes back. */
static enum mm_status next_member(struct reader *r, const char *name, bool executable, uint64_t *size,
                                  struct mm_error *err)
{
    enum mm_status s;
    const char *found;
    if (MM_TRY(s, look_ahead(r, &found, err)))
        return s;
    struct archive_entry *entry = r->ahead;
    r->ahead = NULL;
    if (!found)
        return mm_fail(err, MM_ERR_DATA, "%s is missing", name);
    if (strcmp(found, name) != 0)
        return mm_fail(err, MM_ERR_DATA, "where %s should be, another file is", name);
    if (!is_plain(r->tar, entry) || !has_short_header(r, name, (uint64_t)archive_entry_size(entry)))
        return mm_fail(err, MM_ERR_DATA,
                       "%s: is no plain file, or has an owner, a time or attributes: archives hold none", name);
    if (archive_entry_perm(entry) != (executable ? 0755 : 0644))
        return mm_fail(err, MM_ERR_DATA, "%s: has mode %o, its entry in the manifest asks for %s", name,
                       (unsigned)archive_entry_perm(entry), executable ? "755" : "644");
    *size = (uint64_t)archive_entry_size(entry);
    return MM_OK;
}

/* The current member's bytes, in order and without holes: exactly `size`. */
static enum mm_status member_bytes(struct reader *r, const char *name, uint64_t size, mm_file_piece *piece,
                                   void *context, struct mm_error *err)
{
    enum mm_status s;
    uint64_t at = 0;
    for (;;) {
        const void *bytes;
        size_t count;
        la_int64_t offset;
        int result = archive_read_data_block(r->tar, &bytes, &count, &offset);
        if (result == ARCHIVE_EOF)
            break;
        if (result != ARCHIVE_OK)
            return tar_failed(r, err);
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

struct head {
    char *text;
    size_t at;
};

static enum mm_status add_to_head(void *context, const void *bytes, size_t size, struct mm_error *err)
{
    struct head *head = context;
    (void)err;
    memcpy(head->text + head->at, bytes, size);
    head->at += size;
    return MM_OK;
}

/* A whole member of bounded size, with a NUL behind it. */
static enum mm_status read_text(struct reader *r, const char *name, size_t limit, struct head *head,
                                struct mm_error *err)
{
    enum mm_status s;
    uint64_t size;
    if (MM_TRY(s, next_member(r, name, false, &size, err)))
        return s;
    if (size > limit)
        return mm_fail(err, MM_ERR_DATA, "%s: is larger than %zu MiB", name, limit >> 20);
    *head = (struct head){.text = mm_arena_alloc(r->arena, (size_t)size + 1)};
    return head->text ? member_bytes(r, name, size, add_to_head, head, err) : mm_fail_memory(err, name);
}

static enum mm_status read_manifest(struct reader *r, cJSON **manifest, struct mm_error *err)
{
    enum mm_status s;
    struct head head;
    if (MM_TRY(s, read_text(r, MM_ARCHIVE_MANIFEST, MM_ARCHIVE_MANIFEST_MAX, &head, err)))
        return s;
    s = mm_json_parse(r->arena, MM_ARCHIVE_MANIFEST, head.text, head.at, manifest, err);
    if (s == MM_ERR_CONFIG)
        return mm_fail(err, MM_ERR_DATA, "%s", err ? err->text : "");
    return s == MM_OK ? mm_manifest_check(r->arena, *manifest, err) : s;
}

/* text NULL: there is none. An archive without files has none either: its end is looked at by check_end alone. */
static enum mm_status read_signature(struct reader *r, const cJSON *manifest, struct head *head, struct mm_error *err)
{
    enum mm_status s;
    const char *name;
    *head = (struct head){.text = NULL};
    if (!cJSON_GetArraySize(mm_json_get(manifest, "files")))
        return MM_OK;
    if (MM_TRY(s, look_ahead(r, &name, err)))
        return s;
    return name && !strcmp(name, MM_ARCHIVE_SIGNATURE)
               ? read_text(r, MM_ARCHIVE_SIGNATURE, MM_ARCHIVE_SIGNATURE_MAX, head, err)
               : MM_OK;
}

static enum mm_status hand_out(const struct mm_archive_visitor *visitor, const struct head *head,
                               struct mm_error *err)
{
    enum mm_status s = MM_OK;
    if (!visitor || !head->text)
        return MM_OK;
    if (visitor->begin)
        s = visitor->begin(visitor->context, MM_ARCHIVE_SIGNATURE, head->at, false, err);
    if (s == MM_OK && visitor->piece)
        s = visitor->piece(visitor->context, head->text, head->at, err);
    return s == MM_OK && visitor->end ? visitor->end(visitor->context, err) : s;
}

struct member {
    struct mm_sha256 hash;
    const struct mm_archive_visitor *visitor;
};

static enum mm_status take_piece(void *context, const void *bytes, size_t size, struct mm_error *err)
{
    enum mm_status s;
    struct member *m = context;
    if (MM_TRY(s, mm_sha256_add(&m->hash, bytes, size, err)))
        return s;
    return m->visitor && m->visitor->piece ? m->visitor->piece(m->visitor->context, bytes, size, err) : MM_OK;
}

static enum mm_status check_digest(struct member *m, const cJSON *row, struct mm_error *err)
{
    enum mm_status s;
    unsigned char digest[MM_SHA256_SIZE];
    char hex[MM_SHA256_HEX];
    if (MM_TRY(s, mm_sha256_done(&m->hash, digest, err)))
        return s;
    mm_sha256_hex(digest, hex);
    if (strcmp(hex, mm_json_get(row, "sha256")->valuestring) != 0)
        return mm_fail(err, MM_ERR_DATA, "%s: its content differs from its digest in the manifest",
                       mm_json_get(row, "path")->valuestring);
    return MM_OK;
}

/* One file of the manifest. */
static enum mm_status read_file(struct reader *r, const cJSON *row, const struct mm_archive_visitor *visitor,
                                struct mm_error *err)
{
    enum mm_status s;
    const char *name = mm_json_get(row, "path")->valuestring;
    bool executable = cJSON_IsTrue(mm_json_get(row, "executable"));
    struct member member = {.visitor = visitor};
    uint64_t size;
    int64_t listed = 0;
    mm_json_int(mm_json_get(row, "size"), &listed);
    if (MM_TRY(s, next_member(r, name, executable, &size, err)))
        return s;
    if (size != (uint64_t)listed)
        return mm_fail(err, MM_ERR_DATA, "%s: has %llu bytes, its entry in the manifest says %lld", name,
                       (unsigned long long)size, (long long)listed);
    if (MM_TRY(s, mm_sha256_init(&member.hash, err)))
        return s;
    if (visitor && visitor->begin && MM_TRY(s, visitor->begin(visitor->context, name, size, executable, err)))
        goto done;
    if (MM_TRY(s, member_bytes(r, name, size, take_piece, &member, err)) ||
        MM_TRY(s, check_digest(&member, row, err)))
        goto done;
    if (visitor && visitor->end)
        s = visitor->end(visitor->context, err);
done:
    mm_sha256_abandon(&member.hash);
    return s;
}

/* Behind the last file: the end mark, a little padding, the end of the frame and of the file. */
static enum mm_status check_end(struct reader *r, struct mm_error *err)
{
    enum mm_status s;
    struct archive_entry *entry;
    const void *bytes;
    size_t size;
    const uint64_t end =
        (uint64_t)archive_filter_bytes(r->tar, 0); /* libarchive has taken the last file and its padding */
    int result = archive_read_next_header(r->tar, &entry);
    if (result == ARCHIVE_OK)
        return mm_fail(err, MM_ERR_DATA, "holds files that its manifest does not list");
    if (result != ARCHIVE_EOF)
        return tar_failed(r, err);
    do {
        if (r->content_end > end || r->input.produced > end + END_MARK + PADDING_MAX)
            return mm_fail(err, MM_ERR_DATA, "has data behind the end of its tar");
        if (MM_TRY(s, next_piece(r, &bytes, &size, err)))
            return s;
    } while (size);
    if (r->input.produced < end + END_MARK)
        return mm_fail(err, MM_ERR_DATA, "is cut off: its tar has no end mark");
    return MM_OK;
}

static enum mm_status read_all(struct reader *r, const struct mm_archive_visitor *visitor, cJSON **manifest,
                               struct mm_error *err)
{
    enum mm_status s;
    struct head signature;
    const cJSON *row;
    if (MM_TRY(s, read_manifest(r, manifest, err)) || MM_TRY(s, read_signature(r, *manifest, &signature, err)) ||
        MM_TRY(s, hand_out(visitor, &signature, err)))
        return s;
    cJSON_ArrayForEach (row, mm_json_get(*manifest, "files")) {
        if (MM_TRY(s, read_file(r, row, visitor, err)))
            return s;
    }
    return check_end(r, err);
}

enum mm_status mm_archive_read(struct mm_arena *arena, const char *file, const struct mm_archive_visitor *visitor,
                               cJSON **manifest, struct mm_error *err)
{
    enum mm_status s;
    struct reader reader = {.arena = arena};
    if ((s = open_reader(&reader, file, err)) == MM_OK)
        s = read_all(&reader, visitor, manifest, err);
    close_reader(&reader);
    if (s != MM_OK)
        mm_fail_in(err, "%s", file);
    return s;
}

enum mm_status mm_archive_manifest(struct mm_arena *arena, const char *file, cJSON **manifest, struct mm_error *err)
{
    enum mm_status s;
    struct reader reader = {.arena = arena};
    if ((s = open_reader(&reader, file, err)) == MM_OK)
        s = read_manifest(&reader, manifest, err);
    close_reader(&reader);
    if (s != MM_OK)
        mm_fail_in(err, "%s", file);
    return s;
}

enum mm_status mm_archive_head(struct mm_arena *arena, const char *file, cJSON **manifest, char **signature,
                               struct mm_error *err)
{
    enum mm_status s;
    struct head head = {.text = NULL};
    struct reader reader = {.arena = arena};
    if ((s = open_reader(&reader, file, err)) == MM_OK && (s = read_manifest(&reader, manifest, err)) == MM_OK)
        s = read_signature(&reader, *manifest, &head, err);
    close_reader(&reader);
    *signature = head.text;
    if (s != MM_OK)
        mm_fail_in(err, "%s", file);
    return s;
}
