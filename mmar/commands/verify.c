/* mmar verify */
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "mmar/archive/archive.h"
#include "mmar/card.h"
#include "mmar/command.h"

static enum mm_status answer(const struct mm_command_call *call, const cJSON *manifest, struct mm_error *err)
{
    enum mm_status s;
    struct mm_arena *arena = call->arena;
    const cJSON *name = mm_json_get(manifest, "name");
    char digest[MM_SHA256_HEX], size[32];
    size_t count;
    uint64_t bytes;
    if (MM_TRY(s, mm_manifest_digest(arena, manifest, digest, err)))
        return s;
    mm_card_files(manifest, &count, &bytes);
    const char *called = cJSON_IsString(name) ? name->valuestring : mm_file_name(call->args[0]);
    if (call->json) {
        cJSON *json = mm_json_object(arena);
        mm_json_add(arena, json, "good", mm_json_bool(arena, true));
        mm_json_add(arena, json, "signed", mm_json_bool(arena, false));
        mm_json_add(arena, json, "name", mm_json_text(arena, called));
        mm_json_add(arena, json, "files", mm_json_integer(arena, (int64_t)count));
        mm_json_add(arena, json, "bytes", mm_json_integer(arena, (int64_t)bytes));
        mm_json_add(arena, json, "manifest_sha256", mm_json_text(arena, digest));
        return mm_command_print_json(arena, json, err);
    }
    struct mm_text text;
    mm_text_init(&text, 1 << 16);
    mm_card_text(&text, called);
    printf("%s: good, %zu files, %s, manifest %s\n", text.bytes, count,
           mm_text_bytes(size, sizeof size, (double)bytes), digest);
    mm_text_done(&text);
    mm_note("unsigned: the file is intact, but nobody vouches for it");
    return MM_OK;
}

/* A broken archive is an answer, "no", and no failure of this program. */
static enum mm_status broken(const struct mm_command_call *call, struct mm_error *err)
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

static enum mm_status run(const struct mm_command_call *call, struct mm_error *err)
{
    cJSON *manifest;
    enum mm_status s = mm_archive_read(call->arena, call->args[0], NULL, &manifest, err);
    if (s == MM_ERR_DATA)
        return broken(call, err);
    return s == MM_OK ? answer(call, manifest, err) : s;
}

const struct mm_command mm_command_verify = {
    .name = "verify",
    .args = "FILE",
    .summary = "check every byte of an archive without unpacking it",
    .args_min = 1,
    .args_max = 1,
    .has_json = true,
    .run = run,
    .notes = "Exit code 0: intact; 1: not, and the message says why; 5: the file cannot be read.",
    .examples = "  mmar verify spleen.mmar\n  mmar verify spleen.mmar --json\n",
};
