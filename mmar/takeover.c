/* Taking over a model. */
#include "mmar/takeover.h"

#include <math.h>

#include "base/file.h"
#include "mmar/card.h"

#define SAME 0.01 /* spacings that differ by less are one */

static void set(struct mm_arena *arena, cJSON *object, const char *name, cJSON *value)
{
    cJSON *old = (cJSON *)mm_json_get(object, name);
    if (old && value)
        mm_json_replace(old, value);
    else
        mm_json_add(arena, object, name, value);
}

enum mm_status mm_takeover_card(struct mm_arena *arena, const char *folder, const char *name, struct mm_error *err)
{
    enum mm_status s;
    cJSON *card = mm_json_object(arena);
    const char *path = mm_file_join(arena, folder, "docs/card.json");
    if (mm_file_exists(path) && MM_TRY(s, mm_json_read(arena, path, &card, err)))
        return s;
    if (!cJSON_IsObject(card))
        return mm_fail(err, MM_ERR_DATA, "docs/card.json: is %s, expected an object", mm_json_kind(card));
    set(arena, card, "name", mm_json_text(arena, name));
    set(arena, card, "version", mm_json_text(arena, "0.1.0"));
    set(arena, card, "authors", mm_json_array(arena));
    const char *printed = mm_json_print(arena, card, MM_JSON_INDENTED);
    const char *text = printed ? mm_arena_format(arena, "%s\n", printed) : NULL;
    if (!text)
        return mm_fail_memory(err, "docs/card.json");
    return MM_TRY(s, mm_file_make_folder(mm_file_folder(arena, path), err))
               ? s
               : mm_file_write(path, text, strlen(text), err);
}

static void tell_values(struct mm_text *text, const struct mm_facts *f)
{
    for (size_t i = 0; i < f->value_count; i++) {
        mm_text_format(text, "%s%g", i ? ", " : "", f->values[i]);
        if (f->names[i]) {
            mm_text_add(text, " ");
            mm_card_text(text, f->names[i]);
        }
    }
}

static void tell_labels(struct mm_text *text, const cJSON *outputs, const struct mm_facts *f)
{
    int64_t channels;
    const cJSON *labels = mm_json_get(outputs, "labels");
    if (!mm_json_int(mm_json_get(outputs, "channels"), &channels))
        return;
    bool fits = (size_t)channels == f->value_count || (channels == 1 && f->value_count == 2);
    mm_text_format(text, "  [%c] labels: your data have ", fits ? 'x' : ' ');
    tell_values(text, f);
    mm_text_format(text, "; the model has %lld output channels", (long long)channels);
    for (const cJSON *l = cJSON_IsObject(labels) ? labels->child : NULL; l; l = l->next) {
        mm_text_add(text, l == labels->child ? " (" : ", ");
        mm_card_text(text, l->string);
        mm_text_add(text, " ");
        mm_card_text(text, cJSON_IsString(l) ? l->valuestring : "");
        mm_text_add(text, l->next ? "" : ")");
    }
    if (!fits)
        mm_text_format(text, ": set out_channels to %zu; the last layer starts anew", f->value_count);
    else if (labels && labels->child)
        mm_text_add(text, ": see that they mean the same");
    mm_text_add(text, "\n");
}

static void tell_images(struct mm_text *text, const cJSON *inputs, const struct mm_facts *f)
{
    int64_t rank, channels;
    if (mm_json_int(mm_json_get(inputs, "spatial_dims"), &rank) && rank != f->rank)
        mm_text_format(
            text, "  [ ] dimensions: your images have %d, the model takes %lld: these weights are of no use here\n",
            f->rank, (long long)rank);
    if (!mm_json_int(mm_json_get(inputs, "channels"), &channels))
        return;
    mm_text_format(text, "  [%c] channels: your images have %d, the model takes %lld",
                   channels == f->channels ? 'x' : ' ', f->channels, (long long)channels);
    if (channels != f->channels)
        mm_text_format(text, ": set in_channels to %d; the first layer is adapted", f->channels);
    mm_text_add(text, "\n");
}

