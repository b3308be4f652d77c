/* Recognising a foreign model, and what of its files is taken. */
#include "mmar/foreign/foreign.h"

#include <strings.h>

#include "mmar/archive/archive.h"
#include "mmar/card.h"
#include "mmar/foreign/yaml.h"

#define TEXT_MAX   ((size_t)4 << 20)
#define TENSORFLOW "TensorFlow weights cannot be read here: export them to .safetensors where TensorFlow runs"
#define PROGRAM    "a program: it is not taken, and not needed"

/* What becomes of a file, by its folder and the end of its name; the first row that fits counts. */
static const struct rule {
    const char *folder, *ending; /* "" : any */
    const char *why;             /* why it is left; NULL: it is taken, or read */
} rules[] = {
    {"commands/", "", "a program: commands/ has those of mmar"},
    {"", ".py", "Python does not run here: what it does is missing from the model"},
    {"", ".sh", PROGRAM},
    {"", "log.config", "Python's logging configuration can run programs: it is not taken, and not needed"},
    {"", "logging.conf", "Python's logging configuration can run programs: it is not taken, and not needed"},
    {"models/", ".ts", "TorchScript is a program: convert the state_dict of the model instead"},
    {"models/", ".pt", NULL},
    {"models/", ".pth", NULL},
    {"models/", ".safetensors", NULL},
    {"models/", ".pb", TENSORFLOW},
    {"models/", ".h5", TENSORFLOW},
    {"models/", ".hdf5", TENSORFLOW},
    {"models/", ".meta", TENSORFLOW},
    {"models/", ".index", TENSORFLOW},
    {"models/", "/checkpoint", TENSORFLOW},
    {"models/", ".onnx", "ONNX is not read: convert the state_dict of the model instead"},
    {"models/", ".engine", "built for one kind of GPU: convert the state_dict of the model instead"},
    {"models/", ".plan", "built for one kind of GPU: convert the state_dict of the model instead"},
    {"config/", ".json", NULL},
    {"configs/", ".json", NULL},
    {"configs/", ".yaml", NULL},
    {"configs/", ".yml", NULL},
    {"docs/", ".md", NULL},
    {"docs/", ".txt", NULL},
    {"", "LICENSE", NULL},
    {"", "LICENSE.txt", NULL},
    {"", "", "not needed"},
};

static const char *why_left(const char *name)
{
    if (strstr(name, ".ckpt"))
        return TENSORFLOW;
    for (size_t i = 0;; i++)
        if (mm_text_starts(name, rules[i].folder) && mm_text_ends(name, rules[i].ending))
            return rules[i].why;
}

static bool is_weights(const char *name)
{
    return mm_text_starts(name, "models/") &&
           (mm_text_ends(name, ".pt") || mm_text_ends(name, ".pth") || mm_text_ends(name, ".safetensors"));
}

/* models/model.* comes before all others. */
static void choose_weights(struct mm_foreign *f)
{
    static const char *const usual[] = {"models/model.safetensors", "models/model.pt", "models/final_model.pt"};
    for (size_t i = 0; i < sizeof usual / sizeof *usual && !f->weights; i++)
        f->weights = mm_tree_find(&f->tree, usual[i]);
    for (size_t i = 0; i < f->tree.count; i++) {
        const struct mm_tree_file *file = &f->tree.files[i];
        const char *why = why_left(file->name);
        if (is_weights(file->name) && !f->weights)
            f->weights = file;
        else if (is_weights(file->name) && file != f->weights)
            why = "other weights than those taken: mmar convert reads them";
        if (why)
            mm_notes_add(&f->notes, MM_NOTE_LEFT, "%s: %s", file->name, why);
    }
    if (f->tree.links)
        mm_notes_add(&f->notes, MM_NOTE_LEFT, "%zu links or devices: they are not followed", f->tree.links);
}

enum mm_status mm_foreign_json(struct mm_foreign *foreign, const char *name, cJSON **out, struct mm_error *err)
{
    enum mm_status s;
    unsigned char *bytes;
    size_t size;
    const struct mm_tree_file *file = mm_tree_find(&foreign->tree, name);
    *out = NULL;
    if (!file)
        return MM_OK;
    if (MM_TRY(s, mm_tree_read(&foreign->tree, file, MM_JSON_SIZE_MAX, &bytes, &size, err)))
        return s;
    bool is_yaml = mm_text_ends(name, ".yaml") || mm_text_ends(name, ".yml");
    s = (is_yaml ? mm_yaml_parse : mm_json_parse)(foreign->tree.arena, name, (const char *)bytes, size, out, err);
    return s == MM_ERR_CONFIG ? mm_fail(err, MM_ERR_DATA, "%s", err->text) : s;
}

