/* The two containers of PyTorch's weights files. Zip: <folder>/data.pkl, <folder>/data/<key>, <folder>/byteorder. Before 1.6: three
 * pickles (magic number, protocol, system), the object, the list of storage keys, then each storage as a count and its elements.
 * Source: pytorch 2.x torch/serialization.py, _save, _legacy_save. */
#include "trainer/torch_file.h"

#include <stdlib.h>
#include <string.h>

#include "trainer/safetensors_internal.h"
#include "trainer/torch_objects.h"

#define PICKLE_ENTRY "/data.pkl"

/* The pickle of 0x1950a86a20f9469cfc6c. */
static const unsigned char magic[] = {0x80, 2,    0x8a, 10,   0x6c, 0xfc, 0x9c, 0x46,
                                      0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.'};

static bool is_old(const unsigned char *bytes, size_t size)
{
    return size >= sizeof(magic) && !memcmp(bytes, magic, sizeof(magic));
}

bool mm_torch_is(const unsigned char *bytes, size_t size)
{
    return mm_zip_is(bytes, size) || is_old(bytes, size);
}

bool mm_torch_tensor(const struct mm_pickle_value *value, struct mm_strided *out)
{
    const struct mm_torch_object *object = value->kind == MM_PICKLE_OBJECT ? value->object : NULL;
    if (!object || !object->is_tensor)
        return false;
    *out = object->view;
    out->data = object->storage->data + object->offset;
    return true;
}

/* The folder is the name that the file was saved under, so it is looked for. */
static enum mm_status find_folder(struct mm_torch_reader *reader, const struct mm_zip_entry **pickle,
                                  struct mm_error *err)
{
    *pickle = NULL;
    for (size_t i = 0; i < reader->zip->count; i++) {
        const char *name = reader->zip->by_name[i]->name, *slash = strchr(name, '/');
        if (slash && !strcmp(slash, PICKLE_ENTRY)) {
            if (*pickle)
                return mm_fail(err, MM_ERR_DATA, "%s and %s: one is expected", (*pickle)->shown,
                               reader->zip->by_name[i]->shown);
            *pickle = reader->zip->by_name[i];
            reader->folder = mm_arena_textn(reader->arena, name, (size_t)(slash - name));
        }
    }
    if (!*pickle)
        return mm_fail(err, MM_ERR_DATA, "a zip file without data.pkl is not PyTorch's");
    return reader->folder ? MM_OK : mm_fail_memory(err, "a name");
}

/* torch.save stores: what is packed is not its own, and could not be borrowed. All bytes are read once, for their checksums. */
static enum mm_status check_entries(const struct mm_zip *zip, struct mm_error *err)
{
    enum mm_status status = MM_OK;
    for (size_t i = 0; i < zip->count && status == MM_OK; i++) {
        const struct mm_zip_entry *e = &zip->entries[i];
        status = e->method ? mm_fail(err, MM_ERR_DATA,
                                     "%s is compressed (method %d): entries must be stored, as torch.save does",
                                     e->shown, e->method)
                           : mm_zip_read(zip, e, NULL, NULL, err);
    }
    return status;
}

static const struct mm_zip_entry *find_entry(const struct mm_torch_reader *reader, const char *name)
{
    const char *full = mm_arena_format(reader->arena, "%s/%s", reader->folder, name);
    return full ? mm_zip_find(reader->zip, full) : NULL;
}

static enum mm_status parse_zip(struct mm_torch_reader *reader, const unsigned char *bytes, size_t size,
                                struct mm_pickle_value **root, struct mm_error *err)
{
    enum mm_status status;
    struct mm_zip *zip;
    const struct mm_zip_entry *pickle, *order;
    const struct mm_pickle_hooks hooks = mm_torch_hooks(reader);
    if (MM_TRY(status, mm_zip_parse(reader->arena, bytes, size, &zip, err)))
        return status;
    reader->zip = zip;
    if (MM_TRY(status, find_folder(reader, &pickle, err)))
        return status;
    if (find_entry(reader, "constants.pkl"))
        return mm_fail(err, MM_ERR_DATA,
                       "a TorchScript archive holds a program: save the state_dict of the model instead");
    if (MM_TRY(status, check_entries(zip, err)))
        return status;
    order = find_entry(reader, "byteorder");
    reader->big_endian = order && order->size == 3 && !memcmp(bytes + order->data, "big", 3);
    if (MM_TRY(status,
               mm_pickle_read(reader->arena, bytes + pickle->data, (size_t)pickle->size, &hooks, root, NULL, err)))
        return mm_fail_in(err, "%s", pickle->shown);
    return MM_OK;
}

static int compare_key(const void *a, const void *b)
{
    return strcmp((*(struct mm_torch_storage *const *)a)->key, (*(struct mm_torch_storage *const *)b)->key);
}

/* Gives the bytes of a key to all storages of that key, which stand together. */
static enum mm_status give_bytes(struct mm_torch_reader *reader, const char *key, const unsigned char *data,
                                 uint64_t elements, size_t room, size_t *taken, struct mm_error *err)
{
    struct mm_torch_storage wanted = {.key = key}, *pointer = &wanted;
    struct mm_torch_storage **found =
        bsearch(&pointer, reader->storages, reader->storage_count, sizeof(pointer), compare_key);
    if (!found || (*found)->data)
        return mm_fail(err, MM_ERR_DATA, "storage \"%.32s\" belongs to no tensor or comes twice", key);
    while (found > reader->storages && !compare_key(found - 1, &pointer))
        found--;
    struct mm_torch_storage **end = reader->storages + reader->storage_count;
    *taken = (*found)->bytes;
    for (; found < end && !compare_key(found, &pointer); found++) {
        if ((*found)->elements != elements || (*found)->bytes != *taken || *taken > room)
            return mm_fail(err, MM_ERR_DATA,
                           "storage \"%.32s\": %llu elements do not fit what its tensors or the file have", key,
                           (unsigned long long)elements);
        (*found)->data = data;
    }
    return MM_OK;
}

static enum mm_status read_storages(struct mm_torch_reader *reader, const struct mm_pickle_value *keys,
                                    const unsigned char *bytes, size_t size, struct mm_error *err)
{
    enum mm_status status;
    size_t at = 0, taken = 0;
    if (keys->kind != MM_PICKLE_LIST)
        return mm_fail(err, MM_ERR_DATA, "the list of storages is missing");
    if (reader->storage_count)
        qsort(reader->storages, reader->storage_count, sizeof(*reader->storages), compare_key);
    for (size_t i = 0; i < keys->count; i++) {
        uint64_t elements = 0;
        if (keys->items[i]->kind != MM_PICKLE_TEXT || size - at < 8)
            return mm_fail(err, MM_ERR_DATA, "the file is cut off at storage %zu of %zu", i + 1, keys->count);
        for (int b = 8; b-- > 0;)
            elements = elements << 8 | bytes[at + (size_t)b];
        at += 8;
        if (!reader->storage_count)
            return mm_fail(err, MM_ERR_DATA, "storages without a tensor");
        if (MM_TRY(status, give_bytes(reader, keys->items[i]->text, bytes + at, elements, size - at, &taken, err)))
            return status;
        at += taken;
    }
    for (size_t i = 0; i < reader->storage_count; i++)
        if (!reader->storages[i]->data)
            return mm_fail(err, MM_ERR_DATA, "storage \"%.32s\" is missing", reader->storages[i]->key);
    return MM_OK;
}

static enum mm_status parse_old(struct mm_torch_reader *reader, const unsigned char *bytes, size_t size,
                                struct mm_pickle_value **root, struct mm_error *err)
{
    enum mm_status status;
    const struct mm_pickle_hooks hooks = mm_torch_hooks(reader);
    struct mm_pickle_value *pickles[4]; /* protocol, system, the object, keys */
    size_t at = sizeof(magic), used;
    for (int i = 0; i < 4; i++) {
        if (MM_TRY(status, mm_pickle_read(reader->arena, bytes + at, size - at, &hooks, &pickles[i], &used, err)))
            return mm_fail_in(err, "pickle %d", i + 2);
        at += used;
        if (i == 0 && (pickles[0]->kind != MM_PICKLE_INT || pickles[0]->integer != 1001))
            return mm_fail(err, MM_ERR_DATA, "not protocol 1001 of torch.save");
    }
    const struct mm_pickle_value *little = mm_pickle_get(pickles[1], "little_endian");
    reader->big_endian = little && little->kind == MM_PICKLE_BOOL && !little->integer;
    if (reader->big_endian)
        return mm_fail(err, MM_ERR_DATA, "an old file of a big-endian machine is not read");
    *root = pickles[2];
    return read_storages(reader, pickles[3], bytes + at, size - at, err);
}

enum mm_status mm_torch_parse(struct mm_arena *arena, const unsigned char *bytes, size_t size,
                              struct mm_torch_file **out, struct mm_error *err)
{
    enum mm_status status;
    struct mm_torch_reader reader = {.arena = arena};
    struct mm_pickle_value *root;
    struct mm_torch_file *file = mm_arena_new(arena, struct mm_torch_file);
    if (!file)
        return mm_fail_memory(err, "a weights file");
    if (mm_zip_is(bytes, size))
        status = parse_zip(&reader, bytes, size, &root, err);
    else if (is_old(bytes, size))
        status = parse_old(&reader, bytes, size, &root, err);
    else
        status = mm_fail(err, MM_ERR_DATA, "not a file of torch.save");
    if (status != MM_OK)
        return status;
    *file = (struct mm_torch_file){mm_zip_is(bytes, size) ? "PyTorch zip" : "PyTorch before 1.6", root};
    *out = file;
    return MM_OK;
}
