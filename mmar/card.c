/* The card of a model. */
#include "mmar/card.h"

#define VALUE_MAX 2000 /* bytes of one text that are shown */
#define COLUMN    "%-14s"

/* Bytes of a character that could move a cursor, change colours or turn the direction of writing; 0: a harmless one. */
static size_t steering(const unsigned char *c)
{
    if (*c < ' ' || *c == 0x7F)
        return 1;
    if (c[0] == 0xC2 && c[1] >= 0x80 && c[1] <= 0x9F) /* C1 controls */
        return 2;
    bool marks = c[0] == 0xE2 && c[1] == 0x80 && (c[2] == 0x8E || c[2] == 0x8F || (c[2] >= 0xA8 && c[2] <= 0xAE));
    bool isolates = c[0] == 0xE2 && c[1] == 0x81 && c[2] >= 0xA6 && c[2] <= 0xA9;
    return marks || isolates ? 3 : 0;
}

void mm_card_text(struct mm_text *text, const char *value)
{
    size_t n = 0;
    while (n < VALUE_MAX && value[n]) {
        size_t bad = steering((const unsigned char *)value + n);
        if (bad)
            mm_text_add(text, " ");
        else
            mm_text_addn(text, value + n, 1);
        n += bad ? bad : 1;
    }
    if (value[n])
        mm_text_add(text, "...");
}

/* A string, a number, or a list of these; anything else is nothing. */
static void add_value(struct mm_text *text, const cJSON *value)
{
    int64_t integer;
    if (cJSON_IsString(value))
        mm_card_text(text, value->valuestring);
    else if (mm_json_int(value, &integer))
        mm_text_format(text, "%lld", (long long)integer);
    else if (cJSON_IsNumber(value))
        mm_text_format(text, "%.4g", value->valuedouble);
    else if (cJSON_IsArray(value))
        for (const cJSON *item = value->child; item; item = item->next) {
            add_value(text, item);
            if (item->next)
                mm_text_add(text, ", ");
        }
}

static bool says_something(const cJSON *value)
{
    return (cJSON_IsString(value) && *value->valuestring) || cJSON_IsNumber(value) ||
           (cJSON_IsArray(value) && value->child);
}

static void add_line(struct mm_text *text, const char *label, const cJSON *value, const char *otherwise)
{
    if (!says_something(value) && !otherwise)
        return;
    mm_text_format(text, COLUMN, label);
    if (says_something(value))
        add_value(text, value);
    else
        mm_text_add(text, otherwise);
    mm_text_add(text, "\n");
}

/* Appends "before value after" when there is a value. */
static void add_part(struct mm_text *text, const char *before, const cJSON *value, const char *after)
{
    if (!says_something(value))
        return;
    mm_text_add(text, before);
    add_value(text, value);
    mm_text_add(text, after);
}

static void add_model(struct mm_text *text, const cJSON *manifest)
{
    const cJSON *model = mm_json_get(manifest, "model"), *inputs = mm_json_get(manifest, "inputs"),
                *outputs = mm_json_get(manifest, "outputs");
    if (!model)
        return;
    mm_text_format(text, COLUMN, "model");
    add_value(text, mm_json_get(model, "name"));
    add_part(text, ", ", mm_json_get(model, "parameters"), " parameters");
    add_part(text, ", ", mm_json_get(inputs, "spatial_dims"), "D");
    add_part(text, ", ", mm_json_get(inputs, "channels"), " in");
    add_part(text, ", ", mm_json_get(outputs, "channels"), " out");
    mm_text_add(text, "\n");
}

static void add_training(struct mm_text *text, const cJSON *manifest)
{
    const cJSON *t = mm_json_get(manifest, "training"), *seconds = mm_json_get(t, "seconds");
    char took[32];
    if (!t)
        return;
    mm_text_format(text, COLUMN, "training");
    add_value(text, mm_json_get(t, "epochs"));
    mm_text_add(text, " epochs");
    if (cJSON_IsNumber(seconds) && seconds->valuedouble >= 0 && seconds->valuedouble < 1e9)
        mm_text_format(text, " in %s", mm_text_seconds(took, sizeof took, seconds->valuedouble));
    add_part(text, ", best ", mm_json_get(t, "metric"), "");
    add_part(text, " ", mm_json_get(t, "best_metric"), "");
    add_part(text, " after epoch ", mm_json_get(t, "best_epoch"), "");
    add_part(text, "; ", mm_json_get(t, "program"), "");
    add_part(text, ", ", mm_json_get(t, "backend"), "");
    add_part(text, ", seed ", mm_json_get(t, "seed"), "");
    mm_text_add(text, "\n");
}

static void add_metrics(struct mm_text *text, const cJSON *manifest)
{
    const cJSON *metrics = mm_json_get(manifest, "metrics");
    if (!cJSON_IsObject(metrics) || !metrics->child)
        return;
    mm_text_format(text, COLUMN, "evaluation");
    for (const cJSON *m = metrics->child; m; m = m->next) {
        mm_card_text(text, m->string);
        add_part(text, " ", m, "");
        mm_text_add(text, m->next ? ", " : "\n");
    }
}

