/* The facts of a model as Markdown. */
#include "mmar/card_page.h"

#include <string.h>

#include "mmar/card.h"

#define BEGIN "<!-- mmar card: begin. What stands here is written by the program; write your own above and below. -->"
#define END   "<!-- mmar card: end -->"

/* A stranger's text between others': no markup, no cell's end. */
static void add_escaped(struct mm_text *text, const char *value)
{
    struct mm_text clean;
    mm_text_init(&clean, 1 << 14);
    mm_card_text(&clean, value);
    for (const char *c = clean.bytes; *c; c++) {
        if (strchr("|<>[]`*\\", *c))
            mm_text_add(text, "\\");
        mm_text_addn(text, c, 1);
    }
    mm_text_done(&clean);
}

/* Strings, numbers, lists of them; false when there is nothing to say. */
static bool add_value(struct mm_text *text, const cJSON *value, const char *between)
{
    int64_t whole;
    bool any = false;
    if (cJSON_IsString(value) && *value->valuestring)
        add_escaped(text, value->valuestring);
    else if (mm_json_int(value, &whole))
        mm_text_format(text, "%lld", (long long)whole);
    else if (cJSON_IsNumber(value))
        mm_text_format(text, "%.4g", value->valuedouble);
    else {
        for (const cJSON *item = cJSON_IsArray(value) ? value->child : NULL; item; item = item->next) {
            if (any)
                mm_text_add(text, between);
            any = add_value(text, item, between) || any;
        }
        return any;
    }
    return true;
}

static void add_row(struct mm_text *text, const char *label, const cJSON *value, const char *otherwise)
{
    struct mm_text cell;
    mm_text_init(&cell, 1 << 16);
    if (add_value(&cell, value, ", ") || otherwise)
        mm_text_format(text, "| %s | %s |\n", label, cell.length ? cell.bytes : otherwise);
    mm_text_done(&cell);
}

/* "0 background, 1 spleen" */
static void add_labels(struct mm_text *text, const cJSON *labels)
{
    if (!cJSON_IsObject(labels) || !labels->child)
        return;
    mm_text_add(text, "| Labels | ");
    for (const cJSON *l = labels->child; l; l = l->next) {
        add_escaped(text, l->string);
        mm_text_add(text, " ");
        add_value(text, l, ", ");
        mm_text_add(text, l->next ? ", " : " |\n");
    }
}

static void add_model(struct mm_text *text, const cJSON *manifest)
{
    const cJSON *inputs = mm_json_get(manifest, "inputs"), *outputs = mm_json_get(manifest, "outputs"),
                *model = mm_json_get(manifest, "model"), *spacing = mm_json_get(inputs, "spacing");
    mm_text_add(text, "### What it is\n\n| | |\n|---|---|\n");
    add_row(text, "Name", mm_json_get(manifest, "name"), "none");
    add_row(text, "Version", mm_json_get(manifest, "version"), NULL);
    add_row(text, "Authors", mm_json_get(manifest, "authors"), NULL);
    add_row(text, "Intended use", mm_json_get(manifest, "intended_use"), "none stated");
    add_row(text, "Network", mm_json_get(model, "name"), NULL);
    add_row(text, "Parameters", mm_json_get(model, "parameters"), NULL);
    add_row(text, "Image dimensions", mm_json_get(inputs, "spatial_dims"), NULL);
    add_row(text, "Image channels", mm_json_get(inputs, "channels"), NULL);
    if (cJSON_IsArray(spacing) && spacing->child) {
        mm_text_add(text, "| Works at a spacing of | ");
        add_value(text, spacing, " x ");
        mm_text_add(text, " mm (images are resampled) |\n");
    }
    add_row(text, "Output channels", mm_json_get(outputs, "channels"), NULL);
    add_labels(text, mm_json_get(outputs, "labels"));
}

static void add_results(struct mm_text *text, const cJSON *manifest)
{
    const cJSON *metrics = mm_json_get(manifest, "metrics"), *training = mm_json_get(manifest, "training"),
                *best = mm_json_get(training, "best_metric");
    mm_text_add(text, "\n### Results\n\n");
    if (cJSON_IsObject(metrics) && metrics->child) {
        mm_text_add(text, "`mmar evaluate`, on each image's own grid:\n\n| metric | value |\n|---|---|\n");
        for (const cJSON *m = metrics->child; m; m = m->next) {
            mm_text_add(text, "| ");
            add_escaped(text, m->string);
            mm_text_add(text, " | ");
            if (!add_value(text, m, ", "))
                mm_text_add(text, "not defined");
            mm_text_add(text, " |\n");
        }
    } else if (cJSON_IsNumber(best)) {
        mm_text_add(text, "While training, on the validation list: ");
        add_value(text, mm_json_get(training, "metric"), "");
        mm_text_add(text, " ");
        add_value(text, best, "");
        mm_text_add(text, ". Not evaluated since.\n");
    } else
        mm_text_add(text, "Not evaluated.\n");
}

