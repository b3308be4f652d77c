/* mmar show */
#include <errno.h>

#include "base/file.h"
#include "base/hash.h"
#include "mmar/archive/archive.h"
#include "mmar/archive/manifest_schema.h"
#include "mmar/card.h"
#include "mmar/command.h"
#include "mmar/foreign/foreign.h"
#include "mmar/signing/vouch.h"

struct show_options {
    const char *file, *key;
    bool lineage, tree, schema, require_signature;
};
#define P struct show_options

static const struct mm_param options[] = {
    MM_STRING(P, file, .help = "one file of the archive on stdout, as it is (docs/README.md)"),
    MM_BOOL(P, lineage, .help = "only what the model was made from: the chain of its parents"),
    MM_BOOL(P, tree, .help = "the files with their sizes, as a tree"),
    MM_BOOL(P, schema, .help = "the JSON schema of manifest.json, whatever archive it is of"),
    MM_VOUCH_PARAMS(P),
    MM_PARAMS_END};

/* One file of an archive: kept apart until all of the archive has proved sound. */
struct extract {
    const char *wanted;
    FILE *kept;
    bool inside;
};

static enum mm_status begin(void *context, const char *name, uint64_t size, bool executable, struct mm_error *err)
{
    struct extract *x = context;
    (void)size, (void)executable, (void)err;
    x->inside = !strcmp(name, x->wanted);
    return MM_OK;
}

static enum mm_status piece(void *context, const void *bytes, size_t size, struct mm_error *err)
{
    struct extract *x = context;
    if (x->inside && fwrite(bytes, 1, size, x->kept) != size)
        return mm_fail(err, MM_ERR_IO, "cannot write a temporary file: %s", strerror(errno));
    return MM_OK;
}

static enum mm_status copy_out(FILE *from, struct mm_error *err)
{
    char buffer[16384];
    size_t n;
    rewind(from);
    while ((n = fread(buffer, 1, sizeof buffer, from)) > 0)
        if (fwrite(buffer, 1, n, stdout) != n)
            return mm_fail(err, MM_ERR_IO, "cannot write the answer: %s", strerror(errno));
    return ferror(from) ? mm_fail(err, MM_ERR_IO, "cannot read a temporary file: %s", strerror(errno)) : MM_OK;
}

static enum mm_status show_file(struct mm_arena *arena, const char *archive, const char *name, struct mm_error *err)
{
    enum mm_status s;
    cJSON *manifest;
    struct extract x = {.wanted = name};
    const struct mm_archive_visitor visitor = {.begin = begin, .piece = piece, .context = &x};
    if (mm_file_is_folder(archive))
        return mm_fail(err, MM_ERR_USAGE, "%s: is a folder: --file takes a file out of an archive", archive);
    if (MM_TRY(s, mm_archive_manifest(arena, archive, &manifest, err)))
        return s;
    if (!mm_manifest_file(manifest, name) && strcmp(name, MM_ARCHIVE_SIGNATURE) != 0)
        return mm_fail(err, MM_ERR_USAGE, "%s: holds no %s (mmar show %s --json lists what it holds)", archive, name,
                       archive);
    x.kept = tmpfile();
    if (!x.kept)
        return mm_fail(err, MM_ERR_IO, "cannot make a temporary file: %s", strerror(errno));
    if ((s = mm_archive_read(arena, archive, &visitor, &manifest, err)) == MM_OK)
        s = copy_out(x.kept, err);
    fclose(x.kept);
    return s;
}

/* Of an archive its manifest and signature; of a folder the manifest that packing it would make. */
static enum mm_status find_manifest(struct mm_arena *arena, const char *path, cJSON **manifest, char **signature,
                                    struct mm_error *err)
{
    enum mm_status s;
    struct mm_archive_list *list;
    const struct mm_pack_options how = {0};
    *signature = NULL;
    if (!mm_file_is_folder(path))
        return mm_archive_head(arena, path, manifest, signature, err);
    return MM_TRY(s, mm_layout_collect(arena, path, &how, &list, err))
               ? s
               : mm_pack_manifest(arena, path, list, manifest, err);
}

/* Who signed it, as far as its head tells. A bad signature is shown with the rest, and then a no. */
struct vouching {
    struct mm_signer signer;
    bool is_unsigned; /* an archive without a signature                   */
    const char *bad;  /* what is wrong with the signature; NULL: nothing */
};

static enum mm_status find_signer(const struct mm_command_call *call, const cJSON *manifest, const char *signature,
                                  struct vouching *out, struct mm_error *err)
{
    const struct show_options *o = call->options;
    const struct mm_vouch ask = {o->key, o->require_signature};
    *out = (struct vouching){.is_unsigned = !signature && call->arg_count && !mm_file_is_folder(call->args[0])};
    enum mm_status s = mm_vouch_head(call->arena, &ask, manifest, signature, &out->signer, err);
    if (s != MM_NO)
        return s;
    out->signer = (struct mm_signer){.name = NULL};
    out->bad = mm_arena_text(call->arena, err->text);
    return out->bad ? MM_OK : mm_fail_memory(err, "the signature");
}

