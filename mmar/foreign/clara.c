/* A Clara MMAR: its configs are copied as they are, for config/ reads them; environment.json is written anew, with its variables that
 * are no places of the other machine. */
#include "base/names.h"
#include "mmar/foreign/foreign.h"

#define ENVIRONMENT "config/environment.json"
/* Variables that mmar's own environment.json sets. */
static const char ours[] = "DATA_ROOT DATASET_JSON MMAR_EVAL_OUTPUT_PATH MMAR_CKPT_DIR MMAR_ROOT";

/* The template's variables stay; theirs are added. */
static enum mm_status take_environment(struct mm_foreign *f, const char *folder, struct mm_error *err)
{
    enum mm_status s;
    cJSON *theirs, *own;
    struct mm_arena *arena = f->tree.arena;
    if (MM_TRY(s, mm_foreign_json(f, ENVIRONMENT, &theirs, err)) || !theirs)
        return s;
    if (MM_TRY(s, mm_json_read(arena, mm_file_join(arena, folder, ENVIRONMENT), &own, err)))
        return s;
    for (const cJSON *v = theirs->child; v && v->string; v = v->next) {
        bool place = cJSON_IsString(v) && (*v->valuestring == '/' || strchr(v->valuestring, '\\'));
        const cJSON *have = mm_json_get(own, v->string);
        if (mm_names_contain(ours, v->string) || place || cJSON_IsObject(v) || cJSON_IsArray(v))
            mm_notes_add_at(&f->notes, MM_NOTE_LEFT, v, "%s is set anew in " ENVIRONMENT, v->string);
        else if (have)
            mm_json_replace((cJSON *)have, mm_json_copy(arena, v));
        else
            mm_json_add(arena, own, v->string, mm_json_copy(arena, v));
    }
    mm_notes_add(&f->notes, MM_NOTE_TAKEN, ENVIRONMENT ": variables that are no places");
    return mm_foreign_write(f, folder, ENVIRONMENT, own, err);
}

enum mm_status mm_clara_take(struct mm_foreign *foreign, const char *folder, struct mm_error *err)
{
    enum mm_status s;
    cJSON *json;
    for (size_t i = 0; i < foreign->tree.count; i++) {
        const struct mm_tree_file *file = &foreign->tree.files[i];
        const char *name = file->name + strlen("config/");
        if (!mm_text_starts(file->name, "config/") || !mm_text_ends(file->name, ".json") || strchr(name, '/') ||
            !strcmp(file->name, ENVIRONMENT))
            continue;
        if (MM_TRY(s, mm_foreign_json(foreign, file->name, &json, err)) ||
            MM_TRY(s, mm_tree_copy(&foreign->tree, file, mm_file_join(foreign->tree.arena, folder, file->name), err)))
            return s;
        mm_notes_add(&foreign->notes, MM_NOTE_TAKEN, "%s: as it is", file->name);
    }
    return take_environment(foreign, folder, err);
}
