/* A MONAI bundle: metadata.json becomes the card, its configs one config of ours. */
#include "mmar/foreign/bundle.h"

#include "mmar/foreign/foreign.h"

#define CARD "docs/card.json"

/* "a, b and c" is one string there. */
static cJSON *authors(struct mm_arena *arena, const cJSON *value)
{
    cJSON *list = mm_json_array(arena);
    if (cJSON_IsString(value))
        mm_json_append(list, mm_json_text(arena, value->valuestring));
    return cJSON_IsArray(value) ? mm_json_copy(arena, value) : list;
}

static void replace(struct mm_arena *arena, cJSON *card, const char *key, cJSON *value)
{
    const cJSON *old = mm_json_get(card, key);
    if (old && value)
        mm_json_replace((cJSON *)old, value);
    else if (value)
        mm_json_add(arena, card, key, value);
}

/* The licence by its first words; others are named by their file. */
static enum mm_status licence(struct mm_foreign *f, const char **out, struct mm_error *err)
{
    static const struct {
        const char *words, *name;
    } known[] = {{"Apache License", "Apache-2.0"},
                 {"MIT License", "MIT"},
                 {"Creative Commons Attribution 4.0", "CC-BY-4.0"},
                 {"Attribution-NonCommercial 4.0", "CC-BY-NC-4.0"}};
    enum mm_status s;
    unsigned char *bytes;
    size_t size;
    const struct mm_tree_file *file = mm_tree_find(&f->tree, "LICENSE");
    file = file ? file : mm_tree_find(&f->tree, "docs/LICENSE");
    *out = NULL;
    if (!file || file->size > 1 << 20)
        return MM_OK;
    if (MM_TRY(s, mm_tree_read(&f->tree, file, 1 << 20, &bytes, &size, err)))
        return s;
    bytes[size < 400 ? size : 400] = 0;
    *out = "see docs/LICENSE";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strstr((const char *)bytes, known[i].words))
            *out = known[i].name;
    return MM_OK;
}

static enum mm_status take_card(struct mm_foreign *f, const char *folder, struct mm_error *err)
{
    static const char *const same[] = {"name", "version", "intended_use"};
    enum mm_status s;
    cJSON *card;
    const char *terms;
    struct mm_arena *arena = f->tree.arena;
    if (MM_TRY(s, mm_json_read(arena, mm_file_join(arena, folder, CARD), &card, err)) ||
        MM_TRY(s, licence(f, &terms, err)))
        return s;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        const cJSON *value = mm_json_get(f->metadata, same[i]);
        if (cJSON_IsString(value))
            replace(arena, card, same[i], mm_json_copy(arena, value));
    }
    replace(arena, card, "authors", authors(arena, mm_json_get(f->metadata, "authors")));
    if (terms)
        replace(arena, card, "licence", mm_json_text(arena, terms));
    mm_notes_add(&f->notes, MM_NOTE_TAKEN, "configs/metadata.json: name, version, authors, intended use, into " CARD);
    return mm_foreign_write(f, folder, CARD, card, err);
}

/* What the channels mean, which no place in a config of ours says: the datalist's "labels" do. */
static void note_labels(struct mm_foreign *f)
{
    const cJSON *formats = mm_json_get(f->metadata, "network_data_format"), *output;
    cJSON_ArrayForEach (output, mm_json_get(formats, "outputs")) {
        const cJSON *channels = mm_json_get(output, "channel_def"), *c;
        struct mm_text text;
        mm_text_init(&text, 600);
        cJSON_ArrayForEach (c, channels)
            if (cJSON_IsString(c))
                mm_text_format(&text, "%s%.40s: %.60s", text.length ? ", " : "", c->string, c->valuestring);
        if (text.length)
            mm_notes_add(&f->notes, MM_NOTE_TAKEN,
                         "labels of the output: %s (your datalist's \"labels\" name them too)", text.bytes);
        mm_text_done(&text);
    }
}

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
        return mm_fail(err, MM_ERR_DATA,
                       "its network is none of those here (mmar list models): nothing is left of the bundle without "
                       "it");
    if (!train)
        mm_notes_add(&foreign->notes, MM_NOTE_LEFT,
                     "there is no configs/train.json: the MMAR predicts, and needs loss, optimizer and training data "
                     "before it trains");
    note_labels(foreign);
    note_others(foreign);
    return MM_TRY(s, mm_foreign_write(foreign, folder, "config/config_train.json", config, err))
               ? s
               : take_card(foreign, folder, err);
}
