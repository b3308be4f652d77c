/* mmar init */
#include "base/file.h"
#include "base/log.h"
#include "base/names.h"
#include "mmar/archive/archive.h"
#include "mmar/command.h"
#include "mmar/foreign/foreign.h"
#include "mmar/progress_line.h"
#include "mmar/propose.h"
#include "mmar/scaffold.h"
#include "mmar/signing/vouch.h"
#include "mmar/takeover.h"
#include "mmar/template.h"

struct init_options {
    const char *template, *from, *data, *key;
    bool require_signature;
};
#define P struct init_options

static const struct mm_param options[] = {
    MM_STRING(P, template,
              .help = "what to start from (default: phantom_3d, or with --data what the data ask for); see below"),
    MM_STRING(
        P, from,
        .help = "an archive of another lab, a Clara MMAR or a MONAI bundle (folder or zip): its configs and weights"),
    MM_STRING(P, data, .help = "datalist to train on: measured, and written into config/environment.json"),
    MM_VOUCH_PARAMS(P), MM_PARAMS_END};

static void print_next(const struct mm_scaffold *s)
{
    const char *const pairs[][2] = {{"@DIR@", s->folder}};
    const cJSON *line;
    mm_note("made %s from template %s. Next:", s->folder, s->template);
    cJSON_ArrayForEach (line, mm_json_get(s->about, "next")) {
        struct mm_text text;
        if (s->data && (mm_text_starts(line->valuestring, "mmar datalist") ||
                        mm_text_starts(line->valuestring, "edit") || mm_text_starts(line->valuestring, "mmar synth")))
            continue;
        mm_text_init(&text, 1 << 16);
        mm_scaffold_fill(&text, line->valuestring, pairs, 1);
        mm_note("  %s", text.bytes);
        mm_text_done(&text);
    }
}

static enum mm_status from_template(const struct mm_scaffold *given, struct mm_error *err)
{
    enum mm_status status;
    struct mm_scaffold s = *given;
    cJSON *about;
    const struct mm_template_file *found = mm_template_find(s.template);
    if (!found) {
        struct mm_nearest nearest;
        char hint[128];
        mm_nearest_init(&nearest, s.template);
        for (size_t i = 0; mm_template_name(i); i++)
            mm_nearest_offer(&nearest, mm_template_name(i));
        return mm_fail(err, MM_ERR_USAGE, "unknown template \"%s\"%s (see mmar help init)", s.template,
                       mm_nearest_hint(&nearest, hint, sizeof hint));
    }
    if (MM_TRY(status, mm_json_parse(s.arena, "template.json", found->text, strlen(found->text), &about, err)))
        return status;
    s.about = about;
    if (MM_TRY(status, mm_scaffold_folders(&s, err)) || MM_TRY(status, mm_scaffold_files(&s, "common", err)) ||
        MM_TRY(status, mm_scaffold_files(&s, s.template, err)))
        return status;
    printf("%s\n", s.folder);
    print_next(&s);
    return MM_OK;
}

static enum mm_status write_proposal(const struct mm_scaffold *s, const struct mm_facts *facts,
                                     const struct mm_proposal *proposal, struct mm_error *err)
{
    enum mm_status status;
    struct mm_text text;
    mm_text_init(&text, 1 << 20);
    mm_proposal_write(s->arena, facts, proposal, &text);
    status = text.overflow ? mm_fail_memory(err, "the configuration")
                           : mm_scaffold_write(mm_file_join(s->arena, s->folder, "config/config_train.json"),
                                               text.bytes, false, err);
    mm_text_done(&text);
    if (status == MM_OK && s->list)
        status = mm_proposal_split(s->arena, facts, mm_file_join(s->arena, s->folder, "config/dataset.json"), err);
    return status;
}

/* Nothing is written before the data have been measured. */
static enum mm_status from_data(const struct mm_scaffold *given, struct mm_error *err)
{
    enum mm_status status;
    struct mm_scaffold s = *given;
    struct mm_facts facts;
    struct mm_proposal proposal;
    if (MM_TRY(status, mm_facts_measure(s.arena, s.data, &facts, err)) ||
        MM_TRY(status, mm_propose(s.arena, &facts, &proposal, err)))
        return mm_fail_in(err, "%s", s.data);
    cJSON *about = mm_json_object(s.arena);
    mm_json_add(s.arena, about, "summary",
                mm_json_text(
                    s.arena,
                    mm_arena_format(s.arena,
                                    "segmentation of %dD images into %d classes, proposed by mmar init from the data",
                                    proposal.rank, proposal.classes)));
    if (!mm_json_get(about, "summary"))
        return mm_fail_memory(err, "a proposal");
    s.about = about;
    s.template = "proposed";
    s.list = facts.validation ? NULL : "{MMAR_ROOT}/config/dataset.json";
    if (MM_TRY(status, mm_scaffold_folders(&s, err)) || MM_TRY(status, mm_scaffold_files(&s, "common", err)) ||
        MM_TRY(status, write_proposal(&s, &facts, &proposal, err)))
        return status;
    printf("%s\n", s.folder);
    mm_note("proposed %s/config/config_train.json:", s.folder);
    for (size_t i = 0; i < proposal.why_count; i++)
        mm_note("  %-10s %s", proposal.whys[i].key, proposal.whys[i].text);
    if (s.list)
        mm_note("  %-10s the datalist has no validation list: config/dataset.json keeps every fifth item for it",
                "validation");
    mm_note("Next:\n  mmar check %s\n  mmar plan %s\n  mmar train %s", s.folder, s.folder, s.folder);
    return MM_OK;
}

