/* mmar cache */
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/names.h"
#include "cache/disk_folder.h"
#include "cache/record.h"
#include "image/decode.h"
#include "mmar/project.h"

#define DIGEST_SHOWN 12
#define RECORD_MAX   ((size_t)1 << 40)

struct cache_options {
    struct mm_mmar_options mmar;
};

/* What a command looks at. */
struct view {
    const struct mm_command_call *call;
    const char *folder;
    uint64_t limit; /* 0: none, or not known */
    struct mm_disk_entry *entries;
    size_t count;
    uint64_t bytes;
};

/* cache_dir of a stage, if it has one; both stages may name the same. */
static enum mm_status take_configured(struct view *v, const struct mm_project *project, const struct mm_stage *stage,
                                      struct mm_error *err)
{
    struct mm_arena *arena = v->call->arena;
    struct mm_problems problems;
    struct mm_pipeline *pipeline = NULL;
    mm_problems_init(&problems, arena);
    if (!stage->pipeline || mm_pipeline_read(arena, stage, &pipeline, &problems) || !pipeline->cache_dir)
        return MM_OK;
    const char *folder = mm_file_join(arena, project->root, pipeline->cache_dir);
    if (!folder)
        return mm_fail_memory(err, "a path");
    if (v->folder && strcmp(v->folder, folder) != 0)
        return mm_fail(err, MM_ERR_USAGE, "training keeps its items in %s, validation in %s: name one of them",
                       v->folder, folder);
    v->folder = folder;
    v->limit = pipeline->cache_dir_limit;
    return MM_OK;
}

static enum mm_status find_configured(struct view *v, const char *mmar, struct mm_error *err)
{
    enum mm_status s;
    const struct cache_options *o = v->call->options;
    struct mm_project *project;
    if (MM_TRY(s, mm_project_read(v->call->arena, &o->mmar, mmar, "config/config_train.json", &project, err)) ||
        MM_TRY(s, take_configured(v, project, &project->config->train, err)) ||
        MM_TRY(s, take_configured(v, project, &project->config->validate, err)))
        return s;
    return v->folder ? MM_OK
                     : mm_fail(err, MM_ERR_USAGE, "%s has no cache_dir: name the folder of the cache",
                               project->config->file);
}

/* The folder named, or that of the MMAR named, or of the MMAR that is worked in. */
static enum mm_status open_view(struct view *v, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    struct mm_arena *arena = v->call->arena;
    const char *named = v->call->arg_count > 1 ? v->call->args[1] : NULL;
    const char *config = named ? mm_file_join(arena, named, "config/config_train.json") : NULL;
    if (named && !(config && mm_file_exists(config)))
        v->folder = named;
    else
        s = find_configured(v, named, err);
    if (s || MM_TRY(s, mm_disk_folder_check(v->folder, err)) ||
        MM_TRY(s, mm_disk_folder_list(arena, v->folder, &v->entries, &v->count, err)))
        return s;
    for (size_t i = 0; i < v->count; i++)
        v->bytes += v->entries[i].bytes;
    return MM_OK;
}

static double age_of(int64_t used)
{
    double age = (double)time(NULL) - (double)used / 1e9;
    return age > 0 ? age : 0;
}

/* File that the entry was made of; "?" when its head cannot be read. */
static const char *source_of(struct mm_arena *arena, const struct mm_disk_entry *entry)
{
    unsigned char *bytes;
    size_t got, body;
    uint64_t size;
    struct mm_record_head head;
    if (mm_decode_start(arena, entry->path, MM_RECORD_HEAD_MAX, &bytes, &got, &size, NULL) ||
        mm_record_head(bytes, got, &head, &body, NULL))
        return "?";
    return head.source;
}

