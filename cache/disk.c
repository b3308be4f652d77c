/* The disk tier: getting and putting. */
#include "cache/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/threads.h"
#include "base/trace.h"
#include "cache/disk_internal.h"
#include "cache/record.h"

#define WAIT_SECONDS 60.0
#define WAIT_FIRST   2000000L  /* ns between two looks at what another process makes: first, */
#define WAIT_LONGEST 50000000L /* and doubling to this                                       */
#define RECORD_MAX   ((size_t)1 << 40)

static char *copy_text(const char *text, size_t length)
{
    char *copy = mm_alloc(length + 1);
    if (copy)
        memcpy(copy, text, length);
    return copy;
}

static enum mm_status describe(struct mm_disk *disk, struct mm_error *err)
{
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    const char *steps = mm_chain_describe(&arena, disk->source->chain, disk->source->prefix);
    disk->steps = steps ? copy_text(steps, strlen(steps)) : NULL;
    mm_arena_done(&arena);
    return disk->steps ? MM_OK : mm_fail_memory(err, "the description of a chain");
}

/* Makes the folder ready, and knows from here on how much is in it. */
static enum mm_status enter(struct mm_disk *disk, struct mm_error *err)
{
    enum mm_status s;
    uint64_t limit = disk->limit ? disk->limit : UINT64_MAX;
    if (MM_TRY(s, mm_disk_folder_make(disk->folder, err)) || MM_TRY(s, mm_disk_folder_sweep(disk->folder, err)))
        return s;
    return mm_disk_folder_evict(disk->folder, limit, &disk->total, &disk->stats.evicted, err);
}

enum mm_status mm_disk_open(const struct mm_source *source, const struct mm_disk_options *options,
                            struct mm_disk **out, struct mm_error *err)
{
    enum mm_status s;
    struct mm_disk *disk = mm_alloc(sizeof *disk);
    size_t length = strlen(options->folder);
    if (!disk)
        return mm_fail_memory(err, "a cache");
    while (length > 1 && options->folder[length - 1] == '/')
        length--;
    pthread_mutex_init(&disk->mutex, NULL);
    disk->source = source;
    disk->limit = options->limit;
    disk->wait_seconds = options->wait_seconds > 0 ? options->wait_seconds : WAIT_SECONDS;
    disk->interrupted = options->interrupted;
    disk->folder = copy_text(options->folder, length);
    s = disk->folder ? describe(disk, err) : mm_fail_memory(err, "a file name");
    if (s || MM_TRY(s, enter(disk, err))) {
        mm_disk_close(disk);
        return s;
    }
    *out = disk;
    return MM_OK;
}

void mm_disk_stop(struct mm_disk *disk)
{
    if (disk)
        disk->is_stopped = true;
}

void mm_disk_close(struct mm_disk *disk)
{
    if (!disk)
        return;
    pthread_mutex_destroy(&disk->mutex);
    mm_free(disk->folder);
    mm_free(disk->steps);
    mm_free(disk);
}

void mm_disk_stats_get(struct mm_disk *disk, struct mm_disk_stats *stats)
{
    *stats = (struct mm_disk_stats){0};
    if (!disk)
        return;
    pthread_mutex_lock(&disk->mutex);
    *stats = disk->stats;
    pthread_mutex_unlock(&disk->mutex);
}

/* Getting. ------------------------------------------------------------------------------------------------------- */

/* Every byte is checked before one is used. */
static enum mm_status read_record(struct mm_disk *disk, uint32_t item, const char *key, const char *path,
                                  struct mm_arena *arena, struct mm_sample **out, size_t *size, struct mm_error *err)
{
    enum mm_status s;
    unsigned char *bytes;
    size_t body;
    struct mm_record_head head;
    char hex[MM_SHA256_HEX];
    if (MM_TRY(s, mm_file_read(arena, path, RECORD_MAX, &bytes, size, err)) ||
        MM_TRY(s, mm_record_check(bytes, *size, err)) || MM_TRY(s, mm_record_head(bytes, *size, &head, &body, err)))
        return s;
    mm_sha256_hex(head.key, hex);
    if (strcmp(hex, key) != 0)
        return mm_fail(err, MM_ERR_DATA, "is the record of another item");
    return mm_record_read(arena, bytes, *size, disk->source, item, out, err);
}