/* The data are measured to be compared; data that cannot be are no failure here. */
static enum mm_status measure(const struct mm_scaffold *s, struct mm_takeover *t, struct mm_facts *facts,
                              struct mm_error *why)
{
    enum mm_status status = s->data ? mm_facts_measure(s->arena, s->data, facts, why) : MM_OK;
    t->folder = s->folder;
    if (s->data && status == MM_OK)
        t->facts = facts;
    else if (s->data)
        t->unmeasured = why->text;
    return status == MM_INTERRUPTED ? status : MM_OK;
}

static enum mm_status tell_takeover(const struct mm_scaffold *s, const char *file, const cJSON *manifest,
                                    struct mm_error *err)
{
    struct mm_facts facts;
    struct mm_error why = {.status = MM_OK};
    struct mm_takeover t = {.from = file, .manifest = manifest};
    struct mm_text text;
    if (measure(s, &t, &facts, &why) != MM_OK)
        return mm_fail(err, why.status, "%s", why.text);
    mm_text_init(&text, 1 << 18);
    mm_takeover_tell(&text, &t);
    mm_note("%s", text.bytes);
    mm_text_done(&text);
    return MM_OK;
}

static enum mm_status from_archive(const struct mm_scaffold *s, const char *file, const struct mm_vouch *ask,
                                   struct mm_error *err)
{
    enum mm_status status;
    struct mm_signer signer;
    cJSON *manifest;
    const char *environment = mm_file_join(s->arena, s->folder, "config/environment.json");
    unsigned char *bytes;
    size_t size;
    struct mm_progress_line line;
    struct mm_archive_progress progress = mm_progress_line(&line);
    if (MM_TRY(status, mm_vouch_archive(s->arena, ask, file, &signer, err)))
        return status;
    status = mm_unpack(s->arena, file, s->folder, &progress, &manifest, err);
    mm_progress_end(false);
    if (status != MM_OK || MM_TRY(status, mm_scaffold_folders(s, err)))
        return status;
    if (s->data && (MM_TRY(status, mm_file_read(s->arena, environment, MM_JSON_SIZE_MAX, &bytes, &size, err)) ||
                    MM_TRY(status, mm_scaffold_environment(s, environment, (const char *)bytes, err))))
        return status;
    if (MM_TRY(status, mm_takeover_card(s->arena, s->folder, s->name, err)))
        return status;
    printf("%s\n", s->folder);
    return tell_takeover(s, file, manifest, err);
}

static enum mm_status fill_from_foreign(const struct mm_scaffold *given, struct mm_foreign *foreign,
                                        struct mm_error *err)
{
    enum mm_status status;
    struct mm_scaffold s = *given;
    cJSON *about = mm_json_object(s.arena);
    mm_json_add(s.arena, about, "summary",
                mm_json_text(s.arena, mm_arena_format(s.arena, "taken over from %s", foreign->what)));
    if (!mm_json_get(about, "summary"))
        return mm_fail_memory(err, "an MMAR");
    s.about = about;
    s.template = "none";
    return MM_TRY(status, mm_scaffold_folders(&s, err)) || MM_TRY(status, mm_scaffold_files(&s, "common", err))
               ? status
               : mm_foreign_take(foreign, s.folder, err);
}

