/* mmar sign */
#include "base/file.h"
#include "base/log.h"
#include "mmar/archive/archive.h"
#include "mmar/archive/zstd_stream.h"
#include "mmar/card.h"
#include "mmar/command.h"
#include "mmar/progress_line.h"
#include "mmar/signing/signing.h"

struct sign_options {
    const char *key, *output, *detached;
    int64_t level;
};
#define P struct sign_options

static const struct mm_param options[] = {
    MM_STRING(P, key, .required = true, .help = "the private key: NAME.key of mmar keygen"),
    MM_STRING(P, output, .help = "-o: the signed archive (default: the archive itself is replaced)"),
    MM_STRING(P, detached, .help = "write only the signature, as this file"),
    MM_INT(P, level, .def = 0, .min = 0, .max = MM_ZSTD_LEVEL_MAX,
           .help = "of the signed archive's compression, as in mmar pack"),
    MM_PARAMS_END};

static int by_name(const void *name, const void *file)
{
    return strcmp(name, ((const struct mm_archive_file *)file)->name);
}

static bool travels(const struct mm_archive_list *list, const char *name)
{
    return mm_manifest_is_record(name) || bsearch(name, list->files, list->count, sizeof *list->files, by_name);
}

/* Of an MMAR that is worked in: a signature repeats the names of images and cases that packing would leave behind. */
static void warn_of_names(struct mm_arena *arena, const char *folder, const struct mm_statement *statement)
{
    const struct mm_pack_options how = {0};
    struct mm_archive_list *list;
    struct mm_text name;
    size_t count = 0;
    const char *first = NULL;
    if (mm_layout_collect(arena, folder, &how, &list, NULL) != MM_OK)
        return; /* no MMAR, or none that can be packed: nobody knows which of its files are private */
    for (size_t i = 0; i < statement->count; i++)
        if (!travels(list, statement->files[i].name)) {
            first = first ? first : statement->files[i].name;
            count++;
        }
    if (!count)
        return;
    mm_text_init(&name, 1 << 12);
    mm_card_text(&name, first);
    mm_warn("warning: the signature names %zu file%s that mmar pack leaves behind, %s%s: whoever gets it reads their "
            "names, and it ends when one of them changes; sign the packed archive to avoid that",
            count, count == 1 ? "" : "s", name.bytes, count == 1 ? "" : " and others");
    mm_text_done(&name);
}

static enum mm_status sign_apart(const struct mm_command_call *call, const struct mm_key *key, const char *out,
                                 struct mm_archive_progress *progress, struct mm_error *err)
{
    enum mm_status s;
    struct mm_statement statement;
    const char *path = call->args[0];
    if (!out)
        return mm_fail_memory(err, "a file name");
    s = mm_sign_apart(call->arena, path, key, out, progress, &statement, err);
    mm_progress_end(false);
    if (s != MM_OK)
        return s;
    if (mm_file_is_folder(path))
        warn_of_names(call->arena, path, &statement);
    return MM_OK;
}

static enum mm_status sign(const struct mm_command_call *call, const struct mm_key *key, const char **written,
                           struct mm_error *err)
{
    const struct sign_options *o = call->options;
    const char *path = call->args[0];
    struct mm_progress_line line;
    struct mm_archive_progress progress = mm_progress_line(&line);
    if (o->detached)
        *written = o->detached;
    else if (mm_file_is_folder(path))
        *written = mm_file_join(call->arena, path, MM_ARCHIVE_SIGNATURE);
    else {
        *written = o->output ? o->output : path;
        enum mm_status s = mm_sign_archive(call->arena, path, key, *written, (int)o->level, &progress, err);
        mm_progress_end(false);
        return s;
    }
    return sign_apart(call, key, *written, &progress, err);
}

static enum mm_status run(const struct mm_command_call *call, struct mm_error *err)
{
    enum mm_status s;
    const struct sign_options *o = call->options;
    const char *written;
    struct mm_key key;
    if (!o->key)
        return mm_fail(err, MM_ERR_USAGE, "--key is missing: the private key to sign with (mmar keygen makes one)");
    if (o->output && o->detached)
        return mm_fail(err, MM_ERR_USAGE, "-o and --detached: give one of them");
    if (o->output && mm_file_is_folder(call->args[0]))
        return mm_fail(err, MM_ERR_USAGE, "%s: is a folder: --detached names the file for its signature",
                       call->args[0]);
    if (o->level && (o->detached || mm_file_is_folder(call->args[0])))
        return mm_fail(err, MM_ERR_USAGE, "--level is of a signed archive's compression: here none is written");
    if (o->detached && MM_TRY(s, mm_sign_may_replace(call->arena, o->detached, err)))
        return s;
    if (MM_TRY(s, mm_key_open_private(call->arena, o->key, &key, err)))
        return s;
    if ((s = sign(call, &key, &written, err)) == MM_OK) {
        mm_note("signed with key %s", key.id);
        printf("%s\n", written);
    }
    mm_key_close(&key);
    return s;
}

const struct mm_command mm_command_sign = {
    .name = "sign",
    .args = "ARCHIVE or FOLDER",
    .summary = "sign an archive or a folder, so that others know whose model it is",
    .args_min = 1,
    .args_max = 1,
    .options = options,
    .options_size = sizeof(struct sign_options),
    .run = run,
    .notes = "The signature is an OpenSSF Model Signing v1.0 bundle: model_signing verify key checks the unpacked "
             "folder too. An archive "
             "carries\nit as its second member, model.sig; a folder gets the file model.sig. The archive's manifest, "
             "and with it the "
             "archive's identity,\nstays the same. A folder's signature names every file in it: sign archives, or "
             "what was unpacked from "
             "one, not a folder with data.\nA key with a passphrase (openssl pkcs8 -topk8 -in lab_a.key -out "
             "safe.key) asks for it "
             "on the terminal, or takes it from the first\nline of the file that MMAR_PASSPHRASE_FILE names.",
    .examples =
        "  mmar sign spleen.mmar --key lab_a.key\n  mmar sign spleen.mmar --key lab_a.key --detached spleen.sig\n",
};
