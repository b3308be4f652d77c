/* mmar pull */
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "mmar/archive/archive.h"
#include "mmar/card.h"
#include "mmar/command.h"
#include "mmar/progress_line.h"
#include "mmar/signing/vouch.h"
#include "mmar/transport/download.h"

#define PATIENCE 60 /* seconds */

struct pull_options {
    const char *output, *directory, *key, *sha256, *manifest;
    bool require_signature, allow_http;
    int64_t timeout;
};
#define P struct pull_options

static const struct mm_param options[] = {
    MM_STRING(P, output, .help = "-o: the file (default: the last part of the address, in the current folder)"),
    MM_STRING(P, directory, .help = "-C: unpack into this new folder instead"),
    MM_VOUCH_PARAMS(P),
    MM_STRING(P, sha256, .help = "the only digest of the file to take: 64 hexadecimal digits, as sha256sum prints"),
    MM_STRING(P, manifest,
              .help = "the only manifest to take: 64 hexadecimal digits, as mmar pack and mmar show print"),
    MM_BOOL(P, allow_http, .help = "also plain http, on which others can read along and send something else"),
    MM_INT(P, timeout, .def = PATIENCE, .min = 1, .max = 86400, .help = "seconds without a byte that end it"),
    MM_PARAMS_END};

static enum mm_status check_digest(const char *name, const char *digest, struct mm_error *err)
{
    return !digest || (strlen(digest) == 64 && strspn(digest, "0123456789abcdefABCDEF") == 64)
               ? MM_OK
               : mm_fail(err, MM_ERR_USAGE, "--%s takes 64 hexadecimal digits, got \"%s\"", name, digest);
}

/* Where it shall be: a new file or a new folder. */
static enum mm_status find_target(const struct mm_command_call *call, const char **target, struct mm_error *err)
{
    enum mm_status s;
    const struct pull_options *o = call->options;
    if (o->output && o->directory)
        return mm_fail(err, MM_ERR_USAGE, "-o and -C: give one of them");
    if (MM_TRY(s, check_digest("sha256", o->sha256, err)) || MM_TRY(s, check_digest("manifest", o->manifest, err)))
        return s;
    if (o->directory)
        return mm_unpack_target(call->arena, o->directory, target, err);
    *target = o->output ? o->output : mm_transport_file_name(call->arena, call->args[0]);
    if (!*target)
        return mm_fail(err, MM_ERR_USAGE, "%s: ends in no name for a file: name one with -o", call->args[0]);
    return mm_file_exists(*target)
               ? mm_fail(err, MM_ERR_USAGE, "%s: exists already: nothing was changed (-o names another file)",
                         *target)
               : MM_OK;
}

static enum mm_status check_pins(const struct mm_command_call *call, const char *file, const cJSON *manifest,
                                 struct mm_error *err)
{
    enum mm_status s;
    const struct pull_options *o = call->options;
    char found[MM_SHA256_HEX];
    if (o->sha256 && MM_TRY(s, mm_sha256_file(file, found, err)))
        return s;
    if (o->sha256 && strcasecmp(found, o->sha256) != 0)
        return mm_fail(err, MM_NO, "is another file than the one asked for: its SHA-256 is %s", found);
    if (o->manifest && MM_TRY(s, mm_manifest_digest(call->arena, manifest, found, err)))
        return s;
    return o->manifest && strcasecmp(found, o->manifest) != 0
               ? mm_fail(err, MM_NO, "is another archive than the one asked for: its manifest is %s", found)
               : MM_OK;
}

/* All of what came, and who signed it. */
static enum mm_status judge(const struct mm_command_call *call, const char *part, cJSON **manifest,
                            struct mm_error *err)
{
    enum mm_status s;
    const struct pull_options *o = call->options;
    const struct mm_vouch ask = {o->key, o->require_signature};
    struct mm_signer signer;
    struct mm_progress_line line;
    struct mm_archive_progress progress = mm_progress_line(&line);
    const struct mm_archive_visitor visitor = {.progress = &progress, .doing = "verifying"};
    s = mm_archive_read(call->arena, part, &visitor, manifest, err);
    mm_progress_end(false);
    return s != MM_OK || MM_TRY(s, check_pins(call, part, *manifest, err))
               ? s
               : mm_vouch_archive(call->arena, &ask, part, &signer, err);
}