/* The entry, if it is there and intact; its use is marked. What is damaged goes: it would be in the way of what is made anew. */
static struct mm_sample *look(struct mm_disk *disk, uint32_t item, const char *key, struct mm_arena *arena)
{
    struct mm_error err = {0};
    struct mm_sample *sample = NULL;
    size_t size = 0;
    const char *path = mm_disk_folder_path(arena, disk->folder, key, ".mmc");
    if (!path || !mm_file_exists(path))
        return NULL;
    enum mm_status s = read_record(disk, item, key, path, arena, &sample, &size, &err);
    if (!s)
        utimensat(AT_FDCWD, path, NULL, 0);
    bool is_damaged = s && s != MM_ERR_MEMORY && mm_file_exists(path); /* else removed by another meanwhile */
    if (is_damaged) {
        unlink(path);
        MM_TRACE(CACHE, "%s: %s: removed", path, err.text);
    }
    pthread_mutex_lock(&disk->mutex);
    disk->stats.hits += !s;
    disk->stats.bytes_read += s ? 0 : size;
    disk->stats.damaged += is_damaged;
    pthread_mutex_unlock(&disk->mutex);
    return s ? NULL : sample;
}

static void make_subfolder(const struct mm_disk *disk, const char *key, struct mm_arena *arena)
{
    const char *sub = mm_arena_format(arena, "%s/%.2s", disk->folder, key);
    if (sub)
        mkdir(sub, 0700); /* mostly there; what is wrong with it shows in what follows */
}

/* Waits while another process makes the item: until it is there, or the claim is free, or long enough. */
static enum mm_status wait_for(struct mm_disk *disk, uint32_t item, struct mm_arena *arena,
                               struct mm_disk_claim *claim, struct mm_sample **out, struct mm_error *err)
{
    double end = mm_clock() + disk->wait_seconds;
    struct timespec slice = {.tv_nsec = WAIT_FIRST};
    make_subfolder(disk, claim->key, arena);
    for (;;) {
        enum mm_disk_lock got = mm_disk_lock_take(disk->folder, claim->key, &claim->lock);
        if ((*out = look(disk, item, claim->key, arena)) || got != MM_DISK_LOCK_BUSY)
            return MM_OK;
        if (disk->is_stopped || (disk->interrupted && disk->interrupted()))
            return mm_fail(err, MM_INTERRUPTED, "interrupted while waiting for an item that another process makes");
        if (mm_clock() > end) {
            MM_TRACE(CACHE, "item %u: another process takes more than %.0f s: made here too", item,
                     disk->wait_seconds);
            return MM_OK;
        }
        nanosleep(&slice, NULL);
        slice.tv_nsec = slice.tv_nsec * 2 < WAIT_LONGEST ? slice.tv_nsec * 2 : WAIT_LONGEST;
    }
}

enum mm_status mm_disk_get(struct mm_disk *disk, uint32_t item, struct mm_arena *arena, struct mm_disk_claim *claim,
                           struct mm_sample **out, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    unsigned char key[MM_SHA256_SIZE];
    *claim = (struct mm_disk_claim){.lock = -1};
    *out = NULL;
    if (!disk || mm_disk_key(disk, item, key, NULL))
        return MM_OK;
    mm_sha256_hex(key, claim->key);
    *out = look(disk, item, claim->key, arena);
    if (!*out)
        s = wait_for(disk, item, arena, claim, out, err);
    if (*out || s)
        mm_disk_give_up(disk, claim);
    if (!*out && !s) {
        pthread_mutex_lock(&disk->mutex);
        disk->stats.misses++;
        pthread_mutex_unlock(&disk->mutex);
    }
    return s;
}

