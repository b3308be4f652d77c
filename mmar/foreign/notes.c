/* Notes about a foreign model, each once. See notes.h. */
#include "mmar/foreign/notes.h"

#include "mmar/card.h"

static bool is_there(const struct mm_notes *notes, enum mm_note_kind kind, const char *text)
{
    for (size_t i = 0; i < notes->count; i++)
        if (notes->items[i].kind == kind && !strcmp(notes->items[i].text, text))
            return true;
    return false;
}

static void add(struct mm_notes *notes, enum mm_note_kind kind, const char *place, const char *format, va_list args)
{
    struct mm_text raw, clean;
    if (notes->count == MM_NOTES_MAX) {
        notes->dropped++;
        return;
    }
    mm_text_init(&raw, 1024);
    mm_text_init(&clean, 4096);
    mm_text_add(&raw, place);
    mm_text_vformat(&raw, format, args);
    mm_card_text(&clean, raw.bytes);
    if (!is_there(notes, kind, clean.bytes)) {
        notes->items[notes->count].kind = kind;
        notes->items[notes->count].text = mm_arena_text(notes->arena, clean.bytes);
        notes->count += notes->items[notes->count].text != NULL;
    }
    mm_text_done(&raw);
    mm_text_done(&clean);
}

void mm_notes_add(struct mm_notes *notes, enum mm_note_kind kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(notes, kind, "", format, args);
    va_end(args);
}

void mm_notes_add_at(struct mm_notes *notes, enum mm_note_kind kind, const cJSON *node, const char *format, ...)
{
    va_list args;
    struct mm_place place = mm_json_place(notes->arena, node);
    const char *before = place.file ? mm_arena_format(notes->arena, "%s:%d: ", place.file, place.line) : "";
    va_start(args, format);
    add(notes, kind, before ? before : "", format, args);
    va_end(args);
}

void mm_notes_print(struct mm_text *text, const struct mm_notes *notes, enum mm_note_kind kind, const char *before)
{
    for (size_t i = 0; i < notes->count; i++)
        if (notes->items[i].kind == kind)
            mm_text_format(text, "%s%s\n", before, notes->items[i].text);
    if (notes->dropped && kind == MM_NOTE_LEFT)
        mm_text_format(text, "%sand %zu more\n", before, notes->dropped);
}
