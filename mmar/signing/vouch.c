/* Who stands behind an archive. */
#include "mmar/signing/vouch.h"

#include "base/log.h"
#include "mmar/archive/archive.h"

enum mm_status mm_vouch_check(struct mm_arena *arena, const struct mm_vouch *ask, struct mm_error *err)
{
    struct mm_key key;
    enum mm_status s = ask->key ? mm_key_open_public(arena, ask->key, &key, err) : MM_OK;
    if (ask->key && s == MM_OK)
        mm_key_close(&key);
    return s;
}

enum mm_status mm_vouch(struct mm_arena *arena, const struct mm_vouch *ask, const struct mm_bundle *bundle,
                        const struct mm_statement *now, struct mm_signer *out, struct mm_error *err)
{
    enum mm_status s;
    const char *trusted = mm_trust_folder(arena);
    *out = (struct mm_signer){.name = NULL};
    if (MM_TRY(s, mm_vouch_check(arena, ask, err)))
        return s;
    if (!bundle)
        return ask->key || ask->required ? mm_fail(err, MM_NO, "is unsigned: nobody vouches for it") : MM_OK;
    if (MM_TRY(s, mm_signing_check(arena, bundle, now, ask->key, out, err)))
        return s;
    return out->name || !ask->required
               ? MM_OK
               : mm_fail(err, MM_NO, "is signed with a key that is not trusted here: %s is none of the *.pub in %s",
                         out->key_id, trusted ? trusted : "~/.config/mmar/trusted");
}

enum mm_status mm_vouch_head(struct mm_arena *arena, const struct mm_vouch *ask, const cJSON *manifest,
                             const char *signature, struct mm_signer *out, struct mm_error *err)
{
    enum mm_status s;
    struct mm_bundle bundle;
    struct mm_statement now;
    if (!signature)
        return mm_vouch(arena, ask, NULL, NULL, out, err);
    if (MM_TRY(s, mm_bundle_parse(arena, signature, strlen(signature), &bundle, err)) ||
        MM_TRY(s, mm_signing_of_manifest(arena, manifest, &now, err)))
        return s == MM_ERR_DATA ? mm_fail(err, MM_NO, "its signature %s", err->text) : s;
    return mm_vouch(arena, ask, &bundle, &now, out, err);
}

static void tell(const char *file, const struct mm_signer *signer)
{
    if (signer->name)
        mm_note("signed by %s, key %s", signer->name, signer->key_id);
    else if (signer->key_id)
        mm_note("%s: signed with key %s, which nobody here knows", file, signer->key_id);
    else
        mm_note("%s: unsigned: nobody vouches for it", file);
}

enum mm_status mm_vouch_archive(struct mm_arena *arena, const struct mm_vouch *ask, const char *file,
                                struct mm_signer *out, struct mm_error *err)
{
    enum mm_status s;
    cJSON *manifest;
    char *text;
    if (MM_TRY(s, mm_archive_head(arena, file, &manifest, &text, err)))
        return s;
    if (MM_TRY(s, mm_vouch_head(arena, ask, manifest, text, out, err))) {
        if (s == MM_NO)
            mm_fail_in(err, "%s", file);
        return s;
    }
    tell(file, out);
    return MM_OK;
}

enum mm_status mm_vouch_folder(const struct mm_vouch *ask, const char *folder, struct mm_error *err)
{
    return ask->key || ask->required
               ? mm_fail(err, MM_ERR_USAGE, "%s: is no archive: who signed a folder is told by mmar verify", folder)
               : MM_OK;
}
