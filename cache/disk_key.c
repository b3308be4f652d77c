/* What an entry's name depends on: everything that what the prefix makes of an item depends on. Every piece is hashed with its length
 * before it, so that no two descriptions run together. */
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "cache/disk_internal.h"
#include "cache/record.h"
#include "image/format.h"

struct keying {
    struct mm_arena arena;
    struct mm_sha256 hash;
    enum mm_status status;
    struct mm_error *err;
};

static void add(struct keying *k, const void *bytes, size_t size)
{
    uint64_t length = size;
    if (!k->status)
        k->status = mm_sha256_add(&k->hash, &length, sizeof length, k->err);
    if (!k->status && size)
        k->status = mm_sha256_add(&k->hash, bytes, size, k->err);
}

static void add_text(struct keying *k, const char *text)
{
    add(k, text, strlen(text));
}

/* Size and modification time; of what is not there, that. */
static bool add_state(struct keying *k, const char *path)
{
    struct stat about;
    if (stat(path, &about)) {
        add_text(k, "absent");
        return false;
    }
    const int64_t state[3] = {(int64_t)about.st_size, (int64_t)about.st_mtim.tv_sec, (int64_t)about.st_mtim.tv_nsec};
    add(k, state, S_ISDIR(about.st_mode) ? 0 : sizeof state);
    return S_ISDIR(about.st_mode);
}

/* A series: all that is in its folder. */
static void add_folder(struct keying *k, const char *path)
{
    char **names;
    size_t count;
    if (mm_file_list(&k->arena, path, &names, &count, NULL))
        return;
    for (size_t i = 0; i < count; i++) {
        const char *file = mm_file_join(&k->arena, path, names[i]);
        add_text(k, names[i]);
        if (file)
            add_state(k, file);
    }
}

static void add_file(struct keying *k, const char *path)
{
    char canonical[PATH_MAX];
    add_text(k, realpath(path, canonical) ? canonical : path);
    if (add_state(k, path)) {
        add_folder(k, path);
        return;
    }
    const char *data = mm_image_data_file(&k->arena, path);
    if (data) {
        add_text(k, data);
        add_state(k, data);
    }
}

static void add_entry(struct keying *k, const struct mm_entry *entry)
{
    const int64_t about[2] = {entry->kind, (int64_t)entry->count};
    add_text(k, entry->key);
    add(k, about, sizeof about);
    for (size_t i = 0; i < entry->count; i++) {
        if (entry->kind == MM_ENTRY_PATHS)
            add_file(k, entry->paths[i]);
        else if (entry->kind == MM_ENTRY_TEXT)
            add_text(k, entry->paths[i]);
        else
            add(k, &entry->numbers[i], sizeof entry->numbers[i]);
    }
}

enum mm_status mm_disk_key(const struct mm_disk *disk, uint32_t item, unsigned char key[MM_SHA256_SIZE],
                           struct mm_error *err)
{
    const uint32_t version = MM_RECORD_VERSION;
    const struct mm_item *of = &disk->source->list->items[item];
    struct keying k = {.err = err};
    enum mm_status s;
    if (MM_TRY(s, mm_sha256_init(&k.hash, err)))
        return s;
    mm_arena_init(&k.arena, NULL);
    add(&k, &version, sizeof version);
    add_text(&k, disk->steps);
    for (size_t i = 0; i < of->count; i++)
        add_entry(&k, &of->entries[i]);
    mm_arena_done(&k.arena);
    if (!k.status)
        return mm_sha256_done(&k.hash, key, err);
    mm_sha256_abandon(&k.hash);
    return k.status;
}
