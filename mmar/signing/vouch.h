/* Who stands behind an archive, as every command asks that takes one from another lab. A signature that does not hold, or is of other
 * files, is always a no (MM_NO). An archive that is unsigned, or signed with a key that nobody here knows, is told of, and a no only to
 * who requires a signature or names a key. */
#ifndef MM_MMAR_SIGNING_VOUCH_H
#define MM_MMAR_SIGNING_VOUCH_H

#include "base/params.h"
#include "mmar/signing/signing.h"

struct mm_vouch {
    const char *key; /* the only public key to take; NULL: the trusted ones */
    bool required;
};
/* Two lines of a command's table whose options struct has `const char *key; bool require_signature`. */
#define MM_VOUCH_PARAMS(T)                                                                                           \
    MM_STRING(T, key, .help = "the only public key to take (default: those in ~/.config/mmar/trusted)"),             \
        MM_BOOL(T, require_signature,                                                                                \
                .help = "refuse what is unsigned, or signed with a key that nobody here knows")

/* The key that is asked for can be read: known before hours of work, not behind them. */
enum mm_status mm_vouch_check(struct mm_arena *arena, const struct mm_vouch *ask, struct mm_error *err);
/* `bundle`: NULL when it is unsigned; `now`: what is there. */
enum mm_status mm_vouch(struct mm_arena *arena, const struct mm_vouch *ask, const struct mm_bundle *bundle,
                        const struct mm_statement *now, struct mm_signer *out, struct mm_error *err);
/* Of an archive's head, as mm_archive_head gives it: a signature that cannot be read is MM_NO too. */
enum mm_status mm_vouch_head(struct mm_arena *arena, const struct mm_vouch *ask, const cJSON *manifest,
                             const char *signature, struct mm_signer *out, struct mm_error *err);
/* Of an archive's file; says in one line (mm_note) what was found. Its content has yet to be read. */
enum mm_status mm_vouch_archive(struct mm_arena *arena, const struct mm_vouch *ask, const char *file,
                                struct mm_signer *out, struct mm_error *err);
/* MM_ERR_USAGE when a signature is asked of what has none to ask for: a folder, whose files may have changed since. */
enum mm_status mm_vouch_folder(const struct mm_vouch *ask, const char *folder, struct mm_error *err);

#endif
