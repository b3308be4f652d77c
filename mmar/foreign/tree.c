/* Files of a folder or a zip. See tree.h. */
#include "mmar/foreign/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/names.h"
#include "mmar/archive/archive.h"

/* Folders that mean something: one of them alone at the top is not the folder that everything was packed in. */
static const char known[] = "commands config configs custom docs eval models resources scripts";

static enum mm_status add(struct mm_tree *tree, size_t *capacity, const struct mm_tree_file *file,
                          struct mm_error *err)
{
    if (tree->count == MM_TREE_FILES_MAX)
        return mm_fail(err, MM_ERR_DATA, "holds more than %d files", MM_TREE_FILES_MAX);
    if (tree->count == *capacity) {
        size_t larger = *capacity ? 2 * *capacity : 64;
        struct mm_tree_file *grown = mm_arena_array(tree->arena, struct mm_tree_file, larger);
        if (!grown)
            return mm_fail_memory(err, "the list of files");
        if (tree->count)
            memcpy(grown, tree->files, tree->count * sizeof *grown);
        tree->files = grown;
        *capacity = larger;
    }
    tree->files[tree->count++] = *file;
    return MM_OK;
}

/* Hidden files (.git, .DS_Store) are no part of a model. */
static enum mm_status walk(struct mm_tree *tree, size_t *capacity, const char *folder, int depth,
                           struct mm_error *err)
{
    enum mm_status s;
    char **names;
    size_t count;
    struct stat about;
    if (depth > MM_ARCHIVE_DEPTH_MAX)
        return mm_fail(err, MM_ERR_DATA, "folders are nested more than %d deep", MM_ARCHIVE_DEPTH_MAX);
    if (MM_TRY(s, mm_file_list(tree->arena, mm_file_join(tree->arena, tree->path, folder), &names, &count, err)))
        return s;
    for (size_t i = 0; i < count; i++) {
        const char *name = mm_file_join(tree->arena, folder, names[i]);
        const char *path = name ? mm_file_join(tree->arena, tree->path, name) : NULL;
        if (!path)
            return mm_fail_memory(err, "a file name");
        if (names[i][0] == '.')
            continue;
        if (lstat(path, &about) != 0)
            return mm_fail(err, MM_ERR_IO, "%s: %s", path, strerror(errno));
        const struct mm_tree_file file = {.name = name, .size = (uint64_t)about.st_size, .path = path};
        if (S_ISDIR(about.st_mode))
            s = walk(tree, capacity, name, depth + 1, err);
        else if (S_ISREG(about.st_mode))
            s = MM_TRY(s, mm_archive_name_check_foreign(name, err)) ? s : add(tree, capacity, &file, err);
        else
            tree->links++;
        if (s != MM_OK)
            return s;
    }
    return MM_OK;
}

/* Every name is checked, also of what will not be used: a zip with one bad name was made to harm. */
static enum mm_status list_zip(struct mm_tree *tree, size_t *capacity, struct mm_error *err)
{
    enum mm_status s;
    for (size_t i = 0; i < tree->zip->count; i++) {
        const struct mm_zip_entry *entry = &tree->zip->entries[i];
        size_t length = strlen(entry->name);
        bool folder = entry->name[length - 1] == '/';
        const char *name = mm_arena_textn(tree->arena, entry->name, length - folder);
        const struct mm_tree_file file = {.name = name, .size = entry->size, .entry = entry};
        if (!name)
            return mm_fail_memory(err, "a file name");
        if (MM_TRY(s, mm_archive_name_check_foreign(name, err)) ||
            (!folder && MM_TRY(s, add(tree, capacity, &file, err))))
            return s;
    }
    return MM_OK;
}

static int by_order(const void *a, const void *b)
{
    return mm_archive_name_order(((const struct mm_tree_file *)a)->name, ((const struct mm_tree_file *)b)->name);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct mm_tree_file *)a)->name, ((const struct mm_tree_file *)b)->name);
}

static enum mm_status check_collisions(struct mm_tree *tree, struct mm_error *err)
{
    qsort(tree->files, tree->count, sizeof *tree->files, by_order);
    for (size_t i = 1; i < tree->count; i++)
        if (mm_archive_name_collides(tree->files[i - 1].name, tree->files[i].name))
            return mm_fail(err, MM_ERR_DATA, "\"%s\" and \"%s\" cannot both exist where upper and lower case are one",
                           tree->files[i - 1].name, tree->files[i].name);
    return MM_OK;
}

