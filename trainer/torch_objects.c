/* Storages and tensors of PyTorch files from what the pickle machine hands over. Nothing beyond these names is known, and every
 * number is checked before a tensor is made of it: all its elements lie in its storage, and it has no more of them than that.
 * Format: pytorch 2.x torch/serialization.py (persistent_load) and torch/_utils.py (_rebuild_*). */
#include "trainer/torch_objects.h"

#include <string.h>

#include "trainer/safetensors_internal.h"

enum meaning { DICT, TENSOR, TYPED_TENSOR, PARAMETER, SIZE, DEVICE, STORAGE, DTYPE };

static const struct {
    enum meaning meaning;
    const char *dtype;
} meanings[] = {
    {DICT, NULL},     {TENSOR, NULL},   {TYPED_TENSOR, NULL}, {PARAMETER, NULL}, {SIZE, NULL},     {DEVICE, NULL},
    {STORAGE, "F32"}, {STORAGE, "F64"}, {STORAGE, "F16"},     {STORAGE, "BF16"}, {STORAGE, "I64"}, {STORAGE, "I32"},
    {STORAGE, "I16"}, {STORAGE, "I8"},  {STORAGE, "U8"},      {STORAGE, "BOOL"}, {STORAGE, NULL},  {DTYPE, "F32"},
    {DTYPE, "F64"},   {DTYPE, "F16"},   {DTYPE, "BF16"},      {DTYPE, "I64"},    {DTYPE, "I32"},   {DTYPE, "I16"},
    {DTYPE, "I8"},    {DTYPE, "U8"},    {DTYPE, "BOOL"},
};

/* In the order of `meanings`. */
static const char *const globals[] = {"collections.OrderedDict",
                                      "torch._utils._rebuild_tensor_v2",
                                      "torch._utils._rebuild_tensor_v3",
                                      "torch._utils._rebuild_parameter",
                                      "torch.Size",
                                      "torch.device",
                                      "torch.FloatStorage",
                                      "torch.DoubleStorage",
                                      "torch.HalfStorage",
                                      "torch.BFloat16Storage",
                                      "torch.LongStorage",
                                      "torch.IntStorage",
                                      "torch.ShortStorage",
                                      "torch.CharStorage",
                                      "torch.ByteStorage",
                                      "torch.BoolStorage",
                                      "torch.storage.UntypedStorage",
                                      "torch.float32",
                                      "torch.float64",
                                      "torch.float16",
                                      "torch.bfloat16",
                                      "torch.int64",
                                      "torch.int32",
                                      "torch.int16",
                                      "torch.int8",
                                      "torch.uint8",
                                      "torch.bool",
                                      NULL};
_Static_assert(sizeof(globals) / sizeof(*globals) == sizeof(meanings) / sizeof(*meanings) + 1, "one meaning a name");

static const struct mm_pickle_value *item(const struct mm_pickle_value *tuple, size_t i, enum mm_pickle_kind kind)
{
    if (tuple->kind != MM_PICKLE_TUPLE || i >= tuple->count || tuple->items[i]->kind != kind)
        return NULL;
    return tuple->items[i];
}

static struct mm_torch_object *object_of(const struct mm_pickle_value *tuple, size_t i, bool is_tensor)
{
    const struct mm_pickle_value *value = item(tuple, i, MM_PICKLE_OBJECT);
    struct mm_torch_object *object = value ? value->object : NULL;
    return object && object->is_tensor == is_tensor ? object : NULL;
}

static enum mm_status make_object(struct mm_torch_reader *reader, const struct mm_torch_object *from,
                                  struct mm_pickle_value **out, struct mm_error *err)
{
    struct mm_torch_object *object = mm_arena_new(reader->arena, struct mm_torch_object);
    *out = mm_pickle_make(reader->arena, MM_PICKLE_OBJECT);
    if (!object || !*out)
        return mm_fail_memory(err, "a tensor");
    *object = *from;
    (*out)->object = object;
    return MM_OK;
}

/* A zip has a storage's bytes as an entry. */
static enum mm_status find_bytes(const struct mm_torch_reader *reader, struct mm_torch_storage *storage,
                                 struct mm_error *err)
{
    const char *name = mm_arena_format(reader->arena, "%s/data/%s", reader->folder, storage->key);
    if (!name)
        return mm_fail_memory(err, "a name");
    const struct mm_zip_entry *entry = mm_zip_find(reader->zip, name);
    if (!entry)
        return mm_fail(err, MM_ERR_DATA, "%s is missing", name);
    if (entry->size != storage->bytes)
        return mm_fail(err, MM_ERR_DATA, "%s has %llu bytes, its storage of %zu elements needs %zu", name,
                       (unsigned long long)entry->size, storage->elements, storage->bytes);
    storage->data = reader->zip->bytes + entry->data;
    return MM_OK;
}

