/* manifest.json: what an archive holds and where its weights come from. Facts about the training are in models/run.json (written by
 * `mmar train`), about the person's intentions in docs/card.json, about the parent in models/parent.json; none of these holds a path. */
#include "base/file.h"
#include "base/hash.h"
#include "mmar/archive/archive.h"
#include "mmar/archive/manifest_schema.h"

#define FORMAT_VERSION 1

/* A JSON file of the MMAR, or NULL when it is not there. */
static enum mm_status optional(struct mm_arena *arena, const char *root, const char *name, cJSON **out,
                               struct mm_error *err)
{
    const char *path = mm_file_join(arena, root, name);
    *out = NULL;
    return mm_file_exists(path) ? mm_json_read(arena, path, out, err) : MM_OK;
}

static void copy_member(struct mm_arena *arena, cJSON *to, const cJSON *from, const char *name)
{
    const cJSON *value = mm_json_get(from, name);
    if (value)
        mm_json_add(arena, to, name, mm_json_copy(arena, value));
}

static cJSON *files_json(struct mm_arena *arena, const struct mm_archive_list *list)
{
    cJSON *files = mm_json_array(arena);
    for (size_t i = 0; i < list->count; i++) {
        cJSON *row = mm_json_object(arena);
        mm_json_add(arena, row, "path", mm_json_text(arena, list->files[i].name));
        mm_json_add(arena, row, "size", mm_json_integer(arena, (int64_t)list->files[i].size));
        mm_json_add(arena, row, "sha256", mm_json_text(arena, list->files[i].sha256));
        if (list->files[i].executable)
            mm_json_add(arena, row, "executable", mm_json_bool(arena, true));
        mm_json_append(files, row);
    }
    return files;
}

const cJSON *mm_manifest_file(const cJSON *manifest, const char *name)
{
    const cJSON *row;
    cJSON_ArrayForEach (row, mm_json_get(manifest, "files")) {
        if (!strcmp(mm_json_get(row, "path")->valuestring, name))
            return row;
    }
    return NULL;
}

#define RUN_RECORD    "models/run.json"
#define PARENT_RECORD "models/parent.json"
static const char *const run_keys[] = {"model", "inputs", "outputs", "training", "data", "origin"};

bool mm_manifest_is_record(const char *name)
{
    return !strcmp(name, RUN_RECORD) || !strcmp(name, PARENT_RECORD);
}

static enum mm_status make_record(struct mm_arena *arena, const char *name, const cJSON *json,
                                  struct mm_archive_file *record, struct mm_error *err)
{
    const char *printed = mm_json_print(arena, json, MM_JSON_INDENTED);
    const char *text = printed ? mm_arena_format(arena, "%s\n", printed) : NULL;
    if (!text)
        return mm_fail_memory(err, name);
    *record = (struct mm_archive_file){.name = name, .bytes = text, .size = strlen(text)};
    return mm_sha256_bytes(text, strlen(text), record->sha256, err);
}

enum mm_status mm_manifest_records(struct mm_arena *arena, const cJSON *manifest,
                                   struct mm_archive_file records[MM_MANIFEST_RECORDS_MAX], size_t *count,
                                   struct mm_error *err)
{
    enum mm_status s;
    const cJSON *weights = mm_manifest_file(manifest, "models/model.safetensors"),
                *parent = mm_json_get(manifest, "parent");
    cJSON *run = mm_json_object(arena);
    *count = 0;
    for (size_t i = 0; i < sizeof run_keys / sizeof *run_keys; i++)
        copy_member(arena, run, manifest, run_keys[i]);
    if (weights && run && run->child) {
        mm_json_add(arena, run, "weights_sha256", mm_json_copy(arena, mm_json_get(weights, "sha256")));
        if (MM_TRY(s, make_record(arena, RUN_RECORD, run, &records[(*count)++], err)))
            return s;
    }
    return parent ? make_record(arena, PARENT_RECORD, parent, &records[(*count)++], err) : MM_OK;
}

