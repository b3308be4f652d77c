/* The folder of a disk tier, as its processes and `mmar cache` see it:
 *     CACHEDIR.TAG         marks it (bford.info/cachedir: programs for backups leave such folders out)
 *     ab/ab...64.mmc       an entry: a record (cache/record.h); its modification time is that of its last use
 *     ab/ab...64.lock      a claim, held by flock; left behind by processes that were killed, and then free
 *     ab/.ab...64.mmc.tmp-*  an entry that is being written
 * Nothing else is ever touched. Entries hold patients' images: the folder has mode 0700, files 0600. */
#ifndef MM_CACHE_DISK_FOLDER_H
#define MM_CACHE_DISK_FOLDER_H

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"

struct mm_disk_entry {
    char key[MM_SHA256_HEX];
    const char *path;
    uint64_t bytes;
    int64_t used; /* nanoseconds since 1970 */
};

/* Makes and marks it; fine when it is there. MM_ERR_CONFIG when it holds other things. */
enum mm_status mm_disk_folder_make(const char *folder, struct mm_error *err);
/* MM_ERR_USAGE unless it carries the mark. */
enum mm_status mm_disk_folder_check(const char *folder, struct mm_error *err);

/* All entries, those used longest ago first. What other processes remove meanwhile is left out. */
enum mm_status mm_disk_folder_list(struct mm_arena *arena, const char *folder, struct mm_disk_entry **entries,
                                   size_t *count, struct mm_error *err);
/* Removes what killed processes left: locks that nobody holds with the temporary files of their keys, and temporary files without a lock
 * that nobody wrote to for an hour. */
enum mm_status mm_disk_folder_sweep(const char *folder, struct mm_error *err);
/* Where entries take more than `limit` bytes, removes those used longest ago until a twentieth is free. One process at a time. *total:
 * what is left; *removed: how many went. */
enum mm_status mm_disk_folder_evict(const char *folder, uint64_t limit, uint64_t *total, uint32_t *removed,
                                    struct mm_error *err);

/* "folder/ab/key.mmc" or ".lock", in the arena; NULL when memory is out. */
char *mm_disk_folder_path(struct mm_arena *arena, const char *folder, const char *key, const char *extension);

/* A claim on a key, by a lock that its process takes along when it dies. BUSY: another holds it. NONE: locks do not work here. */
enum mm_disk_lock { MM_DISK_LOCK_HELD, MM_DISK_LOCK_BUSY, MM_DISK_LOCK_NONE };
enum mm_disk_lock mm_disk_lock_take(const char *folder, const char *key, int *lock);
void mm_disk_lock_release(const char *folder, const char *key, int lock); /* -1: nothing */

#endif
