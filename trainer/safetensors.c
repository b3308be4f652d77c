/* safetensors, reading and finding. Format: huggingface/safetensors README, "Format". A stranger's file is parsed here, so every number
 * is checked before it is used; the names and text belong to the one JSON reader (base/json), which refuses duplicates. */
#include "trainer/safetensors.h"

#include <string.h>

#include "base/file.h"
#include "trainer/safetensors_internal.h"

static const struct {
    const char *name;
    size_t bytes;
} dtypes[] = {
    {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"U16", 2}, {"I16", 2}, {"F16", 2},
    {"BF16", 2}, {"U32", 4}, {"I32", 4}, {"F32", 4},     {"U64", 8},     {"I64", 8}, {"F64", 8},
};

size_t mm_safetensors_dtype_bytes(const char *dtype)
{
    for (size_t i = 0; i < sizeof(dtypes) / sizeof(*dtypes); i++)
        if (strcmp(dtypes[i].name, dtype) == 0)
            return dtypes[i].bytes;
    return 0;
}

bool mm_safetensors_bytes(const char *dtype, int rank, const int64_t *dim, size_t *bytes)
{
    size_t total = mm_safetensors_dtype_bytes(dtype);
    if (total == 0)
        return false;
    for (int i = 0; i < rank; i++)
        if (dim[i] < 0 || !mm_size_mul(total, (size_t)dim[i], &total))
            return false;
    *bytes = total;
    return true;
}

static enum mm_status read_shape(const cJSON *shape, struct mm_st_tensor *tensor, struct mm_error *err)
{
    const cJSON *item;
    int rank = 0;
    if (!cJSON_IsArray(shape))
        return mm_fail(err, MM_ERR_DATA, "shape: expected an array");
    cJSON_ArrayForEach (item, shape) {
        if (rank == MM_SAFETENSORS_RANK_MAX)
            return mm_fail(err, MM_ERR_DATA, "shape has more than %d dimensions", MM_SAFETENSORS_RANK_MAX);
        if (!mm_json_int(item, &tensor->dim[rank]) || tensor->dim[rank] < 0)
            return mm_fail(err, MM_ERR_DATA, "shape[%d]: expected a whole number from 0", rank);
        rank++;
    }
    tensor->rank = rank;
    return MM_OK;
}

static enum mm_status read_offsets(const cJSON *offsets, size_t data_size, size_t *begin, size_t *end,
                                   struct mm_error *err)
{
    int64_t range[2];
    if (!cJSON_IsArray(offsets) || cJSON_GetArraySize(offsets) != 2 ||
        !mm_json_int(cJSON_GetArrayItem(offsets, 0), &range[0]) ||
        !mm_json_int(cJSON_GetArrayItem(offsets, 1), &range[1]))
        return mm_fail(err, MM_ERR_DATA, "data_offsets: expected two whole numbers");
    if (range[0] < 0 || range[1] < range[0] || (uint64_t)range[1] > data_size)
        return mm_fail(err, MM_ERR_DATA, "data_offsets are [%lld, %lld], the data has %zu bytes", (long long)range[0],
                       (long long)range[1], data_size);
    *begin = (size_t)range[0];
    *end = (size_t)range[1];
    return MM_OK;
}

static enum mm_status read_tensor(const cJSON *entry, const unsigned char *data, size_t data_size,
                                  struct mm_st_tensor *tensor, struct mm_error *err)
{
    enum mm_status status;
    size_t begin = 0, end = 0;
    const cJSON *dtype = mm_json_get(entry, "dtype");
    if (!cJSON_IsObject(entry) || cJSON_GetArraySize(entry) != 3 || !cJSON_IsString(dtype))
        return mm_fail(err, MM_ERR_DATA, "expected an object of dtype, shape and data_offsets");
    if (mm_safetensors_dtype_bytes(dtype->valuestring) == 0)
        return mm_fail(err, MM_ERR_DATA, "dtype \"%.32s\" is not known", dtype->valuestring);
    tensor->name = entry->string;
    tensor->dtype = dtype->valuestring;
    if (MM_TRY(status, read_shape(mm_json_get(entry, "shape"), tensor, err)) ||
        MM_TRY(status, read_offsets(mm_json_get(entry, "data_offsets"), data_size, &begin, &end, err)))
        return status;
    if (!mm_safetensors_bytes(tensor->dtype, tensor->rank, tensor->dim, &tensor->bytes) ||
        tensor->bytes != end - begin)
        return mm_fail(err, MM_ERR_DATA, "shape and dtype do not make the %zu bytes of data_offsets", end - begin);
    tensor->data = data + begin;
    return MM_OK;
}

/* By place in the data; an empty tensor before the one that starts at the same byte. */
static int compare_place(const void *a, const void *b)
{
    const struct mm_st_tensor *x = a, *y = b;
    if (x->data != y->data)
        return x->data < y->data ? -1 : 1;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? -1 : 1;
    return strcmp(x->name, y->name);
}

