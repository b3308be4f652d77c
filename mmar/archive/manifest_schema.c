/* The table of manifest.json. */
#include "mmar/archive/manifest_schema.h"

#include <string.h>

#include "mmar/archive/archive.h"

enum type {
    TEXT,
    TEXTS, /* a string or an array of strings */
    WHOLE,
    NUMBER, /* null where it is not defined */
    NUMBERS,
    FLAG,
    DIGEST, /* SHA-256 in hexadecimal */
    NAMES,  /* an object of strings   */
    SCORES, /* an object of numbers   */
    OPEN,   /* an object of anything  */
    FILES,
    SECTION, /* an object of that name in this table */
    PARENT,  /* likewise, with parents of its own    */
};

/* `section` "": of the manifest itself. */
static const struct row {
    const char *section, *name;
    enum type type;
    bool required;
    const char *help;
} rows[] = {
    {"", "format", WHOLE, true, "version of this format: 1"},
    {"", "name", TEXT, false, "of the model"},
    {"", "version", TEXT, false, "of the model"},
    {"", "licence", TEXT, false, "of the model, an SPDX name where there is one"},
    {"", "authors", TEXTS, false, "who made it, with addresses if they like"},
    {"", "intended_use", TEXT, false, "for whom and what it is made"},
    {"", "data_licences", TEXTS, false, "of the data that it was trained on"},
    {"", "model", SECTION, false, "the network"},
    {"", "inputs", SECTION, false, "what it takes"},
    {"", "outputs", SECTION, false, "what it gives"},
    {"", "training", SECTION, false, "how it came about"},
    {"", "data", SECTION, false, "on what; no name of a file or case"},
    {"", "origin", SECTION, false, "of the weights that the training began with"},
    {"", "metrics", SCORES, false, "of the last evaluation of these weights"},
    {"", "parent", PARENT, false, "the model that it was fine-tuned from"},
    {"", "files", FILES, true, "what the archive holds, sorted by path"},
    {"model", "name", TEXT, false, "of the architecture"},
    {"model", "args", OPEN, false, "its arguments, defaults included"},
    {"model", "parameters", WHOLE, false, "numbers that are learned"},
    {"inputs", "channels", WHOLE, false, "of an image"},
    {"inputs", "spatial_dims", WHOLE, false, "2 or 3"},
    {"inputs", "spacing", NUMBERS, false, "in mm, that images are resampled to; absent: they are not"},
    {"outputs", "channels", WHOLE, false, "of the network's last layer"},
    {"outputs", "labels", NAMES, false, "names by value"},
    {"training", "config_digest", DIGEST, false, "of everything that decides the result"},
    {"training", "seed", TEXT, false, "a whole number of up to 64 bits"},
    {"training", "epochs", WHOLE, false, "done"},
    {"training", "best_epoch", WHOLE, false, "after which these weights were kept"},
    {"training", "best_metric", NUMBER, false, "on the validation list"},
    {"training", "items_left_out", WHOLE, false, "that could not be prepared; absent: none"},
    {"training", "metric", TEXT, false, "which one that is"},
    {"training", "seconds", NUMBER, false, "that it took"},
    {"training", "program", TEXT, false, "and its version"},
    {"training", "backend", TEXT, false, "that computed"},
    {"data", "training", WHOLE, false, "number of cases"},
    {"data", "validation", WHOLE, false, "number of cases"},
    {"data", "labels", NAMES, false, "names by value"},
    {"data", "datalist_sha256", DIGEST, false, "of the datalist, which does not travel"},
    {"origin", "kind", TEXT, false, "scratch, archive, folder, file, or what it was converted from"},
    {"origin", "sha256", TEXT, false, "of that archive's manifest, or of that file"},
    {"parent", "kind", TEXT, false, "archive, folder or file"},
    {"parent", "manifest_sha256", TEXT, false, "of the archive's manifest in canonical form: its identity"},
    {"parent", "sha256", TEXT, false, "of the weights, where there was no archive"},
    {"parent", "name", TEXT, false, "of the parent"},
    {"parent", "version", TEXT, false, "of the parent"},
    {"parent", "licence", TEXT, false, "of the parent"},
    {"parent", "intended_use", TEXT, false, "of the parent"},
    {"parent", "data_licences", TEXTS, false, "of the parent's data"},
    {"parent", "signer", TEXT, false, "as the child's maker knows the key; null: unsigned or unknown"},
    {"parent", "older_left_out", FLAG, false, "there are older ancestors than are told of"},
    {"parent", "parent", PARENT, false, "its own parent"},
    {"file", "path", TEXT, true, "relative, with / between folders"},
    {"file", "size", WHOLE, true, "bytes"},
    {"file", "sha256", DIGEST, true, "of its bytes"},
    {"file", "executable", FLAG, false, "it may be run"},
};

static bool all_of(const cJSON *json, int type)
{
    const cJSON *item;
    cJSON_ArrayForEach (item, json)
        if (!(item->type & type))
            return false;
    return true;
}

