/* mmar pack */
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "mmar/archive/archive.h"
#include "mmar/archive/zstd_stream.h"
#include "mmar/card.h"
#include "mmar/command.h"
#include "mmar/progress_line.h"

struct pack_options {
    const char *mmar, *output;
    bool with_eval, with_checkpoint, zip;
    int64_t level, threads;
    struct mm_strings allow;
};
#define P         struct pack_options
#define SHOWN_MAX 6

static const struct mm_param options[] = {
    MM_STRING(P, mmar, .help = "-m: the MMAR's folder (default: the current one)"),
    MM_STRING(P, output, .help = "-o: the archive (default: <name of the model>.mmar in the current folder)"),
    MM_BOOL(P, with_eval, .help = "all of eval/ too, with the names of its cases"),
    MM_BOOL(P, with_checkpoint, .help = "models/checkpoint.safetensors too: the other lab can resume"),
    MM_BOOL(P, zip,
            .help =
                "a zip in place of a compressed tar, for those who open it without mmar; also when -o ends in .zip"),
    MM_INT(P, level, .def = 0, .min = 0, .max = MM_ZSTD_LEVEL_MAX,
           .help =
               "of compression: higher is smaller and slower, up to 19 (a zip: 9); 0: 10 (a zip: stored as it is)"),
    MM_INT(P, threads, .min = 0, .max = MM_ZSTD_THREADS_MAX,
           .help = "that compress (default: the processors there are); the bytes are the same"),
    MM_STRINGS(
        P, allow,
        .help = "places of findings that may travel, several with commas: docs/a.md, or docs/a.md:12 for one line"),
    MM_PARAMS_END};

/* The card's name, else the folder's, as a file name. */
static const char *default_output(struct mm_arena *arena, const char *root, bool zip)
{
    cJSON *card = NULL;
    const char *path = mm_file_join(arena, root, "docs/card.json");
    const cJSON *stated =
        mm_file_exists(path) && mm_json_read(arena, path, &card, NULL) == MM_OK ? mm_json_get(card, "name") : NULL;
    char *real = realpath(root, NULL);
    const char *name = cJSON_IsString(stated) && *stated->valuestring ? stated->valuestring
                       : real                                         ? mm_file_name(real)
                                                                      : "model";
    char *out = mm_arena_format(arena, "%.200s.%s", name, zip ? "zip" : "mmar");
    free(real);
    for (char *c = out; c && *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", *c) ||
            (c == out && strchr(".-", *c)))
            *c = '_';
    return out;
}

static void tell_left_out(const struct mm_archive_list *list)
{
    size_t shown =
        mm_log_get() == MM_LOG_VERBOSE || list->left_out_count <= SHOWN_MAX + 1 ? list->left_out_count : SHOWN_MAX;
    if (list->left_out_count)
        mm_note("left out, see mmar help pack:");
    for (size_t i = 0; i < shown; i++)
        mm_note("  %s", list->left_out[i]);
    if (shown < list->left_out_count)
        mm_note("  and %zu more (-v shows all)", list->left_out_count - shown);
}

static void tell_allowed(const char *lines)
{
    if (lines && *lines)
        mm_note("travels because it was allowed:");
    for (size_t n; lines && *lines; lines += n + 1) {
        n = strcspn(lines, "\n");
        mm_note("  %.*s", (int)n, lines);
    }
}

static void tell(const struct mm_archive_list *list, const cJSON *manifest)
{
    struct mm_text text;
    tell_left_out(list);
    tell_allowed(list->allowed);
    if (!mm_manifest_file(manifest, "models/model.safetensors"))
        mm_warn("warning: there is no models/model.safetensors: the archive holds no weights");
    for (size_t i = 0; i < list->count; i++)
        if (!strcmp(list->files[i].name, "config/environment.json") && !list->files[i].path)
            mm_note("config/environment.json travels as a template: its local paths are left empty");
    if (list->page_refreshed)
        mm_note("docs/README.md travels with its facts brought up to date (mmar card does it in the folder)");
    mm_text_init(&text, 1 << 20);
    mm_card_licences(&text, manifest);
    mm_note("%s", text.bytes);
    mm_text_done(&text);
}

