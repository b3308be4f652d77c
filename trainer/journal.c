/* train.jsonl. Numbers print with %.9g: enough for float values, short enough to read. */
#include "trainer/journal.h"

#include <errno.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"

enum mm_status mm_journal_open(struct mm_journal *journal, const char *path, uint64_t bytes, struct mm_error *err)
{
    struct stat about;
    if (bytes && stat(path, &about) != 0 && errno == ENOENT)
        bytes = 0; /* somebody removed it */
    journal->stream = fopen(path, bytes ? "r+" : "w");
    if (!journal->stream)
        return mm_fail(err, MM_ERR_IO, "%s: cannot write: %s", path, strerror(errno));
    if (bytes && about.st_size < (off_t)bytes) {
        mm_journal_close(journal);
        return mm_fail(
            err, MM_ERR_DATA,
            "%s: has %lld bytes, the checkpoint was written at %llu: it was changed since; remove it to go "
            "on without the lines before",
            path, (long long)about.st_size, (unsigned long long)bytes);
    }
    if (bytes && (ftruncate(fileno(journal->stream), (off_t)bytes) || fseek(journal->stream, 0, SEEK_END))) {
        mm_fail(err, MM_ERR_IO, "%s: cannot cut to %llu bytes: %s", path, (unsigned long long)bytes, strerror(errno));
        mm_journal_close(journal);
        return MM_ERR_IO;
    }
    return MM_OK;
}

void mm_journal_close(struct mm_journal *journal)
{
    if (journal->stream)
        fclose(journal->stream);
    journal->stream = NULL;
}

/* JSON has no NaN: null stands for it. */
static const char *number(char *buffer, size_t size, double value)
{
    if (isfinite(value))
        snprintf(buffer, size, "%.9g", value);
    else
        snprintf(buffer, size, "null");
    return buffer;
}

static enum mm_status written(int count, struct mm_error *err)
{
    return count < 0 ? mm_fail(err, MM_ERR_IO, "train.jsonl: cannot write: %s", strerror(errno)) : MM_OK;
}

enum mm_status mm_journal_step(struct mm_journal *journal, const struct mm_loop_event *e, double gradient_norm,
                               struct mm_error *err)
{
    char loss[32], norm[32];
    return written(
        fprintf(journal->stream,
                "{\"step\": %lld, \"epoch\": %lld, \"loss\": %s, \"lr\": %.9g, \"grad_norm\": %s, \"ms_step\": %.1f, "
                "\"ms_wait_data\": %.1f}\n",
                (long long)((e->epoch - 1) * e->steps + e->step), (long long)e->epoch,
                number(loss, sizeof loss, e->loss), e->lr, number(norm, sizeof norm, gradient_norm),
                e->step_seconds * 1e3, e->wait_seconds * 1e3),
        err);
}

/* The cache's part of an epoch's line. */
static int print_cache(FILE *stream, const struct mm_loop_event *e)
{
    char floor[32];
    const struct mm_loader_stats *c = e->cache;
    return fprintf(stream,
                   "\"wait_ms\": %.1f, \"wait_share\": %.4f, \"wait_floor_ms\": %s, \"prefix_ms\": %.1f, "
                   "\"suffix_ms\": %.1f, \"cache_hits\": %u, \"cache_prepared\": %u, \"cache_replaced\": %u, "
                   "\"cache_late\": %u, \"cache_quarantined\": %u, \"cache_not_kept\": %u, \"cache_items\": %u, "
                   "\"cache_bytes\": %llu, \"cache_peak_bytes\": %llu, ",
                   c->wait_seconds * 1e3, e->epoch_seconds > 0 ? c->wait_seconds / e->epoch_seconds : 0,
                   number(floor, sizeof floor, e->wait_floor_seconds * 1e3), c->prefix_seconds * 1e3,
                   c->suffix_seconds * 1e3, c->hits, c->prepared, c->replaced, c->late, c->quarantined, c->not_kept,
                   c->held, (unsigned long long)c->bytes, (unsigned long long)c->peak_bytes);
}

static int print_disk(FILE *stream, const struct mm_loader_stats *c)
{
    return fprintf(stream,
                   "\"disk_hits\": %u, \"disk_written\": %u, \"disk_damaged\": %u, \"disk_failed\": %u, "
                   "\"disk_evicted\": %u, \"disk_bytes_read\": %llu, \"disk_bytes_written\": %llu}\n",
                   c->disk_hits, c->disk_written, c->disk_damaged, c->disk_failed, c->disk_evicted,
                   (unsigned long long)c->disk_bytes_read, (unsigned long long)c->disk_bytes_written);
}

enum mm_status mm_journal_epoch(struct mm_journal *journal, const struct mm_loop_event *e, const char *name,
                                struct mm_error *err)
{
    char metric[32], loss[32];
    int count = fprintf(journal->stream,
                        "{\"epoch\": %lld, \"mean_loss\": %s, \"metric\": \"%s\", \"value\": %s, \"best\": %s, "
                        "\"seconds\": %.3f, ",
                        (long long)e->epoch, number(loss, sizeof loss, e->loss), name,
                        number(metric, sizeof metric, e->metric), e->best ? "true" : "false", e->epoch_seconds);
    if (count >= 0 && (count = print_cache(journal->stream, e)) >= 0)
        count = print_disk(journal->stream, e->cache);
    return written(count, err);
}

enum mm_status mm_journal_quarantined(struct mm_journal *journal, const struct mm_quarantined *q,
                                      struct mm_error *err)
{
    struct mm_arena scratch;
    mm_arena_init(&scratch, NULL);
    cJSON *json = mm_json_object(&scratch);
    mm_json_add(&scratch, json, "quarantined", mm_json_integer(&scratch, q->item));
    mm_json_add(&scratch, json, "list", mm_json_text(&scratch, q->list));
    mm_json_add(&scratch, json, "file", mm_json_text(&scratch, q->file));
    mm_json_add(&scratch, json, "cause", mm_json_text(&scratch, q->cause));
    mm_json_add(&scratch, json, "epoch", mm_json_integer(&scratch, q->epoch));
    const char *text = json ? mm_json_print(&scratch, json, MM_JSON_COMPACT) : NULL;
    enum mm_status s =
        text ? written(fprintf(journal->stream, "%s\n", text), err) : mm_fail_memory(err, "a line of train.jsonl");
    mm_arena_done(&scratch);
    return s;
}

enum mm_status mm_journal_sync(struct mm_journal *journal, uint64_t *bytes, struct mm_error *err)
{
    long at = -1;
    if (fflush(journal->stream) || fsync(fileno(journal->stream)) || (at = ftell(journal->stream)) < 0)
        return mm_fail(err, MM_ERR_IO, "train.jsonl: cannot write: %s", strerror(errno));
    *bytes = (uint64_t)at;
    return MM_OK;
}
