/* safetensors files: the 8-byte little-endian header length, the JSON header, the data. Every rule is enforced on reading: header at
 * most 100 MB (ours: MM_JSON_SIZE_MAX), starts with '{', no duplicate names, offsets cover the data without gap or overlap in order,
 * shapes multiply to the sizes without overflow, known dtypes, metadata is string to string. */
#ifndef MM_TRAINER_SAFETENSORS_H
#define MM_TRAINER_SAFETENSORS_H

#include "base/json.h"

struct mm_st_tensor {
    const char *name, *dtype; /* "F32", "I64", "U8", "BF16", ... */
    int rank;
    int64_t dim[8];
    const unsigned char *data; /* into the arena's copy of the file */
    size_t bytes;
};

struct mm_safetensors {
    size_t count;
    struct mm_st_tensor *tensors; /* in file order */
    const cJSON *metadata;        /* object of strings, NULL when none */
};

enum mm_status mm_safetensors_read(struct mm_arena *arena, const char *path, struct mm_safetensors **out,
                                   struct mm_error *err);
enum mm_status mm_safetensors_parse(struct mm_arena *arena, const char *name, const unsigned char *bytes, size_t size,
                                    struct mm_safetensors **out, struct mm_error *err);
const struct mm_st_tensor *mm_safetensors_find(const struct mm_safetensors *file, const char *name);
const char *mm_safetensors_metadata(const struct mm_safetensors *file, const char *key); /* NULL when absent */
/* Elements as floats (F32, F64, F16, BF16, integers); count must match. */
enum mm_status mm_safetensors_floats(const struct mm_st_tensor *tensor, float *out, size_t count,
                                     struct mm_error *err);

/* Writes atomically. `fill` is called for each tensor in turn to give its bytes (so that a big model need not be in memory twice). */
struct mm_st_writer_item {
    const char *name, *dtype;
    int rank;
    int64_t dim[8];
    size_t bytes;
};
typedef enum mm_status mm_st_fill(void *context, size_t index, void *bytes, struct mm_error *err);
enum mm_status mm_safetensors_write(const char *path, const cJSON *metadata, const struct mm_st_writer_item *items,
                                    size_t count, mm_st_fill *fill, void *context, struct mm_error *err);

#endif
