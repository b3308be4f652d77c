/* Zip files made by hand, byte by byte: sound ones, and those whose halves lie about each other. Knows nothing of base/zip*.c.
 * Source of the layout: PKWARE APPNOTE 6.3.10, section 4.3. */
#ifndef MM_TESTS_BASE_ZIP_FORGE_H
#define MM_TESTS_BASE_ZIP_FORGE_H

#include <stdint.h>
#include <string.h>
#include <zlib.h>

#define ZIP_FORGE_MAX 65536

struct zip_forge {
    unsigned char bytes[ZIP_FORGE_MAX];
    size_t size;
};

/* Zero stands for what is true; what a lie is about is named by its field. */
struct zip_forge_entry {
    const char *name, *local_name; /* local_name NULL: the same */
    size_t name_length;            /* 0: strlen                 */
    const void *bytes;
    size_t length;
    int method, local_method; /* local_method 0: the same */
    unsigned flags, attributes;
    long long size, local_size, packed; /* said instead of the length when not 0 */
    unsigned crc;                       /* added to the true one */
    const void *extra, *local_extra;    /* of the central, of the local record */
    size_t extra_length, local_extra_length;
    const void *behind; /* bytes behind the data: a descriptor, or what belongs to nothing */
    size_t behind_length;
    long long offset; /* said instead of the true one when not 0 */
};

static inline void zip_forge_add(struct zip_forge *z, const void *bytes, size_t size)
{
    if (size && size <= ZIP_FORGE_MAX - z->size)
        memcpy(z->bytes + z->size, bytes, size);
    z->size += size <= ZIP_FORGE_MAX - z->size ? size : 0;
}

static inline void zip_forge_number(struct zip_forge *z, uint64_t value, int width)
{
    for (int i = 0; i < width; i++)
        zip_forge_add(z, &(unsigned char){(unsigned char)(value >> (8 * i))}, 1);
}

static inline void zip_forge_record(struct zip_forge *z, const struct zip_forge_entry *e, int central, size_t offset)
{
    const char *name = !central && e->local_name ? e->local_name : e->name;
    size_t length = e->name_length ? e->name_length : strlen(name);
    int method = !central && e->local_method ? e->local_method : e->method, later = !central && e->flags & 8;
    size_t extra = central ? e->extra_length : e->local_extra_length;
    long long said = !central && e->local_size ? e->local_size : e->size ? e->size : (long long)e->length;
    zip_forge_add(z, central ? "PK\1\2\24\3" : "PK\3\4", central ? 6 : 4);
    zip_forge_number(z, 20, 2);
    zip_forge_number(z, e->flags, 2);
    zip_forge_number(z, (uint64_t)method, 2);
    zip_forge_number(z, 0x210000, 4);
    zip_forge_number(z, later ? 0 : crc32(0, e->bytes, (uInt)e->length) + e->crc, 4);
    zip_forge_number(z, later ? 0 : e->packed ? (uint64_t)e->packed : e->length, 4);
    zip_forge_number(z, later ? 0 : (uint64_t)said, 4);
    zip_forge_number(z, length, 2);
    zip_forge_number(z, extra, 2);
    if (central) {
        zip_forge_number(z, 0, 6);
        zip_forge_number(z, e->attributes, 4);
        zip_forge_number(z, e->offset ? (uint64_t)e->offset : offset, 4);
    }
    zip_forge_add(z, name, length);
    zip_forge_add(z, central ? e->extra : e->local_extra, extra);
}

static inline void zip_forge_end(struct zip_forge *z, size_t count, size_t directory, size_t length)
{
    zip_forge_add(z, "PK\5\6\0\0\0\0", 8);
    zip_forge_number(z, count, 2);
    zip_forge_number(z, count, 2);
    zip_forge_number(z, length, 4);
    zip_forge_number(z, directory, 4);
    zip_forge_number(z, 0, 2);
}

/* Appends a whole zip; offsets count from where it begins. */
static inline void zip_forge_make(struct zip_forge *z, const struct zip_forge_entry *entries, size_t count)
{
    size_t offsets[16], begin = z->size;
    for (size_t i = 0; i < count; i++) {
        offsets[i] = z->size - begin;
        zip_forge_record(z, &entries[i], 0, 0);
        zip_forge_add(z, entries[i].bytes, entries[i].length);
        zip_forge_add(z, entries[i].behind, entries[i].behind_length);
    }
    size_t directory = z->size - begin;
    for (size_t i = 0; i < count; i++)
        zip_forge_record(z, &entries[i], 1, offsets[i]);
    zip_forge_end(z, count, directory, z->size - begin - directory);
}

#endif
