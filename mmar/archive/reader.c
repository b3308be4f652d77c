/* Reading an archive as if a stranger had made it to harm us: whatever holds its members (members.h), they must be manifest.json, perhaps
 * the signature, and then exactly the files that the manifest lists, in its order, with its sizes and digests. */
#include <errno.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/zip.h"
#include "mmar/archive/archive.h"
#include "mmar/archive/members.h"
#include "mmar/card.h"
#include "mmar/command.h"

enum mm_status mm_archive_kind_of(const char *file, enum mm_archive_kind *kind, struct mm_error *err)
{
    unsigned char head[4];
    FILE *stream = fopen(file, "rbe");
    if (!stream)
        return mm_fail(err, MM_ERR_IO, "cannot open: %s", strerror(errno));
    size_t got = fread(head, 1, sizeof head, stream);
    fclose(stream);
    *kind = mm_zip_is(head, got) ? MM_ARCHIVE_ZIP : MM_ARCHIVE_TAR;
    return MM_OK;
}

static enum mm_status open_members(struct mm_members *m, const char *file, struct mm_error *err)
{
    enum mm_status s;
    enum mm_archive_kind kind;
    if (MM_TRY(s, mm_archive_kind_of(file, &kind, err)))
        return s;
    m->kind = kind == MM_ARCHIVE_ZIP ? &mm_members_zip : &mm_members_tar;
    return m->kind->open(m, file, err);
}

static void close_members(struct mm_members *m)
{
    if (m->kind)
        m->kind->close(m);
}

