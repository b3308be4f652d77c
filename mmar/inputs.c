/* Images, pairs and items of datalists given on a command line. */
#include "mmar/inputs.h"

#include "base/file.h"
#include "image/format.h"

#define INPUTS_MAX 100000

struct reader {
    struct mm_arena *arena;
    const struct mm_project *project;
    struct mm_inputs *out;
    size_t capacity;
    struct mm_error *err;
};

/* The image's name without folder and extension; "_2", "_3" ... behind it when an earlier input is called so. */
static const char *name_for(struct reader *r, const struct mm_item *item)
{
    const struct mm_entry *image = mm_item_get(item, "image");
    if (!image && item->count)
        image = &item->entries[0];
    const char *path = image && image->kind == MM_ENTRY_PATHS && image->count ? image->paths[0] : "item";
    const char *file = mm_file_name(path), *extension = mm_format_extension(file);
    const char *stem = mm_arena_textn(r->arena, file, strlen(file) - strlen(extension)), *name = stem;
    size_t copies = 1;
    for (size_t i = 0; i < r->out->count && name; i++)
        if (!strcmp(r->out->items[i].name, name)) {
            name = mm_arena_format(r->arena, "%s_%zu", stem, ++copies);
            i = (size_t)-1; /* that one may be taken too */
        }
    return name;
}

static enum mm_status add(struct reader *r, const char *shown, const struct mm_item *item, uint32_t index)
{
    struct mm_inputs *out = r->out;
    if (out->count == INPUTS_MAX)
        return mm_fail(r->err, MM_ERR_USAGE, "more than %d inputs", INPUTS_MAX);
    if (out->count == r->capacity) {
        size_t capacity = r->capacity ? 2 * r->capacity : 16;
        struct mm_input *items = mm_arena_array(r->arena, struct mm_input, capacity);
        if (!items)
            return mm_fail_memory(r->err, "the inputs");
        if (out->count)
            memcpy(items, out->items, out->count * sizeof *items);
        out->items = items;
        r->capacity = capacity;
    }
    const char *name = name_for(r, item);
    if (!name || !shown)
        return mm_fail_memory(r->err, "the inputs");
    out->items[out->count++] = (struct mm_input){shown, name, item, index};
    return MM_OK;
}

static enum mm_status add_files(struct reader *r, const char *shown, const char *image, const char *label)
{
    const char *const keys[] = {"image", "label"}, *const paths[] = {image, label};
    struct mm_item *item = mm_arena_new(r->arena, struct mm_item);
    struct mm_entry *entries = mm_arena_array(r->arena, struct mm_entry, 2);
    if (!item || !entries)
        return mm_fail_memory(r->err, "the inputs");
    for (size_t i = 0; i < 2 && paths[i]; i++) {
        const char **path = mm_arena_array(r->arena, const char *, 1);
        if (!path)
            return mm_fail_memory(r->err, "the inputs");
        if (!mm_file_exists(paths[i]))
            return mm_fail(r->err, MM_ERR_IO, "%s: no such file", paths[i]);
        *path = paths[i];
        entries[item->count++] = (struct mm_entry){.key = keys[i], .kind = MM_ENTRY_PATHS, .count = 1, .paths = path};
    }
    item->entries = entries;
    return add(r, shown, item, (uint32_t)r->out->count);
}

/* "training[3]" into its parts; *number -1 without brackets. */
static enum mm_status split_key(struct reader *r, const char *text, const char **key, int64_t *number)
{
    const char *bracket = strchr(text, '[');
    char *end;
    *number = -1;
    *key = *text ? text : "training";
    if (!bracket)
        return MM_OK;
    *key = bracket == text ? "training" : mm_arena_textn(r->arena, text, (size_t)(bracket - text));
    *number = strtoll(bracket + 1, &end, 10);
    if (bracket[1] < '0' || bracket[1] > '9' || strcmp(end, "]"))
        return mm_fail(r->err, MM_ERR_USAGE, "\"%s\" is no item of a datalist: that is written training[3]", text);
    return MM_OK;
}

/* The MMAR's own list when the word names no file. */
static enum mm_status list_path(struct reader *r, const char *word, size_t length, const char **path,
                                const char **base)
{
    *base = NULL;
    *path = mm_arena_textn(r->arena, word, length);
    if (length)
        return MM_OK;
    const char *own = r->project ? mm_config_text(r->project->config, "DATASET_JSON", NULL) : NULL;
    const char *root = r->project ? mm_config_text(r->project->config, "DATA_ROOT", NULL) : NULL;
    if (!own)
        return mm_fail(r->err, MM_ERR_USAGE, "\"%s\" names no datalist%s", word,
                       r->project ? ", and the MMAR has no DATASET_JSON"
                                  : ": an MMAR whose list it could be is given by -m");
    *path = mm_project_path(r->arena, r->project, own);
    *base = root ? mm_project_path(r->arena, r->project, root) : NULL;
    return MM_OK;
}

static enum mm_status add_list(struct reader *r, const char *word, const char *hash)
{
    enum mm_status s;
    const char *path, *base, *key;
    int64_t number;
    struct mm_problems problems;
    struct mm_datalist *list;
    size_t length = hash ? (size_t)(hash - word) : strlen(word);
    mm_problems_init(&problems, r->arena);
    if (MM_TRY(s, list_path(r, word, length, &path, &base)) ||
        MM_TRY(s, split_key(r, hash ? hash + 1 : "", &key, &number)))
        return s;
    if (MM_TRY(s, mm_datalist_read(r->arena, path, key, base, &list, &problems, r->err)))
        return problems.errors ? mm_problems_fail(&problems, s, r->err) : s;
    if (number >= (int64_t)list->count)
        return mm_fail(r->err, MM_ERR_USAGE, "%s: the list \"%s\" has items 0 to %zu", word, key, list->count - 1);
    for (size_t i = number < 0 ? 0 : (size_t)number; i < list->count && s == MM_OK; i++) {
        s = add(r, mm_arena_format(r->arena, "%s[%zu]", key, i), &list->items[i], (uint32_t)i);
        if (number >= 0)
            break;
    }
    return s;
}

/* "a:b" is a pair unless a file is called so. */
static enum mm_status add_word(struct reader *r, const char *word, const char *label)
{
    const char *hash = strrchr(word, '#'), *colon = strrchr(word, ':');
    bool is_file = mm_file_exists(word);
    if ((hash && !is_file) || mm_text_ends(word, ".json"))
        return label ? mm_fail(r->err, MM_ERR_USAGE, "--label goes with an image, and %s is a datalist", word)
                     : add_list(r, word, hash);
    if (!colon || is_file || label)
        return add_files(r, word, word, label);
    return add_files(r, word, mm_arena_textn(r->arena, word, (size_t)(colon - word)), colon + 1);
}

enum mm_status mm_inputs_read(struct mm_arena *arena, const char *const *words, size_t count, const char *label,
                              const struct mm_project *project, struct mm_inputs *out, struct mm_error *err)
{
    enum mm_status s;
    struct reader reader = {.arena = arena, .project = project, .out = out, .err = err};
    *out = (struct mm_inputs){0};
    if (label && count > 1)
        return mm_fail(err, MM_ERR_USAGE,
                       "--label is the label of one image, and there are %zu: write IMAGE:LABEL for each", count);
    for (size_t i = 0; i < count; i++)
        if (MM_TRY(s, add_word(&reader, words[i], label)))
            return s;
    return MM_OK;
}