static enum mm_status answer(const struct mm_command_call *call, const char *file, const struct mm_archive_list *list,
                             const cJSON *manifest, struct mm_error *err)
{
    enum mm_status s;
    struct mm_arena *arena = call->arena;
    char digest[MM_SHA256_HEX], size[32];
    uint64_t packed, bytes;
    size_t count;
    if (MM_TRY(s, mm_manifest_digest(arena, manifest, digest, err)) || MM_TRY(s, mm_file_size(file, &packed, err)))
        return s;
    mm_card_files(manifest, &count, &bytes);
    if (!call->json) {
        mm_note("%zu files, %s packed, manifest %s", count, mm_text_bytes(size, sizeof size, (double)packed), digest);
        printf("%s\n", file);
        return MM_OK;
    }
    cJSON *json = mm_json_object(arena), *left = mm_json_array(arena);
    for (size_t i = 0; i < list->left_out_count; i++)
        mm_json_append(left, mm_json_text(arena, list->left_out[i]));
    mm_json_add(arena, json, "file", mm_json_text(arena, file));
    mm_json_add(arena, json, "manifest_sha256", mm_json_text(arena, digest));
    mm_json_add(arena, json, "files", mm_json_integer(arena, (int64_t)count));
    mm_json_add(arena, json, "bytes", mm_json_integer(arena, (int64_t)bytes));
    mm_json_add(arena, json, "packed_bytes", mm_json_integer(arena, (int64_t)packed));
    mm_json_add(arena, json, "left_out", left);
    return mm_command_print_json(arena, json, err);
}

static enum mm_status run(const struct mm_command_call *call, struct mm_error *err)
{
    enum mm_status s;
    const struct pack_options *o = call->options;
    bool zip = o->zip || (o->output && mm_text_ends(o->output, ".zip"));
    struct mm_progress_line line;
    const struct mm_pack_options how = {.level = (int)o->level,
                                        .threads = (unsigned)o->threads,
                                        .with_eval = o->with_eval,
                                        .with_checkpoint = o->with_checkpoint,
                                        .kind = zip ? MM_ARCHIVE_ZIP : MM_ARCHIVE_TAR,
                                        .allow = o->allow,
                                        .progress = mm_progress_line(&line)};
    const char *root = call->arg_count ? call->args[0] : o->mmar ? o->mmar : ".";
    struct mm_archive_list *list;
    cJSON *manifest;
    if (o->mmar && call->arg_count && strcmp(o->mmar, call->args[0]))
        return mm_fail(err, MM_ERR_USAGE, "two MMAR folders: \"%s\" by -m and \"%s\"", o->mmar, call->args[0]);
    if (zip && o->level > MM_ARCHIVE_ZIP_LEVEL_MAX)
        return mm_fail(err, MM_ERR_USAGE, "--level %lld: of a zip it is 1 to %d", (long long)o->level,
                       MM_ARCHIVE_ZIP_LEVEL_MAX);
    if (!mm_file_is_folder(root))
        return mm_fail(err, MM_ERR_USAGE, "%s: is no folder", root);
    const char *file = o->output ? o->output : default_output(call->arena, root, zip);
    if (!file)
        return mm_fail_memory(err, "a file name");
    s = mm_pack(call->arena, root, file, &how, &list, &manifest, err);
    mm_progress_end(false);
    if (s != MM_OK)
        return s;
    tell(list, manifest);
    return answer(call, file, list, manifest, err);
}

const struct mm_command mm_command_pack = {
    .name = "pack",
    .args = "[MMAR]",
    .summary = "pack an MMAR into one verified file for another lab",
    .args_min = 0,
    .args_max = 1,
    .options = options,
    .options_size = sizeof(struct pack_options),
    .has_json = true,
    .run = run,
    .notes = "Travels: commands/ config/ custom/ docs/ resources/, models/model.safetensors with the records of its "
             "training and parent, and\n"
             "eval/metrics.json with numbers for its cases. config/environment.json travels without its local paths. "
             "Datalists, predictions,\n"
             "logs, checkpoints and everything else stay. Packing the same folder again gives the same bytes.\n"
             "Exit code 1: something that would travel holds a local path, a name of this user, this machine or of a "
             "case in the "
             "datalists, an e-mail\n"
             "address outside of the card, or a DICOM identifier; the message names each place and how to allow it.",
    .examples = "  mmar pack spleen\n  mmar pack spleen -o spleen-1.0.mmar --level 19\n  mmar pack spleen --zip\n",
};