static bool is_digest(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* What is expected, when that is not there; NULL: it is. */
static const char *expected(enum type type, const cJSON *v)
{
    int64_t whole;
    switch (type) {
    case TEXT:
        return cJSON_IsString(v) || cJSON_IsNull(v) ? NULL : "a string";
    case TEXTS:
        return cJSON_IsString(v) || (cJSON_IsArray(v) && all_of(v, cJSON_String)) ? NULL : "a list of strings";
    case WHOLE:
        return mm_json_int(v, &whole) && whole >= 0 ? NULL : "a whole number";
    case NUMBER:
        return cJSON_IsNumber(v) || cJSON_IsNull(v) ? NULL : "a number";
    case NUMBERS:
        return cJSON_IsArray(v) && all_of(v, cJSON_Number) ? NULL : "a list of numbers";
    case FLAG:
        return cJSON_IsBool(v) ? NULL : "true or false";
    case DIGEST:
        return cJSON_IsString(v) && is_digest(v->valuestring) ? NULL : "a SHA-256 digest";
    case NAMES:
        return cJSON_IsObject(v) && all_of(v, cJSON_String) ? NULL : "an object of strings";
    case SCORES:
        return cJSON_IsObject(v) && all_of(v, cJSON_Number | cJSON_NULL) ? NULL : "an object of numbers";
    case FILES:
        return cJSON_IsArray(v) && all_of(v, cJSON_Object) ? NULL : "a list of objects";
    default:
        return cJSON_IsObject(v) ? NULL : "an object";
    }
}

static enum mm_status check_section(struct mm_arena *arena, const char *section, const cJSON *object,
                                    struct mm_error *err);

static enum mm_status check_member(struct mm_arena *arena, const struct row *row, const cJSON *value,
                                   struct mm_error *err)
{
    enum mm_status s = MM_OK;
    const char *wanted = expected(row->type, value);
    const cJSON *item;
    if (wanted) {
        const char *path = mm_json_place(arena, value).path, *found = mm_json_found(arena, value);
        return mm_fail(err, MM_ERR_DATA, "manifest.json: %s: expected %s, got %.200s", path ? path : row->name,
                       wanted, found ? found : "something else");
    }
    if (row->type == SECTION || row->type == PARENT)
        return check_section(arena, row->name, value, err);
    if (row->type != FILES)
        return MM_OK;
    cJSON_ArrayForEach (item, value)
        if (MM_TRY(s, check_section(arena, "file", item, err)))
            return s;
    return MM_OK;
}

/* Parents nest no deeper than JSON does. */
static enum mm_status check_section(struct mm_arena *arena, const char *section, const cJSON *object,
                                    struct mm_error *err)
{
    enum mm_status s;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].section, section) != 0)
            continue;
        const cJSON *value = mm_json_get(object, rows[i].name);
        if (!value && rows[i].required)
            return mm_fail(err, MM_ERR_DATA, "manifest.json: %s%shas no %s", section, *section ? ": " : "",
                           rows[i].name);
        if (value && MM_TRY(s, check_member(arena, &rows[i], value, err)))
            return s;
    }
    return MM_OK;
}

enum mm_status mm_manifest_schema_check(struct mm_arena *arena, const cJSON *manifest, struct mm_error *err)
{
    return cJSON_IsObject(manifest) ? check_section(arena, "", manifest, err)
                                    : mm_fail(err, MM_ERR_DATA, "manifest.json: is no object");
}

static cJSON *member_schema(struct mm_arena *arena, const struct row *row)
{
    static const char *const texts[] = {
        [TEXT] = "{\"type\": [\"string\", \"null\"]}",
        [TEXTS] = "{\"type\": [\"string\", \"array\"], \"items\": {\"type\": \"string\"}}",
        [WHOLE] = "{\"type\": \"integer\", \"minimum\": 0}",
        [NUMBER] = "{\"type\": [\"number\", \"null\"]}",
        [NUMBERS] = "{\"type\": \"array\", \"items\": {\"type\": \"number\"}}",
        [FLAG] = "{\"type\": \"boolean\"}",
        [DIGEST] = "{\"type\": \"string\", \"pattern\": \"^[0-9a-f]{64}$\"}",
        [NAMES] = "{\"type\": \"object\", \"additionalProperties\": {\"type\": \"string\"}}",
        [SCORES] = "{\"type\": \"object\", \"additionalProperties\": {\"type\": [\"number\", \"null\"]}}",
        [OPEN] = "{\"type\": \"object\"}",
        [FILES] = "{\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/file\"}}",
    };
    cJSON *json;
    const char *text = row->type == SECTION || row->type == PARENT
                           ? mm_arena_format(arena, "{\"$ref\": \"#/$defs/%s\"}", row->name)
                           : texts[row->type];
    if (!text || mm_json_parse(arena, "schema", text, strlen(text), &json, NULL) != MM_OK)
        return NULL;
    mm_json_add(arena, json, "description", mm_json_text(arena, row->help));
    return json;
}

/* Adds the section's members to `to`. */
static void add_section(struct mm_arena *arena, cJSON *to, const char *section)
{
    cJSON *properties = mm_json_object(arena), *required = mm_json_array(arena);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].section, section) != 0)
            continue;
        mm_json_add(arena, properties, rows[i].name, member_schema(arena, &rows[i]));
        if (rows[i].required)
            mm_json_append(required, mm_json_text(arena, rows[i].name));
    }
    mm_json_add(arena, to, "type", mm_json_text(arena, "object"));
    mm_json_add(arena, to, "properties", properties);
    if (required && required->child)
        mm_json_add(arena, to, "required", required);
}

cJSON *mm_manifest_schema(struct mm_arena *arena)
{
    cJSON *json = mm_json_object(arena), *defs = mm_json_object(arena);
    mm_json_add(arena, json, "$schema", mm_json_text(arena, "https://json-schema.org/draft/2020-12/schema"));
    mm_json_add(arena, json, "title", mm_json_text(arena, "manifest.json of an mmar archive"));
    mm_json_add(
        arena, json, "$comment",
        mm_json_text(arena, "Generated by mmar show --schema from the table that reading checks; do not edit."));
    add_section(arena, json, "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (*rows[i].section && !mm_json_get(defs, rows[i].section))
            add_section(arena, mm_json_add(arena, defs, rows[i].section, mm_json_object(arena)), rows[i].section);
    return mm_json_add(arena, json, "$defs", defs) ? json : NULL;
}
