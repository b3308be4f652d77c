/* A signature as other tools know it: OpenSSF Model Signing v1.0, signed with a key. A Sigstore bundle (JSON) holds a DSSE envelope,
 * which holds an in-toto statement: the files of a model with their SHA-256, and a root digest over them.
 * Reading treats every bundle as hostile: what it says is worth nothing before mm_bundle_is_by has said whose it is. */
#ifndef MM_MMAR_SIGNING_BUNDLE_H
#define MM_MMAR_SIGNING_BUNDLE_H

#include "base/json.h"
#include "mmar/signing/key.h"

struct mm_signed_file {
    const char *name; /* relative, '/'-separated */
    const char *sha256;
};
struct mm_statement {
    const char *name;            /* of the model; nothing depends on it                                             */
    const char *manifest_sha256; /* of the archive's manifest, so that its words are signed too; NULL: none is named.
                                    A field of ours, which other tools pass over                                   */
    size_t count, ignored_count;
    struct mm_signed_file *files; /* in the order that the root digest takes */
    const char *const *ignored;   /* files and folders that the signature says nothing about */
};
struct mm_bundle {
    const char *key_id; /* hexadecimal; "" when the signer named none in this way */
    const unsigned char *payload, *signature;
    size_t payload_size, signature_size;
    struct mm_statement statement;
};

/* The order of model_signing: folder by folder, names by code point. */
int mm_signed_file_order(const void *a, const void *b);
/* The bundle's text, in the arena. Sorts the statement's files. */
enum mm_status mm_bundle_make(struct mm_arena *arena, struct mm_statement *statement, const struct mm_key *key,
                              char **text, struct mm_error *err);
/* MM_ERR_DATA: no bundle of this kind, or its root digest is not that of its files. */
enum mm_status mm_bundle_parse(struct mm_arena *arena, const char *text, size_t size, struct mm_bundle *bundle,
                               struct mm_error *err);
/* Did that key sign it? MM_NO with a sentence when not. */
enum mm_status mm_bundle_is_by(struct mm_arena *arena, const struct mm_bundle *bundle, const struct mm_key *key,
                               struct mm_error *err);

/* statement.c: the in-toto statement alone. */
enum mm_status mm_statement_print(struct mm_arena *arena, struct mm_statement *statement, char **text,
                                  struct mm_error *err);
enum mm_status mm_statement_parse(struct mm_arena *arena, const char *text, size_t size,
                                  struct mm_statement *statement, struct mm_error *err);

#endif
