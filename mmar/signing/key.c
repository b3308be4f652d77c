/* Keys that sign. Format facts: PEM is RFC 7468, PKCS#8 RFC 5958, SubjectPublicKeyInfo RFC 5480, the deterministic nonce RFC 6979. */
#include "mmar/signing/key.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <unistd.h>

#include "base/file.h"
#include "mmar/signing/passphrase.h"

#define KEY_FILE_MAX 65536
#define NONCE_TYPE   "nonce-type" /* OSSL_SIGNATURE_PARAM_NONCE_TYPE of OpenSSL 3.2; older ones ignore it */

static const struct {
    const char *name;
    const EVP_MD *(*hash)(void);
} curves[] = {{"prime256v1", EVP_sha256}, {"secp384r1", EVP_sha384}, {"secp521r1", EVP_sha512}};

/* The hash that goes with the key's curve; NULL: no curve for signing models. */
static const EVP_MD *hash_of(const struct mm_key *key)
{
    char name[64];
    size_t length;
    if (EVP_PKEY_is_a(key->handle, "EC") != 1 ||
        EVP_PKEY_get_group_name(key->handle, name, sizeof name, &length) != 1)
        return NULL;
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        if (!strcmp(name, curves[i].name))
            return curves[i].hash();
    return NULL;
}

/* The public half as PEM, in the arena, and from it the key's id. */
static enum mm_status identify(struct mm_arena *arena, struct mm_key *key, char **pem, struct mm_error *err)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    *pem = NULL;
    if (bio && PEM_write_bio_PUBKEY(bio, key->handle) == 1) {
        long size = BIO_get_mem_data(bio, &text);
        *pem = mm_arena_textn(arena, text, (size_t)size);
    }
    BIO_free(bio);
    return *pem ? mm_sha256_bytes(*pem, strlen(*pem), key->id, err) : mm_fail_memory(err, "a key");
}

struct asking {
    const char *path;
    struct mm_error error; /* why there is no passphrase */
};

/* OpenSSL's pem_password_cb. */
static int give_passphrase(char *buffer, int size, int writing, void *context)
{
    struct asking *asking = context;
    int length = -1;
    if (writing || mm_passphrase(asking->path, buffer, (size_t)size, &length, &asking->error) != MM_OK)
        return -1;
    return length;
}

static enum mm_status check(struct mm_arena *arena, const char *path, const char *kind, struct mm_key *key,
                            struct mm_error *err)
{
    enum mm_status s;
    char *pem;
    if (!key->handle)
        return mm_fail(err, MM_ERR_DATA, "%s: holds no %s key in PEM form", path, kind);
    if (!hash_of(key))
        return mm_fail(err, MM_ERR_DATA,
                       "%s: is a key of another kind: models are signed on the curves P-256, P-384 and P-521", path);
    if (MM_TRY(s, identify(arena, key, &pem, err)))
        mm_fail_in(err, "%s", path);
    return s;
}

enum mm_status mm_key_open_private(struct mm_arena *arena, const char *path, struct mm_key *key, struct mm_error *err)
{
    enum mm_status s;
    unsigned char *bytes;
    size_t size;
    struct asking asking = {.path = path, .error = {.status = MM_OK}};
    *key = (struct mm_key){.handle = NULL};
    if (MM_TRY(s, mm_file_read(arena, path, KEY_FILE_MAX, &bytes, &size, err)))
        return s;
    bool encrypted = strstr((char *)bytes, "ENCRYPTED") != NULL;
    BIO *bio = BIO_new_mem_buf(bytes, (int)size);
    if (bio)
        key->handle = PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, &asking);
    BIO_free(bio);
    OPENSSL_cleanse(bytes, size);
    if (asking.error.status != MM_OK)
        s = mm_fail(err, asking.error.status, "%s", asking.error.text);
    else if (encrypted && !key->handle)
        s = mm_fail(err, MM_NO, "%s: the passphrase does not open it", path);
    else
        s = check(arena, path, "private", key, err);
    if (s != MM_OK)
        mm_key_close(key);
    return s;
}

enum mm_status mm_key_open_public(struct mm_arena *arena, const char *path, struct mm_key *key, struct mm_error *err)
{
    enum mm_status s;
    unsigned char *bytes;
    size_t size;
    *key = (struct mm_key){.handle = NULL};
    if (MM_TRY(s, mm_file_read(arena, path, KEY_FILE_MAX, &bytes, &size, err)))
        return s;
    bool is_private = strstr((char *)bytes, "PRIVATE KEY") != NULL;
    BIO *bio = BIO_new_mem_buf(bytes, (int)size);
    if (bio && !is_private)
        key->handle = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    BIO_free(bio);
    if (is_private)
        OPENSSL_cleanse(bytes, size);
    s = is_private ? mm_fail(err, MM_ERR_DATA, "%s: is a private key: checking takes the public one (.pub)", path)
                   : check(arena, path, "public", key, err);
    if (s != MM_OK)
        mm_key_close(key);
    return s;
}

