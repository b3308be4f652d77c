/* Packing: manifest and files as one tar stream that depends on content only, through zstd, into a file that appears when it is whole
 * and has been read back. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "mmar/archive/archive.h"
#include "mmar/archive/privacy.h"
#include "mmar/archive/zstd_stream.h"
#include "mmar/command.h"

struct packer {
    struct mm_file_writer out;
    struct mm_zstd_writer zstd;
    struct archive *tar;
    struct mm_error error; /* of a callback */
};

/* Only an archive may be replaced: a slip of the hand ("-o model.safetensors") must not cost anybody's work. */
static enum mm_status check_output(const char *file, struct mm_error *err)
{
    static const unsigned char magic[] = {0x28, 0xB5, 0x2F, 0xFD};
    unsigned char head[sizeof magic];
    struct stat about;
    if (lstat(file, &about) != 0)
        return errno == ENOENT ? MM_OK : mm_fail(err, MM_ERR_IO, "%s: %s", file, strerror(errno));
    if (!S_ISREG(about.st_mode))
        return mm_fail(err, MM_ERR_USAGE, "%s: is no plain file: name the file to write", file);
    FILE *stream = fopen(file, "rbe");
    if (!stream)
        return mm_fail(err, MM_ERR_IO, "%s: cannot open: %s", file, strerror(errno));
    size_t got = fread(head, 1, sizeof head, stream);
    fclose(stream);
    if (got && (got < sizeof head || memcmp(head, magic, sizeof head) != 0))
        return mm_fail(err, MM_ERR_USAGE, "%s: exists and is no archive: it is not overwritten", file);
    return MM_OK;
}

/* An archive packed earlier into a folder that travels does not travel in its successor. */
static void drop_output(struct mm_archive_list *list, const char *file)
{
    struct stat output, about;
    if (stat(file, &output) != 0)
        return;
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        const char *path = list->files[i].path;
        bool same = path && stat(path, &about) == 0 && about.st_dev == output.st_dev && about.st_ino == output.st_ino;
        if (!same)
            list->files[kept++] = list->files[i];
    }
    list->count = kept;
}

static enum mm_status into_file(void *context, const void *bytes, size_t size, struct mm_error *err)
{
    struct packer *p = context;
    return mm_file_writer_write(&p->out, bytes, size) == MM_OK
               ? MM_OK
               : mm_fail(err, p->out.error.status, "%s", p->out.error.text);
}

static la_ssize_t into_zstd(struct archive *tar, void *context, const void *bytes, size_t size)
{
    struct packer *p = context;
    if (mm_zstd_writer_write(&p->zstd, bytes, size, &p->error) == MM_OK)
        return (la_ssize_t)size;
    archive_set_error(tar, EIO, "output");
    return -1;
}

static enum mm_status tar_failed(struct packer *p, struct mm_error *err)
{
    if (p->error.status != MM_OK)
        return mm_fail(err, p->error.status, "%s", p->error.text);
    return mm_fail(err, MM_ERR_MEMORY, "cannot write the tar: %s", archive_error_string(p->tar));
}

static enum mm_status open_packer(struct packer *p, const char *file, int level, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, mm_file_writer_open(&p->out, file, err)) ||
        MM_TRY(s, mm_zstd_writer_open(&p->zstd, level ? level : MM_ZSTD_LEVEL_DEFAULT, err)))
        return s;
    p->zstd.sink = into_file;
    p->zstd.sink_context = p;
    p->tar = archive_write_new();
    if (!p->tar)
        return mm_fail_memory(err, "a tar writer");
    if (archive_write_set_format_pax_restricted(p->tar) != ARCHIVE_OK ||
        archive_write_set_bytes_per_block(p->tar, 10240) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(p->tar, 1) != ARCHIVE_OK ||
        archive_write_open(p->tar, p, NULL, into_zstd, NULL) != ARCHIVE_OK)
        return tar_failed(p, err);
    return MM_OK;
}

/* No owner, no time. */
static enum mm_status write_header(struct packer *p, const char *name, uint64_t size, bool executable,
                                   struct mm_error *err)
{
    struct archive_entry *entry = archive_entry_new();
    if (!entry)
        return mm_fail_memory(err, "a tar header");
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, executable ? 0755 : 0644);
    archive_entry_set_size(entry, (la_int64_t)size);
    archive_entry_set_mtime(entry, 0, 0);
    int result = archive_write_header(p->tar, entry);
    archive_entry_free(entry);
    /* A warning says that a name is stored as bytes (hdrcharset=BINARY): the locale of this program is "C". */
    return result == ARCHIVE_OK || result == ARCHIVE_WARN ? MM_OK : tar_failed(p, err);
}

