/* What was taken from a stranger's model and what was not, told to the person and kept in docs/ORIGIN.md. Values are not repeated, only
 * names and places: paths of another machine must not travel on. */
#ifndef MM_MMAR_FOREIGN_NOTES_H
#define MM_MMAR_FOREIGN_NOTES_H

#include "base/json.h"

#define MM_NOTES_MAX 400

enum mm_note_kind { MM_NOTE_TAKEN, MM_NOTE_LEFT };

struct mm_notes {
    struct mm_arena *arena;
    struct {
        enum mm_note_kind kind;
        const char *text;
    } items[MM_NOTES_MAX];
    size_t count, dropped;
};

/* Control characters of strangers' texts are replaced. */
void mm_notes_add(struct mm_notes *notes, enum mm_note_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "file:line: " of a node of a stranger's JSON is put before the text. */
void mm_notes_add_at(struct mm_notes *notes, enum mm_note_kind kind, const cJSON *node, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* One line each of that kind, `before` each of them. */
void mm_notes_print(struct mm_text *text, const struct mm_notes *notes, enum mm_note_kind kind, const char *before);

#endif
