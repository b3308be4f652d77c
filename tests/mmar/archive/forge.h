/* Archives made by hand, byte by byte: sound ones that mm_pack did not write, and those that nobody should be able to unpack.
 * Knows nothing of mmar/archive: the tar headers are written here (POSIX.1-2017, ustar Interchange Format). */
#ifndef MM_TESTS_MMAR_ARCHIVE_FORGE_H
#define MM_TESTS_MMAR_ARCHIVE_FORGE_H

#include <zstd.h>

#include "base/hash.h"
#include "tests/support/scratch.h"

#define FORGE_MAX ((size_t)160 << 20)

/* A tar header's fields; zero stands for what mm_pack writes. */
struct forge_member {
    const char *name;
    const void *bytes;
    size_t size;
    char type;                       /* 0: '0' */
    unsigned mode, uid, mtime;       /* mode 0: 0644 */
    const char *link, *user, *magic; /* magic NULL: "ustar" 00 */
};

struct forge {
    struct mm_arena *arena;
    unsigned char *bytes;
    size_t size;
};

__attribute__((unused)) static struct forge forge_begin(struct mm_arena *arena, size_t capacity)
{
    return (struct forge){arena, mm_arena_alloc(arena, capacity), 0};
}

__attribute__((unused)) static void forge_add(struct forge *f, const void *bytes, size_t size)
{
    if (size)
        memcpy(f->bytes + f->size, bytes, size);
    f->size += size;
}

/* Octal, width 6, blank behind: as many tars write it. */
__attribute__((unused)) static void forge_octal(unsigned char *field, unsigned value)
{
    for (int i = 5; i >= 0; i--, value /= 8)
        field[i] = (unsigned char)('0' + value % 8);
    field[6] = ' ';
}

__attribute__((unused)) static void forge_member(struct forge *f, const struct forge_member *m)
{
    unsigned char h[512] = {0};
    unsigned sum = 0;
    snprintf((char *)h, 100, "%s", m->name);
    forge_octal(h + 100, m->mode ? m->mode : 0644);
    forge_octal(h + 108, m->uid);
    forge_octal(h + 116, 0);
    snprintf((char *)h + 124, 12, "%011llo", (unsigned long long)m->size & 077777777777ull);
    snprintf((char *)h + 136, 12, "%011o", m->mtime);
    memset(h + 148, ' ', 8);
    h[156] = (unsigned char)(m->type ? m->type : '0');
    if (m->link)
        snprintf((char *)h + 157, 100, "%s", m->link);
    memcpy(h + 257, m->magic ? m->magic : "ustar\00000", 8);
    if (m->user)
        snprintf((char *)h + 265, 32, "%s", m->user);
    for (size_t i = 0; i < sizeof h; i++)
        sum += h[i];
    forge_octal(h + 148, sum);
    forge_add(f, h, sizeof h);
    forge_add(f, m->bytes, m->size);
    static const unsigned char zeros[512];
    forge_add(f, zeros, (512 - m->size % 512) % 512);
}

__attribute__((unused)) static void forge_end(struct forge *f)
{
    static const unsigned char zeros[1024];
    forge_add(f, zeros, sizeof zeros);
}

struct forge_how {
    bool no_checksum;
    int window_log;
};

/* The tar as one zstd frame. */
__attribute__((unused)) static unsigned char *forge_frame(const struct forge *f, const struct forge_how *how,
                                                          size_t *size)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    size_t room = ZSTD_compressBound(f->size);
    unsigned char *out = mm_arena_alloc(f->arena, room);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, how && how->no_checksum ? 0 : 1);
    if (how && how->window_log)
        ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, how->window_log);
    ZSTD_inBuffer in = {f->bytes, f->size, 0};
    ZSTD_outBuffer to = {out, room, 0};
    ZSTD_inBuffer first = {f->bytes, f->size ? 1 : 0,
                           0}; /* so that the size is not known when the frame's head is written */
    ZSTD_compressStream2(context, &to, &first, ZSTD_e_flush);
    in.pos = first.pos;
    while (ZSTD_compressStream2(context, &to, &in, ZSTD_e_end) > 0)
        ;
    ZSTD_freeCCtx(context);
    *size = to.pos;
    return out;
}

__attribute__((unused)) static char *forge_write(struct scratch *scratch, const struct forge *f,
                                                 const struct forge_how *how)
{
    size_t size;
    const unsigned char *frame = forge_frame(f, how, &size);
    return scratch_file(scratch, "forged.mmar", frame, size);
}

/* The manifest's row of a file. */
__attribute__((unused)) static char *forge_row(struct mm_arena *arena, const char *name, const void *bytes,
                                               size_t size)
{
    char digest[MM_SHA256_HEX];
    mm_sha256_bytes(bytes, size, digest, NULL);
    return mm_arena_format(arena, "{\"path\": \"%s\", \"size\": %zu, \"sha256\": \"%s\"}", name, size, digest);
}

__attribute__((unused)) static void forge_manifest(struct forge *f, const char *rows)
{
    const char *text = mm_arena_format(f->arena, "{\"format\": 1, \"name\": \"forged\", \"files\": [%s]}", rows);
    forge_member(f, &(struct forge_member){.name = "manifest.json", .bytes = text, .size = strlen(text)});
}

#endif