/* A part that was continued and does not verify may be two files' pieces: once, all of it is fetched again. */
static enum mm_status fetch(const struct mm_command_call *call, struct mm_download *d, cJSON **manifest,
                            struct mm_error *err)
{
    enum mm_status s;
    for (int round = 0;; round++) {
        if (MM_TRY(s, mm_download_run(call->arena, d, err)))
            return s;
        s = judge(call, d->part, manifest, err);
        if (s != MM_ERR_DATA && s != MM_NO)
            return s;
        mm_download_discard(call->arena, d);
        if (round || !d->continued || s == MM_NO) {
            mm_fail_in(err, "%s: nothing was put in place", d->place);
            return s;
        }
        mm_note("what was continued does not verify: all of it comes again");
    }
}

static enum mm_status place(const struct mm_command_call *call, struct mm_download *d, const char *target,
                            struct mm_error *err)
{
    enum mm_status s;
    const struct pull_options *o = call->options;
    cJSON *manifest;
    if (!o->directory) {
        if ((s = mm_file_place(d->part, target, false, err)) == MM_OK)
            mm_download_forget(call->arena, d);
        return s;
    }
    struct mm_progress_line line;
    struct mm_archive_progress progress = mm_progress_line(&line);
    s = mm_unpack(call->arena, d->part, target, &progress, &manifest, err);
    mm_progress_end(false);
    if (s == MM_OK)
        mm_download_discard(call->arena, d);
    return s;
}

static void tell(const cJSON *manifest, const char *target)
{
    struct mm_text text;
    mm_text_init(&text, 1 << 20);
    mm_card_licences(&text, manifest);
    mm_note("%s", text.bytes);
    mm_text_done(&text);
    printf("%s\n", target);
}

static enum mm_status run(const struct mm_command_call *call, struct mm_error *err)
{
    enum mm_status s;
    const struct pull_options *o = call->options;
    const char *target;
    cJSON *manifest;
    const struct mm_vouch ask = {o->key, o->require_signature};
    if (MM_TRY(s, find_target(call, &target, err)) || MM_TRY(s, mm_vouch_check(call->arena, &ask, err)))
        return s;
    struct mm_download d = {.place = call->args[0],
                            .part = mm_arena_format(call->arena, "%s.part", target),
                            .patience = (unsigned)o->timeout,
                            .allow_http = o->allow_http,
                            .file = {.file = -1}};
    if (!d.part)
        return mm_fail_memory(err, "a file name");
    if ((s = fetch(call, &d, &manifest, err)) == MM_OK && (s = place(call, &d, target, err)) == MM_OK)
        tell(manifest, target);
    mm_download_close(&d);
    return s;
}

const struct mm_command mm_command_pull = {
    .name = "pull",
    .args = "PLACE",
    .summary = "bring an archive from an address or a share, and verify it before it takes its place",
    .args_min = 1,
    .args_max = 1,
    .options = options,
    .options_size = sizeof(struct pull_options),
    .run = run,
    .notes =
        "PLACE is an address (https://...), a path, or file://. What came lies in NAME.part until all of it has been "
        "verified; then it\n"
        "takes its name, or is unpacked. Interrupted, cut off or killed: the same command goes on where it stopped, "
        "or "
        "begins anew when\n"
        "the file there has changed. Proxies come from the environment (https_proxy), passwords from ~/.netrc, other "
        "certificate\n"
        "authorities from CURL_CA_BUNDLE or SSL_CERT_FILE.\n"
        "Exit code 1: the signature is bad, is missing where one is required, or the digest is another; 4: no sound "
        "archive; 5: it did\nnot come, or cannot be written.",
    .examples = "  mmar pull https://models.example.org/spleen-1.0.mmar\n"
                "  mmar pull https://models.example.org/spleen-1.0.mmar -C spleen --require-signature\n"
                "  mmar pull /mnt/lab_a/spleen-1.0.mmar --key lab_a.pub\n",
};
