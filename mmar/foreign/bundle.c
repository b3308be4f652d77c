/* A MONAI bundle: its configs become one config of ours (metadata.json: metadata.c). */
#include "mmar/foreign/bundle.h"

#include "mmar/foreign/foreign.h"
#include "trainer/models/elsewhere.h"

/* Configs beside the ones that are read: other runs of the same parts. */
static void note_others(struct mm_foreign *f)
{
    for (size_t i = 0; i < f->tree.count; i++) {
        const char *name = f->tree.files[i].name;
        if (mm_text_starts(name, "configs/") && mm_text_ends(name, ".json") &&
            strcmp(name, "configs/metadata.json") && strcmp(name, "configs/train.json") &&
            strcmp(name, "configs/inference.json"))
            mm_notes_add(&f->notes, MM_NOTE_LEFT, "%s: only train.json and inference.json are read", name);
    }
}

/* Names the network, and what comes nearest to it. */
static enum mm_status fail_network(struct mm_foreign *f, struct mm_bundle *first, struct mm_bundle *second,
                                   struct mm_error *err)
{
    static const char end[] = "nothing is left of the bundle without it";
    const cJSON *node = mm_bundle_network(first);
    node = node ? node : mm_bundle_network(second);
    const char *name = mm_bundle_target(node);
    struct mm_place place = mm_json_place(f->tree.arena, node);
    if (!name)
        return mm_fail(err, MM_ERR_DATA, "its network is not found, or is Python (\"network_def\"): %s", end);
    const char *elsewhere = mm_model_elsewhere(name);
    if (elsewhere)
        return mm_fail(err, MM_ERR_DATA, "%s:%d: its network %.60s %s; %s", place.file, place.line, name, elsewhere,
                       end);
    return mm_fail(err, MM_ERR_DATA, "%s:%d: its network %.60s is none of those here (mmar list models): %s",
                   place.file, place.line, name, end);
}

enum mm_status mm_bundle_take(struct mm_foreign *foreign, const char *folder, struct mm_error *err)
{
    enum mm_status s;
    cJSON *train, *inference;
    if (MM_TRY(s, mm_foreign_json(foreign, "configs/train.json", &train, err)) ||
        MM_TRY(s, mm_foreign_json(foreign, "configs/inference.json", &inference, err)))
        return s;
    if (!train && !inference)
        return mm_fail(
            err, MM_ERR_DATA,
            "a MONAI bundle without configs/train.json and configs/inference.json: configs in YAML are not "
            "read");
    struct mm_bundle first = {foreign->tree.arena, &foreign->notes, train, 0},
                     second = {foreign->tree.arena, &foreign->notes, inference, 0};
    const cJSON *config = mm_bundle_config(&first, &second);
    if (!config)
        return fail_network(foreign, &first, &second, err);
    if (!train)
        mm_notes_add(&foreign->notes, MM_NOTE_LEFT,
                     "there is no configs/train.json: the MMAR predicts, and needs loss, optimizer and training data "
                     "before it trains");
    mm_bundle_labels(foreign);
    note_others(foreign);
    return MM_TRY(s, mm_foreign_write(foreign, folder, "config/config_train.json", config, err))
               ? s
               : mm_bundle_card(foreign, folder, err);
}
