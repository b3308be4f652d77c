/* Datalists: JSON with lists of items, each an object of paths, numbers and texts. */
#include "config/datalist.h"

#include "base/file.h"
#include "base/names.h"

#define LABEL_VALUE_MAX 65535

struct reader {
    struct mm_arena *arena;
    const char *base;
    struct mm_problems *problems;
    bool has_noted; /* that some key is skipped: once is enough */
    bool out_of_memory;
};

/* Entries. ------------------------------------------------------------------------------------------------------- */

static bool is_text_key(const char *key)
{
    return mm_names_contain("id patient name fold", key);
}

static bool fail_entry(struct reader *reader, const cJSON *node)
{
    bool is_needed = strcmp(node->string, "image") == 0 || strcmp(node->string, "label") == 0;
    if (is_needed)
        mm_problem(reader->problems, MM_SEVERITY_ERROR, node, "expected a path, a number, or a list of them, got %s",
                   cJSON_IsArray(node) && !node->child ? "an empty array" : mm_json_found(reader->arena, node));
    else if (!reader->has_noted)
        mm_problem(reader->problems, MM_SEVERITY_NOTE, node, "%s is neither path nor number and is not read",
                   node->string);
    reader->has_noted = reader->has_noted || !is_needed;
    return false;
}

/* Memory of an entry; NULL makes reading the item fail. */
static void *entry_memory(struct reader *reader, size_t count, size_t size)
{
    void *memory = mm_arena_array_of(reader->arena, count, size);
    reader->out_of_memory = reader->out_of_memory || !memory;
    return memory;
}

static const char *join(struct reader *reader, const char *path)
{
    while (mm_text_starts(path, "./"))
        path += 2;
    const char *joined = mm_file_join(reader->arena, reader->base, path);
    reader->out_of_memory = reader->out_of_memory || !joined;
    return joined;
}

static bool read_paths(struct reader *reader, const cJSON *node, struct mm_entry *entry, const cJSON *first)
{
    const char **paths = entry_memory(reader, entry->count, sizeof *paths);
    if (!paths)
        return false;
    entry->kind = MM_ENTRY_PATHS;
    entry->paths = paths;
    const cJSON *item = first;
    for (size_t i = 0; i < entry->count; i++, item = item->next) {
        if (!cJSON_IsString(item) || !*item->valuestring)
            return fail_entry(reader, node);
        paths[i] = join(reader, item->valuestring);
        if (!paths[i])
            return false;
    }
    return true;
}

static bool read_numbers(struct reader *reader, const cJSON *node, struct mm_entry *entry, const cJSON *first)
{
    double *numbers = entry_memory(reader, entry->count, sizeof *numbers);
    if (!numbers)
        return false;
    entry->kind = MM_ENTRY_NUMBERS;
    entry->numbers = numbers;
    const cJSON *item = first;
    for (size_t i = 0; i < entry->count; i++, item = item->next) {
        if (!cJSON_IsNumber(item))
            return fail_entry(reader, node);
        numbers[i] = item->valuedouble;
    }
    return true;
}

/* Rows of equally many numbers, [[x, y, z], ...], one behind the other. */
static bool read_rows(struct reader *reader, const cJSON *node, struct mm_entry *entry, const cJSON *first)
{
    size_t rows = entry->count, width = (size_t)cJSON_GetArraySize(first);
    entry->count = rows * width;
    double *numbers = entry_memory(reader, entry->count, sizeof *numbers);
    if (!numbers)
        return false;
    entry->kind = MM_ENTRY_NUMBERS;
    entry->numbers = numbers;
    const cJSON *row = first;
    for (size_t i = 0; i < rows; i++, row = row->next) {
        if (!cJSON_IsArray(row) || (size_t)cJSON_GetArraySize(row) != width)
            return fail_entry(reader, node);
        for (const cJSON *item = row->child; item; item = item->next) {
            if (!cJSON_IsNumber(item))
                return fail_entry(reader, node);
            *numbers++ = item->valuedouble;
        }
    }
    return true;
}

