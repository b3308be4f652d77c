/* A disk tier's folder: made, recognised, listed. */
#include "cache/disk_folder.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"
#include "cache/disk_internal.h"

#define MARK_NAME "CACHEDIR.TAG"
#define MARK_OURS "# Prepared images of mmar, form 1."
#define MARK_SIZE 4096

static const char mark[] = "Signature: 8a477f597d28d172789f06886806bc55\n" MARK_OURS "\n"
                           "# They can be made again: `mmar cache clear` removes them. They show patients: treat "
                           "them as you treat the scans.\n";

static enum mm_status fail_system(struct mm_error *err, const char *path, const char *what)
{
    char reason[128];
    return mm_fail(err, MM_ERR_IO, "%s: cannot %s: %s", path, what, strerror_r(errno, reason, sizeof reason));
}

/* Is the mark there, and ours? */
static bool is_marked(struct mm_arena *arena, const char *folder)
{
    unsigned char *bytes;
    size_t size;
    const char *path = mm_file_join(arena, folder, MARK_NAME);
    return path && mm_file_exists(path) && !mm_file_read(arena, path, MARK_SIZE, &bytes, &size, NULL) &&
           strstr((const char *)bytes, MARK_OURS);
}

char *mm_disk_folder_mark(struct mm_arena *arena, const char *folder)
{
    return mm_file_join(arena, folder, MARK_NAME);
}

/* Other processes may be making it too: their mark, or its temporary file, may be what is there. */
static enum mm_status mark_it(struct mm_arena *arena, const char *folder, struct mm_error *err)
{
    enum mm_status s;
    struct mm_file_writer writer;
    char **names;
    size_t count;
    if (MM_TRY(s, mm_file_list(arena, folder, &names, &count, err)))
        return s;
    for (size_t i = 0; i < count; i++)
        if (!mm_text_starts(names[i], "." MARK_NAME ".tmp-") && !is_marked(arena, folder))
            return mm_fail(err, MM_ERR_CONFIG,
                           "%s: holds \"%s\" and is no cache of mmar: cache_dir needs a folder of its own", folder,
                           names[i]);
    const char *path = mm_disk_folder_mark(arena, folder);
    if (!path)
        return mm_fail_memory(err, "a file name");
    if (MM_TRY(s, mm_file_writer_open_as(&writer, path, MM_FILE_PRIVATE, err)))
        return s;
    mm_file_writer_write(&writer, mark, strlen(mark));
    return mm_file_writer_commit(&writer, err);
}

enum mm_status mm_disk_folder_make(const char *folder, struct mm_error *err)
{
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    enum mm_status s = MM_OK;
    const char *parent = mm_file_folder(&arena, folder);
    if (!parent)
        s = mm_fail_memory(err, "a file name");
    else if (mkdir(folder, 0700) && errno == ENOENT && !(s = mm_file_make_folder(parent, err)) &&
             mkdir(folder, 0700) && errno != EEXIST)
        s = fail_system(err, folder, "create the folder");
    if (!s && !mm_file_is_folder(folder)) {
        if (mm_file_exists(folder))
            errno = ENOTDIR;
        s = fail_system(err, folder, "create the folder");
    }
    if (!s && !is_marked(&arena, folder))
        s = mark_it(&arena, folder, err);
    mm_arena_done(&arena);
    return s;
}

enum mm_status mm_disk_folder_check(const char *folder, struct mm_error *err)
{
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    bool is_ours = is_marked(&arena, folder);
    mm_arena_done(&arena);
    if (is_ours)
        return MM_OK;
    if (!mm_file_is_folder(folder))
        return mm_fail(err, MM_ERR_USAGE, "%s: there is no such folder", folder);
    return mm_fail(err, MM_ERR_USAGE, "%s: is no cache of mmar: it has no " MARK_NAME " of ours", folder);
}

char *mm_disk_folder_path(struct mm_arena *arena, const char *folder, const char *key, const char *extension)
{
    return mm_arena_format(arena, "%s/%.2s/%s%s", folder, key, key, extension);
}

static size_t hex_length(const char *text)
{
    return strspn(text, "0123456789abcdef");
}

bool mm_disk_name_is(const char *name, const char *sub, const char *extension, char key[MM_SHA256_HEX])
{
    if (hex_length(name) != MM_SHA256_HEX - 1 || strncmp(name, sub, 2) != 0 ||
        strcmp(name + MM_SHA256_HEX - 1, extension) != 0)
        return false;
    memcpy(key, name, MM_SHA256_HEX - 1);
    key[MM_SHA256_HEX - 1] = '\0';
    return true;
}

static bool is_real_folder(const char *path)
{
    struct stat about;
    return !lstat(path, &about) && S_ISDIR(about.st_mode);
}

enum mm_status mm_disk_folder_walk(const char *folder, mm_disk_visit *visit, void *self, struct mm_error *err)
{
    enum mm_status s;
    char **subs, **names;
    size_t sub_count, count;
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    s = mm_file_list(&arena, folder, &subs, &sub_count, err);
    for (size_t i = 0; i < sub_count && !s; i++) {
        const char *sub = hex_length(subs[i]) == 2 && !subs[i][2] ? mm_file_join(&arena, folder, subs[i]) : NULL;
        if (!sub || !is_real_folder(sub) || (s = mm_file_list(&arena, sub, &names, &count, err)))
            continue;
        for (size_t n = 0; n < count && !s; n++) {
            const char *path = mm_file_join(&arena, sub, names[n]);
            s = path ? visit(self, subs[i], names[n], path, err) : mm_fail_memory(err, "a file name");
        }
    }
    mm_arena_done(&arena);
    return s;
}

struct listing {
    struct mm_arena *arena;
    struct mm_disk_entry *entries;
    size_t count, capacity;
};

static bool grow(struct listing *l)
{
    if (l->count < l->capacity)
        return true;
    size_t capacity = l->capacity ? 2 * l->capacity : 64;
    struct mm_disk_entry *entries = mm_arena_array(l->arena, struct mm_disk_entry, capacity);
    if (!entries)
        return false;
    if (l->count)
        memcpy(entries, l->entries, l->count * sizeof *entries);
    l->entries = entries;
    l->capacity = capacity;
    return true;
}

static enum mm_status add_entry(void *self, const char *sub, const char *name, const char *path, struct mm_error *err)
{
    struct listing *l = self;
    struct mm_disk_entry entry;
    struct stat about;
    if (!mm_disk_name_is(name, sub, ".mmc", entry.key) || lstat(path, &about) || !S_ISREG(about.st_mode))
        return MM_OK;
    entry.path = mm_arena_text(l->arena, path);
    entry.bytes = (uint64_t)about.st_size;
    entry.used = about.st_mtim.tv_sec * 1000000000 + about.st_mtim.tv_nsec;
    if (!entry.path || !grow(l))
        return mm_fail_memory(err, "the list of a cache");
    l->entries[l->count++] = entry;
    return MM_OK;
}

static int by_use(const void *a, const void *b)
{
    const struct mm_disk_entry *x = a, *y = b;
    return x->used != y->used ? (x->used < y->used ? -1 : 1) : strcmp(x->key, y->key);
}

enum mm_status mm_disk_folder_list(struct mm_arena *arena, const char *folder, struct mm_disk_entry **entries,
                                   size_t *count, struct mm_error *err)
{
    struct listing l = {.arena = arena};
    enum mm_status s = mm_disk_folder_walk(folder, add_entry, &l, err);
    if (l.count)
        qsort(l.entries, l.count, sizeof *l.entries, by_use);
    *entries = l.entries;
    *count = l.count;
    return s;
}