static void add_data(struct mm_text *text, const cJSON *manifest)
{
    const cJSON *data = mm_json_get(manifest, "data"), *labels = mm_json_get(data, "labels");
    if (!data)
        return;
    mm_text_format(text, COLUMN, "data");
    add_part(text, "", mm_json_get(data, "training"), " training");
    add_part(text, ", ", mm_json_get(data, "validation"), " validation");
    for (const cJSON *l = cJSON_IsObject(labels) ? labels->child : NULL; l; l = l->next) {
        mm_text_add(text, l == labels->child ? "; labels " : ", ");
        mm_card_text(text, l->string);
        add_part(text, " ", l, "");
    }
    mm_text_add(text, "\n");
}

/* "archive spleen 1.0 (licence ...) signed by lab_b <digest>": what a record says of a model. */
static void add_model_record(struct mm_text *text, const cJSON *record, const cJSON *digest)
{
    add_part(text, "", mm_json_get(record, "kind"), " ");
    add_part(text, "", mm_json_get(record, "name"), " ");
    add_part(text, "", mm_json_get(record, "version"), " ");
    add_part(text, "(licence ", mm_json_get(record, "licence"), ") ");
    add_part(text, "signed by ", mm_json_get(record, "signer"), " ");
    add_part(text, "", digest, "");
    mm_text_add(text, "\n");
}

/* One line an ancestor, the nearest first. */
static void add_parents(struct mm_text *text, const cJSON *manifest)
{
    const cJSON *parent = mm_json_get(manifest, "parent");
    if (!cJSON_IsObject(parent) && mm_json_get(manifest, "origin"))
        add_line(text, "origin", mm_json_get(mm_json_get(manifest, "origin"), "kind"), NULL);
    for (const char *label = "fine-tuned of"; cJSON_IsObject(parent);
         parent = mm_json_get(parent, "parent"), label = "  and that of") {
        const cJSON *digest = mm_json_get(parent, "manifest_sha256");
        mm_text_format(text, COLUMN, label);
        add_model_record(text, parent, digest ? digest : mm_json_get(parent, "sha256"));
    }
}

void mm_card_lineage(struct mm_text *text, const cJSON *manifest, const char *digest)
{
    const cJSON *origin = mm_json_get(mm_json_get(manifest, "origin"), "kind");
    mm_text_format(text, COLUMN, "model");
    add_part(text, "", mm_json_get(manifest, "name"), " ");
    add_part(text, "", mm_json_get(manifest, "version"), " ");
    add_part(text, "(licence ", mm_json_get(manifest, "licence"), ") ");
    mm_text_format(text, "%s\n", digest);
    add_parents(text, manifest);
    if (!cJSON_IsObject(mm_json_get(manifest, "parent")) && !says_something(origin))
        mm_text_format(text, COLUMN "nothing is told of it\n", "origin");
}

void mm_card_files(const cJSON *manifest, size_t *count, uint64_t *bytes)
{
    const cJSON *row;
    *count = 0;
    *bytes = 0;
    cJSON_ArrayForEach (row, mm_json_get(manifest, "files")) {
        int64_t size = 0;
        mm_json_int(mm_json_get(row, "size"), &size);
        *bytes += (uint64_t)size;
        ++*count;
    }
}

void mm_card_licences(struct mm_text *text, const cJSON *manifest)
{
    const cJSON *licence = mm_json_get(manifest, "licence"), *data = mm_json_get(manifest, "data_licences");
    mm_text_add(text, "licence of the model: ");
    if (says_something(licence))
        add_value(text, licence);
    else
        mm_text_add(text, "none stated");
    add_part(text, "; of its data: ", data, "");
}

void mm_card_print(struct mm_text *text, const cJSON *manifest, const char *digest)
{
    size_t count;
    uint64_t bytes;
    char size[32];
    add_line(text, "name", mm_json_get(manifest, "name"), "none");
    add_line(text, "version", mm_json_get(manifest, "version"), NULL);
    add_line(text, "licence", mm_json_get(manifest, "licence"), "none stated: ask before you use it");
    add_line(text, "authors", mm_json_get(manifest, "authors"), NULL);
    add_line(text, "intended use", mm_json_get(manifest, "intended_use"), "none stated");
    add_line(text, "data licences", mm_json_get(manifest, "data_licences"), NULL);
    add_model(text, manifest);
    add_training(text, manifest);
    add_metrics(text, manifest);
    add_data(text, manifest);
    add_parents(text, manifest);
    mm_card_files(manifest, &count, &bytes);
    mm_text_format(text, COLUMN "%zu, %s unpacked\n" COLUMN "%s\n", "files", count,
                   mm_text_bytes(size, sizeof size, (double)bytes), "manifest", digest);
}