/* False when the entry is none: reported, or memory is out. */
static bool read_entry(struct reader *reader, const cJSON *node, struct mm_entry *entry)
{
    bool is_array = cJSON_IsArray(node);
    const cJSON *first = is_array ? node->child : node;
    *entry = (struct mm_entry){.key = node->string, .node = node};
    entry->count = is_array ? (size_t)cJSON_GetArraySize(node) : 1;
    if (cJSON_IsString(node) && is_text_key(node->string)) {
        const char **text = entry_memory(reader, 1, sizeof *text);
        if (!text)
            return false;
        entry->kind = MM_ENTRY_TEXT;
        *text = node->valuestring;
        entry->paths = text;
        return true;
    }
    if (cJSON_IsString(first))
        return read_paths(reader, node, entry, first);
    if (cJSON_IsNumber(first))
        return read_numbers(reader, node, entry, first);
    if (cJSON_IsArray(first) && cJSON_IsNumber(first->child))
        return read_rows(reader, node, entry, first);
    return fail_entry(reader, node);
}

/* Items. --------------------------------------------------------------------------------------------------------- */

/* A bare path, as in the Decathlon's "test" lists, is an item with an image only. */
static enum mm_status read_bare_item(struct reader *reader, cJSON *node, struct mm_item *item, struct mm_error *err)
{
    struct mm_entry *entry = mm_arena_new(reader->arena, struct mm_entry);
    if (!entry)
        return mm_fail_memory(err, "a datalist");
    node->string = "image";
    if (read_entry(reader, node, entry))
        *item = (struct mm_item){.count = 1, .entries = entry, .node = node};
    node->string = NULL;
    return MM_OK;
}

static enum mm_status read_item(struct reader *reader, cJSON *node, struct mm_item *item, struct mm_error *err)
{
    item->node = node;
    if (cJSON_IsString(node))
        return read_bare_item(reader, node, item, err);
    if (!cJSON_IsObject(node)) {
        mm_problem(reader->problems, MM_SEVERITY_ERROR, node, "expected an item such as {\"image\": ...}, got %s",
                   mm_json_found(reader->arena, node));
        return MM_OK;
    }
    struct mm_entry *entries = mm_arena_array(reader->arena, struct mm_entry, (size_t)cJSON_GetArraySize(node));
    if (!entries)
        return mm_fail_memory(err, "a datalist");
    size_t count = 0, errors = reader->problems->errors;
    const cJSON *member;
    cJSON_ArrayForEach (member, node) {
        if (mm_text_starts(member->string, "__") || cJSON_IsNull(member))
            continue;
        count += read_entry(reader, member, &entries[count]);
    }
    if (!count && reader->problems->errors == errors)
        mm_problem(reader->problems, MM_SEVERITY_ERROR, node, "an item without an image");
    item->entries = entries;
    item->count = count;
    return MM_OK;
}

static enum mm_status read_items(struct reader *reader, const cJSON *list, struct mm_datalist *out,
                                 struct mm_error *err)
{
    size_t count = (size_t)cJSON_GetArraySize(list), i = 0;
    struct mm_item *items = mm_arena_array(reader->arena, struct mm_item, count);
    if (!items)
        return mm_fail_memory(err, "a datalist");
    for (cJSON *node = list->child; node; node = node->next) {
        enum mm_status s;
        if (MM_TRY(s, read_item(reader, node, &items[i++], err)))
            return s;
        if (reader->out_of_memory)
            return mm_fail_memory(err, "a datalist");
    }
    out->items = items;
    out->count = count;
    return MM_OK;
}

/* Labels. -------------------------------------------------------------------------------------------------------- */

