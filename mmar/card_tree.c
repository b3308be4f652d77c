/* The files of an archive as a tree. */
#include <string.h>

#include "mmar/archive/archive.h"
#include "mmar/card.h"

#define SIZE "%10s  "

static uint64_t size_of(const cJSON *row)
{
    int64_t size = 0;
    mm_json_int(mm_json_get(row, "size"), &size);
    return (uint64_t)size;
}

static const char *path_of(const cJSON *row)
{
    return mm_json_get(row, "path")->valuestring;
}

/* Of this file and those behind it that are in the same folder: `length` bytes of the path, the slash included. */
static uint64_t folder_size(const cJSON *row, size_t length)
{
    uint64_t size = 0;
    for (const cJSON *r = row; r && !strncmp(path_of(r), path_of(row), length); r = r->next)
        size += size_of(r);
    return size;
}

static void add_line(struct mm_text *text, uint64_t size, int depth, const char *name, size_t length,
                     const char *mark)
{
    char bytes[32], part[MM_ARCHIVE_NAME_MAX + 1];
    mm_text_format(text, SIZE "%*s", mm_text_bytes(bytes, sizeof bytes, (double)size), 2 * depth, "");
    snprintf(part, sizeof part, "%.*s", (int)length, name);
    mm_card_text(text, part);
    mm_text_format(text, "%s\n", mark);
}

/* Paths are sorted by bytes, so what is in one folder stands together. */
void mm_card_tree(struct mm_text *text, const cJSON *manifest, const char *digest)
{
    const char *before = "";
    const cJSON *row;
    cJSON_ArrayForEach (row, mm_json_get(manifest, "files")) {
        const char *path = path_of(row), *part = path, *slash;
        int depth = 0;
        for (; (slash = strchr(part, '/')); part = slash + 1, depth++) {
            size_t length = (size_t)(slash - path) + 1;
            if (strncmp(before, path, length) != 0)
                add_line(text, folder_size(row, length), depth, part, (size_t)(slash - part) + 1, "");
        }
        add_line(text, size_of(row), depth, part, strlen(part),
                 cJSON_IsTrue(mm_json_get(row, "executable")) ? "*" : "");
        before = path;
    }
    mm_text_format(text, "manifest      %s\n", digest);
}
