/* The records of a zip file as they are written here: what a reader of ours compares with, byte by byte. */
#include <string.h>

#include "base/zip_internal.h"

#define UNIX         3
#define VERSION      20 /* deflate, folders */
#define VERSION_64   45
#define UTF8_NAMES   0x0800
#define FIRST_DAY    0x0021 /* 1980-01-01 */
#define MODE_PLAIN   0100644u
#define MODE_PROGRAM 0100755u
#define ZIP64_FIELD  1
#define ALL_ONES     UINT32_MAX
/* From here on sizes stand in the zip64 field: by the size alone, which is known before anything is packed. Deflate makes what cannot
 * be packed larger by far less than the room left. */
#define SIZE_64 0xFF000000u

uint64_t mm_zip_number(const unsigned char *at, int width)
{
    uint64_t value = 0;
    for (int i = width; i-- > 0;)
        value = value << 8 | at[i];
    return value;
}

struct record {
    unsigned char *at;
    size_t length;
};

static void put(struct record *r, uint64_t value, int width)
{
    for (int i = 0; i < width; i++)
        r->at[r->length++] = (unsigned char)(value >> (8 * i));
}

static void put_text(struct record *r, const char *text, size_t length)
{
    memcpy(r->at + r->length, text, length);
    r->length += length;
}

/* From the version needed to the length of the extra field: the same in both records. */
static void put_common(struct record *r, const struct mm_zip_entry *e, bool sizes64, size_t extra)
{
    put(r, extra ? VERSION_64 : VERSION, 2);
    put(r, UTF8_NAMES, 2);
    put(r, (uint64_t)e->method, 2);
    put(r, 0, 2);
    put(r, FIRST_DAY, 2);
    put(r, e->crc, 4);
    put(r, sizes64 ? ALL_ONES : e->packed, 4);
    put(r, sizes64 ? ALL_ONES : e->size, 4);
    put(r, strlen(e->name), 2);
    put(r, extra, 2);
}

static void put_extra(struct record *r, const struct mm_zip_entry *e, bool sizes64, bool offset64, size_t extra)
{
    if (!extra)
        return;
    put(r, ZIP64_FIELD, 2);
    put(r, extra - 4, 2);
    if (sizes64) {
        put(r, e->size, 8);
        put(r, e->packed, 8);
    }
    if (offset64)
        put(r, e->offset, 8);
}

size_t mm_zip_put_local(unsigned char *out, const struct mm_zip_entry *entry)
{
    struct record r = {out, 0};
    bool sizes64 = entry->size >= SIZE_64;
    size_t extra = sizes64 ? 20 : 0;
    put_text(&r, "PK\3\4", 4);
    put_common(&r, entry, sizes64, extra);
    put_text(&r, entry->name, strlen(entry->name));
    put_extra(&r, entry, sizes64, false, extra);
    return r.length;
}

size_t mm_zip_put_central(unsigned char *out, const struct mm_zip_entry *entry)
{
    struct record r = {out, 0};
    bool sizes64 = entry->size >= SIZE_64, offset64 = entry->offset >= ALL_ONES;
    size_t extra = sizes64 || offset64 ? 4 + (sizes64 ? 16u : 0u) + (offset64 ? 8u : 0u) : 0;
    put_text(&r, "PK\1\2", 4);
    put(&r, UNIX << 8 | (extra ? VERSION_64 : VERSION), 2);
    put_common(&r, entry, sizes64, extra);
    put(&r, 0, 2 + 2 + 2); /* comment, disk, internal attributes */
    put(&r, (uint64_t)(entry->executable ? MODE_PROGRAM : MODE_PLAIN) << 16, 4);
    put(&r, offset64 ? ALL_ONES : entry->offset, 4);
    put_text(&r, entry->name, strlen(entry->name));
    put_extra(&r, entry, sizes64, offset64, extra);
    return r.length;
}

static void put_ends64(struct record *r, size_t count, uint64_t directory, uint64_t length)
{
    uint64_t place = directory + length;
    put_text(r, "PK\6\6", 4);
    put(r, MM_ZIP_END64_SIZE - 12, 8);
    put(r, UNIX << 8 | VERSION_64, 2);
    put(r, VERSION_64, 2);
    put(r, 0, 4 + 4);
    put(r, count, 8);
    put(r, count, 8);
    put(r, length, 8);
    put(r, directory, 8);
    put_text(r, "PK\6\7", 4);
    put(r, 0, 4);
    put(r, place, 8);
    put(r, 1, 4);
}

size_t mm_zip_put_ends(unsigned char *out, size_t count, uint64_t directory, uint64_t length)
{
    struct record r = {out, 0};
    bool is64 = count >= UINT16_MAX || directory >= ALL_ONES || length >= ALL_ONES;
    if (is64)
        put_ends64(&r, count, directory, length);
    put_text(&r, "PK\5\6", 4);
    put(&r, 0, 2 + 2);
    put(&r, is64 ? UINT16_MAX : count, 2);
    put(&r, is64 ? UINT16_MAX : count, 2);
    put(&r, is64 ? ALL_ONES : length, 4);
    put(&r, is64 ? ALL_ONES : directory, 4);
    put(&r, 0, 2);
    return r.length;
}
