/* Downloads. The record is written when the part is empty, and the part only grows: whenever the program dies, the part holds a beginning
 * of the content that the record names. What a power cut does to its end is found when the archive is verified. */
#include "mmar/transport/download.h"

#include <inttypes.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "mmar/archive/archive.h"

#define RECORD_MAX 65536

struct record {
    char validator[MM_TRANSPORT_VALIDATOR_MAX];
    uint64_t size;
};

struct transfer {
    struct mm_arena *arena;
    struct mm_download *download;
    struct mm_transport_answer answer;
    uint64_t at, came; /* bytes in the part, bytes of this run */
    double started;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static char *record_path(struct mm_arena *arena, const struct mm_download *d)
{
    return mm_arena_format(arena, "%s.json", d->part);
}

/* What the part is a part of; false when nothing usable says so, or it is of another place. */
static bool read_record(struct mm_arena *arena, const struct mm_download *d, struct record *out)
{
    unsigned char *bytes;
    size_t size;
    cJSON *json;
    int64_t whole;
    const char *path = record_path(arena, d);
    if (!path || mm_file_read(arena, path, RECORD_MAX, &bytes, &size, NULL) != MM_OK ||
        mm_json_parse(arena, path, (const char *)bytes, size, &json, NULL) != MM_OK)
        return false;
    const cJSON *place = mm_json_get(json, "place"), *validator = mm_json_get(json, "validator");
    if (!cJSON_IsString(place) || strcmp(place->valuestring, d->place) != 0 || !cJSON_IsString(validator) ||
        !*validator->valuestring || strlen(validator->valuestring) >= sizeof out->validator ||
        !mm_json_int(mm_json_get(json, "size"), &whole) || whole < 0)
        return false;
    memcpy(out->validator, validator->valuestring, strlen(validator->valuestring) + 1);
    out->size = (uint64_t)whole;
    return true;
}

static enum mm_status write_record(struct transfer *t, struct mm_error *err)
{
    cJSON *json = mm_json_object(t->arena);
    const char *path = record_path(t->arena, t->download);
    mm_json_add(t->arena, json, "place", mm_json_text(t->arena, t->download->place));
    mm_json_add(t->arena, json, "validator", mm_json_text(t->arena, t->answer.validator));
    mm_json_add(t->arena, json, "size", mm_json_integer(t->arena, (int64_t)t->answer.size));
    const char *text = json && path ? mm_json_print(t->arena, json, MM_JSON_INDENTED) : NULL;
    return text ? mm_file_write(path, text, strlen(text), err) : mm_fail_memory(err, "the record of a download");
}

static enum mm_status begin(void *context, const struct mm_transport_answer *answer, struct mm_error *err)
{
    enum mm_status s;
    struct transfer *t = context;
    char size[32];
    t->answer = *answer;
    t->at = answer->offset;
    t->download->continued = t->at > 0;
    if (t->at) {
        mm_note("continuing behind %s", mm_text_bytes(size, sizeof size, (double)t->at));
        return MM_OK;
    }
    if (MM_TRY(s, mm_file_part_cut(&t->download->file, 0, err)))
        return s;
    if (*answer->validator)
        return write_record(t, err);
    mm_download_forget(t->arena, t->download);
    return MM_OK;
}

static void show_progress(const struct transfer *t)
{
    char have[32], all[32], rate[32];
    double seconds = now() - t->started;
    bool known = t->answer.size != MM_TRANSPORT_SIZE_UNKNOWN;
    mm_progress("pulled %s%s%s  %s/s", mm_text_bytes(have, sizeof have, (double)t->at), known ? " of " : "",
                known ? mm_text_bytes(all, sizeof all, (double)t->answer.size) : "",
                mm_text_bytes(rate, sizeof rate, seconds > 0 ? (double)t->came / seconds : 0));
}

static enum mm_status piece(void *context, const void *bytes, size_t size, struct mm_error *err)
{
    enum mm_status s;
    struct transfer *t = context;
    if (MM_TRY(s, mm_file_part_write(&t->download->file, bytes, size, err)))
        return s;
    t->at += size;
    t->came += size;
    show_progress(t);
    return MM_OK;
}

/* Keeps what can be continued, and says so. */
static enum mm_status leave(struct transfer *t, enum mm_status s, struct mm_error *err)
{
    struct record record;
    uint64_t size = 0;
    char have[32];
    if (mm_file_size(t->download->part, &size, NULL) != MM_OK || !size ||
        !read_record(t->arena, t->download, &record)) {
        mm_download_discard(t->arena, t->download);
        return s;
    }
    return mm_fail(err, s, "%s\n%s are kept in %s: the same command goes on behind them", err ? err->text : "",
                   mm_text_bytes(have, sizeof have, (double)size), t->download->part);
}

/* Offset and validator to go on from; the whole file may be there already. */
static enum mm_status prepare(struct transfer *t, struct mm_transport_request *request, struct record *record,
                              bool *complete, struct mm_error *err)
{
    enum mm_status s;
    struct mm_download *d = t->download;
    uint64_t size;
    *complete = false;
    if (MM_TRY(s, mm_file_part_open(&d->file, d->part, &size, err)))
        return s;
    if (!size || !read_record(t->arena, d, record) || size > record->size)
        return MM_OK;
    *complete = size == record->size;
    request->offset = t->at = size;
    request->validator = record->validator;
    return mm_file_part_cut(&d->file, size, err);
}

static enum mm_status fetch(struct transfer *t, struct mm_transport_request *request, struct mm_error *err)
{
    enum mm_status s;
    const struct mm_transport *transport;
    const struct mm_transport_sink sink = {begin, piece, t};
    if (MM_TRY(s, mm_transport_find(request->place, &transport, err)))
        return s;
    s = transport->fetch(t->arena, request, &sink, err);
    if (s == MM_NO && request->offset) {
        request->offset = 0;
        s = transport->fetch(t->arena, request, &sink, err);
    }
    if (s == MM_NO)
        s = mm_fail(err, MM_ERR_IO, "%s", err ? err->text : "");
    mm_progress_end(false);
    return s;
}

enum mm_status mm_download_run(struct mm_arena *arena, struct mm_download *download, struct mm_error *err)
{
    enum mm_status s;
    struct record record;
    struct mm_transport_request request = {.place = download->place,
                                           .limit = MM_ARCHIVE_BYTES_MAX,
                                           .patience = download->patience,
                                           .allow_http = download->allow_http};
    struct transfer t = {.arena = arena, .download = download, .started = now()};
    bool complete;
    download->file.file = -1;
    download->continued = false;
    if (MM_TRY(s, prepare(&t, &request, &record, &complete, err)))
        return s;
    if (complete)
        download->continued = true;
    else
        s = fetch(&t, &request, err);
    if (s == MM_OK)
        s = mm_file_part_sync(&download->file, err);
    return s == MM_OK ? MM_OK : leave(&t, s, err);
}

void mm_download_discard(struct mm_arena *arena, struct mm_download *download)
{
    unlink(download->part);
    mm_download_forget(arena, download);
    mm_download_close(download);
}

void mm_download_close(struct mm_download *download)
{
    mm_file_part_close(&download->file);
}

void mm_download_forget(struct mm_arena *arena, const struct mm_download *download)
{
    char *path = record_path(arena, download);
    if (path)
        unlink(path);
}
