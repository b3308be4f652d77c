/* The names that must not leave with a model, as a set that is searched for at every beginning of a word.
 *
 * What counts as a name (so that "data" in a sentence is none): at least 4 bytes, not a word of the common list in privacy_words.c, and
 * no number of fewer than 6 digits. It is found as a word of its own, in the case in which it is written: letters and digits end it,
 * "_", "-" and "." do not, so that "case_17" is in "case_17_seg.png" and not in "case_170". */
#ifndef MM_MMAR_ARCHIVE_PRIVACY_WORDS_H
#define MM_MMAR_ARCHIVE_PRIVACY_WORDS_H

#include "mmar/archive/archive.h"

enum mm_privacy_kind { MM_PRIVACY_PATH, MM_PRIVACY_USER, MM_PRIVACY_HOST, MM_PRIVACY_CASE };

struct mm_privacy_word {
    const char *text;
    size_t length;
    enum mm_privacy_kind kind;
    ptrdiff_t shorter; /* the longest other word that this one begins with; -1: none */
};
struct mm_privacy_words {
    struct mm_privacy_word *items; /* sorted by ready */
    size_t count, capacity;
    bool begins[256]; /* bytes that a word begins with */
};

/* Takes what counts as a name, passes over the rest. The text is copied. */
enum mm_status mm_privacy_words_add(struct mm_arena *arena, struct mm_privacy_words *words, enum mm_privacy_kind kind,
                                    const char *text, size_t length, struct mm_error *err);
/* After the last add, before the first find. */
void mm_privacy_words_ready(struct mm_privacy_words *words);
/* The longest word that stands at bytes[at] as a word of its own, or NULL. */
const struct mm_privacy_word *mm_privacy_words_find(const struct mm_privacy_words *words, const unsigned char *bytes,
                                                    size_t size, size_t at);
/* Does it count as a name? */
bool mm_privacy_is_name(const char *text, size_t length);

/* privacy_gather.c: what this machine and this MMAR know: its user, host, home and own folder, the folders of its environment, and
 * file names and ids of the items of every datalist that its configuration names or that stays behind. */
enum mm_status mm_privacy_gather(struct mm_arena *arena, const char *root, const struct mm_archive_list *list,
                                 struct mm_privacy_words *words, struct mm_error *err);

#endif
