/* Fuzzes the zip reader: what it takes must lie in the file, be found by its name, and read the same from memory and from a file. What is
 * refused must come with a text. */
#include <sys/mman.h>
#include <unistd.h>

#include "base/zip.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

static enum mm_status add_up(void *context, const void *bytes, size_t size, struct mm_error *err)
{
    const unsigned char *at = bytes;
    uint64_t *sum = context;
    (void)err;
    for (size_t i = 0; i < size; i++)
        *sum = *sum * 31 + at[i];
    return MM_OK;
}

/* Status and sum of all entries' bytes. */
static enum mm_status read_all(const struct mm_zip *zip, uint64_t *sum, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    for (size_t i = 0; i < zip->count && s == MM_OK; i++) {
        const struct mm_zip_entry *e = &zip->entries[i];
        if (e->data + e->packed > zip->directory || e->offset >= e->data)
            mm_bug("%s does not lie in the file", e->shown);
        if (mm_zip_find(zip, e->name) != e)
            mm_bug("%s is not found", e->shown);
        s = mm_zip_read(zip, e, add_up, sum, err);
    }
    return s;
}

static enum mm_status from_file(struct mm_arena *arena, const unsigned char *bytes, size_t size, uint64_t *sum,
                                struct mm_error *err)
{
    enum mm_status s;
    struct mm_zip *zip;
    int file = memfd_create("fuzz", MFD_CLOEXEC);
    if (file < 0 || write(file, bytes, size) != (ssize_t)size)
        mm_bug("no memory file");
    if ((s = mm_zip_open(arena, mm_arena_format(arena, "/proc/self/fd/%d", file), &zip, err)) == MM_OK) {
        s = read_all(zip, sum, err);
        mm_zip_check_plain(zip, err);
        mm_zip_close(zip);
    }
    close(file);
    return s;
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    struct mm_arena arena;
    struct mm_error err = {.status = MM_OK}, other = {.status = MM_OK};
    struct mm_zip *zip;
    uint64_t here = 0, there = 0;
    mm_arena_init(&arena, NULL);
    enum mm_status s = mm_zip_parse(&arena, bytes, size, &zip, &err);
    if (s == MM_OK)
        s = read_all(zip, &here, &err);
    if (s != MM_OK && !err.text[0])
        mm_bug("a refusal without a text");
    if (from_file(&arena, bytes, size, &there, &other) != s || here != there)
        mm_bug("memory and file differ: \"%s\", \"%s\"", err.text, other.text);
    mm_arena_done(&arena);
    return 0;
}
