/* safetensors, writing: header padded with blanks so that the data starts at a multiple of 8; metadata first, tensors in the order
 * given with increasing offsets. The same content gives the same bytes. */
#include <string.h>

#include "base/file.h"
#include "trainer/safetensors_internal.h"

static cJSON *integers(struct mm_arena *arena, const int64_t *values, int count)
{
    cJSON *array = mm_json_array(arena);
    for (int i = 0; i < count; i++)
        if (!mm_json_append(array, mm_json_integer(arena, values[i])))
            return NULL;
    return array;
}

static enum mm_status add_item(struct mm_arena *arena, cJSON *header, const struct mm_st_writer_item *item,
                               int64_t *offset, struct mm_error *err)
{
    size_t bytes;
    if (item->rank < 0 || item->rank > MM_SAFETENSORS_RANK_MAX || strcmp(item->name, "__metadata__") == 0 ||
        !mm_safetensors_bytes(item->dtype, item->rank, item->dim, &bytes) || bytes != item->bytes)
        return mm_fail(err, MM_ERR_DATA, "%s: name, dtype, shape and size do not fit together", item->name);
    int64_t range[2] = {*offset, *offset + (int64_t)item->bytes};
    cJSON *entry = mm_json_object(arena);
    bool ok = mm_json_add(arena, entry, "dtype", mm_json_text(arena, item->dtype)) &&
              mm_json_add(arena, entry, "shape", integers(arena, item->dim, item->rank)) &&
              mm_json_add(arena, entry, "data_offsets", integers(arena, range, 2)) &&
              mm_json_add(arena, header, item->name, entry);
    *offset = range[1];
    return ok ? MM_OK : mm_fail_memory(err, "a weights file's header");
}

/* The header's text, padded, with its 8-byte length before it. */
static enum mm_status make_header(struct mm_arena *arena, const cJSON *metadata,
                                  const struct mm_st_writer_item *items, size_t count, unsigned char **out,
                                  size_t *size, struct mm_error *err)
{
    enum mm_status status;
    int64_t offset = 0;
    cJSON *header = mm_json_object(arena);
    if (metadata && !mm_json_add(arena, header, "__metadata__", mm_json_copy(arena, metadata)))
        return mm_fail_memory(err, "a weights file's header");
    for (size_t i = 0; i < count; i++)
        if (MM_TRY(status, add_item(arena, header, &items[i], &offset, err)))
            return status;
    char *text = mm_json_print(arena, header, MM_JSON_COMPACT);
    if (!text)
        return mm_fail_memory(err, "a weights file's header");
    size_t length = strlen(text), padded = (length + 7) / 8 * 8;
    unsigned char *bytes = mm_arena_alloc(arena, padded + 8);
    if (!bytes)
        return mm_fail_memory(err, "a weights file's header");
    if (padded > MM_JSON_SIZE_MAX)
        return mm_fail(err, MM_ERR_DATA, "the header would have %zu bytes, at most %u are allowed", padded,
                       MM_JSON_SIZE_MAX);
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)((uint64_t)padded >> (8 * i));
    memset(bytes + 8, ' ', padded);
    memcpy(bytes + 8, text, length);
    *out = bytes;
    *size = padded + 8;
    return MM_OK;
}

static enum mm_status write_items(struct mm_file_writer *writer, const struct mm_st_writer_item *items, size_t count,
                                  mm_st_fill *fill, void *context, struct mm_error *err)
{
    size_t largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = items[i].bytes > largest ? items[i].bytes : largest;
    enum mm_status status = MM_OK;
    unsigned char *buffer = mm_alloc(largest);
    if (!buffer)
        return mm_fail_memory(err, "a tensor to write");
    for (size_t i = 0; i < count && status == MM_OK; i++) {
        status = fill(context, i, buffer, err);
        if (status == MM_OK && MM_TRY(status, mm_file_writer_write(writer, buffer, items[i].bytes)))
            mm_fail(err, status, "%s", writer->error.text);
    }
    mm_free(buffer);
    return status;
}

enum mm_status mm_safetensors_write(const char *path, const cJSON *metadata, const struct mm_st_writer_item *items,
                                    size_t count, mm_st_fill *fill, void *context, struct mm_error *err)
{
    struct mm_arena arena;
    struct mm_file_writer writer = {0};
    unsigned char *header = NULL;
    size_t size = 0;
    enum mm_status status;
    mm_arena_init(&arena, NULL);
    if (MM_TRY(status, make_header(&arena, metadata, items, count, &header, &size, err))) {
        mm_fail_in(err, "%s", path);
        goto done;
    }
    if (MM_TRY(status, mm_file_writer_open(&writer, path, err)))
        goto done;
    if (MM_TRY(status, mm_file_writer_write(&writer, header, size)))
        mm_fail(err, status, "%s", writer.error.text);
    else
        status = write_items(&writer, items, count, fill, context, err);
    if (status == MM_OK)
        status = mm_file_writer_commit(&writer, err);
    else
        mm_file_writer_abandon(&writer);
done:
    mm_arena_done(&arena);
    return status;
}
