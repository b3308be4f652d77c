/* What the names in a PyTorch weights file stand for: storages and tensors. Shared by torch_file.c and torch_objects.c only. */
#ifndef MM_TRAINER_TORCH_OBJECTS_H
#define MM_TRAINER_TORCH_OBJECTS_H

#include "base/zip.h"
#include "trainer/pickle.h"
#include "trainer/strided.h"

struct mm_torch_storage {
    const char *key;
    const char *dtype; /* NULL: untyped, elements are bytes */
    size_t elements, bytes;
    const unsigned char *data; /* NULL until known: in old files it comes behind the pickle */
};

struct mm_torch_object {
    bool is_tensor;
    struct mm_torch_storage *storage; /* the object itself, or where the tensor's elements are */
    struct mm_strided view;           /* a tensor's, without data */
    size_t offset;                    /* of its element 0, in bytes */
};

#define MM_TORCH_EXPANDED_MAX ((size_t)64 << 20) /* bytes that a file's tensors may have beyond their storages */

struct mm_torch_reader {
    struct mm_arena *arena;
    const struct mm_zip *zip; /* NULL: an old file */
    const char *folder;       /* of the zip's entries: "archive" */
    bool big_endian;
    size_t expanded;                    /* bytes so far, see above */
    struct mm_torch_storage **storages; /* met so far; kept for old files only */
    size_t storage_count, storage_capacity;
};

struct mm_pickle_hooks mm_torch_hooks(struct mm_torch_reader *reader);

#endif