static void add_training(struct mm_text *text, const cJSON *manifest)
{
    const cJSON *training = mm_json_get(manifest, "training"), *data = mm_json_get(manifest, "data"),
                *seconds = mm_json_get(training, "seconds");
    char took[32];
    mm_text_add(text, "\n### Training\n\n");
    if (!training) {
        mm_text_add(text, "No record of a training.\n");
        return;
    }
    mm_text_add(text, "| | |\n|---|---|\n");
    add_row(text, "Training cases", mm_json_get(data, "training"), NULL);
    add_row(text, "Validation cases", mm_json_get(data, "validation"), NULL);
    add_row(text, "Epochs", mm_json_get(training, "epochs"), NULL);
    add_row(text, "Best epoch", mm_json_get(training, "best_epoch"), NULL);
    if (cJSON_IsNumber(seconds) && seconds->valuedouble >= 0 && seconds->valuedouble < 1e9)
        mm_text_format(text, "| Took | %s |\n", mm_text_seconds(took, sizeof took, seconds->valuedouble));
    add_row(text, "Seed", mm_json_get(training, "seed"), NULL);
    add_row(text, "Program", mm_json_get(training, "program"), NULL);
    add_row(text, "Configuration", mm_json_get(training, "config_digest"), NULL);
}

/* One line an ancestor, the nearest first. */
static void add_ancestry(struct mm_text *text, const cJSON *manifest)
{
    const cJSON *parent = mm_json_get(manifest, "parent"), *origin = mm_json_get(manifest, "origin");
    mm_text_add(text, "\n### Licences and origin\n\n| | |\n|---|---|\n");
    add_row(text, "Licence of the model", mm_json_get(manifest, "licence"), "none stated: ask before you use it");
    add_row(text, "Licences of the data", mm_json_get(manifest, "data_licences"), "none stated");
    if (!cJSON_IsObject(parent))
        add_row(text, "Origin of the weights", mm_json_get(origin, "kind"), "not told");
    for (const char *label = "Fine-tuned from"; cJSON_IsObject(parent);
         parent = mm_json_get(parent, "parent"), label = "which was made from") {
        const char *const facts[] = {"name", "version", "licence", "signer", "manifest_sha256", "sha256"};
        const char *const nouns[] = {"", " ", ", licence ", ", signed by ", ", manifest ", ", SHA-256 "};
        mm_text_format(text, "| %s | ", label);
        for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
            const cJSON *fact = mm_json_get(parent, facts[i]);
            if (cJSON_IsString(fact) && *fact->valuestring) {
                mm_text_add(text, nouns[i]);
                add_escaped(text, fact->valuestring);
            }
        }
        mm_text_add(text, " |\n");
    }
}

static void add_use(struct mm_text *text, const cJSON *manifest)
{
    const cJSON *name = mm_json_get(manifest, "name"),
                *rank = mm_json_get(mm_json_get(manifest, "inputs"), "spatial_dims");
    struct mm_text file;
    mm_text_init(&file, 256);
    for (const char *c = cJSON_IsString(name) && *name->valuestring ? name->valuestring : "model"; *c; c++)
        mm_text_addn(&file, strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", *c) ? c : "_",
                     1);
    mm_text_format(text,
                   "\n### How to run it\n\n    mmar verify %s.mmar\n    mmar infer %s.mmar %s -o out\n    mmar init "
                   "mine --from %s.mmar\n",
                   file.bytes, file.bytes, cJSON_IsNumber(rank) && rank->valuedouble < 3 ? "scan.png" : "scan.nii.gz",
                   file.bytes);
    mm_text_done(&file);
}

void mm_card_page(struct mm_text *text, const cJSON *manifest)
{
    add_model(text, manifest);
    add_results(text, manifest);
    add_training(text, manifest);
    add_ancestry(text, manifest);
    add_use(text, manifest);
}

/* Where the facts stand in the page: behind `head` bytes, before `tail`. */
static enum mm_status find_place(const char *page, bool add, size_t *head, const char **tail, struct mm_error *err)
{
    const char *begin = strstr(page, BEGIN), *end = strstr(page, END);
    *tail = NULL;
    if (!begin != !end || (begin && end < begin))
        return mm_fail(err, MM_ERR_DATA, MM_CARD_PAGE ": has one of the two marks of its facts without the other: %s",
                       begin ? END : BEGIN);
    if (begin) {
        *head = (size_t)(begin - page);
        *tail = end + sizeof END - 1;
    } else if (add) {
        const char *line = *page == '#' ? strchr(page, '\n') : NULL;
        *head = line ? (size_t)(line - page) + 1 : 0;
        *tail = page + *head;
    }
    return MM_OK;
}

enum mm_status mm_card_refresh(struct mm_arena *arena, const char *page, const cJSON *manifest, bool add,
                               const char **out, struct mm_error *err)
{
    enum mm_status s;
    size_t head;
    const char *tail, *old = page ? page : "# Model card\n";
    *out = NULL;
    if (MM_TRY(s, find_place(old, add, &head, &tail, err)) || !tail)
        return s;
    const bool fresh = !strstr(old, BEGIN);
    struct mm_text text;
    mm_text_init(&text, (8u << 20) + strlen(old));
    mm_text_addn(&text, old, head);
    mm_text_add(&text, fresh && head ? "\n" BEGIN "\n\n" : BEGIN "\n\n");
    mm_card_page(&text, manifest);
    mm_text_add(&text, fresh ? "\n" END "\n" : "\n" END);
    mm_text_add(&text, tail);
    if (text.overflow)
        s = mm_fail_memory(err, "the model card");
    else if (!page || strcmp(page, text.bytes) != 0)
        *out = mm_arena_text(arena, text.bytes);
    mm_text_done(&text);
    return s;
}
