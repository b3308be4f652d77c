/* The weights of a foreign model, through `mmar convert`'s reader. */
#include <unistd.h>

#include "mmar/convert.h"
#include "mmar/foreign/foreign.h"

#define TARGET "models/model.safetensors"

/* A zip's entry as a file for the reader, which removes it again. */
static enum mm_status convert(struct mm_foreign *f, const char *from, const char *to,
                              struct mm_convert_source *source, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, mm_convert_open(f->tree.arena, from, NULL, source, err)))
        return s;
    /* MONAI's networks, which Clara 4 trains too, have their axes in the order of their images: x, y, z. */
    mm_convert_turn(source, source->axes ? source->axes : "xyz", "zyx");
    return mm_convert_write(source, to, "zyx", err);
}

/* models/run.json: an archive's manifest tells of it. */
static enum mm_status write_record(struct mm_foreign *f, const char *folder, const char *weights,
                                   const struct mm_convert_source *source, struct mm_error *err)
{
    enum mm_status s;
    char digest[MM_SHA256_HEX];
    struct mm_arena *arena = f->tree.arena;
    cJSON *record = mm_json_object(arena), *origin = mm_json_object(arena);
    if (MM_TRY(s, mm_sha256_file(weights, digest, err)))
        return s;
    mm_json_add(arena, origin, "kind", mm_json_text(arena, f->what + strcspn(f->what, " ") + 1));
    mm_json_add(arena, origin, "sha256", mm_json_text(arena, source->sha256));
    mm_json_add(arena, record, "origin", origin);
    mm_json_add(arena, record, "weights_sha256", mm_json_text(arena, digest));
    return mm_foreign_write(f, folder, "models/run.json", record, err);
}

enum mm_status mm_foreign_weights(struct mm_foreign *foreign, const char *folder, struct mm_error *err)
{
    enum mm_status s;
    struct mm_arena *arena = foreign->tree.arena;
    struct mm_convert_source source;
    const struct mm_tree_file *file = foreign->weights;
    if (!file)
        return MM_OK;
    const char *to = mm_file_join(arena, folder, TARGET), *copy = mm_file_join(arena, folder, "models/.foreign");
    if (!to || !copy)
        return mm_fail_memory(err, "a file name");
    if (!file->path && MM_TRY(s, mm_tree_copy(&foreign->tree, file, copy, err)))
        return s;
    s = convert(foreign, file->path ? file->path : copy, to, &source, err);
    if (!file->path)
        unlink(copy);
    if (s == MM_ERR_DATA || s == MM_ERR_USAGE) {
        const char *why = strstr(err->text, ": ");
        mm_notes_add(&foreign->notes, MM_NOTE_LEFT, "%s: %s", file->name, why ? why + 2 : err->text);
        return MM_OK;
    }
    if (s != MM_OK)
        return s;
    mm_notes_add(&foreign->notes, MM_NOTE_TAKEN, "%s: %zu tensors, as " TARGET, file->name, source.count);
    return write_record(foreign, folder, to, &source, err);
}