/* The next member must be of that name and mode; its size comes back. */
static enum mm_status next_member(struct mm_members *m, const char *name, bool executable, uint64_t *size,
                                  struct mm_error *err)
{
    enum mm_status s;
    const char *found;
    if (MM_TRY(s, m->kind->peek(m, &found, err)))
        return s;
    if (!found)
        return mm_fail(err, MM_ERR_DATA, "%s is missing", name);
    if (strcmp(found, name) != 0)
        return mm_fail(err, MM_ERR_DATA, "where %s should be, another file is", name);
    return m->kind->take(m, name, executable, size, err);
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
static enum mm_status read_text(struct mm_members *m, const char *name, size_t limit, struct head *head,
                                struct mm_error *err)
{
    enum mm_status s;
    uint64_t size;
    if (MM_TRY(s, next_member(m, name, false, &size, err)))
        return s;
    if (size > limit)
        return mm_fail(err, MM_ERR_DATA, "%s: is larger than %zu MiB", name, limit >> 20);
    *head = (struct head){.text = mm_arena_alloc(m->arena, (size_t)size + 1)};
    return head->text ? m->kind->read(m, name, size, add_to_head, head, err) : mm_fail_memory(err, name);
}

static enum mm_status read_manifest(struct mm_members *m, cJSON **manifest, struct mm_error *err)
{
    enum mm_status s;
    struct head head;
    if (MM_TRY(s, read_text(m, MM_ARCHIVE_MANIFEST, MM_ARCHIVE_MANIFEST_MAX, &head, err)))
        return s;
    s = mm_json_parse(m->arena, MM_ARCHIVE_MANIFEST, head.text, head.at, manifest, err);
    if (s == MM_ERR_CONFIG)
        return mm_fail(err, MM_ERR_DATA, "%s", err ? err->text : "");
    return s == MM_OK ? mm_manifest_check(m->arena, *manifest, err) : s;
}

/* text NULL: there is none. An archive without files has none either: its end is looked at by check_end alone. */
static enum mm_status read_signature(struct mm_members *m, const cJSON *manifest, struct head *head,
                                     struct mm_error *err)
{
    enum mm_status s;
    const char *name;
    *head = (struct head){.text = NULL};
    if (!cJSON_GetArraySize(mm_json_get(manifest, "files")))
        return MM_OK;
    if (MM_TRY(s, m->kind->peek(m, &name, err)))
        return s;
    return name && !strcmp(name, MM_ARCHIVE_SIGNATURE)
               ? read_text(m, MM_ARCHIVE_SIGNATURE, MM_ARCHIVE_SIGNATURE_MAX, head, err)
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
    if (mm_interrupted())
        return mm_fail(err, MM_INTERRUPTED, "interrupted");
    if (MM_TRY(s, mm_sha256_add(&m->hash, bytes, size, err)))
        return s;
    if (m->visitor)
        mm_archive_tell(m->visitor->progress, size);
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
static enum mm_status read_file(struct mm_members *m, const cJSON *row, const struct mm_archive_visitor *visitor,
                                struct mm_error *err)
{
    enum mm_status s;
    const char *name = mm_json_get(row, "path")->valuestring;
    bool executable = cJSON_IsTrue(mm_json_get(row, "executable"));
    struct member member = {.visitor = visitor};
    uint64_t size;
    int64_t listed = 0;
    mm_json_int(mm_json_get(row, "size"), &listed);
    if (MM_TRY(s, next_member(m, name, executable, &size, err)))
        return s;
    if (size != (uint64_t)listed)
        return mm_fail(err, MM_ERR_DATA, "%s: has %llu bytes, its entry in the manifest says %lld", name,
                       (unsigned long long)size, (long long)listed);
    if (MM_TRY(s, mm_sha256_init(&member.hash, err)))
        return s;
    if (visitor && visitor->begin && MM_TRY(s, visitor->begin(visitor->context, name, size, executable, err)))
        goto done;
    if (MM_TRY(s, m->kind->read(m, name, size, take_piece, &member, err)) ||
        MM_TRY(s, check_digest(&member, row, err)))
        goto done;
    if (visitor && visitor->end)
        s = visitor->end(visitor->context, err);
done:
    mm_sha256_abandon(&member.hash);
    return s;
}

static enum mm_status read_all(struct mm_members *m, const struct mm_archive_visitor *visitor, cJSON **manifest,
                               struct mm_error *err)
{
    enum mm_status s;
    struct head signature;
    const cJSON *row;
    size_t count;
    uint64_t bytes;
    if (MM_TRY(s, read_manifest(m, manifest, err)) || MM_TRY(s, read_signature(m, *manifest, &signature, err)) ||
        MM_TRY(s, hand_out(visitor, &signature, err)))
        return s;
    mm_card_files(*manifest, &count, &bytes);
    if (visitor)
        mm_archive_stage(visitor->progress, visitor->doing, bytes);
    cJSON_ArrayForEach (row, mm_json_get(*manifest, "files")) {
        if (MM_TRY(s, read_file(m, row, visitor, err)))
            return s;
    }
    return m->kind->end(m, err);
}

enum mm_status mm_archive_read(struct mm_arena *arena, const char *file, const struct mm_archive_visitor *visitor,
                               cJSON **manifest, struct mm_error *err)
{
    enum mm_status s;
    struct mm_members members = {.arena = arena};
    if ((s = open_members(&members, file, err)) == MM_OK)
        s = read_all(&members, visitor, manifest, err);
    close_members(&members);
    if (s != MM_OK)
        mm_fail_in(err, "%s", file);
    return s;
}

enum mm_status mm_archive_manifest(struct mm_arena *arena, const char *file, cJSON **manifest, struct mm_error *err)
{
    enum mm_status s;
    struct mm_members members = {.arena = arena};
    if ((s = open_members(&members, file, err)) == MM_OK)
        s = read_manifest(&members, manifest, err);
    close_members(&members);
    if (s != MM_OK)
        mm_fail_in(err, "%s", file);
    return s;
}

enum mm_status mm_archive_head(struct mm_arena *arena, const char *file, cJSON **manifest, char **signature,
                               struct mm_error *err)
{
    enum mm_status s;
    struct head head = {.text = NULL};
    struct mm_members members = {.arena = arena};
    if ((s = open_members(&members, file, err)) == MM_OK && (s = read_manifest(&members, manifest, err)) == MM_OK)
        s = read_signature(&members, *manifest, &head, err);
    close_members(&members);
    *signature = head.text;
    if (s != MM_OK)
        mm_fail_in(err, "%s", file);
    return s;
}