/* Old files: all are needed when their bytes come. */
static enum mm_status keep(struct mm_torch_reader *reader, struct mm_torch_storage *storage, struct mm_error *err)
{
    if (reader->storage_count == reader->storage_capacity) {
        size_t grown = reader->storage_capacity ? 2 * reader->storage_capacity : 64;
        struct mm_torch_storage **larger = mm_arena_array(reader->arena, struct mm_torch_storage *, grown);
        if (!larger)
            return mm_fail_memory(err, "a table of storages");
        if (reader->storage_count)
            memcpy(larger, reader->storages, reader->storage_count * sizeof(*larger));
        reader->storages = larger;
        reader->storage_capacity = grown;
    }
    reader->storages[reader->storage_count++] = storage;
    return MM_OK;
}

/* ("storage", type, key, where it was, elements[, None]) */
static enum mm_status load(void *context, const struct mm_pickle_value *id, struct mm_pickle_value **out,
                           struct mm_error *err)
{
    enum mm_status status;
    struct mm_torch_reader *reader = context;
    const struct mm_pickle_value *what = item(id, 0, MM_PICKLE_TEXT), *type = item(id, 1, MM_PICKLE_GLOBAL),
                                 *key = item(id, 2, MM_PICKLE_TEXT), *elements = item(id, 4, MM_PICKLE_INT);
    if (!what || strcmp(what->text, "storage") != 0 || !type || meanings[type->integer].meaning != STORAGE || !key ||
        !elements || elements->integer < 0)
        return mm_fail(err, MM_ERR_DATA,
                       "a persistent id that is no storage (a whole model was saved? save its state_dict)");
    for (const char *c = key->text; *c; c++)
        if (*c < '0' || *c > '9')
            return mm_fail(err, MM_ERR_DATA, "a storage's key that is no number");
    if (id->count > 5 && !item(id, 5, MM_PICKLE_NONE))
        return mm_fail(err, MM_ERR_DATA, "storage \"%.32s\" is a view of another", key->text);
    struct mm_torch_storage *storage = mm_arena_new(reader->arena, struct mm_torch_storage);
    if (!storage)
        return mm_fail_memory(err, "a storage");
    *storage = (struct mm_torch_storage){
        .key = key->text, .dtype = meanings[type->integer].dtype, .elements = (size_t)elements->integer};
    if (!mm_size_mul(storage->elements, storage->dtype ? mm_safetensors_dtype_bytes(storage->dtype) : 1,
                     &storage->bytes))
        return mm_fail(err, MM_ERR_DATA, "storage \"%.32s\" is too large", key->text);
    status = reader->zip ? find_bytes(reader, storage, err) : keep(reader, storage, err);
    return status == MM_OK ? make_object(reader, &(struct mm_torch_object){.storage = storage}, out, err) : status;
}

static enum mm_status read_shape(const struct mm_pickle_value *args, struct mm_strided *view, struct mm_error *err)
{
    const struct mm_pickle_value *size = item(args, 2, MM_PICKLE_TUPLE), *stride = item(args, 3, MM_PICKLE_TUPLE);
    if (!size || !stride || size->count != stride->count)
        return mm_fail(err, MM_ERR_DATA, "size and stride must be tuples of the same length");
    if (size->count > MM_STRIDED_RANK_MAX)
        return mm_fail(err, MM_ERR_DATA, "%zu dimensions, at most %d are read", size->count, MM_STRIDED_RANK_MAX);
    for (size_t i = 0; i < size->count; i++) {
        const struct mm_pickle_value *n = item(size, i, MM_PICKLE_INT), *step = item(stride, i, MM_PICKLE_INT);
        if (!n || !step || n->integer < 0 || step->integer < 0)
            return mm_fail(err, MM_ERR_DATA, "size and stride must be integers from 0");
        view->dim[i] = n->integer;
        view->stride[i] = step->integer;
    }
    view->rank = (int)size->count;
    return MM_OK;
}

/* Elements of an expanded tensor that several indices share are written once for each: a few bytes can stand for as many as one likes,
 * so those of a whole file are counted. */
