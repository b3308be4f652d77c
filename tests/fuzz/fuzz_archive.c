/* Fuzzes the archive reader: zstd frame, tar, manifest, members, end. The first byte chooses what the rest is:
 * an even one: a file as it is; an odd one: a tar stream, put into a sound frame here (a checksum cannot be guessed).
 * What is read must be the same twice, and what is refused must come with a text. */
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "mmar/archive/archive.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

struct seen {
    bool is_signed;
    size_t files, bytes, ends;
};

static enum mm_status begin(void *context, const char *name, uint64_t size, bool executable, struct mm_error *err)
{
    struct seen *seen = context;
    (void)size, (void)executable;
    seen->files++;
    seen->is_signed = seen->is_signed || !strcmp(name, MM_ARCHIVE_SIGNATURE);
    return mm_archive_name_check(name, err);
}

static enum mm_status piece(void *context, const void *bytes, size_t size, struct mm_error *err)
{
    (void)bytes, (void)err;
    ((struct seen *)context)->bytes += size;
    return MM_OK;
}

static enum mm_status end(void *context, struct mm_error *err)
{
    (void)err;
    ((struct seen *)context)->ends++;
    return MM_OK;
}

/* The file in memory, by its path. */
static int file_of(struct mm_arena *arena, const unsigned char *bytes, size_t size, bool compress, const char **path)
{
    int file = memfd_create("fuzz", MFD_CLOEXEC);
    if (file < 0)
        mm_bug("no memory file");
    if (compress) {
        ZSTD_CCtx *context = ZSTD_createCCtx();
        size_t room = ZSTD_compressBound(size);
        unsigned char *frame = mm_arena_alloc(arena, room);
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 1);
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
        size = ZSTD_compress2(context, frame, room, bytes, size);
        bytes = frame;
        ZSTD_freeCCtx(context);
    }
    if (write(file, bytes, size) != (ssize_t)size)
        mm_bug("cannot write");
    *path = mm_arena_format(arena, "/proc/self/fd/%d", file);
    return file;
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    struct mm_arena arena;
    struct mm_error err = {.status = MM_OK};
    struct seen seen = {0};
    const struct mm_archive_visitor visitor = {.begin = begin, .piece = piece, .end = end, .context = &seen};
    const char *path;
    cJSON *manifest;
    if (!size)
        return 0;
    mm_arena_init(&arena, NULL);
    int file = file_of(&arena, bytes + 1, size - 1, bytes[0] & 1, &path);
    enum mm_status s = mm_archive_read(&arena, path, &visitor, &manifest, &err);
    if (s != MM_OK && !err.text[0])
        mm_bug("a refusal without a text");
    if (s == MM_OK) {
        if (seen.ends != seen.files ||
            (size_t)cJSON_GetArraySize(mm_json_get(manifest, "files")) + seen.is_signed != seen.files)
            mm_bug("%zu files began, %zu ended", seen.files, seen.ends);
        if (mm_archive_manifest(&arena, path, &manifest, &err) != MM_OK ||
            mm_archive_read(&arena, path, NULL, &manifest, &err) != MM_OK)
            mm_bug("read once, refused the second time: %s", err.text);
    }
    close(file);
    mm_arena_done(&arena);
    return 0;
}