static enum mm_status list(const struct view *v, struct mm_error *err)
{
    struct mm_arena *arena = v->call->arena;
    cJSON *json = mm_json_array(arena);
    for (size_t i = v->count; i-- > 0;) { /* what goes first comes last */
        const struct mm_disk_entry *entry = &v->entries[i];
        const char *source = source_of(arena, entry);
        char bytes[32], age[32];
        if (!v->call->json) {
            printf("%.*s  %10s  used %s ago  %s\n", DIGEST_SHOWN, entry->key,
                   mm_text_bytes(bytes, sizeof bytes, (double)entry->bytes),
                   mm_text_seconds(age, sizeof age, age_of(entry->used)), source);
            continue;
        }
        cJSON *row = mm_json_append(json, mm_json_object(arena));
        mm_json_add(arena, row, "digest", mm_json_text(arena, entry->key));
        mm_json_add(arena, row, "bytes", mm_json_integer(arena, (int64_t)entry->bytes));
        mm_json_add(arena, row, "used", mm_json_integer(arena, entry->used / 1000000000));
        mm_json_add(arena, row, "source", mm_json_text(arena, source));
    }
    return v->call->json ? mm_command_print_json(arena, json, err) : MM_OK;
}

static cJSON *numbers(const struct view *v, size_t count, uint64_t bytes)
{
    struct mm_arena *arena = v->call->arena;
    cJSON *json = mm_json_object(arena);
    mm_json_add(arena, json, "folder", mm_json_text(arena, v->folder));
    mm_json_add(arena, json, "entries", mm_json_integer(arena, (int64_t)count));
    mm_json_add(arena, json, "bytes", mm_json_integer(arena, (int64_t)bytes));
    return json;
}

static enum mm_status tell(const struct view *v, struct mm_error *err)
{
    struct mm_arena *arena = v->call->arena;
    char bytes[32], limit[32], oldest[32], newest[32];
    if (v->call->json) {
        cJSON *json = numbers(v, v->count, v->bytes);
        mm_json_add(arena, json, "limit", v->limit ? mm_json_integer(arena, (int64_t)v->limit) : mm_json_null(arena));
        mm_json_add(arena, json, "used_first",
                    v->count ? mm_json_integer(arena, v->entries[0].used / 1000000000) : mm_json_null(arena));
        mm_json_add(arena, json, "used_last",
                    v->count ? mm_json_integer(arena, v->entries[v->count - 1].used / 1000000000)
                             : mm_json_null(arena));
        return mm_command_print_json(arena, json, err);
    }
    printf("%s: %zu entries, %s", v->folder, v->count, mm_text_bytes(bytes, sizeof bytes, (double)v->bytes));
    if (v->limit)
        printf(" of at most %s", mm_text_bytes(limit, sizeof limit, (double)v->limit));
    if (v->count)
        printf(", the oldest used %s ago, the newest %s ago",
               mm_text_seconds(oldest, sizeof oldest, age_of(v->entries[0].used)),
               mm_text_seconds(newest, sizeof newest, age_of(v->entries[v->count - 1].used)));
    puts("");
    return MM_OK;
}

static enum mm_status clear(const struct view *v, struct mm_error *err)
{
    enum mm_status s;
    char size[32];
    size_t count = 0;
    uint64_t bytes = 0;
    for (size_t i = 0; i < v->count; i++)
        if (unlink(v->entries[i].path) == 0) {
            count++;
            bytes += v->entries[i].bytes;
        }
    if (MM_TRY(s, mm_disk_folder_sweep(v->folder, err)))
        return s;
    if (count < v->count)
        return mm_fail(err, MM_ERR_IO, "%s: %zu of %zu entries could not be removed", v->folder, v->count - count,
                       v->count);
    if (v->call->json)
        return mm_command_print_json(v->call->arena, numbers(v, count, bytes), err);
    printf("%s: removed %zu entries, %s\n", v->folder, count, mm_text_bytes(size, sizeof size, (double)bytes));
    return MM_OK;
}

