/* Signing archives and folders, and finding out who signed one. A signature is a bundle (bundle.h): the archive's second member, the
 * file model.sig of a folder, or a file apart. It covers every file; of an archive, whose files are those that unpacking makes, the
 * manifest too. */
#ifndef MM_MMAR_SIGNING_SIGNING_H
#define MM_MMAR_SIGNING_SIGNING_H

#include "mmar/archive/archive.h"
#include "mmar/signing/bundle.h"

/* What is there to be signed or checked. Names and digests as they are now. */
enum mm_status mm_signing_of_manifest(struct mm_arena *arena, const cJSON *manifest, struct mm_statement *out,
                                      struct mm_error *err);
/* Is it one of the statement's ignored paths, or inside one? */
bool mm_signing_ignores(const struct mm_statement *statement, const char *name);
/* All files under `folder` but the `ignored` ones and the file `signature` (NULL: none). Links are an error. */
enum mm_status mm_signing_of_folder(struct mm_arena *arena, const char *folder, const char *const *ignored,
                                    size_t ignored_count, const char *signature, struct mm_archive_progress *progress,
                                    struct mm_statement *out, struct mm_error *err);

/* sign.c. Rewrites the archive with its signature, atomically, as `out` (which may be the same file). */
enum mm_status mm_sign_archive(struct mm_arena *arena, const char *file, const struct mm_key *key, const char *out,
                               int level, struct mm_archive_progress *progress, struct mm_error *err);
/* MM_ERR_USAGE when what `out` names is there and is no signature: a slip of the hand must not cost anybody a key or a model. */
enum mm_status mm_sign_may_replace(struct mm_arena *arena, const char *out, struct mm_error *err);
/* The signature alone, of an archive or a folder, as the file `out`; `statement` gets what it names. */
enum mm_status mm_sign_apart(struct mm_arena *arena, const char *path, const struct mm_key *key, const char *out,
                             struct mm_archive_progress *progress, struct mm_statement *statement,
                             struct mm_error *err);

/* trust.c: $XDG_CONFIG_HOME/mmar/trusted, else ~/.config/mmar/trusted. It holds a file NAME.pub for each signer that the user trusts;
 * NULL when there is no such folder. */
const char *mm_trust_folder(struct mm_arena *arena);
/* *name: whose key it is; NULL when it is nobody's there. MM_NO: the key is known and the signature is bad. */
enum mm_status mm_trust_find(struct mm_arena *arena, const char *folder, const struct mm_bundle *bundle,
                             const char **name, struct mm_error *err);

/* check.c */
struct mm_signer {
    const char
        *name; /* of the key's file; NULL: a key that nobody here knows, so that the signature proves nothing */
    const char *key_id;   /* as the signature names it                             */
    bool covers_manifest; /* false: signed elsewhere, over the files only          */
};
/* `key`: the only key to take; NULL: the trusted ones. MM_NO with a sentence: the signature is bad, or is of other files. */
enum mm_status mm_signing_check(struct mm_arena *arena, const struct mm_bundle *bundle,
                                const struct mm_statement *now, const char *key, struct mm_signer *out,
                                struct mm_error *err);

#endif
