/* mmar card */
#include "base/file.h"
#include "base/log.h"
#include "mmar/archive/archive.h"
#include "mmar/card_page.h"
#include "mmar/command.h"

struct card_options {
    bool print;
};
#define P struct card_options

static const struct mm_param options[] = {MM_BOOL(P, print, .help = "the facts on stdout; nothing is written"),
                                          MM_PARAMS_END};

static enum mm_status print_facts(const cJSON *manifest)
{
    struct mm_text text;
    mm_text_init(&text, 8u << 20);
    mm_card_page(&text, manifest);
    fputs(text.bytes, stdout);
    mm_text_done(&text);
    return MM_OK;
}

static enum mm_status run(const struct mm_command_call *call, struct mm_error *err)
{
    enum mm_status s;
    const struct card_options *o = call->options;
    const char *root = call->arg_count ? call->args[0] : ".", *fresh;
    const struct mm_pack_options how = {0};
    struct mm_archive_list *list;
    cJSON *manifest;
    unsigned char *page = NULL;
    size_t size;
    if (!mm_file_is_folder(root))
        return mm_fail(err, MM_ERR_USAGE, "%s: is no folder (mmar show FILE shows the card of an archive)", root);
    const char *path = mm_file_join(call->arena, root, MM_CARD_PAGE);
    if (MM_TRY(s, mm_layout_collect(call->arena, root, &how, &list, err)) ||
        MM_TRY(s, mm_manifest_make(call->arena, root, list, &manifest, err)))
        return s;
    if (o->print)
        return print_facts(manifest);
    if (mm_file_exists(path) && MM_TRY(s, mm_file_read(call->arena, path, MM_JSON_SIZE_MAX, &page, &size, err)))
        return s;
    if (MM_TRY(s, mm_card_refresh(call->arena, (const char *)page, manifest, true, &fresh, err)))
        return s;
    if (fresh && (MM_TRY(s, mm_file_make_folder(mm_file_folder(call->arena, path), err)) ||
                  MM_TRY(s, mm_file_write(path, fresh, strlen(fresh), err))))
        return s;
    mm_note(fresh ? "%s: its facts are brought up to date" : "%s: its facts are up to date already", path);
    printf("%s\n", path);
    return MM_OK;
}

const struct mm_command mm_command_card = {
    .name = "card",
    .args = "[MMAR]",
    .summary = "bring the facts of the model card docs/README.md up to date",
    .args_min = 0,
    .args_max = 1,
    .options = options,
    .options_size = sizeof(struct card_options),
    .run = run,
    .notes = "The facts are those of the configuration, the training, the last evaluation, docs/card.json and the "
             "parents. They stand between two\n"
             "marks in the page; what you write above and below stays as it is. mmar pack does the same for the "
             "archive, and leaves the folder alone.",
    .examples = "  mmar card spleen\n  mmar card spleen --print\n",
};
