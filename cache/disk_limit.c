/* What is removed from a disk tier: leftovers of processes that were killed, and the entries used longest ago when there are too many. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "base/trace.h"
#include "cache/disk_internal.h"

#define STALE_SECONDS 3600
#define LOCK_TRIES    50
#define LOCK_WAIT_NS  20000000L
#define SCANS         8  /* of what is free, a process writes the eighth part unseen */
#define ROOM          20 /* of the limit, the twentieth part is made free */

/* A lock that can be had belongs to nobody: taking it removes its temporary files, releasing it the lock. */
static void free_lock(const char *folder, const char *key)
{
    int lock;
    if (mm_disk_lock_take(folder, key, &lock) == MM_DISK_LOCK_HELD)
        mm_disk_lock_release(folder, key, lock);
}

static enum mm_status visit_leftover(void *self, const char *sub, const char *name, const char *path,
                                     struct mm_error *err)
{
    (void)err;
    char key[MM_SHA256_HEX];
    struct stat about;
    bool is_temporary = name[0] == '.' && strlen(name) > MM_SHA256_HEX && strncmp(name + 1, sub, 2) == 0 &&
                        strspn(name + 1, "0123456789abcdef") == MM_SHA256_HEX - 1 &&
                        mm_text_starts(name + MM_SHA256_HEX, ".mmc.tmp-");
    if (mm_disk_name_is(name, sub, ".lock", key))
        free_lock(self, key);
    else if (is_temporary && !lstat(path, &about) && time(NULL) - about.st_mtim.tv_sec > STALE_SECONDS)
        unlink(path);
    return MM_OK;
}

enum mm_status mm_disk_folder_sweep(const char *folder, struct mm_error *err)
{
    return mm_disk_folder_walk(folder, visit_leftover, (void *)folder, err);
}

static uint64_t bytes_of(const struct mm_disk_entry *entries, size_t count)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += entries[i].bytes;
    return bytes;
}

static enum mm_status evict(const char *folder, uint64_t limit, uint64_t *total, uint32_t *removed,
                            struct mm_error *err)
{
    enum mm_status s;
    struct mm_arena arena;
    struct mm_disk_entry *entries;
    size_t count;
    *removed = 0;
    mm_arena_init(&arena, NULL);
    if (!(s = mm_disk_folder_list(&arena, folder, &entries, &count, err))) {
        *total = bytes_of(entries, count);
        uint64_t most = *total > limit ? limit - limit / ROOM : limit;
        for (size_t i = 0; i<count && * total> most; i++) {
            *removed += unlink(entries[i].path) == 0;
            *total -= entries[i].bytes;
        }
    }
    mm_arena_done(&arena);
    return s;
}

/* The mark's lock, waited for no longer than a second: its holder makes room meanwhile. */
static int lock_mark(const char *folder)
{
    const struct timespec slice = {.tv_nsec = LOCK_WAIT_NS};
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    const char *path = mm_disk_folder_mark(&arena, folder);
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    mm_arena_done(&arena);
    for (int i = 0; file >= 0 && i < LOCK_TRIES; i++) {
        if (!flock(file, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK)
            return file;
        nanosleep(&slice, NULL);
    }
    if (file >= 0)
        close(file);
    return -1;
}

enum mm_status mm_disk_folder_evict(const char *folder, uint64_t limit, uint64_t *total, uint32_t *removed,
                                    struct mm_error *err)
{
    int file = lock_mark(folder);
    enum mm_status s = evict(folder, limit, total, removed, err);
    if (file >= 0)
        close(file);
    return s;
}

/* Counting takes a look at every entry, so a process counts again only when it has written an eighth of what was free: up to eight of
 * them, each adding its share and an entry, do not pass the limit by more than those entries. */
void mm_disk_keep_limit(struct mm_disk *disk, uint64_t bytes)
{
    if (!disk->limit)
        return;
    uint64_t total = 0;
    uint32_t removed;
    pthread_mutex_lock(&disk->mutex);
    disk->since += bytes;
    uint64_t room = disk->limit > disk->total ? disk->limit - disk->total : 0;
    bool is_due = disk->since > room / SCANS;
    if (is_due)
        disk->since = 0;
    pthread_mutex_unlock(&disk->mutex);
    if (!is_due || mm_disk_folder_evict(disk->folder, disk->limit, &total, &removed, NULL))
        return;
    if (removed)
        MM_TRACE(CACHE, "%s: %u entries made room", disk->folder, removed);
    pthread_mutex_lock(&disk->mutex);
    disk->total = total;
    disk->stats.evicted += removed;
    pthread_mutex_unlock(&disk->mutex);
}
