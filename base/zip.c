/* A zip file's entries: each record of the directory, and the header before the bytes that must agree with it. See zip.h. */
#include "base/zip.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "base/zip_internal.h"

#define EXTRA_MAX       65535
#define DEFLATE_MAX     1032 /* bytes that one byte of deflate can stand for */
#define FIELD_ZIP64     1
#define FIELD_PATH      0x7075
#define FLAG_DESCRIPTOR 0x0008
#define FLAGS_REFUSED   0x2061 /* encrypted, patched, strongly encrypted, masked header */
#define ATTRIBUTE_LINK  0x400  /* Windows: a reparse point */

struct reader {
    struct mm_arena *arena;
    struct mm_zip *zip;
    struct mm_zip_directory directory;
    const unsigned char *records; /* the directory's bytes */
    unsigned char *head;          /* room for one local header with name and extra fields */
    uint16_t *flags;              /* of each entry */
};

/* Entries --------------------------------------------------------------------------------------------------------- */

/* The zip64 field holds, in this order, those of size, packed size and offset that are all ones in the record. */
static bool read_zip64(const unsigned char *field, size_t length, uint64_t *const values[3])
{
    size_t at = 0;
    for (int i = 0; i < 3; i++) {
        if (*values[i] != UINT32_MAX)
            continue;
        if (length - at < 8)
            return false;
        *values[i] = mm_zip_number(field + at, 8);
        at += 8;
    }
    return at == length;
}

/* One that is not needed may only repeat. */
static bool repeats(const unsigned char *field, size_t length, uint64_t *const values[3])
{
    for (int i = 0; i < 3 && length >= 8; i++, field += 8, length -= 8)
        if (i < 2 && mm_zip_number(field, 8) != *values[i])
            return false;
    return true;
}

/* Extra fields: zip64, and a Unicode path, which may say nothing else than the name does. */
static enum mm_status read_extra(const unsigned char *extra, size_t length, const struct mm_zip_entry *e,
                                 uint64_t *const values[3], struct mm_error *err)
{
    bool found = false;
    size_t name_length = strlen(e->name);
    bool needed = *values[0] == UINT32_MAX || *values[1] == UINT32_MAX || *values[2] == UINT32_MAX;
    while (length >= 4) {
        uint64_t kind = mm_zip_number(extra, 2);
        size_t part = (size_t)mm_zip_number(extra + 2, 2);
        const unsigned char *field = extra + 4;
        if (part > length - 4)
            return mm_fail(err, MM_ERR_DATA, "%s: its extra fields are broken", e->shown);
        if (kind == FIELD_ZIP64 &&
            (found || !(needed ? read_zip64(field, part, values) : repeats(field, part, values))))
            return mm_fail(err, MM_ERR_DATA, "%s: its sizes do not fit together", e->shown);
        if (kind == FIELD_PATH && (part != name_length + 5 || memcmp(field + 5, e->name, name_length) != 0))
            return mm_fail(err, MM_ERR_DATA, "%s: an extra field gives it a second name", e->shown);
        found = found || kind == FIELD_ZIP64;
        extra += 4 + part;
        length -= 4 + part;
    }
    return needed && !found ? mm_fail(err, MM_ERR_DATA, "%s: its sizes do not fit together", e->shown) : MM_OK;
}

/* What kind of file the attributes say it is. */
static enum mm_status read_attributes(const unsigned char *record, struct mm_zip_entry *e, struct mm_error *err)
{
    uint64_t attributes = mm_zip_number(record + 38, 4);
    mode_t mode = (mode_t)(attributes >> 16), kind = mode & S_IFMT;
    bool folder = mm_text_ends(e->name, "/");
    if (kind == S_IFLNK || attributes & ATTRIBUTE_LINK)
        return mm_fail(err, MM_ERR_DATA, "%s: is a link", e->shown);
    if (kind && kind != S_IFREG && kind != S_IFDIR)
        return mm_fail(err, MM_ERR_DATA, "%s: is neither file nor folder", e->shown);
    if ((kind == S_IFDIR && !folder) || (kind == S_IFREG && folder) || (folder && (e->size || e->packed)))
        return mm_fail(err, MM_ERR_DATA, "%s: is called a folder, and a file", e->shown);
    e->executable = !folder && mode & 0100;
    return MM_OK;
}