static enum mm_status check_entry(const struct mm_disk_entry *entry, struct mm_error *err)
{
    enum mm_status s;
    struct mm_arena arena;
    struct mm_record_head head;
    unsigned char *bytes;
    size_t size, body;
    char hex[MM_SHA256_HEX];
    mm_arena_init(&arena, NULL);
    if (!(s = mm_file_read(&arena, entry->path, RECORD_MAX, &bytes, &size, err)) &&
        ((s = mm_record_check(bytes, size, err)) || (s = mm_record_head(bytes, size, &head, &body, err))))
        mm_fail_in(err, "%s", entry->path);
    if (!s) {
        mm_sha256_hex(head.key, hex);
        if (strcmp(hex, entry->key) != 0)
            s = mm_fail(err, MM_ERR_DATA, "%s: is the record of another item", entry->path);
    }
    mm_arena_done(&arena);
    return s;
}

static enum mm_status verify(const struct view *v, struct mm_error *err)
{
    enum mm_status s;
    struct mm_arena *arena = v->call->arena;
    cJSON *damaged = mm_json_array(arena);
    size_t count = 0;
    for (size_t i = 0; i < v->count; i++) {
        struct mm_error why = {0};
        if (mm_interrupted())
            return mm_fail(err, MM_INTERRUPTED, "interrupted after %zu of %zu entries", i, v->count);
        s = check_entry(&v->entries[i], &why);
        if (!s || (s == MM_ERR_IO && !mm_file_exists(v->entries[i].path))) /* removed meanwhile */
            continue;
        count++;
        mm_json_append(damaged, mm_json_text(arena, why.text));
        if (!v->call->json)
            puts(why.text);
    }
    if (v->call->json) {
        cJSON *json = numbers(v, v->count, v->bytes);
        mm_json_add(arena, json, "good", mm_json_bool(arena, count == 0));
        mm_json_add(arena, json, "damaged", damaged);
        if (MM_TRY(s, mm_command_print_json(arena, json, err)))
            return s;
    } else if (!count) {
        printf("%s: good, %zu entries\n", v->folder, v->count);
    }
    return count ? mm_fail(err, MM_NO, "%s: %zu of %zu entries are damaged: the next run makes them anew", v->folder,
                           count, v->count)
                 : MM_OK;
}

static enum mm_status run(const struct mm_command_call *call, struct mm_error *err)
{
    static const struct {
        const char *name;
        enum mm_status (*run)(const struct view *v, struct mm_error *err);
    } actions[] = {{"ls", list}, {"stat", tell}, {"clear", clear}, {"verify", verify}};
    struct mm_nearest nearest;
    char hint[128];
    struct view v = {.call = call};
    mm_nearest_init(&nearest, call->args[0]);
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(call->args[0], actions[i].name) == 0) {
            enum mm_status s = open_view(&v, err);
            return s ? s : actions[i].run(&v, err);
        }
        mm_nearest_offer(&nearest, actions[i].name);
    }
    return mm_fail(err, MM_ERR_USAGE, "\"%s\"%s: a cache can be listed (ls), told of (stat), cleared or verified",
                   call->args[0], mm_nearest_hint(&nearest, hint, sizeof hint));
}

const struct mm_command mm_command_cache = {
    .name = "cache",
    .args = "ls|stat|clear|verify [DIR]",
    .summary = "list, measure, empty or check a folder of prepared items (cache_dir)",
    .args_min = 1,
    .args_max = 2,
    .options_size = sizeof(struct cache_options),
    .takes_mmar = true,
    .has_json = true,
    .run = run,
    .notes = "DIR is a cache_dir, or an MMAR whose cache_dir is meant; without it, that of the MMAR of -m, or of the "
             "folder worked in.\n"
             "ls      digest, size, last use and source of each entry, the last used first\n"
             "stat    how many there are, and how large\n"
             "clear   removes the entries, and nothing else that is in the folder; runs that use it go on\n"
             "verify  checks every byte; exit code 1 when an entry is damaged. Runs find that out themselves, and "
             "make it anew",
    .examples = "  mmar cache stat spleen\n  mmar cache ls /data/cache\n  mmar cache verify /data/cache --json\n",
};
