/* SHA-256 (OpenSSL), XXH3 (xxHash) and FNV-1a. */
#ifndef MM_BASE_HASH_H
#define MM_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define MM_SHA256_SIZE 32
#define MM_SHA256_HEX  65 /* with NUL */

struct mm_sha256 {
    void *context; /* OpenSSL's; NULL after done */
};
enum mm_status mm_sha256_init(struct mm_sha256 *hash, struct mm_error *err);
enum mm_status mm_sha256_add(struct mm_sha256 *hash, const void *bytes, size_t size, struct mm_error *err);
/* Ends the hash and frees the context; also on failure. */
enum mm_status mm_sha256_done(struct mm_sha256 *hash, unsigned char digest[MM_SHA256_SIZE], struct mm_error *err);
void mm_sha256_abandon(struct mm_sha256 *hash);
void mm_sha256_hex(const unsigned char digest[MM_SHA256_SIZE], char hex[MM_SHA256_HEX]);
/* One go. */
enum mm_status mm_sha256_bytes(const void *bytes, size_t size, char hex[MM_SHA256_HEX], struct mm_error *err);
enum mm_status mm_sha256_file(const char *path, char hex[MM_SHA256_HEX], struct mm_error *err);

/* XXH3, 128 bits: at the speed of memory, against accidents, not against attackers. Digests are in xxHash's canonical form. */
#define MM_XXH3_SIZE 16

struct mm_xxh3 {
    void *state; /* xxHash's; NULL after done */
};
enum mm_status mm_xxh3_init(struct mm_xxh3 *hash, struct mm_error *err);
void mm_xxh3_add(struct mm_xxh3 *hash, const void *bytes, size_t size);
/* Ends the hash and frees the state. */
void mm_xxh3_done(struct mm_xxh3 *hash, unsigned char digest[MM_XXH3_SIZE]);
void mm_xxh3_abandon(struct mm_xxh3 *hash); /* fine after done */
/* One go. */
void mm_xxh3_bytes(const void *bytes, size_t size, unsigned char digest[MM_XXH3_SIZE]);

/* FNV-1a, 64 bit: offset 0xCBF29CE484222325, prime 0x100000001B3. */
uint64_t mm_fnv1a(const void *bytes, size_t size);

#endif