enum mm_status mm_manifest_restore(struct mm_arena *arena, const cJSON *manifest, const char *folder,
                                   struct mm_error *err)
{
    struct mm_archive_file records[MM_MANIFEST_RECORDS_MAX];
    size_t count;
    enum mm_status s = mm_manifest_records(arena, manifest, records, &count, err);
    for (size_t i = 0; i < count && s == MM_OK; i++) {
        const char *path = mm_file_join(arena, folder, records[i].name);
        if (!path)
            return mm_fail_memory(err, "a file name");
        if ((s = mm_file_make_folder(mm_file_folder(arena, path), err)) == MM_OK)
            s = mm_file_write(path, records[i].bytes, (size_t)records[i].size, err);
    }
    return s;
}

/* The facts of a training belong to the weights that it wrote, and to no others. */
static enum mm_status check_run(const cJSON *run, const cJSON *manifest, struct mm_error *err)
{
    const cJSON *said = mm_json_get(run, "weights_sha256"),
                *row = mm_manifest_file(manifest, "models/model.safetensors");
    if (!run || (row && cJSON_IsString(said) && !strcmp(said->valuestring, mm_json_get(row, "sha256")->valuestring)))
        return MM_OK;
    return mm_fail(
        err, MM_ERR_DATA,
        "models/run.json tells of other weights than models/model.safetensors: finish the training, or remove "
        "run.json to pack without its facts");
}

static bool holds(const struct mm_archive_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (!strcmp(list->files[i].name, name))
            return true;
    return false;
}

enum mm_status mm_manifest_make(struct mm_arena *arena, const char *root, const struct mm_archive_list *list,
                                cJSON **out, struct mm_error *err)
{
    static const char *const card_keys[] = {"name", "version", "licence", "authors", "intended_use", "data_licences"};
    enum mm_status s;
    cJSON *card, *run, *parent, *metrics = NULL, *json = mm_json_object(arena);
    if (MM_TRY(s, optional(arena, root, "docs/card.json", &card, err)) ||
        MM_TRY(s, optional(arena, root, RUN_RECORD, &run, err)) ||
        MM_TRY(s, optional(arena, root, PARENT_RECORD, &parent, err)))
        return s;
    if (holds(list, "eval/metrics.json") && MM_TRY(s, optional(arena, root, "eval/metrics.json", &metrics, err)))
        return s;
    mm_json_add(arena, json, "format", mm_json_integer(arena, FORMAT_VERSION));
    for (size_t i = 0; i < sizeof card_keys / sizeof *card_keys; i++)
        copy_member(arena, json, card, card_keys[i]);
    for (size_t i = 0; i < sizeof run_keys / sizeof *run_keys; i++)
        copy_member(arena, json, run, run_keys[i]);
    copy_member(arena, json, metrics, "metrics");
    if (parent)
        mm_json_add(arena, json, "parent", mm_json_copy(arena, parent));
    if (!mm_json_add(arena, json, "files", files_json(arena, list)))
        return mm_fail_memory(err, "the manifest");
    *out = json;
    return check_run(run, json, err);
}

static enum mm_status check_file(const cJSON *row, const char *before, uint64_t *total, struct mm_error *err)
{
    enum mm_status s;
    const cJSON *path = mm_json_get(row, "path"), *digest = mm_json_get(row, "sha256");
    int64_t size;
    const cJSON *executable = mm_json_get(row, "executable");
    if (!cJSON_IsString(path) || !cJSON_IsString(digest) || !mm_json_int(mm_json_get(row, "size"), &size) ||
        size < 0 || (executable && !cJSON_IsBool(executable)))
        return mm_fail(err, MM_ERR_DATA, "a file's entry lacks path, size or sha256");
    if (MM_TRY(s, mm_archive_name_check(path->valuestring, err)))
        return s;
    if (strlen(digest->valuestring) != 64 || strspn(digest->valuestring, "0123456789abcdef") != 64)
        return mm_fail(err, MM_ERR_DATA, "%s: its sha256 is no SHA-256 digest", path->valuestring);
    if (before && strcmp(before, path->valuestring) >= 0)
        return mm_fail(err, MM_ERR_DATA, "%s: listed twice or out of order", path->valuestring);
    if ((uint64_t)size > MM_ARCHIVE_BYTES_MAX - *total)
        return mm_fail(err, MM_ERR_DATA, "its files have more than %llu GiB",
                       (unsigned long long)(MM_ARCHIVE_BYTES_MAX >> 30));
    *total += (uint64_t)size;
    return MM_OK;
}

