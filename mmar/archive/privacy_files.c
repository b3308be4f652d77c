/* The texts in a file: text by line, JSON by value, the header of safetensors, what PNG and JPEG say beside their picture. What is
 * compressed or a medical image is a finding of its own: nobody can say what is in it. */

#include "base/file.h"
#include "mmar/archive/privacy.h"
#include "mmar/archive/privacy_internal.h"

#define HEAD_MAX  ((size_t)4 << 20) /* of a file that is no text */
#define PEEK      ((size_t)8192)
#define PLACE_MAX (MM_ARCHIVE_NAME_MAX + 32)

/* "PatientID": "x" is a tag with its value only as a whole. */
static bool is_tag(const char *key, const char *value)
{
    char pair[256];
    enum mm_privacy_form form;
    int n = snprintf(pair, sizeof pair, "\"%s\": \"%s\"", key, value);
    size_t size = n < (int)sizeof pair ? (size_t)n : sizeof pair - 1;
    return mm_privacy_form_at((const unsigned char *)pair, size, 1, &form) && form == MM_PRIVACY_TAG;
}

/* One value or key of a JSON tree; `lines`: the tree has been read from that file, and has lines. */
static void look_at_value(struct mm_privacy_search *s, const char *file, const cJSON *node, bool lines)
{
    struct mm_arena scratch;
    char where[2 * PLACE_MAX];
    mm_arena_init(&scratch, NULL);
    const struct mm_place at = mm_json_place(&scratch, node);
    const char *key = at.path ? at.path : "";
    if (lines)
        snprintf(where, sizeof where, "%s:%d", file, at.line);
    else
        snprintf(where, sizeof where, "%s:%s", file, key);
    const struct mm_privacy_place place = {file, where, lines ? key : NULL, false};
    if (node->string)
        mm_privacy_look(s, &place, (const unsigned char *)node->string, strlen(node->string));
    const char *text = cJSON_IsString(node) ? node->valuestring : "";
    if (mm_text_starts(file, "config/") && mm_privacy_is_local(text))
        mm_privacy_found(s, &place, "is the local path %s", text);
    else
        mm_privacy_look(s, &place, (const unsigned char *)text, strlen(text));
    if (node->string && is_tag(node->string, text))
        mm_privacy_found(s, &place, "holds the DICOM tag %s", node->string);
    mm_arena_done(&scratch);
}

/* JSON nests at most MM_JSON_DEPTH_MAX deep. */
static void look_at_tree(struct mm_privacy_search *s, const char *file, const cJSON *node, bool lines)
{
    if (node->string || cJSON_IsString(node))
        look_at_value(s, file, node, lines);
    for (const cJSON *child = node->child; child; child = child->next)
        look_at_tree(s, file, child, lines);
}

void mm_privacy_look_in_json(struct mm_privacy_search *search, const char *file, const cJSON *json)
{
    look_at_tree(search, file, json, false);
}

void mm_privacy_look_in_text(struct mm_privacy_search *search, const char *file, const unsigned char *bytes,
                             size_t size, int *line)
{
    char where[PLACE_MAX];
    while (size) {
        const unsigned char *end = memchr(bytes, '\n', size);
        size_t length = end ? (size_t)(end - bytes) : size;
        snprintf(where, sizeof where, "%s:%d", file, *line);
        const struct mm_privacy_place place = {file, where, NULL, false};
        mm_privacy_look(search, &place, bytes, length);
        *line += end != NULL;
        length += end != NULL;
        bytes += length;
        size -= length;
    }
}