enum mm_status mm_foreign_config(struct mm_foreign *foreign, const char *stem, cJSON **out, struct mm_error *err)
{
    static const char *const endings[] = {".json", ".yaml", ".yml"};
    enum mm_status s = MM_OK;
    *out = NULL;
    for (size_t i = 0; i < 3 && s == MM_OK && !*out; i++) {
        const char *name = mm_arena_format(foreign->tree.arena, "%s%s", stem, endings[i]);
        s = name ? mm_foreign_json(foreign, name, out, err) : mm_fail_memory(err, "a file name");
    }
    return s;
}

/* Version 4 moved the data set into sections of its own; before, the weights were TensorFlow's. */
static const char *clara_version(const cJSON *config)
{
    const cJSON *train = mm_json_get(config, "train");
    bool v4 = mm_json_get(train, "dataset") || mm_json_get(train, "dataloader") || mm_json_get(train, "lr_scheduler");
    return v4 ? "a Clara Train v4 MMAR" : "a Clara Train v3 MMAR";
}

static enum mm_status recognise(struct mm_foreign *f, struct mm_error *err)
{
    enum mm_status s;
    cJSON *json;
    if (mm_tree_find(&f->tree, "configs/metadata.json")) {
        if (MM_TRY(s, mm_foreign_json(f, "configs/metadata.json", &json, err)))
            return s;
        f->kind = MM_FOREIGN_BUNDLE;
        f->what = "a MONAI bundle";
        f->metadata = json;
        return MM_OK;
    }
    if (!mm_tree_find(&f->tree, "config/config_train.json"))
        return mm_fail(err, MM_ERR_DATA,
                       "is no archive of mmar, no Clara MMAR (config/config_train.json) and no MONAI bundle "
                       "(configs/metadata.json)");
    if (MM_TRY(s, mm_foreign_json(f, "config/config_train.json", &json, err)))
        return s;
    f->kind = MM_FOREIGN_CLARA;
    f->what = clara_version(json);
    return MM_OK;
}

enum mm_status mm_foreign_open(struct mm_arena *arena, const char *path, struct mm_foreign **out,
                               struct mm_error *err)
{
    enum mm_status s;
    struct mm_foreign *f = mm_arena_new(arena, struct mm_foreign);
    if (!f)
        return mm_fail_memory(err, "a model");
    f->notes.arena = arena;
    if (MM_TRY(s, mm_tree_open(arena, path, &f->tree, err)))
        return s;
    if (MM_TRY(s, recognise(f, err))) {
        mm_tree_close(&f->tree);
        return mm_fail_in(err, "%s", path);
    }
    choose_weights(f);
    *out = f;
    return MM_OK;
}

void mm_foreign_close(struct mm_foreign *foreign)
{
    mm_tree_close(&foreign->tree);
}

/* A zip of ours begins with its manifest. */
static bool is_foreign_zip(struct mm_arena *arena, const char *path)
{
    enum mm_archive_kind kind;
    struct mm_zip *zip;
    if (mm_archive_kind_of(path, &kind, NULL) != MM_OK || kind != MM_ARCHIVE_ZIP ||
        mm_zip_open(arena, path, &zip, NULL) != MM_OK)
        return false;
    bool ours = zip->count && !strcmp(zip->entries[0].name, MM_ARCHIVE_MANIFEST);
    mm_zip_close(zip);
    return !ours;
}

/* An MMAR of ours has a card; what Clara leaves behind are other weights, and its logging configuration. */
static bool is_foreign_folder(struct mm_arena *arena, const char *path)
{
    static const char *const left[] = {"models/model.pt",     "models/model.ckpt.meta", "models/model.ckpt.index",
                                       "models/model.trt.pb", "models/model.fzn.pb",    "resources/log.config"};
    if (mm_file_exists(mm_file_join(arena, path, "configs/metadata.json")))
        return true;
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        if (mm_file_exists(mm_file_join(arena, path, left[i])))
            return !mm_file_exists(mm_file_join(arena, path, "docs/card.json"));
    return false;
}

bool mm_foreign_is(struct mm_arena *arena, const char *path)
{
    return mm_file_is_folder(path) ? is_foreign_folder(arena, path) : is_foreign_zip(arena, path);
}

