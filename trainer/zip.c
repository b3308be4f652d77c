/* Stored zip files: from the end backwards to the directory, from there to each entry. See zip.h. */
#include "trainer/zip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define LOCAL_SIZE     30
#define DIRECTORY_SIZE 46
#define END_SIZE       22
#define LOCATOR_SIZE   20
#define END64_SIZE     56
#define COMMENT_MAX    65535
#define NAME_MAX_BYTES 1024

struct zip_bytes {
    const unsigned char *at;
    size_t size;
};

/* Where the directory lies and how many entries it has. */
struct directory {
    uint64_t offset, size, count;
};

static uint64_t little(const unsigned char *at, int width)
{
    uint64_t value = 0;
    for (int i = width; i-- > 0;)
        value = value << 8 | at[i];
    return value;
}

static bool has_signature(const struct zip_bytes *zip, uint64_t offset, size_t length, const char *signature)
{
    return offset <= zip->size && length <= zip->size - offset && !memcmp(zip->at + offset, signature, 4);
}

bool mm_zip_is(const unsigned char *bytes, size_t size)
{
    return size >= 4 && !memcmp(bytes, "PK\3\4", 4);
}

static enum mm_status find_end(const struct zip_bytes *zip, size_t *end, struct mm_error *err)
{
    if (zip->size >= END_SIZE)
        for (size_t back = END_SIZE; back <= zip->size && back <= END_SIZE + COMMENT_MAX; back++) {
            size_t at = zip->size - back;
            if (!memcmp(zip->at + at, "PK\5\6", 4) && little(zip->at + at + 20, 2) == back - END_SIZE) {
                *end = at;
                return MM_OK;
            }
        }
    return mm_fail(err, MM_ERR_DATA, "the zip file has no end record: it was cut off");
}

static enum mm_status find_directory(const struct zip_bytes *zip, struct directory *out, struct mm_error *err)
{
    enum mm_status status;
    size_t end = 0;
    if (MM_TRY(status, find_end(zip, &end, err)))
        return status;
    const unsigned char *record = zip->at + end;
    bool one_disk = !little(record + 4, 2) && !little(record + 6, 2);
    *out = (struct directory){little(record + 16, 4), little(record + 12, 4), little(record + 10, 2)};
    if (end >= LOCATOR_SIZE && has_signature(zip, end - LOCATOR_SIZE, LOCATOR_SIZE, "PK\6\7")) {
        uint64_t place = little(zip->at + end - LOCATOR_SIZE + 8, 8);
        if (!has_signature(zip, place, END64_SIZE, "PK\6\6"))
            return mm_fail(err, MM_ERR_DATA, "the zip64 end record is not at byte %llu", (unsigned long long)place);
        record = zip->at + place;
        one_disk = !little(record + 16, 4) && !little(record + 20, 4);
        *out = (struct directory){little(record + 48, 8), little(record + 40, 8), little(record + 32, 8)};
    }
    if (!one_disk)
        return mm_fail(err, MM_ERR_DATA, "the zip file has several disks");
    if (out->count > MM_ZIP_ENTRIES_MAX)
        return mm_fail(err, MM_ERR_DATA, "the zip file says that it has %llu entries, at most %u are read",
                       (unsigned long long)out->count, MM_ZIP_ENTRIES_MAX);
    if (out->offset > end || out->size > end - out->offset || out->count * DIRECTORY_SIZE > out->size)
        return mm_fail(err, MM_ERR_DATA, "the zip file's directory does not lie in the file");
    return MM_OK;
}

/* The zip64 extra field holds, in this order, those of size, compressed size and offset that are all ones in the record. */
static bool read_zip64(const unsigned char *extra, size_t length, uint64_t *const values[3])
{
    while (length >= 4) {
        size_t part = little(extra + 2, 2);
        if (part > length - 4)
            return false;
        if (little(extra, 2) == 1) {
            size_t at = 0;
            for (int i = 0; i < 3; i++) {
                if (*values[i] != UINT32_MAX)
                    continue;
                if (part - at < 8)
                    return false;
                *values[i] = little(extra + 4 + at, 8);
                at += 8;
            }
            return true;
        }
        extra += 4 + part;
        length -= 4 + part;
    }
    return *values[0] != UINT32_MAX && *values[1] != UINT32_MAX && *values[2] != UINT32_MAX;
}

/* From the local header at `offset` to the data behind it. */
static enum mm_status find_data(const struct zip_bytes *zip, uint64_t offset, uint64_t limit,
                                struct mm_zip_entry *entry, struct mm_error *err)
{
    size_t length = strlen(entry->name);
    if (!has_signature(zip, offset, LOCAL_SIZE, "PK\3\4"))
        return mm_fail(err, MM_ERR_DATA, "%s: no header at byte %llu", entry->name, (unsigned long long)offset);
    const unsigned char *local = zip->at + offset;
    uint64_t start = offset + LOCAL_SIZE + little(local + 26, 2) + little(local + 28, 2);
    if (start > limit || entry->size > limit - start)
        return mm_fail(err, MM_ERR_DATA, "%s: its %zu bytes do not lie in the file", entry->name, entry->size);
    if (little(local + 26, 2) != length || memcmp(local + LOCAL_SIZE, entry->name, length) != 0 ||
        little(local + 8, 2))
        return mm_fail(err, MM_ERR_DATA, "%s: its header says otherwise than the directory", entry->name);
    entry->data = zip->at + start;
    return MM_OK;
}

