/* The files that a signature is about. */
#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "mmar/archive/archive.h"
#include "mmar/signing/signing.h"

/* What model_signing passes over unless told otherwise. */
static const char *const usually_ignored[] = {MM_ARCHIVE_SIGNATURE, ".git", ".gitattributes", ".github",
                                              ".gitignore"};

static void set_ignored(struct mm_statement *statement)
{
    statement->ignored = usually_ignored;
    statement->ignored_count = sizeof usually_ignored / sizeof *usually_ignored;
}

enum mm_status mm_signing_of_manifest(struct mm_arena *arena, const cJSON *manifest, struct mm_statement *out,
                                      struct mm_error *err)
{
    enum mm_status s;
    struct mm_archive_file *records = mm_arena_array(arena, struct mm_archive_file, MM_MANIFEST_RECORDS_MAX);
    const cJSON *row, *files = mm_json_get(manifest, "files"), *name = mm_json_get(manifest, "name");
    char *digest = mm_arena_alloc(arena, MM_SHA256_HEX);
    size_t count, most = (size_t)cJSON_GetArraySize(files) + MM_MANIFEST_RECORDS_MAX;
    *out = (struct mm_statement){.name = cJSON_IsString(name) ? name->valuestring : "model",
                                 .manifest_sha256 = digest,
                                 .files = mm_arena_array(arena, struct mm_signed_file, most)};
    if (!records || !digest || !out->files)
        return mm_fail_memory(err, "the statement");
    set_ignored(out);
    if (MM_TRY(s, mm_manifest_digest(arena, manifest, digest, err)) ||
        MM_TRY(s, mm_manifest_records(arena, manifest, records, &count, err)))
        return s;
    cJSON_ArrayForEach (row, files)
        out->files[out->count++] =
            (struct mm_signed_file){mm_json_get(row, "path")->valuestring, mm_json_get(row, "sha256")->valuestring};
    for (size_t i = 0; i < count; i++)
        out->files[out->count++] = (struct mm_signed_file){records[i].name, records[i].sha256};
    return MM_OK;
}

bool mm_signing_ignores(const struct mm_statement *statement, const char *name)
{
    for (size_t i = 0; i < statement->ignored_count; i++) {
        size_t length = strlen(statement->ignored[i]);
        while (length && statement->ignored[i][length - 1] == '/')
            length--;
        if (length && !strncmp(name, statement->ignored[i], length) && (!name[length] || name[length] == '/'))
            return true;
    }
    return false;
}

struct walker {
    struct mm_arena *arena;
    const char *folder;
    struct mm_statement *statement;
    struct stat signature;
    bool has_signature;
    size_t capacity;
    uint64_t bytes; /* of the files */
};

static enum mm_status add(struct walker *w, const char *name, struct mm_error *err)
{
    struct mm_statement *t = w->statement;
    if (t->count == MM_ARCHIVE_FILES_MAX)
        return mm_fail(err, MM_ERR_DATA, "%s: has more than %d files", w->folder, MM_ARCHIVE_FILES_MAX);
    if (t->count == w->capacity) {
        size_t capacity = w->capacity ? 2 * w->capacity : 64;
        struct mm_signed_file *grown = mm_arena_array(w->arena, struct mm_signed_file, capacity);
        if (!grown)
            return mm_fail_memory(err, "the list of files");
        if (t->count)
            memcpy(grown, t->files, t->count * sizeof *grown);
        t->files = grown;
        w->capacity = capacity;
    }
    t->files[t->count++] = (struct mm_signed_file){.name = name};
    return MM_OK;
}

/* All are known before the first is read, so that it can be told how long that will take. */
static enum mm_status digest_all(struct walker *w, struct mm_archive_progress *progress, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    mm_archive_stage(progress, "hashing", w->bytes);
    for (size_t i = 0; i < w->statement->count && s == MM_OK; i++) {
        struct mm_signed_file *file = &w->statement->files[i];
        const char *path = mm_file_join(w->arena, w->folder, file->name);
        char *digest = mm_arena_alloc(w->arena, MM_SHA256_HEX);
        s = path && digest ? mm_archive_digest(path, progress, digest, err)
                           : mm_fail_memory(err, "the list of files");
        file->sha256 = digest;
    }
    return s;
}

static enum mm_status walk(struct walker *w, const char *name, int depth, struct mm_error *err)
{
    enum mm_status s;
    struct stat about;
    char **names;
    size_t count;
    const char *path = *name ? mm_file_join(w->arena, w->folder, name) : w->folder;
    if (!path)
        return mm_fail_memory(err, "a file name");
    if (mm_signing_ignores(w->statement, name))
        return MM_OK;
    if ((*name ? lstat : stat)(path, &about) != 0)
        return mm_fail(err, MM_ERR_IO, "%s: %s", path, strerror(errno));
    if (S_ISREG(about.st_mode) && w->has_signature && about.st_dev == w->signature.st_dev &&
        about.st_ino == w->signature.st_ino)
        return MM_OK;
    if (S_ISREG(about.st_mode)) {
        w->bytes += (uint64_t)about.st_size;
        return add(w, name, err);
    }
    if (!S_ISDIR(about.st_mode))
        return mm_fail(err, MM_ERR_DATA, "%s: is a link or a device: only plain files can be signed", path);
    if (depth == MM_ARCHIVE_DEPTH_MAX)
        return mm_fail(err, MM_ERR_DATA, "%s: folders are nested more than %d deep", path, MM_ARCHIVE_DEPTH_MAX);
    if (MM_TRY(s, mm_file_list(w->arena, path, &names, &count, err)))
        return s;
    for (size_t i = 0; i < count && s == MM_OK; i++) {
        const char *child = *name ? mm_arena_format(w->arena, "%s/%s", name, names[i]) : names[i];
        s = child ? walk(w, child, depth + 1, err) : mm_fail_memory(err, "a file name");
    }
    return s;
}

/* The folder's own name, "." included. */
static const char *name_of(struct mm_arena *arena, const char *folder)
{
    char *real = realpath(folder, NULL);
    const char *name = mm_arena_text(arena, real ? mm_file_name(real) : folder);
    free(real);
    return name;
}

enum mm_status mm_signing_of_folder(struct mm_arena *arena, const char *folder, const char *const *ignored,
                                    size_t ignored_count, const char *signature, struct mm_archive_progress *progress,
                                    struct mm_statement *out, struct mm_error *err)
{
    struct walker w = {.arena = arena, .folder = folder, .statement = out};
    *out = (struct mm_statement){.name = name_of(arena, folder), .ignored = ignored, .ignored_count = ignored_count};
    if (!out->name)
        return mm_fail_memory(err, "a file name");
    if (!ignored)
        set_ignored(out);
    w.has_signature = signature && stat(signature, &w.signature) == 0;
    enum mm_status s = walk(&w, "", 0, err);
    return s ? s : digest_all(&w, progress, err);
}