static void add_fact(struct mm_text *text, const char *label, const cJSON *value)
{
    if (!cJSON_IsString(value) || !*value->valuestring)
        return;
    mm_text_format(text, "%-14s", label);
    mm_card_text(text, value->valuestring);
    mm_text_add(text, "\n");
}

void mm_foreign_show(const struct mm_foreign *f, struct mm_text *text)
{
    static const char *const facts[][2] = {{"name", "name"},        {"version", "version"},
                                           {"task", "task"},        {"about", "description"},
                                           {"authors", "authors"},  {"copyright", "copyright"},
                                           {"data", "data_source"}, {"intended use", "intended_use"}};
    mm_text_format(text, "%s, unsigned, no manifest: nobody vouches for it\n", f->what);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        add_fact(text, facts[i][0], mm_json_get(f->metadata, facts[i][1]));
    for (size_t i = 0; i < f->tree.count; i++) {
        const char *name = f->tree.files[i].name;
        if (!why_left(name) && (!is_weights(name) || &f->tree.files[i] == f->weights))
            mm_text_format(text, "%-14s%s\n", is_weights(name) ? "weights" : "readable", name);
    }
    if (!f->weights)
        mm_text_format(text, "%-14snone that can be read here\n", "weights");
    mm_notes_print(text, &f->notes, MM_NOTE_LEFT, "not taken     ");
}

enum mm_status mm_foreign_write(struct mm_foreign *foreign, const char *folder, const char *name, const cJSON *json,
                                struct mm_error *err)
{
    struct mm_arena *arena = foreign->tree.arena;
    const char *printed = json ? mm_json_print(arena, json, MM_JSON_INDENTED) : NULL,
               *path = mm_file_join(arena, folder, name);
    const char *text = printed ? mm_arena_format(arena, "%s\n", printed) : NULL;
    return text && path ? mm_file_write(path, text, strlen(text), err) : mm_fail_memory(err, name);
}

/* Their pages keep their names, but for the one that is the card. */
static enum mm_status take_documents(struct mm_foreign *f, const char *folder, struct mm_error *err)
{
    enum mm_status s;
    for (size_t i = 0; i < f->tree.count; i++) {
        const struct mm_tree_file *file = &f->tree.files[i];
        const char *name = mm_file_name(file->name);
        bool document = mm_text_starts(file->name, "docs/") || mm_text_starts(name, "LICENSE");
        if (!document || why_left(file->name))
            continue;
        if (file->size > TEXT_MAX) {
            mm_notes_add(&f->notes, MM_NOTE_LEFT, "%s: larger than 4 MiB", file->name);
            continue;
        }
        const char *to = mm_arena_format(f->tree.arena, "%s/docs/%s", folder,
                                         strcasecmp(name, "README.md") == 0 ? "README.md" : name);
        if (!to)
            return mm_fail_memory(err, "a file name");
        if (MM_TRY(s, mm_tree_copy(&f->tree, file, to, err)))
            return s;
        mm_notes_add(&f->notes, MM_NOTE_TAKEN, "%s%s", file->name,
                     mm_text_starts(name, "LICENSE") ? ": read it before you use the model" : "");
    }
    return MM_OK;
}

static enum mm_status write_origin(struct mm_foreign *f, const char *folder, struct mm_error *err)
{
    struct mm_text text;
    mm_text_init(&text, 1 << 20);
    mm_text_format(&text, "# Origin\n\nMade by `mmar init --from` of %s.\n\nTaken:\n\n", f->what);
    mm_notes_print(&text, &f->notes, MM_NOTE_TAKEN, "- ");
    mm_text_add(&text, "\nNot taken:\n\n");
    mm_notes_print(&text, &f->notes, MM_NOTE_LEFT, "- ");
    enum mm_status s = text.overflow ? mm_fail_memory(err, "docs/ORIGIN.md")
                                     : mm_file_write(mm_file_join(f->tree.arena, folder, "docs/ORIGIN.md"),
                                                     text.bytes, text.length, err);
    mm_text_done(&text);
    return s;
}

enum mm_status mm_foreign_take(struct mm_foreign *foreign, const char *folder, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, (foreign->kind == MM_FOREIGN_CLARA ? mm_clara_take : mm_bundle_take)(foreign, folder, err)) ||
        MM_TRY(s, take_documents(foreign, folder, err)) || MM_TRY(s, mm_foreign_weights(foreign, folder, err)))
        return s == MM_ERR_DATA ? mm_fail_in(err, "%s", foreign->tree.path) : s;
    return write_origin(foreign, folder, err);
}
