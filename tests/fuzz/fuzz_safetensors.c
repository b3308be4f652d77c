/* Fuzzes the reader of weights files: trainer/safetensors.c, the header's JSON, the conversion to floats. What is read must cover the
 * data exactly. */
#include "trainer/safetensors.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

static void check_tensor(const struct mm_st_tensor *t, const unsigned char *bytes, size_t size)
{
    struct mm_error err;
    size_t count = 1;
    if (t->data < bytes || t->bytes > size || (size_t)(t->data - bytes) > size - t->bytes)
        mm_bug("tensor %s lies outside the file", t->name);
    for (int i = 0; i < t->rank; i++)
        count *= (size_t)t->dim[i];
    float *values = mm_alloc(count * sizeof(float));
    if (values && mm_safetensors_floats(t, values, count, &err) != MM_OK && strncmp(t->dtype, "F8", 2) != 0)
        mm_bug("tensor %s has no floats: %s", t->name, err.text);
    mm_free(values);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    struct mm_arena arena;
    struct mm_safetensors *file;
    struct mm_error err = {0};
    size_t covered = 0;
    mm_arena_init(&arena, NULL);
    if (mm_safetensors_parse(&arena, "input", bytes, size, &file, &err) == MM_OK) {
        for (size_t i = 0; i < file->count; i++) {
            check_tensor(&file->tensors[i], bytes, size);
            covered += file->tensors[i].bytes;
        }
        if (covered > size)
            mm_bug("tensors overlap");
    } else if (!*err.text) {
        mm_bug("an error without a text");
    }
    mm_arena_done(&arena);
    return 0;
}