void mm_key_close(struct mm_key *key)
{
    EVP_PKEY_free(key->handle);
    key->handle = NULL;
}

/* A new file that only its owner can read, whole or not there. */
static enum mm_status write_secret(const char *path, const char *bytes, size_t size, struct mm_error *err)
{
    enum mm_status s;
    struct mm_file_writer writer;
    if (MM_TRY(s, mm_file_writer_open_secret(&writer, path, err)))
        return s;
    setbuf(writer.stream, NULL); /* no copy of the key stays in memory */
    mm_file_writer_write(&writer, bytes, size);
    return mm_file_writer_commit(&writer, err);
}

static enum mm_status write_private(const char *path, const struct mm_key *key, struct mm_error *err)
{
    enum mm_status s;
    BIO *bio = BIO_new(BIO_s_secmem());
    char *text;
    if (bio && PEM_write_bio_PKCS8PrivateKey(bio, key->handle, NULL, NULL, 0, NULL, NULL) == 1) {
        long size = BIO_get_mem_data(bio, &text);
        s = write_secret(path, text, (size_t)size, err);
    } else
        s = mm_fail_memory(err, "a key");
    BIO_free(bio);
    return s;
}

/* The secret half is written first: what died before the other is completed here. */
static enum mm_status make_open_half(struct mm_arena *arena, const char *secret, const char *open_half,
                                     struct mm_key *key, struct mm_error *err)
{
    enum mm_status s;
    char *pem;
    if (MM_TRY(s, mm_key_open_private(arena, secret, key, err)) || MM_TRY(s, identify(arena, key, &pem, err)))
        return s;
    return mm_file_write(open_half, pem, strlen(pem), err);
}

enum mm_status mm_key_make(struct mm_arena *arena, const char *name, struct mm_key *key, struct mm_error *err)
{
    enum mm_status s;
    char *pem, *secret = mm_arena_format(arena, "%s.key", name), *open_half = mm_arena_format(arena, "%s.pub", name);
    *key = (struct mm_key){.handle = NULL};
    if (!secret || !open_half)
        return mm_fail_memory(err, "a file name");
    if (mm_file_exists(secret) && !mm_file_exists(open_half))
        return make_open_half(arena, secret, open_half, key, err);
    if (mm_file_exists(secret) || mm_file_exists(open_half))
        return mm_fail(err, MM_ERR_USAGE, "%s: exists already: a key is never overwritten",
                       mm_file_exists(secret) ? secret : open_half);
    key->handle = EVP_EC_gen("P-256");
    if (!key->handle)
        return mm_fail(err, MM_ERR_DEVICE, "this OpenSSL cannot make a key on P-256");
    if (MM_TRY(s, identify(arena, key, &pem, err)))
        return s;
    if ((s = write_private(secret, key, err)) == MM_OK)
        s = mm_file_write(open_half, pem, strlen(pem), err);
    if (s != MM_OK && s != MM_ERR_USAGE && !mm_file_exists(open_half))
        unlink(secret); /* which was not there when this began */
    return s;
}

enum mm_status mm_key_sign(const struct mm_key *key, const void *bytes, size_t size,
                           unsigned char signature[MM_SIGNATURE_MAX], size_t *signature_size, struct mm_error *err)
{
    unsigned deterministic = 1;
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_uint(NONCE_TYPE, &deterministic), OSSL_PARAM_construct_end()};
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *inner = NULL;
    *signature_size = MM_SIGNATURE_MAX;
    bool good = context && EVP_DigestSignInit(context, &inner, hash_of(key), NULL, key->handle) == 1 &&
                EVP_PKEY_CTX_set_params(inner, params) >= 0 &&
                EVP_DigestSign(context, signature, signature_size, bytes, size) == 1;
    EVP_MD_CTX_free(context);
    return good ? MM_OK : mm_fail(err, MM_ERR_DEVICE, "this OpenSSL cannot sign with that key");
}

bool mm_key_verify(const struct mm_key *key, const void *bytes, size_t size, const void *signature,
                   size_t signature_size)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && EVP_DigestVerifyInit(context, NULL, hash_of(key), NULL, key->handle) == 1 &&
                EVP_DigestVerify(context, signature, signature_size, bytes, size) == 1;
    EVP_MD_CTX_free(context);
    return good;
}