static void tell_spacing(struct mm_text *text, const cJSON *inputs, const struct mm_facts *f)
{
    const cJSON *spacing = mm_json_get(inputs, "spacing"), *item;
    bool same = true;
    int a = 0;
    if (!cJSON_IsArray(spacing) || cJSON_GetArraySize(spacing) < f->rank)
        return;
    cJSON_ArrayForEach (item, spacing) {
        if (a < f->rank)
            same = same && cJSON_IsNumber(item) && fabs(item->valuedouble - f->spacing[a]) <= SAME * f->spacing[a];
        a++;
    }
    mm_text_format(text, "  [%c] spacing: your images have", same ? 'x' : ' ');
    for (a = 0; a < f->rank; a++)
        mm_text_format(text, "%s%.4g", a ? " x " : " ", f->spacing[a]);
    mm_text_add(text, " mm (median), the model works at");
    a = 0;
    cJSON_ArrayForEach (item, spacing)
        if (cJSON_IsNumber(item) && a < f->rank)
            mm_text_format(text, "%s%.4g", a++ ? " x " : " ", item->valuedouble);
    mm_text_add(text, same ? " mm\n" : " mm: images are resampled to that; for another, change pixdim\n");
}

void mm_takeover_rights(struct mm_text *text, const cJSON *manifest)
{
    static const char *const origins[] = {"manifest_sha256", "sha256"};
    const cJSON *use = mm_json_get(manifest, "intended_use"), *parent = mm_json_get(manifest, "parent"),
                *origin = mm_json_get(mm_json_get(manifest, "origin"), "kind");
    mm_text_add(text, "  ");
    mm_card_licences(text, manifest);
    mm_text_add(text, "\n  intended use: ");
    mm_card_text(text, cJSON_IsString(use) && *use->valuestring ? use->valuestring : "none stated");
    mm_text_add(text, "\n  origin of its weights: ");
    mm_card_text(text, cJSON_IsString(origin) ? origin->valuestring : "not told");
    for (size_t i = 0; cJSON_IsObject(parent) && i < 2; i++)
        if (cJSON_IsString(mm_json_get(parent, origins[i]))) {
            mm_text_add(text, " ");
            mm_card_text(text, mm_json_get(parent, origins[i])->valuestring);
            break;
        }
    mm_text_add(text, "\n");
}

void mm_takeover_list(struct mm_text *text, const struct mm_takeover *t)
{
    const cJSON *inputs = mm_json_get(t->manifest, "inputs"), *outputs = mm_json_get(t->manifest, "outputs");
    mm_text_format(text, "  [%c] data: DATASET_JSON and DATA_ROOT in %s/config/environment.json\n",
                   t->facts || t->unmeasured ? 'x' : ' ', t->folder);
    if (t->facts) {
        tell_labels(text, outputs, t->facts);
        tell_images(text, inputs, t->facts);
        tell_spacing(text, inputs, t->facts);
    } else if (t->unmeasured)
        mm_text_format(text, "  [ ] labels, channels, spacing: not compared (%s)\n", t->unmeasured);
    else
        mm_text_add(text, "  [ ] labels, channels, spacing: with --data they are compared with yours\n");
}

void mm_takeover_tell(struct mm_text *text, const struct mm_takeover *t)
{
    mm_text_format(text, "made %s from %s. What it brings along, and keeps:\n", t->folder, t->from);
    mm_takeover_rights(text, t->manifest);
    mm_text_format(text,
                   "Its local paths are left empty; name, version and authors in docs/card.json are yours to fill. "
                   "To do:\n  [ ] read the licences above and %s/docs/README.md\n",
                   t->folder);
    mm_takeover_list(text, t);
    mm_text_format(text, "Then:\n  mmar check %s\n  mmar train %s --from %s", t->folder, t->folder, t->from);
}