/* What a Mac adds to a zip. */
static void drop_litter(struct mm_tree *tree)
{
    size_t kept = 0;
    for (size_t i = 0; i < tree->count; i++) {
        const char *name = tree->files[i].name;
        if (!mm_text_starts(name, "__MACOSX/") && mm_file_name(name)[0] != '.')
            tree->files[kept++] = tree->files[i];
    }
    tree->count = kept;
}

/* "spleen_v1/config/x" becomes "config/x" when all files lie in spleen_v1. */
static void strip_top(struct mm_tree *tree)
{
    char top[256];
    size_t length = tree->count ? strcspn(tree->files[0].name, "/") : 0;
    if (!length || length >= sizeof top || !tree->files[0].name[length])
        return;
    snprintf(top, sizeof top, "%.*s", (int)length, tree->files[0].name);
    for (size_t i = 0; i < tree->count; i++)
        if (strncmp(tree->files[i].name, tree->files[0].name, length + 1) != 0 || mm_names_contain(known, top))
            return;
    for (size_t i = 0; i < tree->count; i++)
        tree->files[i].name += length + 1;
}

static enum mm_status open_zip(struct mm_tree *tree, struct mm_error *err)
{
    enum mm_status s;
    enum mm_archive_kind kind;
    if (MM_TRY(s, mm_archive_kind_of(tree->path, &kind, err)))
        return s;
    if (kind != MM_ARCHIVE_ZIP)
        return mm_fail(err, MM_ERR_DATA, "is neither a folder nor a zip");
    return mm_zip_open(tree->arena, tree->path, &tree->zip, err);
}

enum mm_status mm_tree_open(struct mm_arena *arena, const char *path, struct mm_tree *tree, struct mm_error *err)
{
    enum mm_status s;
    size_t capacity = 0;
    bool folder = mm_file_is_folder(path);
    *tree = (struct mm_tree){.arena = arena, .path = path};
    if ((!folder && MM_TRY(s, open_zip(tree, err))) ||
        MM_TRY(s, folder ? walk(tree, &capacity, "", 1, err) : list_zip(tree, &capacity, err)) ||
        MM_TRY(s, check_collisions(tree, err))) {
        mm_tree_close(tree);
        return s == MM_ERR_IO && folder ? s : mm_fail_in(err, "%s", path);
    }
    drop_litter(tree);
    strip_top(tree);
    if (tree->count)
        qsort(tree->files, tree->count, sizeof *tree->files, by_name);
    return MM_OK;
}

void mm_tree_close(struct mm_tree *tree)
{
    mm_zip_close(tree->zip);
    tree->zip = NULL;
}

const struct mm_tree_file *mm_tree_find(const struct mm_tree *tree, const char *name)
{
    const struct mm_tree_file wanted = {.name = name};
    return tree->count ? bsearch(&wanted, tree->files, tree->count, sizeof wanted, by_name) : NULL;
}

enum mm_status mm_tree_read(const struct mm_tree *tree, const struct mm_tree_file *file, size_t limit,
                            unsigned char **bytes, size_t *size, struct mm_error *err)
{
    *size = (size_t)file->size;
    return file->path ? mm_file_read(tree->arena, file->path, limit, bytes, size, err)
                      : mm_zip_read_all(tree->arena, tree->zip, file->entry, limit, bytes, err);
}

static enum mm_status into_file(void *context, const void *bytes, size_t size, struct mm_error *err)
{
    struct mm_file_writer *writer = context;
    return mm_file_writer_write(writer, bytes, size) == MM_OK
               ? MM_OK
               : mm_fail(err, writer->error.status, "%s", writer->error.text);
}

enum mm_status mm_tree_copy(const struct mm_tree *tree, const struct mm_tree_file *file, const char *path,
                            struct mm_error *err)
{
    enum mm_status s;
    struct mm_file_writer writer;
    if (MM_TRY(s, mm_file_writer_open(&writer, path, err)))
        return s;
    s = file->path ? mm_file_scan(file->path, into_file, &writer, err)
                   : mm_zip_read(tree->zip, file->entry, into_file, &writer, err);
    if (s == MM_OK)
        return mm_file_writer_commit(&writer, err);
    mm_file_writer_abandon(&writer);
    return s;
}
