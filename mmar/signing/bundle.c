/* Sigstore bundle v0.3 (https://docs.sigstore.dev/about/bundle/) around a DSSE envelope
 * (https://github.com/secure-systems-lab/dsse/blob/v1.0.0/protocol.md), signed with a key. */
#include "mmar/signing/bundle.h"

#include <openssl/evp.h>

#include "mmar/archive/archive.h"

#define MEDIA_TYPE   "application/vnd.dev.sigstore.bundle.v0.3+json"
#define PAYLOAD_TYPE "application/vnd.in-toto+json"
#define BASE64       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

static char *encode(struct mm_arena *arena, const void *bytes, size_t size)
{
    char *text = size < MM_JSON_SIZE_MAX ? mm_arena_alloc(arena, (size + 2) / 3 * 4 + 1) : NULL;
    if (text)
        EVP_EncodeBlock((unsigned char *)text, bytes, (int)size);
    return text;
}

static enum mm_status decode(struct mm_arena *arena, const cJSON *node, const char *what, const unsigned char **out,
                             size_t *size, struct mm_error *err)
{
    const char *text = cJSON_IsString(node) ? node->valuestring : "";
    size_t length = strlen(text), plain = strspn(text, BASE64), padding = length - plain;
    if (!length || length % 4 || padding > 2 || strspn(text + plain, "=") != padding)
        return mm_fail(err, MM_ERR_DATA, "its %s is no base64", what);
    unsigned char *bytes = mm_arena_alloc(arena, length / 4 * 3 + 1);
    if (!bytes)
        return mm_fail_memory(err, "a signature");
    if (EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)length) < 0)
        return mm_fail(err, MM_ERR_DATA, "its %s is no base64", what);
    *out = bytes;
    *size = length / 4 * 3 - padding;
    return MM_OK;
}

/* DSSE's pre-authentication encoding: what is really signed. */
static unsigned char *pre_authentication(struct mm_arena *arena, const void *payload, size_t size, size_t *out_size)
{
    const char *head = mm_arena_format(arena, "DSSEv1 %zu %s %zu ", strlen(PAYLOAD_TYPE), PAYLOAD_TYPE, size);
    unsigned char *bytes = head ? mm_arena_alloc(arena, strlen(head) + size) : NULL;
    if (!bytes)
        return NULL;
    memcpy(bytes, head, strlen(head));
    memcpy(bytes + strlen(head), payload, size);
    *out_size = strlen(head) + size;
    return bytes;
}

static cJSON *bundle_json(struct mm_arena *arena, const char *payload, const char *signature, const char *key_id)
{
    cJSON *json = mm_json_object(arena), *material = mm_json_object(arena), *key = mm_json_object(arena),
          *envelope = mm_json_object(arena), *signatures = mm_json_array(arena),
          *first = mm_json_append(signatures, mm_json_object(arena));
    mm_json_add(arena, json, "mediaType", mm_json_text(arena, MEDIA_TYPE));
    mm_json_add(arena, key, "hint", mm_json_text(arena, key_id));
    mm_json_add(arena, material, "publicKey", key);
    mm_json_add(arena, material, "tlogEntries", mm_json_array(arena));
    mm_json_add(arena, json, "verificationMaterial", material);
    mm_json_add(arena, first, "sig", mm_json_text(arena, signature));
    mm_json_add(arena, first, "keyid", mm_json_text(arena, ""));
    mm_json_add(arena, envelope, "payload", mm_json_text(arena, payload));
    mm_json_add(arena, envelope, "payloadType", mm_json_text(arena, PAYLOAD_TYPE));
    mm_json_add(arena, envelope, "signatures", signatures);
    mm_json_add(arena, json, "dsseEnvelope", envelope);
    return json;
}

/* What no reader would take is not handed out: a file name that is no UTF-8, say. */
static enum mm_status check_own(struct mm_arena *arena, const char *text, const struct mm_key *key,
                                struct mm_error *err)
{
    enum mm_status s;
    struct mm_bundle bundle;
    if (MM_TRY(s, mm_bundle_parse(arena, text, strlen(text), &bundle, err)) ||
        MM_TRY(s, mm_bundle_is_by(arena, &bundle, key, err)))
        mm_fail_in(err, "the new signature does not read back (is a file's name no UTF-8?)");
    return s;
}