/* Putting. ------------------------------------------------------------------------------------------------------- */

struct output {
    struct mm_file_writer writer;
    uint64_t bytes;
};

static enum mm_status write_piece(void *self, const void *bytes, size_t size)
{
    struct output *output = self;
    output->bytes += size;
    return mm_file_writer_write(&output->writer, bytes, size);
}

static const char *source_of(const struct mm_source *source, uint32_t item, char canonical[PATH_MAX])
{
    const struct mm_item *of = &source->list->items[item];
    for (size_t i = 0; i < of->count; i++)
        if (of->entries[i].kind == MM_ENTRY_PATHS && of->entries[i].count)
            return realpath(of->entries[i].paths[0], canonical) ? canonical : of->entries[i].paths[0];
    return "";
}

static enum mm_status write_entry(struct mm_disk *disk, uint32_t item, const char *path,
                                  const struct mm_sample *sample, struct mm_record_head *head, uint64_t *bytes,
                                  struct mm_error *err)
{
    enum mm_status s;
    struct output output = {.bytes = 0};
    char canonical[PATH_MAX];
    head->written = (uint64_t)time(NULL);
    head->source = source_of(disk->source, item, canonical);
    if (MM_TRY(s, mm_file_writer_open_as(&output.writer, path, MM_FILE_PRIVATE | MM_FILE_UNSYNCED, err)))
        return s;
    s = mm_record_write(disk->source, item, sample, head, write_piece, &output, err);
    *bytes = output.bytes;
    if (!s || output.writer.error.status)
        return mm_file_writer_commit(&output.writer, err);
    mm_file_writer_abandon(&output.writer);
    return s;
}

/* Nothing is kept of files that changed while they were read. */
static enum mm_status put(struct mm_disk *disk, uint32_t item, const char *key, const struct mm_sample *sample,
                          uint64_t *bytes, struct mm_error *err)
{
    enum mm_status s;
    struct mm_record_head head;
    struct mm_arena arena;
    char now[MM_SHA256_HEX];
    if (MM_TRY(s, mm_disk_key(disk, item, head.key, err)))
        return s;
    mm_sha256_hex(head.key, now);
    if (strcmp(now, key) != 0)
        return mm_fail(err, MM_ERR_DATA, "the files of item %u changed while they were read", item);
    if (disk->limit && mm_sample_bytes(sample) > disk->limit)
        return mm_fail(err, MM_ERR_MEMORY, "item %u is larger than cache_dir_limit", item);
    mm_arena_init(&arena, NULL);
    const char *path = mm_disk_folder_path(&arena, disk->folder, key, ".mmc");
    make_subfolder(disk, key, &arena);
    s = path ? write_entry(disk, item, path, sample, &head, bytes, err) : mm_fail_memory(err, "a file name");
    mm_arena_done(&arena);
    return s;
}

void mm_disk_put(struct mm_disk *disk, uint32_t item, struct mm_disk_claim *claim, const struct mm_sample *sample)
{
    if (!disk || !*claim->key)
        return;
    struct mm_error err = {0};
    uint64_t bytes = 0;
    enum mm_status s = put(disk, item, claim->key, sample, &bytes, &err);
    pthread_mutex_lock(&disk->mutex);
    disk->stats.written += !s;
    disk->stats.bytes_written += s ? 0 : bytes;
    disk->stats.failed += s != MM_OK;
    if (s)
        snprintf(disk->stats.failure, sizeof disk->stats.failure, "%.255s", err.text);
    pthread_mutex_unlock(&disk->mutex);
    if (s)
        MM_TRACE(CACHE, "item %u is not kept: %s", item, err.text);
    mm_disk_give_up(disk, claim);
    if (!s)
        mm_disk_keep_limit(disk, bytes);
}

void mm_disk_give_up(struct mm_disk *disk, struct mm_disk_claim *claim)
{
    if (disk)
        mm_disk_lock_release(disk->folder, claim->key, claim->lock);
    claim->lock = -1;
}
