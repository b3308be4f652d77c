/* Which files of an MMAR travel: an allow-list of folders and files; what stays behind is listed. */
#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/hash.h"
#include "cache/disk_folder.h"
#include "mmar/archive/archive.h"
#include "mmar/archive/privacy.h"
#include "mmar/command.h"

static const char *const folders[] = {"commands", "config", "custom", "docs", "resources"};
static const char *const litter[] = {".git",     ".svn", ".hg", ".DS_Store", "__pycache__", ".ipynb_checkpoints",
                                     "Thumbs.db"};

struct collector {
    struct mm_arena *arena;
    const char *root;
    struct mm_archive_list *list;
    size_t capacity, left_capacity;
};

static enum mm_status leave_out(struct collector *c, const char *name, struct mm_error *err)
{
    struct mm_archive_list *l = c->list;
    if (l->left_out_count == c->left_capacity) {
        size_t capacity = c->left_capacity ? 2 * c->left_capacity : 64;
        const char **grown = mm_arena_array(c->arena, const char *, capacity);
        if (!grown)
            return mm_fail_memory(err, "the list of files");
        if (l->left_out_count)
            memcpy(grown, l->left_out, l->left_out_count * sizeof *grown);
        l->left_out = grown;
        c->left_capacity = capacity;
    }
    l->left_out[l->left_out_count++] = name;
    return MM_OK;
}

static enum mm_status add(struct collector *c, const struct mm_archive_file *file, struct mm_error *err)
{
    enum mm_status s;
    struct mm_archive_list *l = c->list;
    if (MM_TRY(s, mm_archive_name_check(file->name, err)))
        return s;
    if (l->count == MM_ARCHIVE_FILES_MAX)
        return mm_fail(err, MM_ERR_DATA, "more than %d files", MM_ARCHIVE_FILES_MAX);
    if (l->count == c->capacity) {
        size_t capacity = c->capacity ? 2 * c->capacity : 64;
        struct mm_archive_file *grown = mm_arena_array(c->arena, struct mm_archive_file, capacity);
        if (!grown)
            return mm_fail_memory(err, "the list of files");
        if (l->count)
            memcpy(grown, l->files, l->count * sizeof *grown);
        l->files = grown;
        c->capacity = capacity;
    }
    l->files[l->count++] = *file;
    return MM_OK;
}

static bool is_among(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(name, names[i]))
            return true;
    return false;
}

static bool is_litter(const char *name)
{
    return is_among(litter, sizeof litter / sizeof *litter, name) || mm_text_ends(name, "~") ||
           mm_text_ends(name, ".swp") || mm_text_ends(name, ".mmc") || mm_text_ends(name, ".pyc") ||
           strstr(name, ".tmp-");
}

/* Files whose text is rewritten or kept back travel as bytes made by privacy.c; all others as they are. */
static enum mm_status add_file(struct collector *c, const char *name, const struct stat *info, struct mm_error *err)
{
    enum mm_status s;
    struct mm_archive_file file = {.name = name,
                                   .path = mm_file_join(c->arena, c->root, name),
                                   .size = (uint64_t)info->st_size,
                                   .executable = (info->st_mode & 0100) != 0};
    bool stays = false;
    if (mm_text_ends(name, ".json")) {
        char *text = NULL;
        if (MM_TRY(s, mm_privacy_json(c->arena, c->root, name, &text, &stays, err)))
            return s;
        if (stays)
            return leave_out(c, name, err);
        if (text) {
            file.path = NULL;
            file.bytes = text;
            file.size = strlen(text);
        }
    }
    return add(c, &file, err);
}

static enum mm_status walk(struct collector *c, const char *name, int depth, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    struct stat info;
    const char *path = mm_file_join(c->arena, c->root, name);
    if (lstat(path, &info))
        return mm_fail(err, MM_ERR_IO, "%s: %s", path, strerror(errno));
    if (S_ISLNK(info.st_mode))
        return mm_fail(err, MM_ERR_DATA, "%s: is a link: archives hold plain files only; replace it by a copy", path);
    if (S_ISREG(info.st_mode))
        return add_file(c, name, &info, err);
    if (!S_ISDIR(info.st_mode))
        return mm_fail(err, MM_ERR_DATA, "%s: is neither file nor folder", path);
    if (!mm_disk_folder_check(path, NULL))
        return leave_out(c, name, err); /* prepared images of patients */
    if (depth == MM_ARCHIVE_DEPTH_MAX)
        return mm_fail(err, MM_ERR_DATA, "%s: folders are nested more than %d deep", path, MM_ARCHIVE_DEPTH_MAX);
    char **names;
    size_t count;
    if (MM_TRY(s, mm_file_list(c->arena, path, &names, &count, err)))
        return s;
    for (size_t i = 0; i < count && s == MM_OK; i++) {
        const char *child = mm_arena_format(c->arena, "%s/%s", name, names[i]);
        s = is_litter(names[i]) ? leave_out(c, child, err) : walk(c, child, depth + 1, err);
    }
    return s;
}

