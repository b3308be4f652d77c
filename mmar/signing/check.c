/* Is a signature good, whose is it, and is it of these files? */
#include "base/file.h"
#include "mmar/archive/archive.h"
#include "mmar/card.h"
#include "mmar/signing/signing.h"

#define SHOWN_MAX 300 /* bytes of a name in a sentence */

enum difference { SAME, CHANGED, MISSING, ADDED };

/* Walks through two sorted lists at once: what the signature tells, and what is there now. */
struct comparison {
    const struct mm_statement *told, *now;
    size_t i, n, count; /* count: of differences so far */
    enum difference first;
    const char *name; /* of the first difference */
};

static void note(struct comparison *c, enum difference what, const char *name)
{
    if (what == SAME || c->count++)
        return;
    c->first = what;
    c->name = name;
}

static void step(struct comparison *c)
{
    const struct mm_signed_file *a = c->i < c->told->count ? &c->told->files[c->i] : NULL,
                                *b = c->n < c->now->count ? &c->now->files[c->n] : NULL;
    int order = !a ? 1 : !b ? -1 : mm_signed_file_order(a, b);
    if (order < 0)
        note(c, MISSING, a->name);
    else if (order > 0)
        note(c, mm_signing_ignores(c->told, b->name) ? SAME : ADDED, b->name);
    else
        note(c, strcmp(a->sha256, b->sha256) ? CHANGED : SAME, a->name);
    c->i += order <= 0;
    c->n += order >= 0;
}

static enum mm_status tell(const struct comparison *c, struct mm_error *err)
{
    static const char *const said[] = {[CHANGED] = "was changed after it was signed",
                                       [MISSING] = "was signed and is missing",
                                       [ADDED] = "was added and is not signed"};
    struct mm_text name;
    enum mm_status s;
    mm_text_init(&name, SHOWN_MAX);
    mm_card_text(&name, c->name);
    if (c->count > 1)
        s = mm_fail(err, MM_NO, "%s %s (and %zu more differ)", name.bytes, said[c->first], c->count - 1);
    else
        s = mm_fail(err, MM_NO, "%s %s", name.bytes, said[c->first]);
    mm_text_done(&name);
    return s;
}

/* Both sorted. */
static enum mm_status compare(struct mm_arena *arena, const struct mm_statement *told, const struct mm_statement *now,
                              struct mm_error *err)
{
    struct mm_statement sorted = *now;
    struct comparison c = {.told = told, .now = &sorted};
    sorted.files = mm_arena_array(arena, struct mm_signed_file, now->count + 1);
    if (!sorted.files)
        return mm_fail_memory(err, "the list of files");
    if (now->count)
        memcpy(sorted.files, now->files, now->count * sizeof *sorted.files);
    qsort(sorted.files, sorted.count, sizeof *sorted.files, mm_signed_file_order);
    while (c.i < told->count || c.n < sorted.count)
        step(&c);
    if (c.count)
        return tell(&c, err);
    if (told->manifest_sha256 && now->manifest_sha256 && strcmp(told->manifest_sha256, now->manifest_sha256) != 0)
        return mm_fail(err, MM_NO, "%s was changed after it was signed", MM_ARCHIVE_MANIFEST);
    return MM_OK;
}

static enum mm_status by_key_file(struct mm_arena *arena, const struct mm_bundle *bundle, const char *path,
                                  struct mm_signer *out, struct mm_error *err)
{
    enum mm_status s;
    struct mm_key key;
    const char *name = mm_file_name(path);
    if (MM_TRY(s, mm_key_open_public(arena, path, &key, err)))
        return s;
    s = mm_bundle_is_by(arena, bundle, &key, err);
    mm_key_close(&key);
    out->name = mm_arena_textn(arena, name, strlen(name) - (mm_text_ends(name, ".pub") ? 4 : 0));
    return s == MM_OK && !out->name ? mm_fail_memory(err, "a name") : s;
}

enum mm_status mm_signing_check(struct mm_arena *arena, const struct mm_bundle *bundle,
                                const struct mm_statement *now, const char *key, struct mm_signer *out,
                                struct mm_error *err)
{
    enum mm_status s = MM_OK;
    const char *trusted = mm_trust_folder(arena);
    *out = (struct mm_signer){.key_id = bundle->key_id,
                              .covers_manifest = bundle->statement.manifest_sha256 && now->manifest_sha256};
    if (key)
        s = by_key_file(arena, bundle, key, out, err);
    else if (trusted)
        s = mm_trust_find(arena, trusted, bundle, &out->name, err);
    return s == MM_OK ? compare(arena, &bundle->statement, now, err) : s;
}
