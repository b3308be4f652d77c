/* The weights of a foreign model, through `mmar convert`'s reader. */
#include <unistd.h>

#include "mmar/convert.h"
#include "mmar/fit.h"
#include "mmar/foreign/foreign.h"
#include "mmar/run_record.h"

#define TARGET    "models/model.safetensors"
#define NAMED_MAX 20 /* tensors of one kind that are named */

/* A zip's entry as a file for the reader, which removes it again. */
static enum mm_status convert(struct mm_foreign *f, const char *from, const char *to,
                              struct mm_convert_source *source, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, mm_convert_open(f->tree.arena, from, NULL, f->progress, source, err)))
        return s;
    /* MONAI's networks, which Clara 4 trains too, have their axes in the order of their images: x, y, z. */
    mm_convert_turn(source, source->axes ? source->axes : "xyz", "zyx");
    return mm_convert_write(source, to, "zyx", f->progress, err);
}

static void note_names(struct mm_foreign *f, const struct mm_strings *names, const char *what)
{
    for (size_t i = 0; i < names->count && i < NAMED_MAX; i++)
        mm_notes_add(&f->notes, MM_NOTE_LEFT, "weights: %s: %s", names->items[i], what);
    if (names->count > NAMED_MAX)
        mm_notes_add(&f->notes, MM_NOTE_LEFT, "weights: %zu more: %s", names->count - NAMED_MAX, what);
}

/* Do they fill the network of the configuration that was taken? *training NULL: nobody can tell, for there is no such network. */
static enum mm_status note_fit(struct mm_foreign *f, const char *folder, const char *weights,
                               struct mm_training **training, struct mm_error *err)
{
    struct mm_weights_report found;
    const struct mm_mmar_options mmar = {.mmar = folder, .environment = "config/environment.json"};
    enum mm_status s = mm_fit(f->tree.arena, &mmar, weights, training, &found, err);
    if (s == MM_ERR_MEMORY || s == MM_INTERRUPTED)
        return s;
    if (s != MM_OK) { /* not its text: this list travels, and must not hold a path of here */
        *training = NULL;
        mm_notes_add(&f->notes, MM_NOTE_LEFT,
                     "weights: not compared with the network, which the configuration does not give (mmar check says "
                     "what is wrong with it)");
        return MM_OK;
    }
    mm_notes_add(&f->notes, MM_NOTE_TAKEN, "weights: %zu tensors fill the network%s", found.loaded,
                 found.missing.count + found.reshaped.count + found.adapted.count
                     ? ", others of it do not come with them"
                     : ", all of it");
    f->fits_partly = found.missing.count + found.reshaped.count + found.unexpected.count > 0;
    note_names(f, &found.missing, "missing, starts anew");
    note_names(f, &found.reshaped, "another shape, starts anew");
    note_names(f, &found.adapted, "another number of channels, adapted");
    note_names(f, &found.unexpected, "the network has no such part");
    return MM_OK;
}

/* models/run.json: an archive's manifest tells of it. */
static enum mm_status write_record(struct mm_foreign *f, const char *folder, const char *weights,
                                   const struct mm_convert_source *source, const struct mm_training *training,
                                   struct mm_error *err)
{
    enum mm_status s;
    char digest[MM_SHA256_HEX];
    struct mm_arena *arena = f->tree.arena;
    cJSON *record = mm_json_object(arena), *origin = mm_json_object(arena);
    if (MM_TRY(s, mm_sha256_file(weights, digest, err)))
        return s;
    mm_json_add(arena, origin, "kind", mm_json_text(arena, f->what + strcspn(f->what, " ") + 1));
    mm_json_add(arena, origin, "sha256", mm_json_text(arena, source->sha256));
    if (training)
        mm_run_record_model(arena, record, training, f->labels);
    mm_json_add(arena, record, "origin", origin);
    mm_json_add(arena, record, "weights_sha256", mm_json_text(arena, digest));
    f->record = record;
    return mm_foreign_write(f, folder, "models/run.json", record, err);
}

enum mm_status mm_foreign_weights(struct mm_foreign *foreign, const char *folder, struct mm_error *err)
{
    enum mm_status s;
    struct mm_arena *arena = foreign->tree.arena;
    struct mm_convert_source source;
    struct mm_training *training;
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
    return MM_TRY(s, note_fit(foreign, folder, to, &training, err))
               ? s
               : write_record(foreign, folder, to, &source, training, err);
}
