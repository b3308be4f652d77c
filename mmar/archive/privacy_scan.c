/* The search for local paths in what travels. */
#include <ctype.h>

#include "base/file.h"
#include "mmar/archive/privacy.h"
#include "mmar/archive/privacy_internal.h"

#define HEAD_MAX    ((size_t)4 << 20)
#define NEEDLES_MAX 64
#define HOW         "take it out, or move it into config/environment.json, which travels as a template"

struct needles {
    const char *items[NEEDLES_MAX];
    size_t count;
};

/* Only paths long enough to mean something. */
static void add_needle(struct needles *n, const char *path)
{
    if (path && strlen(path) > 4 && n->count < NEEDLES_MAX)
        n->items[n->count++] = path;
}

static void find_needles(struct mm_arena *arena, const char *root, struct needles *n)
{
    cJSON *json;
    char *real = realpath(root, NULL);
    add_needle(n, real ? mm_arena_text(arena, real) : NULL);
    free(real);
    add_needle(n, getenv("HOME"));
    if (mm_json_read(arena, mm_file_join(arena, root, "config/environment.json"), &json, NULL) != MM_OK)
        return;
    for (const cJSON *node = json; node; node = mm_privacy_next(node))
        if (cJSON_IsString(node) && mm_privacy_is_local(node->valuestring))
            add_needle(n, node->valuestring);
}

/* The needle as a path of its own: "/root" is not in "src/root.c" nor in "/roots". */
static const unsigned char *find_path(const unsigned char *bytes, size_t size, const char *needle)
{
    const unsigned char *end = bytes + size, *at = bytes;
    size_t length = strlen(needle);
    while ((at = memmem(at, (size_t)(end - at), needle, length))) {
        bool begins = at == bytes || (!isalnum(at[-1]) && !strchr("_.-", at[-1])) || !at[-1];
        bool ends = at + length == end || !isalnum(at[length]);
        if (begins && ends)
            return at;
        at++;
    }
    return NULL;
}

static enum mm_status scan_bytes(const char *name, const unsigned char *bytes, size_t size, const struct needles *n,
                                 struct mm_error *err)
{
    for (size_t i = 0; i < n->count; i++) {
        const unsigned char *found = find_path(bytes, size, n->items[i]);
        if (!found)
            continue;
        int line = 1;
        for (const unsigned char *c = bytes; c < found; c++)
            line += *c == '\n';
        return mm_fail(err, MM_NO, "%s:%d: holds the local path %s: " HOW, name, line, n->items[i]);
    }
    return MM_OK;
}

/* Values that are paths, even of places that nothing else is known of. */
static enum mm_status scan_config(struct mm_arena *scratch, const char *name, const char *path, struct mm_error *err)
{
    enum mm_status s;
    cJSON *json;
    if (MM_TRY(s, mm_json_read(scratch, path, &json, err)))
        return s;
    for (const cJSON *node = json; node; node = mm_privacy_next(node)) {
        if (!cJSON_IsString(node) || !mm_privacy_is_local(node->valuestring))
            continue;
        struct mm_place place = mm_json_place(scratch, node);
        return mm_fail(err, MM_NO, "%s:%d: %s is the local path %s: " HOW, name, place.line,
                       place.path ? place.path : "a value", node->valuestring);
    }
    return MM_OK;
}

struct head {
    unsigned char *bytes;
    size_t size;
};

static enum mm_status take_head(void *context, const void *bytes, size_t size, struct mm_error *err)
{
    struct head *head = context;
    (void)err;
    size_t room = HEAD_MAX - head->size, taken = size < room ? size : room;
    memcpy(head->bytes + head->size, bytes, taken);
    head->size += taken;
    return head->size == HEAD_MAX ? MM_NO : MM_OK; /* enough: ends the reading */
}

static enum mm_status scan_file(struct mm_arena *scratch, const struct mm_archive_file *f, unsigned char *buffer,
                                const struct needles *n, struct mm_error *err)
{
    enum mm_status s;
    if (!f->path)
        return scan_bytes(f->name, f->bytes, (size_t)f->size, n, err);
    if (mm_text_starts(f->name, "config/") && mm_text_ends(f->name, ".json") &&
        MM_TRY(s, scan_config(scratch, f->name, f->path, err)))
        return s;
    struct head head = {buffer, 0};
    s = mm_file_scan(f->path, take_head, &head, err);
    return s == MM_OK || s == MM_NO ? scan_bytes(f->name, head.bytes, head.size, n, err) : s;
}

enum mm_status mm_privacy_scan(struct mm_arena *arena, const char *root, const struct mm_archive_list *list,
                               struct mm_error *err)
{
    enum mm_status s = MM_OK;
    struct needles needles = {.count = 0};
    struct mm_arena scratch;
    unsigned char *buffer = mm_alloc_raw(HEAD_MAX);
    if (!buffer)
        return mm_fail_memory(err, "a buffer to search in");
    find_needles(arena, root, &needles);
    mm_arena_init(&scratch, NULL);
    for (size_t i = 0; i < list->count && s == MM_OK; i++) {
        mm_arena_reset(&scratch);
        s = scan_file(&scratch, &list->files[i], buffer, &needles, err);
    }
    mm_arena_done(&scratch);
    mm_free(buffer);
    return s;
}
