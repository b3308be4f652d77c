/* Making signatures. */
#include "base/file.h"
#include "mmar/archive/archive.h"
#include "mmar/archive/writer.h"
#include "mmar/signing/signing.h"

/* An archive's signature is the first that a visitor sees: the old one is left out. */
struct copier {
    struct mm_archive_writer writer;
    bool skipping;
};

static enum mm_status begin_file(void *context, const char *name, uint64_t size, bool executable,
                                 struct mm_error *err)
{
    struct copier *c = context;
    c->skipping = !strcmp(name, MM_ARCHIVE_SIGNATURE);
    return c->skipping ? MM_OK : mm_archive_writer_file(&c->writer, name, size, executable, err);
}

static enum mm_status copy_piece(void *context, const void *bytes, size_t size, struct mm_error *err)
{
    struct copier *c = context;
    return c->skipping ? MM_OK : mm_archive_writer_write(&c->writer, bytes, size, err);
}

static enum mm_status add_text(struct mm_archive_writer *writer, const char *name, const char *text,
                               struct mm_error *err)
{
    enum mm_status s;
    return MM_TRY(s, mm_archive_writer_file(writer, name, strlen(text), false, err))
               ? s
               : mm_archive_writer_write(writer, text, strlen(text), err);
}

enum mm_status mm_sign_archive(struct mm_arena *arena, const char *file, const struct mm_key *key, const char *out,
                               int level, struct mm_archive_progress *progress, struct mm_error *err)
{
    enum mm_status s;
    struct copier c = {.skipping = false};
    const struct mm_archive_visitor visitor = {
        .begin = begin_file, .piece = copy_piece, .context = &c, .progress = progress, .doing = "signing"};
    struct mm_statement statement;
    enum mm_archive_kind kind;
    cJSON *manifest, *again;
    char *old, *words, *signature;
    if (MM_TRY(s, mm_archive_kind_of(file, &kind, err)))
        return mm_fail_in(err, "%s", file);
    if (kind == MM_ARCHIVE_ZIP && level > MM_ARCHIVE_ZIP_LEVEL_MAX)
        return mm_fail(err, MM_ERR_USAGE, "--level %d: of a zip it is 1 to %d", level, MM_ARCHIVE_ZIP_LEVEL_MAX);
    if (MM_TRY(s, mm_archive_writer_may_replace(out, err)) ||
        MM_TRY(s, mm_archive_head(arena, file, &manifest, &old, err)) ||
        MM_TRY(s, mm_signing_of_manifest(arena, manifest, &statement, err)) ||
        MM_TRY(s, mm_bundle_make(arena, &statement, key, &signature, err)) ||
        MM_TRY(s, mm_manifest_print(arena, manifest, &words, err)))
        return s;
    if (MM_TRY(s, mm_archive_writer_open(&c.writer, out, kind, level, 0, err)) ||
        MM_TRY(s, add_text(&c.writer, MM_ARCHIVE_MANIFEST, words, err)) ||
        MM_TRY(s, add_text(&c.writer, MM_ARCHIVE_SIGNATURE, signature, err)) ||
        MM_TRY(s, mm_archive_read(arena, file, &visitor, &again, err)))
        goto done;
    if (progress)
        c.writer.progress = *progress; /* of reading back; until here the reader has told */
    s = mm_archive_writer_commit(&c.writer, arena, err);
done:
    mm_archive_writer_close(&c.writer);
    return s;
}

enum mm_status mm_sign_may_replace(struct mm_arena *arena, const char *out, struct mm_error *err)
{
    unsigned char *bytes;
    size_t size;
    struct mm_bundle bundle;
    if (!mm_file_exists(out) || (mm_file_read(arena, out, MM_ARCHIVE_SIGNATURE_MAX, &bytes, &size, NULL) == MM_OK &&
                                 mm_bundle_parse(arena, (const char *)bytes, size, &bundle, NULL) == MM_OK))
        return MM_OK;
    return mm_fail(err, MM_ERR_USAGE, "%s: exists and is no signature: it is not overwritten", out);
}

enum mm_status mm_sign_apart(struct mm_arena *arena, const char *path, const struct mm_key *key, const char *out,
                             struct mm_archive_progress *progress, struct mm_statement *statement,
                             struct mm_error *err)
{
    enum mm_status s;
    cJSON *manifest;
    char *signature;
    const struct mm_archive_visitor visitor = {.progress = progress, .doing = "verifying"};
    if (mm_file_is_folder(path))
        s = mm_signing_of_folder(arena, path, NULL, 0, out, progress, statement, err);
    else if ((s = mm_archive_read(arena, path, &visitor, &manifest, err)) == MM_OK)
        s = mm_signing_of_manifest(arena, manifest, statement, err);
    if (s != MM_OK || MM_TRY(s, mm_bundle_make(arena, statement, key, &signature, err)))
        return s;
    return mm_file_write(out, signature, strlen(signature), err);
}