static enum mm_status check_sizes(const struct mm_zip_entry *e, uint64_t flags, struct mm_error *err)
{
    if (flags & FLAGS_REFUSED)
        return mm_fail(err, MM_ERR_DATA, "%s is encrypted", e->shown);
    if (e->method != MM_ZIP_STORED && e->method != MM_ZIP_DEFLATED)
        return mm_fail(err, MM_ERR_DATA, "%s: is packed by method %d: stored and deflated (8) are read", e->shown,
                       e->method);
    if (e->method == MM_ZIP_STORED ? e->size != e->packed : e->size / DEFLATE_MAX > e->packed)
        return mm_fail(err, MM_ERR_DATA, "%s: its sizes do not fit together", e->shown);
    return MM_OK;
}

/* The name, and what of it may be shown. */
static enum mm_status read_name(struct mm_arena *arena, const unsigned char *text, size_t length,
                                struct mm_zip_entry *e, struct mm_error *err)
{
    bool plain = length && length <= MM_ZIP_NAME_MAX, ascii = true;
    for (size_t i = 0; plain && i < length; i++) {
        plain = text[i] >= ' ' && text[i] != 0x7F;
        ascii = ascii && text[i] < 0x80;
    }
    if (!plain)
        return mm_fail(err, MM_ERR_DATA, "an entry's name is empty, longer than %d bytes or has a control character",
                       MM_ZIP_NAME_MAX);
    char *shown = mm_arena_textn(arena, (const char *)text, length);
    e->shown = e->name = shown;
    if (shown && !ascii && (e->shown = shown = mm_arena_text(arena, shown)))
        for (; *shown; shown++)
            *shown = (unsigned char)*shown < 0x80 ? *shown : '?';
    return e->name && e->shown ? MM_OK : mm_fail_memory(err, "a zip file's directory");
}

/* One record of the directory; `*at` moves behind it. */
static enum mm_status read_entry(struct reader *r, uint64_t *at, struct mm_zip_entry *e, struct mm_error *err)
{
    enum mm_status s;
    const unsigned char *record = r->records + *at;
    uint64_t left = r->directory.size - *at;
    if (left < MM_ZIP_CENTRAL_SIZE || memcmp(record, "PK\1\2", 4) != 0)
        return mm_fail(err, MM_ERR_DATA, "the zip file's directory is broken at byte %llu",
                       (unsigned long long)(r->directory.offset + *at));
    size_t name = (size_t)mm_zip_number(record + 28, 2), extra = (size_t)mm_zip_number(record + 30, 2),
           comment = (size_t)mm_zip_number(record + 32, 2);
    if (left - MM_ZIP_CENTRAL_SIZE < name + extra + comment)
        return mm_fail(err, MM_ERR_DATA, "the zip file's directory is broken at byte %llu",
                       (unsigned long long)(r->directory.offset + *at));
    *at += MM_ZIP_CENTRAL_SIZE + name + extra + comment;
    const unsigned char *text = record + MM_ZIP_CENTRAL_SIZE;
    if (MM_TRY(s, read_name(r->arena, text, name, e, err)))
        return s;
    e->method = (int)mm_zip_number(record + 10, 2);
    e->crc = (uint32_t)mm_zip_number(record + 16, 4);
    e->packed = mm_zip_number(record + 20, 4);
    e->size = mm_zip_number(record + 24, 4);
    e->offset = mm_zip_number(record + 42, 4);
    uint64_t flags = mm_zip_number(record + 8, 2), *const values[] = {&e->size, &e->packed, &e->offset};
    if (mm_zip_number(record + 34, 2))
        return mm_fail(err, MM_ERR_DATA, "%s: lies on another disk", e->shown);
    if (MM_TRY(s, read_extra(text + name, extra, e, values, err)) || MM_TRY(s, check_sizes(e, flags, err)))
        return s;
    r->flags[e - r->zip->entries] = (uint16_t)flags;
    return read_attributes(record, e, err);
}

