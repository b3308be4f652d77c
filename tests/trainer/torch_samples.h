/* PyTorch files made by hand, byte for byte as torch.save lays them out: pickles of opcodes, stored zips. */
#ifndef MM_TESTS_TRAINER_TORCH_SAMPLES_H
#define MM_TESTS_TRAINER_TORCH_SAMPLES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#define SAMPLE_MAX 65536

struct sample {
    unsigned char bytes[SAMPLE_MAX];
    size_t size;
};

static inline void sample_add(struct sample *s, const void *bytes, size_t size)
{
    if (size > SAMPLE_MAX - s->size)
        return;
    memcpy(s->bytes + s->size, bytes, size);
    s->size += size;
}

static inline void sample_number(struct sample *s, uint64_t value, int width)
{
    for (int i = 0; i < width; i++)
        sample_add(s, &(unsigned char){(unsigned char)(value >> (8 * i))}, 1);
}

/* Opcodes without arguments, such as "}(" or "\x88\x89". */
static inline void sample_ops(struct sample *s, const char *ops)
{
    sample_add(s, ops, strlen(ops));
}

static inline void sample_text(struct sample *s, const char *text)
{
    sample_ops(s, "X");
    sample_number(s, strlen(text), 4);
    sample_ops(s, text);
}

static inline void sample_int(struct sample *s, int64_t value)
{
    sample_add(s, "\x8a\x08", 2);
    sample_number(s, (uint64_t)value, 8);
}

static inline void sample_tuple(struct sample *s, const int64_t *values, int count)
{
    sample_ops(s, "(");
    for (int i = 0; i < count; i++)
        sample_int(s, values[i]);
    sample_ops(s, "t");
}

/* What a tensor's pickle says; the storage's key is one digit. */
struct sample_tensor {
    const char *storage; /* "FloatStorage" */
    int key;
    int64_t elements, offset;
    int rank;
    int64_t size[9], stride[9];
};

static inline void sample_put_tensor(struct sample *s, const struct sample_tensor *t)
{
    char key[8];
    snprintf(key, sizeof(key), "%d", t->key);
    sample_ops(s, "ctorch._utils\n_rebuild_tensor_v2\n((");
    sample_text(s, "storage");
    sample_ops(s, "ctorch\n");
    sample_ops(s, t->storage);
    sample_ops(s, "\n");
    sample_text(s, key);
    sample_text(s, "cpu");
    sample_int(s, t->elements);
    sample_ops(s, "tQ");
    sample_int(s, t->offset);
    sample_tuple(s, t->size, t->rank);
    sample_tuple(s, t->stride, t->rank);
    sample_ops(s, "\x89"
                  "ccollections\nOrderedDict\n)RtR");
}

struct sample_entry {
    const char *name;
    const void *bytes;
    size_t size;
    int method;
};

static inline void sample_header(struct sample *s, const struct sample_entry *e, bool central, size_t offset)
{
    sample_add(s, central ? "PK\1\2\0\0" : "PK\3\4", central ? 6 : 4);
    sample_number(s, 0, 4);
    sample_number(s, (uint64_t)e->method, 2);
    sample_number(s, 0, 4);
    sample_number(s, crc32(0, e->bytes, (uInt)e->size), 4);
    sample_number(s, e->size, 4);
    sample_number(s, e->size, 4);
    sample_number(s, strlen(e->name), 2);
    sample_add(s, (const char[12]){0}, central ? 12 : 2);
    if (central)
        sample_number(s, offset, 4);
    sample_ops(s, e->name);
}

static inline void sample_zip(struct sample *s, const struct sample_entry *entries, int count)
{
    size_t offsets[16], start;
    for (int i = 0; i < count; i++) {
        offsets[i] = s->size;
        sample_header(s, &entries[i], false, 0);
        sample_add(s, entries[i].bytes, entries[i].size);
    }
    start = s->size;
    for (int i = 0; i < count; i++)
        sample_header(s, &entries[i], true, offsets[i]);
    size_t length = s->size - start;
    sample_add(s, "PK\5\6\0\0\0\0", 8);
    sample_number(s, (uint64_t)count, 2);
    sample_number(s, (uint64_t)count, 2);
    sample_number(s, length, 4);
    sample_number(s, start, 4);
    sample_number(s, 0, 2);
}

#endif