/* A whole number from 0 to LABEL_VALUE_MAX written as text. */
static bool parse_value(const char *text, int64_t *value)
{
    char *end;
    *value = strtol(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && *value <= LABEL_VALUE_MAX;
}

/* {"0": "background"}, as the Decathlon has it, or {"background": 0}, as newer tools have it. */
static bool read_label(const cJSON *member, int64_t *value, const char **name)
{
    if (cJSON_IsString(member) && parse_value(member->string, value)) {
        *name = member->valuestring;
        return true;
    }
    *name = member->string;
    return mm_json_int(member, value) && *value >= 0 && *value <= LABEL_VALUE_MAX;
}

static enum mm_status read_labels(struct reader *reader, const cJSON *labels, struct mm_datalist *out,
                                  struct mm_error *err)
{
    if (!cJSON_IsObject(labels))
        return MM_OK;
    int64_t value, highest = -1;
    const char *name;
    const cJSON *member;
    cJSON_ArrayForEach (member, labels) {
        if (!read_label(member, &value, &name))
            mm_problem(reader->problems, MM_SEVERITY_WARNING, member,
                       "a label is a number from 0 to %d with its name; this one is not read", LABEL_VALUE_MAX);
        else if (value > highest)
            highest = value;
    }
    const char **names = mm_arena_array(reader->arena, const char *, (size_t)(highest + 1));
    if (!names)
        return mm_fail_memory(err, "a datalist");
    cJSON_ArrayForEach (member, labels) {
        if (read_label(member, &value, &name))
            names[value] = name;
    }
    out->label_names = names;
    out->label_count = (size_t)(highest + 1);
    return MM_OK;
}

/* The file. ------------------------------------------------------------------------------------------------------ */

/* The list, or NULL when there is none; that is reported with the lists there are. */
static const cJSON *find_list(struct reader *reader, const cJSON *root, const char *key)
{
    const cJSON *list = mm_json_get(root, key);
    if (cJSON_IsArray(list) && list->child)
        return list;
    if (list) {
        mm_problem(reader->problems, MM_SEVERITY_ERROR, list, "expected a list of items, got %s",
                   cJSON_IsArray(list) ? "an empty one" : mm_json_found(reader->arena, list));
        return NULL;
    }
    struct mm_text lists;
    mm_text_init(&lists, 512);
    const cJSON *member;
    cJSON_ArrayForEach (member, root) {
        if (cJSON_IsArray(member))
            mm_text_format(&lists, "%s%s", lists.length ? ", " : "; there are ", member->string);
    }
    struct mm_place place = mm_json_place(reader->arena, root);
    place.line = place.column = 0; /* it is the file that lacks it */
    mm_problem_at(reader->problems, MM_SEVERITY_ERROR, place, "there is no list \"%.60s\"%s", key, lists.bytes);
    mm_text_done(&lists);
    return NULL;
}

static enum mm_status read_root(struct reader *reader, const char *key, struct mm_datalist *list,
                                struct mm_error *err)
{
    if (!cJSON_IsObject(list->root)) {
        mm_problem(reader->problems, MM_SEVERITY_ERROR, list->root, "expected an object with lists, got %s",
                   mm_json_found(reader->arena, list->root));
        return MM_OK;
    }
    const cJSON *items = find_list(reader, list->root, key);
    enum mm_status s;
    if (items && MM_TRY(s, read_items(reader, items, list, err)))
        return s;
    return read_labels(reader, mm_json_get(list->root, "labels"), list, err);
}

enum mm_status mm_datalist_read(struct mm_arena *arena, const char *path, const char *key, const char *base,
                                struct mm_datalist **out, struct mm_problems *problems, struct mm_error *err)
{
    size_t errors = problems->errors;
    *out = NULL;
    struct mm_datalist *list = mm_arena_new(arena, struct mm_datalist);
    struct reader reader = {.arena = arena, .problems = problems, .base = base ? base : mm_file_folder(arena, path)};
    if (!list || !reader.base)
        return mm_fail_memory(err, "a datalist");
    list->file = mm_arena_text(arena, path);
    struct mm_error bad = {0};
    cJSON *root;
    enum mm_status s = mm_json_read(arena, path, &root, &bad);
    if (s == MM_ERR_CONFIG || s == MM_ERR_DATA) {
        mm_problem_at(problems, MM_SEVERITY_ERROR, (struct mm_place){0}, "%s", bad.text);
        return MM_ERR_CONFIG;
    }
    if (s)
        return mm_fail(err, s, "%s", bad.text);
    list->root = root;
    if (MM_TRY(s, read_root(&reader, key, list, err)))
        return s;
    if (problems->errors > errors)
        return MM_ERR_CONFIG;
    *out = list;
    return MM_OK;
}

const struct mm_entry *mm_item_get(const struct mm_item *item, const char *key)
{
    for (size_t i = 0; i < item->count; i++)
        if (strcmp(item->entries[i].key, key) == 0)
            return &item->entries[i];
    return NULL;
}
