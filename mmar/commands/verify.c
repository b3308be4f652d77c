/* mmar verify */
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "mmar/archive/archive.h"
#include "mmar/card.h"
#include "mmar/command.h"
#include "mmar/progress_line.h"
#include "mmar/signing/vouch.h"

struct verify_options {
    const char *key, *signature;
    bool require_signature;
};
#define P struct verify_options

static const struct mm_param options[] = {
    MM_VOUCH_PARAMS(P), MM_STRING(P, signature, .help = "a signature that is a file apart (mmar sign --detached)"),
    MM_PARAMS_END};

/* What was found. A folder has no manifest. */
struct findings {
    const cJSON *manifest;
    struct mm_statement now;
    bool is_signed;
    struct mm_bundle bundle;
    struct mm_signer signer;
};

static void print(const struct mm_command_call *call, const struct findings *f)
{
    const cJSON *name = mm_json_get(f->manifest, "name");
    char size[32];
    size_t count = f->now.count;
    uint64_t bytes;
    struct mm_text text;
    mm_text_init(&text, 1 << 16);
    mm_card_text(&text, cJSON_IsString(name) ? name->valuestring : mm_file_name(call->args[0]));
    if (f->manifest) {
        mm_card_files(f->manifest, &count, &bytes);
        printf("%s: good, %zu files, %s, manifest %s\n", text.bytes, count,
               mm_text_bytes(size, sizeof size, (double)bytes), f->now.manifest_sha256);
    } else
        printf("%s: good, %zu files\n", text.bytes, count);
    mm_text_done(&text);
    if (f->signer.name)
        printf("signed by %s, key %s\n", f->signer.name, f->signer.key_id);
    else if (f->is_signed)
        mm_note("signed with key %s, which nobody here knows: name it with --key, or put it into "
                "~/.config/mmar/trusted",
                f->signer.key_id);
    else
        mm_note("unsigned: the file is intact, but nobody vouches for it");
    if (f->signer.name && f->manifest && !f->signer.covers_manifest)
        mm_note("the signature covers the files, and not the manifest's own words (name, licence, metrics)");
}

static enum mm_status print_json(const struct mm_command_call *call, const struct findings *f, struct mm_error *err)
{
    struct mm_arena *arena = call->arena;
    const cJSON *name = mm_json_get(f->manifest, "name");
    cJSON *json = mm_json_object(arena);
    size_t count = f->now.count;
    uint64_t bytes;
    mm_json_add(arena, json, "good", mm_json_bool(arena, true));
    mm_json_add(arena, json, "signed", mm_json_bool(arena, f->is_signed));
    mm_json_add(arena, json, "signer", f->signer.name ? mm_json_text(arena, f->signer.name) : mm_json_null(arena));
    if (f->is_signed)
        mm_json_add(arena, json, "key", mm_json_text(arena, f->signer.key_id));
    mm_json_add(arena, json, "name",
                mm_json_text(arena, cJSON_IsString(name) ? name->valuestring : mm_file_name(call->args[0])));
    if (f->manifest)
        mm_card_files(f->manifest, &count, &bytes);
    mm_json_add(arena, json, "files", mm_json_integer(arena, (int64_t)count));
    if (f->manifest) {
        mm_json_add(arena, json, "bytes", mm_json_integer(arena, (int64_t)bytes));
        mm_json_add(arena, json, "manifest_sha256", mm_json_text(arena, f->now.manifest_sha256));
    }
    return mm_command_print_json(arena, json, err);
}

/* That it is not sound is an answer, "no", and no failure of this program. */
static enum mm_status answer_no(const struct mm_command_call *call, struct mm_error *err)
{
    enum mm_status s;
    char reason[MM_ERROR_TEXT_MAX];
    snprintf(reason, sizeof reason, "%s", err->text);
    if (call->json) {
        cJSON *json = mm_json_object(call->arena);
        mm_json_add(call->arena, json, "good", mm_json_bool(call->arena, false));
        mm_json_add(call->arena, json, "error", mm_json_text(call->arena, reason));
        if (MM_TRY(s, mm_command_print_json(call->arena, json, err)))
            return s;
    }
    return mm_fail(err, MM_NO, "%s", reason);
}

/* Bundles that cannot be read are MM_NO: like a bad signature, they vouch for nothing. */
static enum mm_status parse(struct mm_arena *arena, const char *text, struct findings *f, struct mm_error *err)
{
    enum mm_status s = mm_bundle_parse(arena, text, strlen(text), &f->bundle, err);
    f->is_signed = s == MM_OK;
    return s == MM_ERR_DATA ? mm_fail(err, MM_NO, "its signature %s", err->text) : s;
}

