/* Prepared samples on disk, shared by any number of processes and kept from run to run: what the prefix makes of an item is written once
 * and read by whoever wants the same again. What later steps prepare (mm_chain_prepare) is not kept: it is made again from what was read,
 * so a change behind the prefix finds everything there.
 *
 * Content-addressed: an entry's name is the digest of what it depends on (path, size and modification time of the item's files, its other
 * values; every argument of the cached steps with defaults, and their versions; the form of the record), so a changed argument, transform
 * or file misses. Checksummed (XXH3, 128 bits) and written beside and renamed: a torn or damaged entry is never served, but removed,
 * counted and made anew. Nothing waits for the medium (no fsync): the checksum finds what a power cut tore.
 * Bounded: the entries used longest ago go first. All calls are thread-safe; all take NULL for no disk at all. */
#ifndef MM_CACHE_DISK_H
#define MM_CACHE_DISK_H

#include "base/hash.h"
#include "cache/pipeline.h"

struct mm_disk;

struct mm_disk_options {
    const char *folder;        /* made when it is not there */
    uint64_t limit;            /* bytes; 0: none            */
    double wait_seconds;       /* for an item that another process makes; 0: a minute */
    bool (*interrupted)(void); /* asked now and then while waiting, by any thread; may be NULL */
};

struct mm_disk_stats { /* of this process */
    uint32_t hits, misses, written, damaged, evicted;
    uint32_t failed; /* items that could not be kept: the run goes on without */
    uint64_t bytes_read, bytes_written;
    char failure[256]; /* why, the last time */
};

/* The right to make an item, between get and put: others that want the item wait for it. Ends with the process at the latest. */
struct mm_disk_claim {
    char key[MM_SHA256_HEX]; /* "": nothing is kept */
    int lock;                /* -1: none            */
};

/* The source is kept and must outlive the disk. A folder that holds other things is refused. */
enum mm_status mm_disk_open(const struct mm_source *source, const struct mm_disk_options *options,
                            struct mm_disk **out, struct mm_error *err);
void mm_disk_stop(struct mm_disk *disk); /* ends all waits, from any thread */
void mm_disk_close(struct mm_disk *disk);

/* What the prefix makes of an item, in the arena; its history is tied to the source's steps. *out NULL when it is not there: the caller
 * makes it, and puts it or gives up. MM_INTERRUPTED is the only failure. */
enum mm_status mm_disk_get(struct mm_disk *disk, uint32_t item, struct mm_arena *arena, struct mm_disk_claim *claim,
                           struct mm_sample **out, struct mm_error *err);
/* Keeps it and ends the claim. Where that cannot be done (a full disk, a file that changed meanwhile), it is counted and no failure. */
void mm_disk_put(struct mm_disk *disk, uint32_t item, struct mm_disk_claim *claim, const struct mm_sample *sample);
void mm_disk_give_up(struct mm_disk *disk, struct mm_disk_claim *claim);
void mm_disk_stats_get(struct mm_disk *disk, struct mm_disk_stats *stats);

#endif
