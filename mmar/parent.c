/* The parent of a fine-tuned model: its weights, and what the child's manifest says of it. */
#include "mmar/parent.h"

#include <errno.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "mmar/archive/archive.h"

#define ANCESTORS_MAX 24   /* a manifest nests them, and JSON nests at most MM_JSON_DEPTH_MAX deep */
#define FACT_MAX      1000 /* bytes of a stranger's text that a child repeats                      */
#define LICENCES_MAX  16
#define WEIGHTS       "models/model.safetensors"

/* Facts a record repeats: short texts only, so that a stranger's manifest cannot fill ours. */
static void copy_facts(struct mm_arena *arena, cJSON *to, const cJSON *from)
{
    static const char *const names[] = {"kind",    "manifest_sha256", "sha256",      "name",
                                        "version", "licence",         "intended_use"};
    const cJSON *licences = mm_json_get(from, "data_licences"), *licence;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const cJSON *fact = mm_json_get(from, names[i]);
        if (cJSON_IsString(fact) && strlen(fact->valuestring) <= FACT_MAX && !mm_json_get(to, names[i]))
            mm_json_add(arena, to, names[i], mm_json_copy(arena, fact));
    }
    if (!cJSON_IsArray(licences) || !licences->child || mm_json_get(to, "data_licences"))
        return;
    cJSON *copies = mm_json_add(arena, to, "data_licences", mm_json_array(arena));
    int count = 0;
    cJSON_ArrayForEach (licence, licences)
        if (cJSON_IsString(licence) && strlen(licence->valuestring) <= FACT_MAX && count++ < LICENCES_MAX)
            mm_json_append(copies, mm_json_copy(arena, licence));
}

/* null: unsigned, or signed by nobody known. */
static void add_signer(struct mm_arena *arena, cJSON *to, const cJSON *name)
{
    bool told = cJSON_IsString(name) && strlen(name->valuestring) <= FACT_MAX;
    mm_json_add(arena, to, "signer", told ? mm_json_copy(arena, name) : mm_json_null(arena));
}

/* `from` and its ancestors, appended to `to` as its "parent". */
static void add_ancestors(struct mm_arena *arena, cJSON *to, const cJSON *from)
{
    for (int n = 0; cJSON_IsObject(from); n++, from = mm_json_get(from, "parent")) {
        if (n == ANCESTORS_MAX) {
            mm_json_add(arena, to, "older_left_out", mm_json_bool(arena, true));
            return;
        }
        cJSON *record = mm_json_object(arena);
        copy_facts(arena, record, from);
        add_signer(arena, record, mm_json_get(from, "signer"));
        to = mm_json_add(arena, to, "parent", record);
    }
}

/* A signature that does not hold is no parent to build on. */
static enum mm_status from_archive(struct mm_arena *arena, const char *file, const struct mm_vouch *ask,
                                   struct mm_archive_progress *progress, struct mm_parent *parent,
                                   struct mm_error *err)
{
    enum mm_status s;
    struct mm_signer signer;
    cJSON *manifest, *record = mm_json_object(arena);
    char digest[MM_SHA256_HEX];
    if (MM_TRY(s, mm_vouch_archive(arena, ask, file, &signer, err)) ||
        MM_TRY(s, mm_unpack_temporary(arena, file, progress, &parent->folder, &manifest, err)) ||
        MM_TRY(s, mm_manifest_digest(arena, manifest, digest, err)))
        return s;
    if (!mm_manifest_file(manifest, WEIGHTS))
        return mm_fail(err, MM_ERR_DATA, "%s: holds no weights (" WEIGHTS ")", file);
    mm_json_add(arena, record, "kind", mm_json_text(arena, "archive"));
    mm_json_add(arena, record, "manifest_sha256", mm_json_text(arena, digest));
    copy_facts(arena, record, manifest);
    add_signer(arena, record, signer.name ? mm_json_text(arena, signer.name) : NULL);
    add_ancestors(arena, record, mm_json_get(manifest, "parent"));
    parent->weights = mm_file_join(arena, parent->folder, "model/" WEIGHTS);
    parent->record = record;
    return record && parent->weights ? MM_OK : mm_fail_memory(err, "the parent's record");
}