static enum mm_status check_cover(const struct mm_safetensors *file, const unsigned char *data, size_t data_size,
                                  struct mm_error *err)
{
    size_t cursor = 0;
    for (size_t i = 0; i < file->count; i++) {
        const struct mm_st_tensor *t = &file->tensors[i];
        size_t begin = (size_t)(t->data - data);
        if (begin != cursor)
            return mm_fail(err, MM_ERR_DATA, "%s: data starts at byte %zu, expected %zu (%s)", t->name, begin, cursor,
                           begin < cursor ? "tensors overlap" : "bytes that belong to no tensor");
        cursor += t->bytes;
    }
    if (cursor != data_size)
        return mm_fail(err, MM_ERR_DATA, "%zu bytes after the last tensor", data_size - cursor);
    return MM_OK;
}

static enum mm_status check_metadata(const cJSON *metadata, struct mm_error *err)
{
    const cJSON *item;
    if (!cJSON_IsObject(metadata))
        return mm_fail(err, MM_ERR_DATA, "__metadata__: expected an object of strings");
    cJSON_ArrayForEach (item, metadata)
        if (!cJSON_IsString(item))
            return mm_fail(err, MM_ERR_DATA, "__metadata__.%s: expected a string", item->string);
    return MM_OK;
}

static enum mm_status read_entries(struct mm_arena *arena, const cJSON *header, const unsigned char *data,
                                   size_t data_size, struct mm_safetensors *file, struct mm_error *err)
{
    enum mm_status status;
    const cJSON *entry;
    size_t count = (size_t)cJSON_GetArraySize(header);
    if (!(file->tensors = mm_arena_array(arena, struct mm_st_tensor, count + 1)))
        return mm_fail_memory(err, "the table of tensors");
    cJSON_ArrayForEach (entry, header) {
        if (strcmp(entry->string, "__metadata__") == 0) {
            if (MM_TRY(status, check_metadata(entry, err)))
                return status;
            file->metadata = entry;
        } else if (MM_TRY(status, read_tensor(entry, data, data_size, &file->tensors[file->count++], err))) {
            return mm_fail_in(err, "%s", entry->string);
        }
    }
    qsort(file->tensors, file->count, sizeof(*file->tensors), compare_place);
    return check_cover(file, data, data_size, err);
}

enum mm_status mm_safetensors_parse(struct mm_arena *arena, const char *name, const unsigned char *bytes, size_t size,
                                    struct mm_safetensors **out, struct mm_error *err)
{
    uint64_t length = 0;
    cJSON *header;
    struct mm_safetensors *file = mm_arena_new(arena, struct mm_safetensors);
    if (!file)
        return mm_fail_memory(err, "a weights file");
    if (size < 8)
        return mm_fail(err, MM_ERR_DATA, "%s: %zu bytes are too few for a safetensors file", name, size);
    for (int i = 7; i >= 0; i--)
        length = length << 8 | bytes[i];
    if (length > size - 8)
        return mm_fail(err, MM_ERR_DATA, "%s: the header length is %llu, the file has %zu bytes", name,
                       (unsigned long long)length, size);
    if (length > MM_JSON_SIZE_MAX)
        return mm_fail(err, MM_ERR_DATA, "%s: the header length is %llu, at most %u is read", name,
                       (unsigned long long)length, MM_JSON_SIZE_MAX);
    if (length < 2 || bytes[8] != '{')
        return mm_fail(err, MM_ERR_DATA, "%s: the header must start with '{'", name);
    if (mm_json_parse(arena, name, (const char *)bytes + 8, (size_t)length, &header, err)) {
        if (err && err->status == MM_ERR_CONFIG)
            err->status = MM_ERR_DATA; /* a broken file, not a mistake in a config */
        return err ? err->status : MM_ERR_DATA;
    }
    if (read_entries(arena, header, bytes + 8 + length, size - 8 - (size_t)length, file, err))
        return mm_fail_in(err, "%s", name);
    *out = file;
    return MM_OK;
}

enum mm_status mm_safetensors_read(struct mm_arena *arena, const char *path, struct mm_safetensors **out,
                                   struct mm_error *err)
{
    unsigned char *bytes;
    size_t size;
    enum mm_status status;
    if (MM_TRY(status, mm_file_read(arena, path, MM_SAFETENSORS_SIZE_MAX, &bytes, &size, err)))
        return status;
    return mm_safetensors_parse(arena, path, bytes, size, out, err);
}

const struct mm_st_tensor *mm_safetensors_find(const struct mm_safetensors *file, const char *name)
{
    for (size_t i = 0; i < file->count; i++)
        if (strcmp(file->tensors[i].name, name) == 0)
            return &file->tensors[i];
    return NULL;
}

const char *mm_safetensors_metadata(const struct mm_safetensors *file, const char *key)
{
    const cJSON *value = mm_json_get(file->metadata, key);
    return value ? value->valuestring : NULL;
}