/* Files of models/ and eval/: the best weights, and with options checkpoint and evaluation. */
static enum mm_status walk_partly(struct collector *c, const char *folder, const struct mm_pack_options *options,
                                  struct mm_error *err)
{
    enum mm_status s = MM_OK;
    char **names;
    size_t count;
    if (MM_TRY(s, mm_file_list(c->arena, mm_file_join(c->arena, c->root, folder), &names, &count, err)))
        return s;
    for (size_t i = 0; i < count && s == MM_OK; i++) {
        const char *name = mm_arena_format(c->arena, "%s/%s", folder, names[i]);
        bool wanted = !strcmp(name, "models/model.safetensors") ||
                      (options->with_checkpoint && !strcmp(name, "models/checkpoint.safetensors")) ||
                      (options->with_eval && mm_text_starts(name, "eval/") && !is_litter(names[i]));
        if (!strcmp(name, "eval/metrics.json"))
            continue; /* add_metrics */
        if (mm_manifest_is_record(name))
            continue; /* told by the manifest, written again by unpack */
        s = wanted ? walk(c, name, 1, err) : leave_out(c, name, err);
    }
    return s;
}

static const char *digest_of(const struct mm_archive_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (!strcmp(list->files[i].name, name))
            return list->files[i].sha256;
    return NULL;
}

/* eval/metrics.json travels with case numbers in place of file names, and with the weights that it tells of. */
static enum mm_status add_metrics(struct collector *c, struct mm_error *err)
{
    enum mm_status s;
    char *text = NULL;
    struct mm_archive_file file = {.name = "eval/metrics.json"};
    if (!mm_file_exists(mm_file_join(c->arena, c->root, file.name)))
        return MM_OK;
    if (MM_TRY(s, mm_privacy_metrics(c->arena, c->root, digest_of(c->list, "models/model.safetensors"), &text, err)))
        return s;
    if (!text)
        return leave_out(c, "eval/metrics.json (of other weights)", err);
    file.bytes = text;
    file.size = strlen(text);
    return MM_TRY(s, mm_sha256_bytes(text, strlen(text), file.sha256, err)) ? s : add(c, &file, err);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct mm_archive_file *)a)->name, ((const struct mm_archive_file *)b)->name);
}

uint64_t mm_layout_bytes(const struct mm_archive_list *list)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < list->count; i++)
        bytes += list->files[i].size;
    return bytes;
}

static enum mm_status digest_file(struct mm_archive_file *f, struct mm_archive_progress *progress,
                                  struct mm_error *err)
{
    return f->path ? mm_archive_digest(f->path, progress, f->sha256, err)
                   : mm_sha256_bytes(f->bytes, (size_t)f->size, f->sha256, err);
}

static enum mm_status digest_all(struct mm_archive_list *list, const struct mm_pack_options *options,
                                 struct mm_error *err)
{
    enum mm_status s = MM_OK;
    struct mm_archive_progress progress = options->progress;
    mm_archive_stage(&progress, "hashing", mm_layout_bytes(list));
    for (size_t i = 0; i < list->count && s == MM_OK; i++)
        s = digest_file(&list->files[i], &progress, err);
    return s;
}

enum mm_status mm_layout_collect(struct mm_arena *arena, const char *root, const struct mm_pack_options *options,
                                 struct mm_archive_list **out, struct mm_error *err)
{
    enum mm_status s;
    char **names;
    size_t count;
    struct collector c = {arena, root, mm_arena_new(arena, struct mm_archive_list), 0, 0};
    if (!c.list)
        return mm_fail_memory(err, "the list of files");
    if (MM_TRY(s, mm_file_list(arena, root, &names, &count, err)))
        return s;
    if (!mm_file_exists(mm_file_join(arena, root, "config/config_train.json")))
        return mm_fail(err, MM_ERR_USAGE, "%s: is no MMAR: it has no config/config_train.json", root);
    for (size_t i = 0; i < count && s == MM_OK; i++) {
        bool partly = !strcmp(names[i], "models") || !strcmp(names[i], "eval");
        bool folder = mm_file_is_folder(mm_file_join(arena, root, names[i]));
        if (partly && folder)
            s = walk_partly(&c, names[i], options, err);
        else
            s = is_among(folders, sizeof folders / sizeof *folders, names[i]) ? walk(&c, names[i], 1, err)
                                                                              : leave_out(&c, names[i], err);
    }
    if (s != MM_OK || MM_TRY(s, digest_all(c.list, options, err)) || MM_TRY(s, add_metrics(&c, err)))
        return s;
    qsort(c.list->files, c.list->count, sizeof *c.list->files, by_name);
    *out = c.list;
    return MM_OK;
}
