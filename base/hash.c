/* Hashes: SHA-256 by OpenSSL's EVP interface, XXH3 by xxHash, FNV-1a by hand. */
#include "base/hash.h"

#include <openssl/evp.h>
#include <xxhash.h>

#include "base/file.h"

#define FNV_OFFSET 0xCBF29CE484222325u
#define FNV_PRIME  0x100000001B3u

static enum mm_status fail(struct mm_sha256 *hash, struct mm_error *err)
{
    mm_sha256_abandon(hash);
    return mm_fail(err, MM_ERR_DEVICE, "SHA-256 is not available in this OpenSSL");
}

enum mm_status mm_sha256_init(struct mm_sha256 *hash, struct mm_error *err)
{
    hash->context = EVP_MD_CTX_new();
    if (!hash->context)
        return mm_fail_memory(err, "a SHA-256 context");
    return EVP_DigestInit_ex(hash->context, EVP_sha256(), NULL) == 1 ? MM_OK : fail(hash, err);
}

enum mm_status mm_sha256_add(struct mm_sha256 *hash, const void *bytes, size_t size, struct mm_error *err)
{
    return EVP_DigestUpdate(hash->context, bytes, size) == 1 ? MM_OK : fail(hash, err);
}

enum mm_status mm_sha256_done(struct mm_sha256 *hash, unsigned char digest[MM_SHA256_SIZE], struct mm_error *err)
{
    if (EVP_DigestFinal_ex(hash->context, digest, NULL) != 1)
        return fail(hash, err);
    mm_sha256_abandon(hash);
    return MM_OK;
}

void mm_sha256_abandon(struct mm_sha256 *hash)
{
    EVP_MD_CTX_free(hash->context);
    hash->context = NULL;
}

void mm_sha256_hex(const unsigned char digest[MM_SHA256_SIZE], char hex[MM_SHA256_HEX])
{
    for (size_t i = 0; i < MM_SHA256_SIZE; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

enum mm_status mm_sha256_bytes(const void *bytes, size_t size, char hex[MM_SHA256_HEX], struct mm_error *err)
{
    struct mm_sha256 hash;
    unsigned char digest[MM_SHA256_SIZE];
    enum mm_status s;
    if (MM_TRY(s, mm_sha256_init(&hash, err)) || MM_TRY(s, mm_sha256_add(&hash, bytes, size, err)) ||
        MM_TRY(s, mm_sha256_done(&hash, digest, err)))
        return s;
    mm_sha256_hex(digest, hex);
    return MM_OK;
}

uint64_t mm_fnv1a(const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint64_t hash = FNV_OFFSET;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * FNV_PRIME;
    return hash;
}

static enum mm_status add_piece(void *context, const void *bytes, size_t size, struct mm_error *err)
{
    return mm_sha256_add(context, bytes, size, err);
}

enum mm_status mm_sha256_file(const char *path, char hex[MM_SHA256_HEX], struct mm_error *err)
{
    struct mm_sha256 hash;
    unsigned char digest[MM_SHA256_SIZE];
    enum mm_status s;
    if (MM_TRY(s, mm_sha256_init(&hash, err)))
        return s;
    if (MM_TRY(s, mm_file_scan(path, add_piece, &hash, err))) {
        mm_sha256_abandon(&hash);
        return s;
    }
    if (MM_TRY(s, mm_sha256_done(&hash, digest, err)))
        return s;
    mm_sha256_hex(digest, hex);
    return MM_OK;
}

enum mm_status mm_xxh3_init(struct mm_xxh3 *hash, struct mm_error *err)
{
    hash->state = XXH3_createState();
    if (!hash->state)
        return mm_fail_memory(err, "a checksum");
    XXH3_128bits_reset(hash->state);
    return MM_OK;
}

void mm_xxh3_add(struct mm_xxh3 *hash, const void *bytes, size_t size)
{
    XXH3_128bits_update(hash->state, bytes, size);
}

static void put_digest(XXH128_hash_t value, unsigned char digest[MM_XXH3_SIZE])
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, value);
    memcpy(digest, canonical.digest, MM_XXH3_SIZE);
}

void mm_xxh3_done(struct mm_xxh3 *hash, unsigned char digest[MM_XXH3_SIZE])
{
    put_digest(XXH3_128bits_digest(hash->state), digest);
    mm_xxh3_abandon(hash);
}

void mm_xxh3_abandon(struct mm_xxh3 *hash)
{
    XXH3_freeState(hash->state);
    hash->state = NULL;
}

void mm_xxh3_bytes(const void *bytes, size_t size, unsigned char digest[MM_XXH3_SIZE])
{
    put_digest(XXH3_128bits(bytes, size), digest);
}