static enum mm_status read_apart(struct mm_arena *arena, const char *path, struct findings *f, struct mm_error *err)
{
    enum mm_status s;
    unsigned char *bytes;
    size_t size;
    return MM_TRY(s, mm_file_read(arena, path, MM_ARCHIVE_SIGNATURE_MAX, &bytes, &size, err))
               ? s
               : parse(arena, (const char *)bytes, f, err);
}

static enum mm_status look_at_archive(const struct mm_command_call *call, struct mm_archive_progress *progress,
                                      struct findings *f, struct mm_error *err)
{
    enum mm_status s;
    const struct verify_options *o = call->options;
    const char *file = call->args[0];
    const struct mm_archive_visitor visitor = {.progress = progress, .doing = "verifying"};
    cJSON *manifest, *head;
    char *inside;
    if (MM_TRY(s, mm_archive_read(call->arena, file, &visitor, &manifest, err)) ||
        MM_TRY(s, mm_archive_head(call->arena, file, &head, &inside, err)))
        return s == MM_ERR_DATA ? mm_fail(err, MM_NO, "%s", err->text) : s; /* says the file's name already */
    f->manifest = manifest;
    if (MM_TRY(s, mm_signing_of_manifest(call->arena, manifest, &f->now, err)))
        return s;
    return o->signature ? read_apart(call->arena, o->signature, f, err)
           : inside     ? parse(call->arena, inside, f, err)
                        : MM_OK;
}

static enum mm_status look_at_folder(const struct mm_command_call *call, struct mm_archive_progress *progress,
                                     struct findings *f, struct mm_error *err)
{
    enum mm_status s;
    const struct verify_options *o = call->options;
    const char *folder = call->args[0];
    const char *path = o->signature ? o->signature : mm_file_join(call->arena, folder, MM_ARCHIVE_SIGNATURE);
    if (!path)
        return mm_fail_memory(err, "a file name");
    if (!o->signature && !mm_file_exists(path))
        return mm_fail(err, MM_NO,
                       "is unsigned: it holds no " MM_ARCHIVE_SIGNATURE ", so there is nothing to check it against");
    if (MM_TRY(s, read_apart(call->arena, path, f, err)))
        return s;
    return mm_signing_of_folder(call->arena, folder, f->bundle.statement.ignored, f->bundle.statement.ignored_count,
                                path, progress, &f->now, err);
}

/* Who asks for a signature, or keeps trusted keys, takes nothing else: to verify is to ask. */
static enum mm_status check_signer(const struct mm_command_call *call, struct findings *f, struct mm_error *err)
{
    const struct verify_options *o = call->options;
    const struct mm_vouch ask = {o->key, o->require_signature || mm_trust_folder(call->arena)};
    return mm_vouch(call->arena, &ask, f->is_signed ? &f->bundle : NULL, &f->now, &f->signer, err);
}

static enum mm_status run(const struct mm_command_call *call, struct mm_error *err)
{
    struct findings f = {.manifest = NULL};
    bool folder = mm_file_is_folder(call->args[0]);
    struct mm_progress_line line;
    struct mm_archive_progress progress = mm_progress_line(&line);
    const struct verify_options *o = call->options;
    const struct mm_vouch ask = {o->key, o->require_signature};
    enum mm_status s = mm_vouch_check(call->arena, &ask, err);
    if (s != MM_OK)
        return s;
    s = folder ? look_at_folder(call, &progress, &f, err) : look_at_archive(call, &progress, &f, err);
    mm_progress_end(false);
    if (s == MM_OK)
        s = check_signer(call, &f, err);
    if (s == MM_NO) {
        if (f.manifest || folder)
            mm_fail_in(err, "%s", call->args[0]);
        return answer_no(call, err);
    }
    if (s != MM_OK)
        return s;
    if (call->json)
        return print_json(call, &f, err);
    print(call, &f);
    return MM_OK;
}

const struct mm_command mm_command_verify = {
    .name = "verify",
    .args = "FILE or FOLDER",
    .summary = "check every byte of an archive or a signed folder, and who signed it",
    .args_min = 1,
    .args_max = 1,
    .options = options,
    .options_size = sizeof(struct verify_options),
    .has_json = true,
    .run = run,
    .notes = "Exit code 0: intact; 1: not, and the message says why; 5: the file cannot be read.\n"
             "With --key or --require-signature, or when ~/.config/mmar/trusted (or $XDG_CONFIG_HOME/mmar/trusted) "
             "exists, what is unsigned "
             "or signed with "
             "another key is\na no as well. To trust a lab, copy its public key there: the file's name, without "
             ".pub, is the signer's "
             "name.",
    .examples =
        "  mmar verify spleen.mmar\n  mmar verify spleen.mmar --key lab_a.pub\n  mmar verify spleen.mmar --json\n",
};