/* The header before the bytes says what the directory says. */
static enum mm_status check_local(struct reader *r, struct mm_zip_entry *e, struct mm_error *err)
{
    enum mm_status s;
    uint16_t flags = r->flags[e - r->zip->entries];
    size_t length = strlen(e->name);
    const unsigned char *local = r->head;
    uint64_t limit = r->directory.offset, room = MM_ZIP_LOCAL_SIZE + length;
    if (e->offset > limit || limit - e->offset < room)
        return mm_fail(err, MM_ERR_DATA, "%s: no header at byte %llu", e->shown, (unsigned long long)e->offset);
    if (MM_TRY(s, mm_zip_fetch(r->zip, e->offset, r->head, (size_t)room, err)))
        return s;
    if (memcmp(local, "PK\3\4", 4) != 0)
        return mm_fail(err, MM_ERR_DATA, "%s: no header at byte %llu", e->shown, (unsigned long long)e->offset);
    size_t extra = (size_t)mm_zip_number(local + 28, 2);
    uint64_t crc = mm_zip_number(local + 14, 4), packed = mm_zip_number(local + 18, 4),
             size = mm_zip_number(local + 22, 4), none = 0, *const values[] = {&size, &packed, &none};
    e->data = e->offset + room + extra;
    if (e->data > limit || e->packed > limit - e->data)
        return mm_fail(err, MM_ERR_DATA, "%s: its %llu bytes do not lie in the file", e->shown,
                       (unsigned long long)e->packed);
    if (MM_TRY(s, mm_zip_fetch(r->zip, e->offset + room, r->head + room, extra, err)))
        return s;
    bool same = mm_zip_number(local + 26, 2) == length && !memcmp(local + MM_ZIP_LOCAL_SIZE, e->name, length) &&
                mm_zip_number(local + 6, 2) == flags && mm_zip_number(local + 8, 2) == (uint64_t)e->method;
    if (same && MM_TRY(s, read_extra(local + room, extra, e, values, err)))
        return s;
    bool later = flags & FLAG_DESCRIPTOR && !crc && !packed && !size;
    if (!same || (!later && (crc != e->crc || packed != e->packed || size != e->size)))
        return mm_fail(err, MM_ERR_DATA, "%s: its header says otherwise than the directory", e->shown);
    return MM_OK;
}

/* Between an entry's bytes and what follows: nothing, or a data descriptor that agrees with the directory. */
static enum mm_status check_gap(struct reader *r, const struct mm_zip_entry *e, uint64_t next, struct mm_error *err)
{
    enum mm_status s;
    uint64_t end = e->data + e->packed, gap = next - end;
    unsigned char bytes[24], *at = bytes;
    if (end > next)
        return mm_fail(err, MM_ERR_DATA, "the entries overlap: %s goes on into the next one", e->shown);
    if (!(r->flags[e - r->zip->entries] & FLAG_DESCRIPTOR))
        return gap ? mm_fail(err, MM_ERR_DATA, "%s: %llu bytes behind it belong to nothing", e->shown,
                             (unsigned long long)gap)
                   : MM_OK;
    if (gap != 12 && gap != 16 && gap != 20 && gap != 24)
        return mm_fail(err, MM_ERR_DATA, "%s: has no data descriptor of a right length", e->shown);
    if (MM_TRY(s, mm_zip_fetch(r->zip, end, bytes, (size_t)gap, err)))
        return s;
    bool marked = gap == 16 || gap == 24;
    int width = gap >= 20 ? 8 : 4;
    at += marked ? 4 : 0;
    if ((marked && memcmp(bytes, "PK\7\10", 4) != 0) || mm_zip_number(at, 4) != e->crc ||
        mm_zip_number(at + 4, width) != e->packed || mm_zip_number(at + 4 + width, width) != e->size)
        return mm_fail(err, MM_ERR_DATA, "%s: its data descriptor says otherwise than the directory", e->shown);
    return MM_OK;
}

