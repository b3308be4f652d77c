/* A MONAI bundle's configs/metadata.json: what the card and the model's record have a place for. Its schema is rarely checked by who
 * writes one: a member of another type is brought into the one that is needed where its meaning is plain, and told of where it is not. */
#include "base/names.h"
#include "mmar/foreign/foreign.h"

#define CARD "docs/card.json"

/* A line of text; NULL when it cannot be one, which is noted. */
static const char *as_text(struct mm_foreign *f, const cJSON *value)
{
    if (!value || cJSON_IsNull(value))
        return NULL;
    if (cJSON_IsString(value))
        return value->valuestring;
    if (!cJSON_IsNumber(value)) {
        mm_notes_add_at(&f->notes, MM_NOTE_LEFT, value, "%s: is %s, expected a string: not taken", value->string,
                        mm_json_kind(value));
        return NULL;
    }
    mm_notes_add_at(&f->notes, MM_NOTE_TAKEN, value, "%s: is a number, taken as text", value->string);
    return mm_json_print(f->tree.arena, value, MM_JSON_CANONICAL);
}

/* "a, b and c" is one string there; a list may hold names, or objects that have one. */
static cJSON *authors(struct mm_foreign *f, const cJSON *value)
{
    struct mm_arena *arena = f->tree.arena;
    cJSON *list = mm_json_array(arena);
    const cJSON *one = cJSON_IsArray(value) ? value->child : value;
    for (; one && !cJSON_IsNull(one); one = cJSON_IsArray(value) ? one->next : NULL) {
        const cJSON *name = cJSON_IsObject(one) ? mm_json_get(one, "name") : one;
        if (cJSON_IsString(name))
            mm_json_append(list, mm_json_text(arena, name->valuestring));
        else
            mm_notes_add_at(&f->notes, MM_NOTE_LEFT, one, "authors: is %s without a name: not taken",
                            mm_json_kind(one));
    }
    return list;
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

/* Only the names: what they say is for docs/, by a person's hand. */
static void note_others(struct mm_foreign *f)
{
    static const char read[] = "name version intended_use authors network_data_format";
    struct mm_text text;
    mm_text_init(&text, 800);
    for (const cJSON *m = cJSON_IsObject(f->metadata) ? f->metadata->child : NULL; m; m = m->next)
        if (!mm_names_contain(read, m->string) && !cJSON_IsNull(m) && text.length < 600)
            mm_text_format(&text, "%s%.40s", text.length ? ", " : "", m->string);
    if (text.length)
        mm_notes_add(&f->notes, MM_NOTE_LEFT, "configs/metadata.json: the card has no place for %s", text.bytes);
    mm_text_done(&text);
}

enum mm_status mm_bundle_card(struct mm_foreign *foreign, const char *folder, struct mm_error *err)
{
    static const char *const same[] = {"name", "version", "intended_use"};
    enum mm_status s;
    cJSON *card;
    const char *terms;
    struct mm_arena *arena = foreign->tree.arena;
    if (MM_TRY(s, mm_json_read(arena, mm_file_join(arena, folder, CARD), &card, err)) ||
        MM_TRY(s, licence(foreign, &terms, err)))
        return s;
    if (!cJSON_IsObject(foreign->metadata))
        mm_notes_add(&foreign->notes, MM_NOTE_LEFT, "configs/metadata.json: is %s, expected an object",
                     mm_json_kind(foreign->metadata));
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        const char *text = as_text(foreign, mm_json_get(foreign->metadata, same[i]));
        if (text)
            replace(arena, card, same[i], mm_json_text(arena, text));
    }
    replace(arena, card, "authors", authors(foreign, mm_json_get(foreign->metadata, "authors")));
    if (terms)
        replace(arena, card, "licence", mm_json_text(arena, terms));
    mm_notes_add(&foreign->notes, MM_NOTE_TAKEN,
                 "configs/metadata.json: name, version, authors, intended use, into " CARD);
    note_others(foreign);
    return mm_foreign_write(foreign, folder, CARD, card, err);
}

/* {"0": "background"}, or the names in the order of their values. */
static void add_labels(struct mm_foreign *f, cJSON *labels, const cJSON *channels)
{
    const cJSON *c;
    size_t value = 0;
    cJSON_ArrayForEach (c, channels) {
        char number[24];
        snprintf(number, sizeof number, "%zu", value++);
        const char *key = cJSON_IsObject(channels) ? c->string : number;
        if (cJSON_IsString(c) && !mm_json_get(labels, key))
            mm_json_add(f->tree.arena, labels, key, mm_json_text(f->tree.arena, c->valuestring));
        else if (!cJSON_IsString(c))
            mm_notes_add_at(&f->notes, MM_NOTE_LEFT, c, "channel_def: is %s, expected a string: not taken",
                            mm_json_kind(c));
    }
}

void mm_bundle_labels(struct mm_foreign *foreign)
{
    const cJSON *format = mm_json_get(foreign->metadata, "network_data_format"),
                *outputs = mm_json_get(format, "outputs"), *output;
    cJSON *labels = mm_json_object(foreign->tree.arena);
    struct mm_text text;
    if (format && !cJSON_IsObject(outputs))
        mm_notes_add_at(&foreign->notes, MM_NOTE_LEFT, format,
                        "network_data_format: has no object \"outputs\": what the labels mean is not told");
    if (!cJSON_IsObject(outputs))
        return;
    cJSON_ArrayForEach (output, outputs) {
        const cJSON *channels = mm_json_get(output, "channel_def");
        if (cJSON_IsObject(channels) || cJSON_IsArray(channels))
            add_labels(foreign, labels, channels);
        else
            mm_notes_add_at(&foreign->notes, MM_NOTE_LEFT, channels ? channels : output,
                            "channel_def: is no object: what the labels mean is not told");
    }
    if (!labels || !labels->child)
        return;
    foreign->labels = labels;
    mm_text_init(&text, 600);
    for (const cJSON *c = labels->child; c; c = c->next)
        mm_text_format(&text, "%s%.40s: %.60s", text.length ? ", " : "", c->string, c->valuestring);
    mm_notes_add(&foreign->notes, MM_NOTE_TAKEN,
                 "labels of the output: %s (your datalist's \"labels\" name them too)", text.bytes);
    mm_text_done(&text);
}
