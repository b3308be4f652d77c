/* mmar unpack */
#include "base/file.h"
#include "base/log.h"
#include "mmar/archive/archive.h"
#include "mmar/card.h"
#include "mmar/command.h"
#include "mmar/progress_line.h"
#include "mmar/signing/vouch.h"

struct unpack_options {
    const char *directory, *key;
    bool require_signature;
};
#define P struct unpack_options

static const struct mm_param options[] = {
    MM_STRING(P, directory,
              .help =
                  "-C: the folder to make (default: the file's name without .mmar or .zip, in the current folder)"),
    MM_VOUCH_PARAMS(P), MM_PARAMS_END};

static enum mm_status default_folder(struct mm_arena *arena, const char *file, const char **out, struct mm_error *err)
{
    const char *name = mm_file_name(file);
    size_t length = strlen(name), ending = mm_text_ends(name, ".mmar") ? 5 : mm_text_ends(name, ".zip") ? 4 : length;
    if (length <= ending)
        return mm_fail(err, MM_ERR_USAGE,
                       "%s: its name does not end in .mmar or .zip: name the folder to make with -C", file);
    *out = mm_arena_textn(arena, name, length - ending);
    return *out ? MM_OK : mm_fail_memory(err, "a file name");
}

static enum mm_status run(const struct mm_command_call *call, struct mm_error *err)
{
    enum mm_status s;
    const struct unpack_options *o = call->options;
    const char *folder = o->directory;
    const struct mm_vouch ask = {o->key, o->require_signature};
    struct mm_signer signer;
    cJSON *manifest;
    struct mm_text text;
    struct mm_progress_line line;
    struct mm_archive_progress progress = mm_progress_line(&line);
    if (!folder && MM_TRY(s, default_folder(call->arena, call->args[0], &folder, err)))
        return s;
    if (MM_TRY(s, mm_vouch_archive(call->arena, &ask, call->args[0], &signer, err)))
        return s;
    s = mm_unpack(call->arena, call->args[0], folder, &progress, &manifest, err);
    mm_progress_end(false);
    if (s != MM_OK)
        return s;
    mm_text_init(&text, 1 << 20);
    mm_card_licences(&text, manifest);
    mm_note("%s", text.bytes);
    mm_text_done(&text);
    printf("%s\n", folder);
    return MM_OK;
}

const struct mm_command mm_command_unpack = {
    .name = "unpack",
    .args = "FILE",
    .summary = "verify an archive and unpack it into a new folder",
    .args_min = 1,
    .args_max = 1,
    .options = options,
    .options_size = sizeof(struct unpack_options),
    .run = run,
    .notes = "The folder appears when every file has been checked, or not at all. It must not exist, or be empty.\n"
             "Who signed it is told; a signature that is bad, or of other content, is refused (exit code 1).",
    .examples = "  mmar unpack spleen.mmar\n  mmar unpack spleen.mmar -C their_spleen\n",
};
