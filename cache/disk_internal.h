/* Shared by the files of the disk tier:
 *   disk.c          opening, getting, putting
 *   disk_key.c      what an entry's name depends on
 *   disk_folder.c   the folder, its mark and its entries
 *   disk_lock.c     claims
 *   disk_limit.c    what is removed: leftovers of killed processes, entries beyond the limit */
#ifndef MM_CACHE_DISK_INTERNAL_H
#define MM_CACHE_DISK_INTERNAL_H

#include <pthread.h>

#include "cache/disk.h"
#include "cache/disk_folder.h"

struct mm_disk {
    /* Fixed. */
    const struct mm_source *source;
    char *folder, *steps; /* steps: description of the prefix */
    uint64_t limit;
    double wait_seconds;
    bool (*interrupted)(void);
    _Atomic bool is_stopped;
    pthread_mutex_t mutex;
    /* Under the mutex. */
    struct mm_disk_stats stats;
    uint64_t total, since; /* bytes of all entries when they were last counted; written by this process since */
};

/* disk_key.c */
enum mm_status mm_disk_key(const struct mm_disk *disk, uint32_t item, unsigned char key[MM_SHA256_SIZE],
                           struct mm_error *err);

/* disk_folder.c. Is it a name of ours in that subfolder: a key of 64 digits and the extension? */
bool mm_disk_name_is(const char *name, const char *sub, const char *extension, char key[MM_SHA256_HEX]);
/* Calls `visit` for everything in the subfolders, in order. */
typedef enum mm_status mm_disk_visit(void *self, const char *sub, const char *name, const char *path,
                                     struct mm_error *err);
enum mm_status mm_disk_folder_walk(const char *folder, mm_disk_visit *visit, void *self, struct mm_error *err);
char *mm_disk_folder_mark(struct mm_arena *arena, const char *folder);

/* disk_limit.c: after `bytes` were written. */
void mm_disk_keep_limit(struct mm_disk *disk, uint64_t bytes);
/* disk_lock.c: removes the temporary files of a key whose lock is held. */
void mm_disk_remove_temporaries(const char *folder, const char *key);

#endif
