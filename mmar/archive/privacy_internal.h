/* Shared by the privacy_*.c only. */
#ifndef MM_MMAR_ARCHIVE_PRIVACY_INTERNAL_H
#define MM_MMAR_ARCHIVE_PRIVACY_INTERNAL_H

#include "mmar/archive/privacy_words.h"

/* {"training": [{"image": ...}, ...]} */
bool mm_privacy_is_datalist(const cJSON *json);
/* Does it name a place of one machine: absolute, in a home folder, on a drive, or above the MMAR? */
bool mm_privacy_is_local(const char *value);
/* The node behind this one, in the order of the text; NULL behind the last. For trees that were read. */
const cJSON *mm_privacy_next(const cJSON *node);

/* privacy_forms.c: what tells by its form that it is of a person, a machine or a patient. */
enum mm_privacy_form { MM_PRIVACY_ABSOLUTE, MM_PRIVACY_MAIL, MM_PRIVACY_UID, MM_PRIVACY_TAG };
/* Does such a thing begin at text[at]? Then its length, else 0. */
size_t mm_privacy_form_at(const unsigned char *text, size_t size, size_t at, enum mm_privacy_form *form);

/* A search, and what it found. */
struct mm_privacy_search {
    struct mm_arena *arena; /* of the findings */
    struct mm_privacy_words words;
    const struct mm_strings *allow;
    bool *used;           /* by `allow`: it allowed something */
    struct mm_text found; /* one line each */
    size_t count;         /* of findings that nothing allows */
    struct mm_text allowed;
    struct mm_text last; /* the last finding: the same one of the same place is told once */
};
/* Where a text stands: of a file (its name), in a place there ("docs/a:12"), which may have a name of its own ("train.model"). */
struct mm_privacy_place {
    const char *file, *place, *key;
    bool noise; /* neither text nor known: only long names and UIDs can be trusted */
};
/* Looks through one text. */
void mm_privacy_look(struct mm_privacy_search *search, const struct mm_privacy_place *place,
                     const unsigned char *bytes, size_t size);
/* "PLACE: WHAT", unless that place is allowed. */
void mm_privacy_found(struct mm_privacy_search *search, const struct mm_privacy_place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* privacy_files.c: every text in a file. */
enum mm_status mm_privacy_look_in_file(struct mm_privacy_search *search, const struct mm_archive_file *file,
                                       struct mm_error *err);
void mm_privacy_look_in_json(struct mm_privacy_search *search, const char *file, const cJSON *json);
void mm_privacy_look_in_text(struct mm_privacy_search *search, const char *file, const unsigned char *bytes,
                             size_t size, int *line);
/* privacy_image.c: the texts in the head of a PNG or JPEG file. False when it is none. */
bool mm_privacy_look_in_image(struct mm_privacy_search *search, const char *file, const unsigned char *bytes,
                              size_t size);

#endif