/* A half-made MMAR is worse than none: on failure the folder is gone again. */
static enum mm_status from_foreign(const struct mm_scaffold *s, const char *path, const struct mm_vouch *ask,
                                   struct mm_error *err)
{
    enum mm_status status;
    struct mm_foreign *foreign;
    struct mm_signer nobody;
    struct mm_facts facts;
    struct mm_error why = {.status = MM_OK};
    struct mm_takeover t = {.from = NULL};
    struct mm_text text;
    struct mm_progress_line line;
    struct mm_archive_progress progress = mm_progress_line(&line);
    if (MM_TRY(status, mm_vouch(s->arena, ask, NULL, NULL, &nobody, err)))
        return mm_fail_in(err, "%s", path);
    if (MM_TRY(status, mm_foreign_open(s->arena, path, &foreign, err)))
        return status;
    foreign->progress = &progress;
    status = fill_from_foreign(s, foreign, err);
    mm_progress_end(false);
    mm_foreign_close(foreign);
    if (status == MM_OK && (status = measure(s, &t, &facts, &why)) != MM_OK)
        mm_fail(err, status, "%s", why.text);
    if (status != MM_OK) {
        mm_file_remove_tree(s->folder, NULL);
        return status;
    }
    printf("%s\n", s->folder);
    t.from = path;
    mm_text_init(&text, 1 << 20);
    mm_foreign_tell(foreign, &t, &text);
    mm_note("%s", text.bytes);
    mm_text_done(&text);
    return MM_OK;
}

/* What looks like a parent and is none, with what there is for it. */
static enum mm_status check_from(struct mm_arena *arena, const char *from, struct mm_error *err)
{
    static const char *const weights[] = {".safetensors", ".pt", ".pth"};
    if (mm_file_is_folder(from) && mm_file_exists(mm_file_join(arena, from, "docs/card.json")) &&
        !mm_foreign_is(arena, from))
        return mm_fail(err, MM_ERR_USAGE,
                       "%s: is an MMAR that is worked in: mmar pack makes an archive of it, to begin with", from);
    for (size_t i = 0; i < sizeof weights / sizeof *weights; i++)
        if (mm_text_ends(from, weights[i]))
            return mm_fail(err, MM_ERR_USAGE,
                           "%s: weights alone have no configuration: make an MMAR for them (mmar init DIR), and name "
                           "them to mmar %s",
                           from, i ? "convert" : "train --from");
    return MM_OK;
}

static enum mm_status run(const struct mm_command_call *call, struct mm_error *err)
{
    enum mm_status status;
    const struct init_options *o = call->options;
    char **names;
    size_t count = 0;
    struct mm_scaffold s = {.arena = call->arena,
                            .folder = call->args[0],
                            .name = mm_file_name(call->args[0]),
                            .template = o->template ? o->template : "phantom_3d"};
    if (o->template && o->from)
        return mm_fail(err, MM_ERR_USAGE, "--template and --from exclude each other");
    if (mm_file_is_folder(s.folder) && MM_TRY(status, mm_file_list(call->arena, s.folder, &names, &count, err)))
        return status;
    if (count || (mm_file_exists(s.folder) && !mm_file_is_folder(s.folder)))
        return mm_fail(err, MM_ERR_USAGE, "%s: exists already and is not empty: nothing was changed", s.folder);
    if (o->data) {
        char *real = realpath(o->data, NULL);
        if (!real)
            return mm_fail(err, MM_ERR_IO, "%s: no such datalist (mmar datalist DIR makes one)", o->data);
        s.data = mm_arena_text(call->arena, real);
        free(real);
    }
    if (o->from && MM_TRY(status, check_from(call->arena, o->from, err)))
        return status;
    if (o->from) {
        const struct mm_vouch ask = {o->key, o->require_signature};
        return mm_file_is_folder(o->from) || mm_foreign_is(call->arena, o->from)
                   ? from_foreign(&s, o->from, &ask, err)
                   : from_archive(&s, o->from, &ask, err);
    }
    return s.data && !o->template ? from_data(&s, err) : from_template(&s, err);
}

const struct mm_command mm_command_init = {
    .name = "init",
    .args = "DIR",
    .summary = "scaffold an MMAR from a template, from data, or from an archive",
    .args_min = 1,
    .args_max = 1,
    .options = options,
    .options_size = sizeof(struct init_options),
    .run = run,
    .notes = "Templates:\n"
             "  phantom_2d, phantom_3d   synthetic images by mmar synth\n"
             "  em_membrane_2d           membranes in electron micrographs (ISBI 2012 form)\n"
             "  hippocampus_3d           hippocampus in MR (Decathlon Task04 form)\n"
             "  spleen_ct_3d             spleen in CT, unvalidated\n"
             "--from takes programs of nobody: of Clara MMARs and MONAI bundles it takes configs, documents and "
             "weights, and says what not.\n"
             "With --data alone the images and labels are measured, and spacing, intensities, classes, network, "
             "crops, batch, cache and\n"
             "epochs are proposed for them and for this machine; config_train.json says why, in \"__why_...\".",
    .examples = "  mmar init mine --data data/dataset.json\n  mmar init demo --template phantom_3d\n  mmar init "
                "hippocampus --template hippocampus_3d --data data/dataset.json\n"
                "  mmar init ours --from other_lab.mmar --data data/dataset.json\n"
                "  mmar init spleen --from spleen_ct_segmentation.zip\n",
};
