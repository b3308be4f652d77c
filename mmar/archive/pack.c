/* Packing: the manifest and the files of an MMAR, as one archive. */
#include <sys/stat.h>

#include "base/file.h"
#include "base/hash.h"
#include "mmar/archive/archive.h"
#include "mmar/archive/privacy.h"
#include "mmar/archive/writer.h"
#include "mmar/card_page.h"

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

/* A file that shrinks meanwhile is filled up by libarchive, which the reading back finds. */
static enum mm_status write_files(struct mm_archive_writer *w, const struct mm_archive_list *list,
                                  const char *manifest, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, mm_archive_writer_file(w, MM_ARCHIVE_MANIFEST, strlen(manifest), false, err)) ||
        MM_TRY(s, mm_archive_writer_write(w, manifest, strlen(manifest), err)))
        return s;
    mm_archive_stage(&w->progress, "packing", mm_layout_bytes(list));
    for (size_t i = 0; i < list->count; i++) {
        const struct mm_archive_file *f = &list->files[i];
        if (MM_TRY(s, mm_archive_writer_file(w, f->name, f->size, f->executable, err)))
            return s;
        s = f->path ? mm_file_scan(f->path, mm_archive_writer_write, w, err)
                    : mm_archive_writer_write(w, f->bytes, (size_t)f->size, err);
        if (s == MM_ERR_DATA)
            mm_fail_in(err, "%s", f->name);
        if (s != MM_OK)
            return s;
    }
    return MM_OK;
}

static enum mm_status write_archive(struct mm_arena *arena, const struct mm_archive_list *list, const char *manifest,
                                    const char *file, const struct mm_pack_options *how, struct mm_error *err)
{
    enum mm_status s;
    struct mm_archive_writer w = {.progress = how->progress};
    if ((s = mm_archive_writer_open(&w, file, how->kind, how->level, how->threads, err)) == MM_OK &&
        (s = write_files(&w, list, manifest, err)) == MM_OK)
        s = mm_archive_writer_commit(&w, arena, err);
    mm_archive_writer_close(&w);
    return s;
}

/* The page in the folder stays as it is. */
static enum mm_status refresh_page(struct mm_arena *arena, struct mm_archive_file *page, const cJSON *manifest,
                                   bool *refreshed, struct mm_error *err)
{
    enum mm_status s;
    unsigned char *old;
    const char *fresh;
    size_t size;
    if (MM_TRY(s, mm_file_read(arena, page->path, MM_JSON_SIZE_MAX, &old, &size, err)) ||
        MM_TRY(s, mm_card_refresh(arena, (const char *)old, manifest, false, &fresh, err)))
        return s;
    *refreshed = fresh != NULL;
    if (!fresh)
        return MM_OK;
    page->path = NULL;
    page->bytes = fresh;
    page->size = strlen(fresh);
    return mm_sha256_bytes(fresh, (size_t)page->size, page->sha256, err);
}

enum mm_status mm_pack_manifest(struct mm_arena *arena, const char *root, struct mm_archive_list *list,
                                cJSON **manifest, struct mm_error *err)
{
    enum mm_status s = mm_manifest_make(arena, root, list, manifest, err);
    for (size_t i = 0; i < list->count && s == MM_OK; i++)
        if (!strcmp(list->files[i].name, MM_CARD_PAGE))
            s = refresh_page(arena, &list->files[i], *manifest, &list->page_refreshed, err);
    return s == MM_OK && list->page_refreshed ? mm_manifest_make(arena, root, list, manifest, err) : s;
}

enum mm_status mm_pack(struct mm_arena *arena, const char *root, const char *file,
                       const struct mm_pack_options *options, struct mm_archive_list **packed, cJSON **manifest,
                       struct mm_error *err)
{
    enum mm_status s;
    char *text;
    if (MM_TRY(s, mm_archive_writer_may_replace(file, err)) ||
        MM_TRY(s, mm_layout_collect(arena, root, options, packed, err)))
        return s;
    drop_output(*packed, file);
    if (MM_TRY(s, mm_pack_manifest(arena, root, *packed, manifest, err)) ||
        MM_TRY(s, mm_manifest_check(arena, *manifest, err)) ||
        MM_TRY(s, mm_privacy_scan(arena, root, *packed, *manifest, &options->allow, &(*packed)->allowed, err)))
        return s;
    if (MM_TRY(s, mm_manifest_print(arena, *manifest, &text, err)))
        return s;
    return write_archive(arena, *packed, text, file, options, err);
}