static enum mm_status optional(struct mm_arena *arena, const char *path, cJSON **out, struct mm_error *err)
{
    *out = NULL;
    return mm_file_exists(path) ? mm_json_read(arena, path, out, err) : MM_OK;
}

/* Weights as a plain file; `folder`: the MMAR that they are of, NULL when only the file was named. Beside a model that was itself
 * fine-tuned lies the record of its parent. */
static enum mm_status from_file(struct mm_arena *arena, const char *weights, const char *folder,
                                struct mm_archive_progress *progress, struct mm_parent *parent, struct mm_error *err)
{
    enum mm_status s;
    cJSON *card = NULL, *older, *record = mm_json_object(arena);
    char digest[MM_SHA256_HEX];
    uint64_t size = 0;
    mm_file_size(weights, &size, NULL);
    mm_archive_stage(progress, "hashing", size);
    if (MM_TRY(s, mm_archive_digest(weights, progress, digest, err)) ||
        MM_TRY(s, optional(arena, mm_file_join(arena, mm_file_folder(arena, weights), "parent.json"), &older, err)) ||
        (folder && MM_TRY(s, optional(arena, mm_file_join(arena, folder, "docs/card.json"), &card, err))))
        return s;
    mm_json_add(arena, record, "kind", mm_json_text(arena, folder ? "folder" : "file"));
    mm_json_add(arena, record, "sha256", mm_json_text(arena, digest));
    copy_facts(arena, record, card);
    add_ancestors(arena, record, older);
    parent->weights = mm_arena_text(arena, weights);
    parent->record = record;
    return record && parent->weights ? MM_OK : mm_fail_memory(err, "the parent's record");
}

enum mm_status mm_parent_open(struct mm_arena *arena, const char *from, const struct mm_vouch *ask,
                              struct mm_archive_progress *progress, struct mm_parent *parent, struct mm_error *err)
{
    enum mm_status s;
    bool is_file = mm_text_ends(from, ".safetensors");
    *parent = (struct mm_parent){.weights = NULL};
    if ((is_file || mm_file_is_folder(from)) && MM_TRY(s, mm_vouch_folder(ask, from, err)))
        return s;
    if (mm_file_is_folder(from)) {
        const char *weights = mm_file_join(arena, from, WEIGHTS);
        if (!mm_file_exists(weights))
            return mm_fail(err, MM_ERR_DATA, "%s: holds no weights (" WEIGHTS "): train it first", from);
        s = from_file(arena, weights, from, progress, parent, err);
    } else if (is_file)
        s = from_file(arena, from, NULL, progress, parent, err);
    else
        s = from_archive(arena, from, ask, progress, parent, err);
    if (s != MM_OK)
        mm_parent_close(parent);
    return s;
}

void mm_parent_close(struct mm_parent *parent)
{
    if (parent->folder)
        mm_file_remove_tree(parent->folder, NULL);
    *parent = (struct mm_parent){.weights = NULL};
}

static enum mm_status remove_file(const char *path, struct mm_error *err)
{
    if (unlink(path) == 0 || errno == ENOENT)
        return MM_OK;
    return mm_fail(err, MM_ERR_IO, "%s: cannot remove: %s", path, strerror(errno));
}

enum mm_status mm_parent_record(struct mm_arena *arena, const struct mm_project *project,
                                const struct mm_parent *parent, struct mm_error *err)
{
    enum mm_status s;
    const char *folder = mm_project_path(arena, project, mm_config_text(project->config, "MMAR_CKPT_DIR", "models"));
    const char *path = mm_file_join(arena, folder, "parent.json");
    if (MM_TRY(s, remove_file(mm_file_join(arena, folder, "run.json"), err)))
        return s;
    if (!parent->record)
        return remove_file(path, err);
    const char *printed = mm_json_print(arena, parent->record, MM_JSON_INDENTED);
    const char *text = printed ? mm_arena_format(arena, "%s\n", printed) : NULL;
    if (!text)
        return mm_fail_memory(err, "the parent's record");
    return MM_TRY(s, mm_file_make_folder(folder, err)) ? s : mm_file_write(path, text, strlen(text), err);
}
