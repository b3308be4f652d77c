/* Gzip in memory (RFC 1952). Bulk work by libdeflate, the first bytes of a file by zlib, which can stop early. */
#ifndef MM_IMAGE_GZIP_H
#define MM_IMAGE_GZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

/* Deflate cannot expand further than this (RFC 1951: 258 bytes from 2 bits), so a size promised beyond it is a
 * lie. */
#define MM_DEFLATE_RATIO_MAX 1032

bool mm_gzip_is(const unsigned char *bytes, size_t size);
/* Can `packed` bytes of deflate hold `unpacked` bytes? */
bool mm_gzip_can_hold(size_t packed, size_t unpacked);
/* Up to `want` bytes from the start; returns how many there were before the end, a cut or damage. */
size_t mm_gzip_prefix(const unsigned char *bytes, size_t size, unsigned char *out, size_t want);
/* Exactly the first `want` bytes, all members in order, checksums compared. More bytes than wanted are ignored. */
enum mm_status mm_gzip_unpack(const unsigned char *bytes, size_t size, unsigned char *out, size_t want,
                              struct mm_error *err);
/* One member without name and time, so that equal input gives equal bytes. In the arena. */
enum mm_status mm_gzip_pack(struct mm_arena *arena, const unsigned char *bytes, size_t size, unsigned char **out,
                            size_t *out_size, struct mm_error *err);

#endif