static enum mm_status count_expanded(struct mm_torch_reader *reader, size_t elements, size_t width,
                                     struct mm_error *err)
{
    size_t bytes;
    if (!mm_size_mul(elements, width, &bytes) || bytes > MM_TORCH_EXPANDED_MAX - reader->expanded)
        return mm_fail(err, MM_ERR_DATA, "expanded tensors, whose elements share storage, of more than %zu MiB",
                       MM_TORCH_EXPANDED_MAX >> 20);
    reader->expanded += bytes;
    return MM_OK;
}

/* All elements lie in the storage, and there are few more of them than the storage has. */
static enum mm_status check_bounds(struct mm_torch_reader *reader, const struct mm_torch_object *tensor,
                                   int64_t offset, struct mm_error *err)
{
    const struct mm_strided *view = &tensor->view;
    size_t width = mm_safetensors_dtype_bytes(view->dtype), room = tensor->storage->bytes / width;
    size_t last = (size_t)offset, count = 1;
    for (int i = 0; i < view->rank; i++)
        if (!view->dim[i])
            return MM_OK;
    for (int i = 0; i < view->rank; i++) {
        size_t step;
        if (!mm_size_mul(count, (size_t)view->dim[i], &count) ||
            !mm_size_mul((size_t)view->dim[i] - 1, (size_t)view->stride[i], &step) || !mm_size_add(last, step, &last))
            return mm_fail(err, MM_ERR_DATA, "size and stride overflow");
    }
    if (last >= room)
        return mm_fail(err, MM_ERR_DATA, "element %zu lies outside storage \"%.32s\" of %zu", last,
                       tensor->storage->key, room);
    return count > room ? count_expanded(reader, count - room, width, err) : MM_OK;
}

/* (storage, offset, size, stride, requires_grad, hooks[, metadata]); v3 has a dtype as seventh. */
static enum mm_status rebuild_tensor(struct mm_torch_reader *reader, const struct mm_pickle_value *args, bool typed,
                                     struct mm_pickle_value **out, struct mm_error *err)
{
    enum mm_status status;
    const struct mm_torch_object *storage = object_of(args, 0, false);
    const struct mm_pickle_value *offset = item(args, 1, MM_PICKLE_INT), *dtype = item(args, 6, MM_PICKLE_GLOBAL);
    if (!storage || !offset || offset->integer < 0)
        return mm_fail(err, MM_ERR_DATA, "expected a storage and an offset from 0");
    struct mm_torch_object tensor = {.is_tensor = true, .storage = storage->storage};
    tensor.view.dtype = storage->storage->dtype;
    tensor.view.big_endian = reader->big_endian;
    if (typed && dtype && meanings[dtype->integer].meaning == DTYPE)
        tensor.view.dtype = meanings[dtype->integer].dtype;
    if (!tensor.view.dtype)
        return mm_fail(err, MM_ERR_DATA, "the tensor does not say its dtype");
    if (MM_TRY(status, read_shape(args, &tensor.view, err)) ||
        MM_TRY(status, check_bounds(reader, &tensor, offset->integer, err)))
        return status;
    size_t bytes;
    if (!mm_strided_bytes(&tensor.view, &bytes))
        return mm_fail(err, MM_ERR_DATA, "the size overflows");
    tensor.offset = bytes ? (size_t)offset->integer * mm_safetensors_dtype_bytes(tensor.view.dtype) : 0;
    return make_object(reader, &tensor, out, err);
}

static enum mm_status reduce(void *context, size_t global, const struct mm_pickle_value *args,
                             struct mm_pickle_value **out, struct mm_error *err)
{
    struct mm_torch_reader *reader = context;
    enum meaning meaning = meanings[global].meaning;
    const struct mm_pickle_value *only = args->count == 1 ? args->items[0] : NULL;
    if (meaning == TENSOR || meaning == TYPED_TENSOR)
        return rebuild_tensor(reader, args, meaning == TYPED_TENSOR, out, err);
    if (meaning == DICT && !args->count)
        return (*out = mm_pickle_make(reader->arena, MM_PICKLE_DICT)) ? MM_OK : mm_fail_memory(err, "a dict");
    if (meaning == PARAMETER && object_of(args, 0, true))
        *out = args->items[0];
    else if (meaning == SIZE && only && only->kind == MM_PICKLE_TUPLE)
        *out = args->items[0];
    else if (meaning == DEVICE && args->count && args->items[0]->kind == MM_PICKLE_TEXT)
        *out = args->items[0];
    else
        return mm_fail(err, MM_ERR_DATA, "called with arguments that weights do not have");
    return MM_OK;
}

struct mm_pickle_hooks mm_torch_hooks(struct mm_torch_reader *reader)
{
    return (struct mm_pickle_hooks){.context = reader, .globals = globals, .reduce = reduce, .load = load};
}
