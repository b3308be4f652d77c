/* Prepared samples on disk, shared by any number of processes and kept from run to run: what the prefix makes of an item is written once
 * and read by whoever wants the same again.
 *
 * Content-addressed: an entry's name is the digest of what it depends on (path, size and modification time of the item's files; every
 * argument of the cached steps with defaults, and their versions; the form of the record), so a changed argument, transform or file
 * misses. Checksummed (XXH3, 128 bits) and written atomically: a torn or damaged entry is never served, but removed, counted and made
 * anew. Bounded: the entries used longest ago go first. All calls are thread-safe. */
#ifndef MM_CACHE_DISK_H
#define MM_CACHE_DISK_H

#include "cache/pipeline.h"

struct mm_disk;

struct mm_disk_stats { /* of this process */
    uint64_t hits, misses, written, damaged, evicted;
    uint64_t bytes_read, bytes_written;
};

/* Creates the folder. `limit` in bytes; 0: none. The source is kept and must outlive it. */
enum mm_status mm_disk_open(const char *folder, uint64_t limit, const struct mm_source *source, struct mm_disk **out,
                            struct mm_error *err);
void mm_disk_close(struct mm_disk *disk); /* accepts NULL */

/* The prepared sample of an item in the arena, its history tied to the source's steps again; *out NULL when it is not there. Then this
 * process holds the claim on it: others that want it wait (a bounded time) until it was put or given up. */
enum mm_status mm_disk_get(struct mm_disk *disk, uint32_t item, struct mm_arena *arena, struct mm_sample **out,
                           struct mm_error *err);
/* Keeps it and ends the claim. A full disk is no failure of the run: MM_OK, not written, counted. */
enum mm_status mm_disk_put(struct mm_disk *disk, uint32_t item, const struct mm_sample *sample, struct mm_error *err);
void mm_disk_give_up(struct mm_disk *disk, uint32_t item); /* ends the claim after a failure */
void mm_disk_stats_get(struct mm_disk *disk, struct mm_disk_stats *stats);

#endif