static enum mm_status answer_json(struct mm_arena *arena, cJSON *manifest, const char *digest,
                                  const struct vouching *v, struct mm_error *err)
{
    cJSON *json = mm_json_object(arena);
    mm_json_add(arena, json, "manifest_sha256", mm_json_text(arena, digest));
    mm_json_add(arena, json, "signer", v->signer.name ? mm_json_text(arena, v->signer.name) : mm_json_null(arena));
    if (v->signer.key_id)
        mm_json_add(arena, json, "signed_with", mm_json_text(arena, v->signer.key_id));
    if (v->bad)
        mm_json_add(arena, json, "bad_signature", mm_json_text(arena, v->bad));
    mm_json_add(arena, json, "manifest", manifest);
    return mm_command_print_json(arena, json, err);
}

static void answer(const cJSON *manifest, const char *digest, const struct vouching *v, const struct show_options *o)
{
    struct mm_text text;
    mm_text_init(&text, 8u << 20);
    (o->tree ? mm_card_tree : o->lineage ? mm_card_lineage : mm_card_print)(&text, manifest, digest);
    if (v->bad)
        mm_text_format(&text, "%-14sbad: %s\n", "signature", v->bad);
    else if (v->signer.name)
        mm_text_format(&text, "%-14s%s, key %s\n", "signed by", v->signer.name, v->signer.key_id);
    else if (v->signer.key_id)
        mm_text_format(&text, "%-14snobody known here, key %s\n", "signed by", v->signer.key_id);
    else if (v->is_unsigned)
        mm_text_format(&text, "%-14snobody: it is unsigned\n", "signed by");
    fputs(text.bytes, stdout);
    mm_text_done(&text);
}

/* A model that no archive of ours holds: what it is, and what mmar init --from would take. */
static enum mm_status show_foreign(const struct mm_command_call *call, const char *path, struct mm_error *err)
{
    enum mm_status s;
    const struct show_options *o = call->options;
    const struct mm_vouch ask = {o->key, o->require_signature};
    struct mm_foreign *foreign;
    struct mm_signer nobody;
    struct mm_text text;
    if (call->json)
        return mm_fail(err, MM_ERR_USAGE,
                       "%s: has no manifest, so there is no --json of it (mmar init --from takes it "
                       "over)",
                       path);
    if (MM_TRY(s, mm_foreign_open(call->arena, path, &foreign, err)))
        return s;
    mm_text_init(&text, 1 << 20);
    mm_foreign_show(foreign, &text);
    mm_text_format(&text, "%-14smmar init DIR --from %s\n", "take it over", path);
    fputs(text.bytes, stdout);
    mm_text_done(&text);
    mm_foreign_close(foreign);
    return MM_TRY(s, mm_vouch(call->arena, &ask, NULL, NULL, &nobody, err)) ? mm_fail_in(err, "%s", path) : MM_OK;
}

static enum mm_status run(const struct mm_command_call *call, struct mm_error *err)
{
    enum mm_status s;
    const struct show_options *o = call->options;
    const char *path = call->arg_count ? call->args[0] : ".";
    char digest[MM_SHA256_HEX], *signature;
    cJSON *manifest;
    struct vouching vouching;
    if (o->schema)
        return mm_command_print_json(call->arena, mm_manifest_schema(call->arena), err);
    if (o->file)
        return show_file(call->arena, path, o->file, err);
    if (mm_foreign_is(call->arena, path))
        return show_foreign(call, path, err);
    if (MM_TRY(s, find_manifest(call->arena, path, &manifest, &signature, err)) ||
        MM_TRY(s, mm_manifest_digest(call->arena, manifest, digest, err)) ||
        MM_TRY(s, find_signer(call, manifest, signature, &vouching, err)))
        return s;
    if (call->json && MM_TRY(s, answer_json(call->arena, manifest, digest, &vouching, err)))
        return s;
    if (!call->json)
        answer(manifest, digest, &vouching, o);
    return vouching.bad ? mm_fail(err, MM_NO, "%s: %s", path, vouching.bad) : MM_OK;
}

const struct mm_command mm_command_show = {
    .name = "show",
    .args = "[FILE or MMAR]",
    .summary = "show the card of an archive or an MMAR: what it is, made of what, by whom",
    .args_min = 0,
    .args_max = 1,
    .options = options,
    .options_size = sizeof(struct show_options),
    .has_json = true,
    .run = run,
    .notes = "Clara MMARs and MONAI bundles, as folder or zip, are recognised too.\n"
             "Of an archive only the head is read and nothing of it is checked but the manifest: mmar verify checks "
             "the rest.",
    .examples = "  mmar show spleen.mmar\n  mmar show spleen.mmar --tree\n  mmar show spleen.mmar --json\n  mmar "
                "show spleen.mmar --file docs/README.md\n",
};