static enum mm_status write_bytes(void *context, const void *bytes, size_t size, struct mm_error *err)
{
    struct packer *p = context;
    if (mm_interrupted())
        return mm_fail(err, MM_INTERRUPTED, "interrupted: nothing was written");
    la_ssize_t written = archive_write_data(p->tar, bytes, size);
    if (written < 0)
        return tar_failed(p, err);
    return (size_t)written == size ? MM_OK : mm_fail(err, MM_ERR_DATA, "grew while it was packed");
}

/* A file that shrinks meanwhile is filled up by libarchive, which the reading back finds. */
static enum mm_status write_files(struct packer *p, const struct mm_archive_list *list, const char *manifest,
                                  struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, write_header(p, MM_ARCHIVE_MANIFEST, strlen(manifest), false, err)) ||
        MM_TRY(s, write_bytes(p, manifest, strlen(manifest), err)))
        return s;
    for (size_t i = 0; i < list->count; i++) {
        const struct mm_archive_file *f = &list->files[i];
        if (MM_TRY(s, write_header(p, f->name, f->size, f->executable, err)))
            return s;
        s = f->path ? mm_file_scan(f->path, write_bytes, p, err) : write_bytes(p, f->bytes, (size_t)f->size, err);
        if (s == MM_ERR_DATA)
            mm_fail_in(err, "%s", f->name);
        if (s != MM_OK)
            return s;
    }
    return MM_OK;
}

/* What was written is read as any reader will, before it takes the place of what was there. */
static enum mm_status finish(struct packer *p, struct mm_arena *arena, struct mm_error *err)
{
    enum mm_status s;
    cJSON *manifest;
    if (archive_write_close(p->tar) != ARCHIVE_OK)
        return tar_failed(p, err);
    if (MM_TRY(s, mm_zstd_writer_end(&p->zstd, err)))
        return s;
    if (fflush(p->out.stream) != 0)
        return mm_fail(err, MM_ERR_IO, "%s: cannot write: %s", p->out.path, strerror(errno));
    if (MM_TRY(s, mm_archive_read(arena, p->out.temporary, NULL, &manifest, err))) {
        mm_fail_in(err, "the new archive does not read back (did a file change meanwhile?)");
        return s;
    }
    return mm_file_writer_commit(&p->out, err);
}

static enum mm_status write_archive(struct mm_arena *arena, const struct mm_archive_list *list, const char *manifest,
                                    const char *file, int level, struct mm_error *err)
{
    enum mm_status s;
    struct packer p = {.tar = NULL};
    if ((s = open_packer(&p, file, level, err)) == MM_OK && (s = write_files(&p, list, manifest, err)) == MM_OK)
        s = finish(&p, arena, err);
    if (p.tar && s != MM_OK)
        archive_write_fail(p.tar); /* so that freeing it writes nothing more */
    if (p.tar)
        archive_write_free(p.tar);
    mm_zstd_writer_close(&p.zstd);
    mm_file_writer_abandon(&p.out);
    return s;
}

enum mm_status mm_pack(struct mm_arena *arena, const char *root, const char *file,
                       const struct mm_pack_options *options, struct mm_archive_list **packed, cJSON **manifest,
                       struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, check_output(file, err)) || MM_TRY(s, mm_layout_collect(arena, root, options, packed, err)))
        return s;
    drop_output(*packed, file);
    if (MM_TRY(s, mm_privacy_scan(arena, root, *packed, err)))
        return s;
    if (MM_TRY(s, mm_manifest_make(arena, root, *packed, manifest, err)) ||
        MM_TRY(s, mm_manifest_check(arena, *manifest, err)))
        return s;
    const char *printed = mm_json_print(arena, *manifest, MM_JSON_INDENTED);
    const char *text = printed ? mm_arena_format(arena, "%s\n", printed) : NULL;
    if (!text)
        return mm_fail_memory(err, "the manifest");
    if (strlen(text) > MM_ARCHIVE_MANIFEST_MAX)
        return mm_fail(err, MM_ERR_DATA, "the manifest is larger than %u MiB: too many files",
                       MM_ARCHIVE_MANIFEST_MAX >> 20);
    return write_archive(arena, *packed, text, file, options->level, err);
}
