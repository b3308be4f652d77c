/* Keys that sign: elliptic curves P-256, P-384 and P-521 (what OpenSSF Model Signing v1 asks for), in PEM files. Keys made here are
 * P-256. By OpenSSL's EVP interface. */
#ifndef MM_MMAR_SIGNING_KEY_H
#define MM_MMAR_SIGNING_KEY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/hash.h"

#define MM_SIGNATURE_MAX 160 /* bytes of a DER signature: 139 of P-521 */

struct mm_key {
    void *handle;           /* OpenSSL's; NULL after close                                      */
    char id[MM_SHA256_HEX]; /* SHA-256 of the public key's PEM text: a bundle names its key so */
};

/* Writes <name>.key (PKCS#8, for its owner only, not encrypted) and <name>.pub. Neither may exist; where only
 * <name>.key does, because the program died between the two, its public half is written. */
enum mm_status mm_key_make(struct mm_arena *arena, const char *name, struct mm_key *key, struct mm_error *err);
/* MM_ERR_IO: cannot be read; MM_ERR_DATA: no such key. A private key with a passphrase asks for it (passphrase.h); MM_NO: a wrong one.
 * Close a key that was opened. */
enum mm_status mm_key_open_private(struct mm_arena *arena, const char *path, struct mm_key *key,
                                   struct mm_error *err);
enum mm_status mm_key_open_public(struct mm_arena *arena, const char *path, struct mm_key *key, struct mm_error *err);
void mm_key_close(struct mm_key *key);

/* ECDSA with the curve's SHA-2. The nonce is RFC 6979's, so that equal bytes get equal signatures, from OpenSSL 3.2 on; older ones draw
 * it at random. */
enum mm_status mm_key_sign(const struct mm_key *key, const void *bytes, size_t size,
                           unsigned char signature[MM_SIGNATURE_MAX], size_t *signature_size, struct mm_error *err);
bool mm_key_verify(const struct mm_key *key, const void *bytes, size_t size, const void *signature,
                   size_t signature_size);

#endif