enum mm_status mm_bundle_make(struct mm_arena *arena, struct mm_statement *statement, const struct mm_key *key,
                              char **text, struct mm_error *err)
{
    enum mm_status s;
    char *payload;
    unsigned char signature[MM_SIGNATURE_MAX];
    size_t size, signature_size;
    if (MM_TRY(s, mm_statement_print(arena, statement, &payload, err)))
        return s;
    const unsigned char *bytes = pre_authentication(arena, payload, strlen(payload), &size);
    if (!bytes)
        return mm_fail_memory(err, "a signature");
    if (MM_TRY(s, mm_key_sign(key, bytes, size, signature, &signature_size, err)))
        return s;
    const char *payload64 = encode(arena, payload, strlen(payload)),
               *signature64 = encode(arena, signature, signature_size);
    if (!payload64 || !signature64)
        return mm_fail_memory(err, "a signature");
    const char *printed = mm_json_print(arena, bundle_json(arena, payload64, signature64, key->id), MM_JSON_COMPACT);
    *text = printed ? mm_arena_format(arena, "%s\n", printed) : NULL;
    return *text ? check_own(arena, *text, key, err) : mm_fail_memory(err, "a signature");
}

static enum mm_status parse_envelope(struct mm_arena *arena, const cJSON *envelope, struct mm_bundle *bundle,
                                     struct mm_error *err)
{
    enum mm_status s;
    const cJSON *type = mm_json_get(envelope, "payloadType"), *signatures = mm_json_get(envelope, "signatures");
    if (!cJSON_IsString(type) || strcmp(type->valuestring, PAYLOAD_TYPE) != 0)
        return mm_fail(err, MM_ERR_DATA, "holds no payload of type " PAYLOAD_TYPE);
    if (!cJSON_IsArray(signatures) || cJSON_GetArraySize(signatures) != 1)
        return mm_fail(err, MM_ERR_DATA, "must hold one signature");
    if (MM_TRY(s, decode(arena, mm_json_get(envelope, "payload"), "payload", &bundle->payload, &bundle->payload_size,
                         err)))
        return s;
    return decode(arena, mm_json_get(signatures->child, "sig"), "signature", &bundle->signature,
                  &bundle->signature_size, err);
}

enum mm_status mm_bundle_parse(struct mm_arena *arena, const char *text, size_t size, struct mm_bundle *bundle,
                               struct mm_error *err)
{
    enum mm_status s;
    cJSON *json;
    *bundle = (struct mm_bundle){.key_id = ""};
    if (MM_TRY(s, mm_json_parse(arena, MM_ARCHIVE_SIGNATURE, text, size, &json, err)))
        return s == MM_ERR_CONFIG ? mm_fail(err, MM_ERR_DATA, "is no signature: it is no sound JSON") : s;
    const cJSON *type = mm_json_get(json, "mediaType"),
                *key = mm_json_get(mm_json_get(json, "verificationMaterial"), "publicKey"),
                *hint = mm_json_get(key, "hint");
    if (!cJSON_IsString(type) || strcmp(type->valuestring, MEDIA_TYPE) != 0)
        return mm_fail(err, MM_ERR_DATA, "is no signature: its mediaType is not " MEDIA_TYPE);
    if (!cJSON_IsObject(key))
        return mm_fail(err, MM_ERR_DATA,
                       "is not signed with a plain key: certificates and Sigstore identities are not read here");
    if (cJSON_IsString(hint) && strlen(hint->valuestring) == MM_SHA256_HEX - 1 &&
        strspn(hint->valuestring, "0123456789abcdef") == MM_SHA256_HEX - 1)
        bundle->key_id = hint->valuestring;
    if (MM_TRY(s, parse_envelope(arena, mm_json_get(json, "dsseEnvelope"), bundle, err)))
        return s;
    if (MM_TRY(s, mm_statement_parse(arena, (const char *)bundle->payload, bundle->payload_size, &bundle->statement,
                                     err)))
        mm_fail_in(err, "its statement");
    return s;
}

enum mm_status mm_bundle_is_by(struct mm_arena *arena, const struct mm_bundle *bundle, const struct mm_key *key,
                               struct mm_error *err)
{
    size_t size;
    if (*bundle->key_id && strcmp(bundle->key_id, key->id) != 0)
        return mm_fail(err, MM_NO, "is signed with another key: %s, not %s", bundle->key_id, key->id);
    const unsigned char *bytes = pre_authentication(arena, bundle->payload, bundle->payload_size, &size);
    if (!bytes)
        return mm_fail_memory(err, "a signature");
    return mm_key_verify(key, bytes, size, bundle->signature, bundle->signature_size)
               ? MM_OK
               : mm_fail(err, MM_NO, "the signature is bad: it was not made with this key over these words");
}