/* One record of the directory; `*at` moves behind it. */
static enum mm_status read_entry(struct mm_arena *arena, const struct zip_bytes *zip,
                                 const struct directory *directory, uint64_t *at, struct mm_zip_entry *entry,
                                 struct mm_error *err)
{
    uint64_t end = directory->offset + directory->size;
    if (!has_signature(zip, *at, DIRECTORY_SIZE, "PK\1\2") || *at + DIRECTORY_SIZE > end)
        return mm_fail(err, MM_ERR_DATA, "the zip file's directory is broken at byte %llu", (unsigned long long)*at);
    const unsigned char *record = zip->at + *at;
    size_t name = little(record + 28, 2), extra = little(record + 30, 2), comment = little(record + 32, 2);
    uint64_t size = little(record + 24, 4), packed = little(record + 20, 4), offset = little(record + 42, 4);
    if (*at + DIRECTORY_SIZE + name + extra + comment > end)
        return mm_fail(err, MM_ERR_DATA, "the zip file's directory is broken at byte %llu", (unsigned long long)*at);
    *at += DIRECTORY_SIZE + name + extra + comment;
    if (!name || name > NAME_MAX_BYTES || memchr(record + DIRECTORY_SIZE, 0, name))
        return mm_fail(err, MM_ERR_DATA, "an entry's name is empty, longer than %d bytes or has a NUL byte",
                       NAME_MAX_BYTES);
    if (!(entry->name = mm_arena_textn(arena, (const char *)record + DIRECTORY_SIZE, name)))
        return mm_fail_memory(err, "a zip file's directory");
    if (little(record + 10, 2) != 0)
        return mm_fail(err, MM_ERR_DATA, "%s is compressed (method %llu): entries must be stored, as torch.save does",
                       entry->name, (unsigned long long)little(record + 10, 2));
    if (little(record + 8, 2) & 1)
        return mm_fail(err, MM_ERR_DATA, "%s is encrypted", entry->name);
    uint64_t *const values[] = {&size, &packed, &offset};
    if (!read_zip64(record + DIRECTORY_SIZE + name, extra, values) || size != packed)
        return mm_fail(err, MM_ERR_DATA, "%s: its sizes do not fit together", entry->name);
    entry->size = size;
    entry->crc = (uint32_t)little(record + 16, 4);
    return find_data(zip, offset, directory->offset, entry, err);
}

static enum mm_status check_sum(const struct mm_zip_entry *entry, struct mm_error *err)
{
    uint32_t found = (uint32_t)crc32_z(crc32_z(0, NULL, 0), entry->data, entry->size);
    if (found != entry->crc)
        return mm_fail(err, MM_ERR_DATA, "%s is damaged: its checksum is %08x, the directory says %08x", entry->name,
                       (unsigned)found, (unsigned)entry->crc);
    return MM_OK;
}

static int compare_place(const void *a, const void *b)
{
    const struct mm_zip_entry *x = a, *y = b;
    if (x->data != y->data)
        return x->data < y->data ? -1 : 1;
    return x->size < y->size ? -1 : x->size > y->size;
}

static int compare_name(const void *a, const void *b)
{
    return strcmp(((const struct mm_zip_entry *)a)->name, ((const struct mm_zip_entry *)b)->name);
}

static enum mm_status check_entries(struct mm_zip *zip, struct mm_error *err)
{
    enum mm_status status;
    qsort(zip->entries, zip->count, sizeof(*zip->entries), compare_place);
    for (size_t i = 1; i < zip->count; i++)
        if (zip->entries[i - 1].data + zip->entries[i - 1].size > zip->entries[i].data)
            return mm_fail(err, MM_ERR_DATA, "the entries %s and %s overlap", zip->entries[i - 1].name,
                           zip->entries[i].name);
    /* only now: entries that overlap could make this long */
    for (size_t i = 0; i < zip->count; i++)
        if (MM_TRY(status, check_sum(&zip->entries[i], err)))
            return status;
    qsort(zip->entries, zip->count, sizeof(*zip->entries), compare_name);
    for (size_t i = 1; i < zip->count; i++)
        if (compare_name(&zip->entries[i - 1], &zip->entries[i]) == 0)
            return mm_fail(err, MM_ERR_DATA, "the entry %s is there twice", zip->entries[i].name);
    return MM_OK;
}

enum mm_status mm_zip_parse(struct mm_arena *arena, const unsigned char *bytes, size_t size, struct mm_zip **out,
                            struct mm_error *err)
{
    enum mm_status status;
    const struct zip_bytes file = {bytes, size};
    struct directory directory;
    struct mm_zip *zip = mm_arena_new(arena, struct mm_zip);
    if (MM_TRY(status, find_directory(&file, &directory, err)))
        return status;
    if (!zip || !(zip->entries = mm_arena_array(arena, struct mm_zip_entry, directory.count + 1)))
        return mm_fail_memory(err, "a zip file's directory");
    for (uint64_t at = directory.offset; zip->count < directory.count; zip->count++)
        if (MM_TRY(status, read_entry(arena, &file, &directory, &at, &zip->entries[zip->count], err)))
            return status;
    if (MM_TRY(status, check_entries(zip, err)))
        return status;
    *out = zip;
    return MM_OK;
}

const struct mm_zip_entry *mm_zip_find(const struct mm_zip *zip, const char *name)
{
    const struct mm_zip_entry wanted = {.name = name};
    return bsearch(&wanted, zip->entries, zip->count, sizeof(wanted), compare_name);
}
