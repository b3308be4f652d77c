/* The in-toto statement of a model signature: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md with the predicate
 * of https://github.com/ossf/model-signing-spec (v1.0). The root digest is the SHA-256 of the files' digests, as bytes, in their order. */
#include "base/hash.h"
#include "mmar/archive/archive.h"
#include "mmar/signing/bundle.h"

#define STATEMENT_TYPE "https://in-toto.io/Statement/v1"
#define PREDICATE_TYPE "https://model_signing/signature/v1.0"

/* '/' before every other character, the end before that: compares the paths part by part. */
static int rank(char c)
{
    return c == '/' ? 1 : c ? (unsigned char)c + 2 : 0;
}

int mm_signed_file_order(const void *a, const void *b)
{
    const char *x = ((const struct mm_signed_file *)a)->name, *y = ((const struct mm_signed_file *)b)->name;
    while (*x && *x == *y)
        x++, y++;
    return rank(*x) - rank(*y);
}

static bool is_digest(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* Digests as bytes; each has been checked. */
static enum mm_status root_digest(const struct mm_statement *statement, char hex[MM_SHA256_HEX], struct mm_error *err)
{
    static const char digits[] = "0123456789abcdef";
    enum mm_status s;
    struct mm_sha256 hash;
    unsigned char digest[MM_SHA256_SIZE];
    if (MM_TRY(s, mm_sha256_init(&hash, err)))
        return s;
    for (size_t i = 0; i < statement->count; i++) {
        const char *text = statement->files[i].sha256;
        for (size_t n = 0; n < sizeof digest; n++)
            digest[n] = (unsigned char)((strchr(digits, text[2 * n]) - digits) * 16 +
                                        (strchr(digits, text[2 * n + 1]) - digits));
        if (MM_TRY(s, mm_sha256_add(&hash, digest, sizeof digest, err)))
            return s;
    }
    if (MM_TRY(s, mm_sha256_done(&hash, digest, err)))
        return s;
    mm_sha256_hex(digest, hex);
    return MM_OK;
}

static cJSON *serialization_json(struct mm_arena *arena, const struct mm_statement *statement)
{
    cJSON *json = mm_json_object(arena), *ignored = mm_json_array(arena);
    for (size_t i = 0; i < statement->ignored_count; i++)
        mm_json_append(ignored, mm_json_text(arena, statement->ignored[i]));
    mm_json_add(arena, json, "method", mm_json_text(arena, "files"));
    mm_json_add(arena, json, "hash_type", mm_json_text(arena, "sha256"));
    mm_json_add(arena, json, "allow_symlinks", mm_json_bool(arena, false));
    mm_json_add(arena, json, "ignore_paths", ignored);
    return json;
}

static cJSON *predicate_json(struct mm_arena *arena, const struct mm_statement *statement)
{
    cJSON *json = mm_json_object(arena), *resources = mm_json_array(arena);
    for (size_t i = 0; i < statement->count; i++) {
        cJSON *row = mm_json_append(resources, mm_json_object(arena));
        mm_json_add(arena, row, "name", mm_json_text(arena, statement->files[i].name));
        mm_json_add(arena, row, "algorithm", mm_json_text(arena, "sha256"));
        mm_json_add(arena, row, "digest", mm_json_text(arena, statement->files[i].sha256));
    }
    mm_json_add(arena, json, "serialization", serialization_json(arena, statement));
    mm_json_add(arena, json, "resources", resources);
    if (statement->manifest_sha256)
        mm_json_add(arena, mm_json_add(arena, json, "mmar", mm_json_object(arena)), "manifest_sha256",
                    mm_json_text(arena, statement->manifest_sha256));
    return json;
}

enum mm_status mm_statement_print(struct mm_arena *arena, struct mm_statement *statement, char **text,
                                  struct mm_error *err)
{
    enum mm_status s;
    char root[MM_SHA256_HEX];
    qsort(statement->files, statement->count, sizeof *statement->files, mm_signed_file_order);
    if (MM_TRY(s, root_digest(statement, root, err)))
        return s;
    cJSON *json = mm_json_object(arena), *subjects = mm_json_array(arena),
          *subject = mm_json_append(subjects, mm_json_object(arena));
    mm_json_add(arena, subject, "name", mm_json_text(arena, statement->name));
    mm_json_add(arena, mm_json_add(arena, subject, "digest", mm_json_object(arena)), "sha256",
                mm_json_text(arena, root));
    mm_json_add(arena, json, "_type", mm_json_text(arena, STATEMENT_TYPE));
    mm_json_add(arena, json, "subject", subjects);
    mm_json_add(arena, json, "predicateType", mm_json_text(arena, PREDICATE_TYPE));
    mm_json_add(arena, json, "predicate", predicate_json(arena, statement));
    *text = json ? mm_json_print(arena, json, MM_JSON_COMPACT) : NULL;
    return *text ? MM_OK : mm_fail_memory(err, "the statement");
}

static bool is_text(const cJSON *node, const char *text)
{
    return cJSON_IsString(node) && !strcmp(node->valuestring, text);
}

static enum mm_status parse_files(struct mm_arena *arena, const cJSON *resources, struct mm_statement *out,
                                  struct mm_error *err)
{
    const cJSON *row;
    size_t count = cJSON_IsArray(resources) ? (size_t)cJSON_GetArraySize(resources) : 0;
    if (!count || count > MM_ARCHIVE_FILES_MAX)
        return mm_fail(err, MM_ERR_DATA, "lists %s files, 1 to %d are allowed", count ? "too many" : "no",
                       MM_ARCHIVE_FILES_MAX);
    out->files = mm_arena_array(arena, struct mm_signed_file, count);
    if (!out->files)
        return mm_fail_memory(err, "the statement");
    cJSON_ArrayForEach (row, resources) {
        const cJSON *name = mm_json_get(row, "name"), *digest = mm_json_get(row, "digest");
        if (!cJSON_IsString(name) || !*name->valuestring || !is_text(mm_json_get(row, "algorithm"), "sha256") ||
            !cJSON_IsString(digest) || !is_digest(digest->valuestring))
            return mm_fail(err, MM_ERR_DATA, "a file's entry lacks its name or its SHA-256 digest");
        out->files[out->count++] = (struct mm_signed_file){name->valuestring, digest->valuestring};
    }
    return MM_OK;
}

static enum mm_status parse_serialization(struct mm_arena *arena, const cJSON *json, struct mm_statement *out,
                                          struct mm_error *err)
{
    const cJSON *ignored = mm_json_get(json, "ignore_paths"), *item;
    const char **names = mm_arena_array(arena, const char *, (size_t)cJSON_GetArraySize(ignored) + 1);
    if (!names)
        return mm_fail_memory(err, "the statement");
    if (!is_text(mm_json_get(json, "method"), "files") || !is_text(mm_json_get(json, "hash_type"), "sha256"))
        return mm_fail(err, MM_ERR_DATA, "is not made of whole files and SHA-256, the only way that is read here");
    cJSON_ArrayForEach (item, ignored) {
        if (!cJSON_IsString(item))
            return mm_fail(err, MM_ERR_DATA, "ignore_paths: expected strings");
        names[out->ignored_count++] = item->valuestring;
    }
    out->ignored = names;
    return MM_OK;
}

/* What is listed twice could be taken for either. */
static enum mm_status check_names(struct mm_statement *statement, struct mm_error *err)
{
    qsort(statement->files, statement->count, sizeof *statement->files, mm_signed_file_order);
    for (size_t i = 1; i < statement->count; i++)
        if (!strcmp(statement->files[i - 1].name, statement->files[i].name))
            return mm_fail(err, MM_ERR_DATA, "lists a file twice");
    return MM_OK;
}

static enum mm_status parse_predicate(struct mm_arena *arena, const cJSON *predicate, struct mm_statement *out,
                                      struct mm_error *err)
{
    enum mm_status s;
    const cJSON *manifest = mm_json_get(mm_json_get(predicate, "mmar"), "manifest_sha256");
    if (cJSON_IsString(manifest) && is_digest(manifest->valuestring))
        out->manifest_sha256 = manifest->valuestring;
    return MM_TRY(s, parse_serialization(arena, mm_json_get(predicate, "serialization"), out, err))
               ? s
               : parse_files(arena, mm_json_get(predicate, "resources"), out, err);
}

enum mm_status mm_statement_parse(struct mm_arena *arena, const char *text, size_t size,
                                  struct mm_statement *statement, struct mm_error *err)
{
    enum mm_status s;
    cJSON *json;
    char root[MM_SHA256_HEX];
    *statement = (struct mm_statement){.name = NULL};
    if (MM_TRY(s, mm_json_parse(arena, "statement", text, size, &json, err)))
        return s == MM_ERR_CONFIG ? mm_fail(err, MM_ERR_DATA, "is no sound JSON") : s;
    const cJSON *subjects = mm_json_get(json, "subject"), *subject = cJSON_GetArrayItem(subjects, 0),
                *name = mm_json_get(subject, "name");
    if (!is_text(mm_json_get(json, "_type"), STATEMENT_TYPE) ||
        !is_text(mm_json_get(json, "predicateType"), PREDICATE_TYPE))
        return mm_fail(err, MM_ERR_DATA, "is no in-toto statement with predicate " PREDICATE_TYPE);
    if (!cJSON_IsArray(subjects) || cJSON_GetArraySize(subjects) != 1)
        return mm_fail(err, MM_ERR_DATA, "must have one subject");
    statement->name = cJSON_IsString(name) ? name->valuestring : "";
    if (MM_TRY(s, parse_predicate(arena, mm_json_get(json, "predicate"), statement, err)) ||
        MM_TRY(s, root_digest(statement, root, err)))
        return s;
    if (!is_text(mm_json_get(mm_json_get(subject, "digest"), "sha256"), root))
        return mm_fail(err, MM_ERR_DATA, "its root digest is not that of the files it lists");
    return check_names(statement, err);
}