static int compare_place(const void *a, const void *b)
{
    const struct mm_zip_entry *x = *(const struct mm_zip_entry *const *)a,
                              *y = *(const struct mm_zip_entry *const *)b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int compare_name(const void *a, const void *b)
{
    return strcmp((*(const struct mm_zip_entry *const *)a)->name, (*(const struct mm_zip_entry *const *)b)->name);
}

/* The entries lie one behind the other, from the first byte of the file to the directory. */
static enum mm_status check_places(struct reader *r, const struct mm_zip_entry **by, struct mm_error *err)
{
    enum mm_status s;
    size_t count = r->zip->count;
    uint64_t total = 0;
    qsort(by, count, sizeof *by, compare_place);
    if ((count ? by[0]->offset : r->directory.offset) != 0)
        return mm_fail(err, MM_ERR_DATA, "the zip file has %llu bytes before its first entry",
                       (unsigned long long)(count ? by[0]->offset : r->directory.offset));
    for (size_t i = 0; i < count; i++) {
        if (MM_TRY(s, check_gap(r, by[i], i + 1 < count ? by[i + 1]->offset : r->directory.offset, err)))
            return s;
        total += by[i]->size < UINT64_MAX - total ? by[i]->size : UINT64_MAX - total;
    }
    if (total > MM_ZIP_RATIO_FROM && total / MM_ZIP_RATIO_MAX > r->zip->size)
        return mm_fail(err, MM_ERR_DATA, "unpacks to more than %d times its size", MM_ZIP_RATIO_MAX);
    return MM_OK;
}

static enum mm_status read_entries(struct reader *r, struct mm_error *err)
{
    enum mm_status s;
    struct mm_zip *zip = r->zip;
    uint64_t at = 0;
    for (; zip->count < r->directory.count; zip->count++) {
        struct mm_zip_entry *e = &zip->entries[zip->count];
        if (MM_TRY(s, read_entry(r, &at, e, err)) || MM_TRY(s, check_local(r, e, err)))
            return s;
        zip->by_name[zip->count] = e;
    }
    if (at != r->directory.size)
        return mm_fail(err, MM_ERR_DATA, "the zip file's directory has more records than its end says");
    if (MM_TRY(s, check_places(r, zip->by_name, err)))
        return s;
    qsort(zip->by_name, zip->count, sizeof *zip->by_name, compare_name);
    for (size_t i = 1; i < zip->count; i++)
        if (compare_name(&zip->by_name[i - 1], &zip->by_name[i]) == 0)
            return mm_fail(err, MM_ERR_DATA, "the entry %s is there twice", zip->by_name[i]->shown);
    return MM_OK;
}

static enum mm_status read_directory(struct mm_arena *arena, struct mm_zip *zip, struct mm_error *err)
{
    enum mm_status s;
    struct reader r = {.arena = arena, .zip = zip};
    if (MM_TRY(s, mm_zip_find_directory(arena, zip, &r.directory, err)))
        return s;
    size_t count = (size_t)r.directory.count;
    zip->directory = r.directory.offset;
    zip->entries = mm_arena_array(arena, struct mm_zip_entry, count + 1);
    zip->by_name = mm_arena_array(arena, const struct mm_zip_entry *, count + 1);
    r.flags = mm_arena_array(arena, uint16_t, count + 1);
    r.head = mm_arena_alloc(arena, MM_ZIP_LOCAL_SIZE + MM_ZIP_NAME_MAX + EXTRA_MAX);
    if (!zip->entries || !zip->by_name || !r.flags || !r.head)
        return mm_fail_memory(err, "a zip file's directory");
    if (MM_TRY(s, mm_zip_borrow(arena, zip, r.directory.offset, (size_t)r.directory.size, &r.records, err)))
        return s;
    return read_entries(&r, err);
}

enum mm_status mm_zip_parse(struct mm_arena *arena, const unsigned char *bytes, size_t size, struct mm_zip **out,
                            struct mm_error *err)
{
    enum mm_status s;
    struct mm_zip *zip = mm_arena_new(arena, struct mm_zip);
    if (!zip)
        return mm_fail_memory(err, "a zip file's directory");
    *zip = (struct mm_zip){.bytes = bytes, .file = -1, .size = size};
    if (MM_TRY(s, read_directory(arena, zip, err)))
        return s;
    *out = zip;
    return MM_OK;
}

enum mm_status mm_zip_open(struct mm_arena *arena, const char *path, struct mm_zip **out, struct mm_error *err)
{
    enum mm_status s;
    struct stat about;
    struct mm_zip *zip = mm_arena_new(arena, struct mm_zip);
    if (!zip)
        return mm_fail_memory(err, "a zip file's directory");
    zip->file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (zip->file < 0 || fstat(zip->file, &about) != 0) {
        s = mm_fail(err, MM_ERR_IO, "cannot open: %s", strerror(errno));
    } else if (!S_ISREG(about.st_mode)) {
        s = mm_fail(err, MM_ERR_IO, "is no plain file");
    } else {
        zip->size = (uint64_t)about.st_size;
        s = read_directory(arena, zip, err);
    }
    *out = s == MM_OK ? zip : NULL;
    if (s != MM_OK)
        mm_zip_close(zip);
    return s;
}

void mm_zip_close(struct mm_zip *zip)
{
    if (zip && zip->file >= 0)
        close(zip->file);
    if (zip)
        zip->file = -1;
}

const struct mm_zip_entry *mm_zip_find(const struct mm_zip *zip, const char *name)
{
    const struct mm_zip_entry wanted = {.name = name}, *pointer = &wanted;
    const struct mm_zip_entry **found = bsearch(&pointer, zip->by_name, zip->count, sizeof pointer, compare_name);
    return found ? *found : NULL;
}
