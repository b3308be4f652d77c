/* A MONAI bundle: its configs become one config of ours (metadata.json: metadata.c). */
#include "mmar/foreign/bundle.h"

#include "mmar/foreign/foreign.h"

/* The file that a tree was read from. */
static const char *file_of(const cJSON *root)
{
    const struct mm_json_node *node = (const struct mm_json_node *)root;
    return node ? node->source->name : "";
}

static bool is_config(const char *name)
{
    return mm_text_ends(name, ".json") || mm_text_ends(name, ".yaml") || mm_text_ends(name, ".yml");
}

/* Configs beside the ones that are read: other runs of the same parts, and the same in another form. */
static void note_others(struct mm_foreign *f, const cJSON *train, const cJSON *inference)
{
    for (size_t i = 0; i < f->tree.count; i++) {
        const char *name = f->tree.files[i].name;
        if (mm_text_starts(name, "configs/") && is_config(name) && strcmp(name, "configs/metadata.json") &&
            strcmp(name, file_of(train)) && strcmp(name, file_of(inference)))
            mm_notes_add(&f->notes, MM_NOTE_LEFT, "%s: only train and inference are read, of each one file", name);
    }
}

enum mm_status mm_bundle_take(struct mm_foreign *foreign, const char *folder, struct mm_error *err)
{
    enum mm_status s;
    cJSON *train, *inference;
    if (MM_TRY(s, mm_foreign_config(foreign, "configs/train", &train, err)) ||
        MM_TRY(s, mm_foreign_config(foreign, "configs/inference", &inference, err)))
        return s;
    if (!train && !inference)
        return mm_fail(err, MM_ERR_DATA,
                       "a MONAI bundle without configs/train and configs/inference (.json, .yaml or .yml)");
    struct mm_bundle first = {.arena = foreign->tree.arena, .notes = &foreign->notes, .root = train},
                     second = {.arena = foreign->tree.arena, .notes = &foreign->notes, .root = inference};
    const cJSON *config = mm_bundle_config(&first, &second);
    if (!config)
        return mm_fail(err, MM_ERR_DATA, "%s: nothing is left of the bundle without a network (mmar list models)",
                       first.no_network ? first.no_network : "its configs have no network_def, network or net");
    if (!train)
        mm_notes_add(&foreign->notes, MM_NOTE_LEFT,
                     "there is no configs/train: the MMAR predicts, and needs loss, optimizer and training data "
                     "before it trains");
    mm_bundle_labels(foreign);
    note_others(foreign, train, inference);
    return MM_TRY(s, mm_foreign_write(foreign, folder, "config/config_train.json", config, err))
               ? s
               : mm_bundle_card(foreign, folder, err);
}