static int by_order(const void *a, const void *b)
{
    return mm_archive_name_order(*(const char *const *)a, *(const char *const *)b);
}

/* Names that some file systems take for one, or of which one would have to be a file and a folder. */
static enum mm_status check_collisions(struct mm_arena *arena, const cJSON *files, size_t count, struct mm_error *err)
{
    const char **names = mm_arena_array(arena, const char *, count + 1);
    const cJSON *row;
    size_t n = 0;
    if (!names)
        return mm_fail_memory(err, "the manifest");
    cJSON_ArrayForEach (row, files)
        names[n++] = mm_json_get(row, "path")->valuestring;
    qsort(names, n, sizeof *names, by_order);
    for (size_t i = 1; i < n; i++)
        if (mm_archive_name_collides(names[i - 1], names[i]))
            return mm_fail(err, MM_ERR_DATA, "\"%s\" and \"%s\" cannot both exist where upper and lower case are one",
                           names[i - 1], names[i]);
    return MM_OK;
}

enum mm_status mm_manifest_check(struct mm_arena *arena, const cJSON *manifest, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    int64_t version;
    const cJSON *files = mm_json_get(manifest, "files"), *row;
    const char *before = NULL;
    uint64_t total = 0;
    size_t count = 0;
    if (!mm_json_int(mm_json_get(manifest, "format"), &version))
        return mm_fail(err, MM_ERR_DATA, "manifest.json: has no format version");
    if (version != FORMAT_VERSION)
        return mm_fail(err, MM_ERR_DATA, "manifest.json: format %lld, this program reads %d: update mmar",
                       (long long)version, FORMAT_VERSION);
    if (!cJSON_IsArray(files))
        return mm_fail(err, MM_ERR_DATA, "manifest.json: has no list of files");
    cJSON_ArrayForEach (row, files) {
        if (++count > MM_ARCHIVE_FILES_MAX)
            return mm_fail(err, MM_ERR_DATA, "manifest.json: lists more than %d files", MM_ARCHIVE_FILES_MAX);
        if (MM_TRY(s, check_file(row, before, &total, err))) {
            mm_fail_in(err, "manifest.json");
            return s;
        }
        before = mm_json_get(row, "path")->valuestring;
    }
    return MM_TRY(s, check_collisions(arena, files, count, err)) ? s : mm_manifest_schema_check(arena, manifest, err);
}

enum mm_status mm_manifest_digest(struct mm_arena *arena, const cJSON *manifest, char hex[65], struct mm_error *err)
{
    const char *text = mm_json_print(arena, manifest, MM_JSON_CANONICAL);
    return text ? mm_sha256_bytes(text, strlen(text), hex, err) : mm_fail_memory(err, "the manifest");
}

enum mm_status mm_manifest_print(struct mm_arena *arena, const cJSON *manifest, char **text, struct mm_error *err)
{
    const char *printed = mm_json_print(arena, manifest, MM_JSON_INDENTED);
    *text = printed ? mm_arena_format(arena, "%s\n", printed) : NULL;
    if (!*text)
        return mm_fail_memory(err, "the manifest");
    return strlen(*text) <= MM_ARCHIVE_MANIFEST_MAX
               ? MM_OK
               : mm_fail(err, MM_ERR_DATA, "the manifest is larger than %u MiB: too many files",
                         MM_ARCHIVE_MANIFEST_MAX >> 20);
}