/* Magic numbers of what cannot be looked into. */
static const char *closed_kind(const unsigned char *b, size_t size)
{
    static const struct {
        size_t at, length;
        const char *magic, *kind;
    } kinds[] = {
        {0, 2, "\x1f\x8b", "compressed (gzip)"},
        {0, 4, "PK\3\4", "compressed (zip)"},
        {0, 4, "\x28\xb5\x2f\xfd", "compressed (zstd)"},
        {0, 6,
         "\xfd"
         "7zXZ",
         "compressed (xz)"},
        {0, 3, "BZh", "compressed (bzip2)"},
        {0, 4, "7z\xbc\xaf", "compressed (7z)"},
        {0, 5, "%PDF-", "a PDF"},
        {0, 4, "II*", "a TIFF image"},
        {0, 4, "MM\0*", "a TIFF image"},
        {0, 2, "\xff\xfe", "text in UTF-16"},
        {0, 2, "\xfe\xff", "text in UTF-16"},
        {128, 4, "DICM", "a DICOM file"},
        {344, 4, "n+1", "a NIfTI image"},
        {344, 4, "ni1", "a NIfTI image"},
        {0, 4, "NRRD", "an NRRD image"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (size >= kinds[i].at + kinds[i].length && !memcmp(b + kinds[i].at, kinds[i].magic, kinds[i].length))
            return kinds[i].kind;
    return NULL;
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

/* Metadata and names of tensors; false when it is no sound header. */
static bool look_in_safetensors(struct mm_privacy_search *s, const struct mm_archive_file *f, const struct head *head)
{
    struct mm_arena scratch;
    cJSON *json;
    uint64_t length = 0;
    if (!mm_text_ends(f->name, ".safetensors") || head->size < 8)
        return false;
    for (int i = 7; i >= 0; i--)
        length = length << 8 | head->bytes[i];
    if (length > head->size - 8)
        return false;
    mm_arena_init(&scratch, NULL);
    bool sound =
        mm_json_parse(&scratch, f->name, (const char *)head->bytes + 8, (size_t)length, &json, NULL) == MM_OK;
    if (sound)
        look_at_tree(s, f->name, json, false);
    mm_arena_done(&scratch);
    return sound;
}

static void look_in_noise(struct mm_privacy_search *s, const struct mm_archive_file *f, const struct head *head)
{
    const struct mm_privacy_place place = {f->name, f->name, NULL, true};
    const char *kind = closed_kind(head->bytes, head->size);
    if (kind)
        mm_privacy_found(s, &place, "is %s: what is in it cannot be searched", kind);
    else if (!look_in_safetensors(s, f, head) && !mm_privacy_look_in_image(s, f->name, head->bytes, head->size))
        mm_privacy_look(s, &place, head->bytes, head->size);
}

/* Text of any length, in pieces of whole lines (of a line longer than a piece the ends of the pieces). */
struct lines {
    struct mm_privacy_search *search;
    const char *file;
    struct head rest;
    int line;
};

static enum mm_status take_lines(void *context, const void *bytes, size_t size, struct mm_error *err)
{
    struct lines *l = context;
    const unsigned char *at = bytes;
    (void)err;
    while (size) {
        size_t room = HEAD_MAX - l->rest.size, taken = size < room ? size : room;
        memcpy(l->rest.bytes + l->rest.size, at, taken);
        l->rest.size += taken;
        at += taken;
        size -= taken;
        const unsigned char *last = memrchr(l->rest.bytes, '\n', l->rest.size);
        size_t whole = last ? (size_t)(last - l->rest.bytes) + 1 : l->rest.size == HEAD_MAX ? HEAD_MAX - PEEK : 0;
        mm_privacy_look_in_text(l->search, l->file, l->rest.bytes, whole, &l->line);
        l->rest.size -= whole;
        memmove(l->rest.bytes, l->rest.bytes + whole, l->rest.size);
    }
    return MM_OK;
}

static bool look_in_parsed(struct mm_privacy_search *s, const struct mm_archive_file *f)
{
    struct mm_arena scratch;
    cJSON *json;
    mm_arena_init(&scratch, NULL);
    bool sound = mm_text_ends(f->name, ".json") &&
                 (f->path ? mm_json_read(&scratch, f->path, &json, NULL)
                          : mm_json_parse(&scratch, f->name, f->bytes, (size_t)f->size, &json, NULL)) == MM_OK;
    if (sound)
        look_at_tree(s, f->name, json, true);
    mm_arena_done(&scratch);
    return sound;
}

enum mm_status mm_privacy_look_in_file(struct mm_privacy_search *search, const struct mm_archive_file *file,
                                       struct mm_error *err)
{
    enum mm_status s = MM_OK;
    int line = 1;
    if (look_in_parsed(search, file))
        return MM_OK;
    if (!file->path) {
        mm_privacy_look_in_text(search, file->name, file->bytes, (size_t)file->size, &line);
        return MM_OK;
    }
    unsigned char *buffer = mm_alloc_raw(HEAD_MAX);
    if (!buffer)
        return mm_fail_memory(err, "a buffer to search in");
    struct head head = {buffer, 0};
    s = mm_file_scan(file->path, take_head, &head, err);
    size_t peek = head.size < PEEK ? head.size : PEEK;
    if (s != MM_OK && s != MM_NO)
        goto done;
    s = MM_OK;
    if (memchr(buffer, 0, peek) || closed_kind(buffer, head.size)) {
        look_in_noise(search, file, &head);
        goto done;
    }
    struct lines lines = {search, file->name, {buffer, 0}, 1};
    if ((s = mm_file_scan(file->path, take_lines, &lines, err)) == MM_OK)
        mm_privacy_look_in_text(search, file->name, buffer, lines.rest.size, &lines.line);
done:
    mm_free(buffer);
    return s;
}
