/* Headers of text lines (NRRD, MetaImage): pieces of the file's bytes, nothing is copied. */
#ifndef MM_IMAGE_FIELDS_H
#define MM_IMAGE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

struct mm_piece {
    const char *at; /* not NUL-terminated */
    size_t length;
};

/* Takes a line off the rest, without its end (\n or \r\n). False at the end; a last line needs no end. */
bool mm_piece_line(struct mm_piece *rest, struct mm_piece *line);
/* Takes a word off the rest: up to a blank. False when only blanks are left. */
bool mm_piece_word(struct mm_piece *rest, struct mm_piece *word);
/* What stands before and after the first separator, without blanks around; false when it is not in the line. */
bool mm_piece_split(struct mm_piece line, char separator, struct mm_piece *key, struct mm_piece *value);
/* The same letters in any case. */
bool mm_piece_is(struct mm_piece piece, const char *text);
/* Is it one of the words, given as " a b c "? In any case; blanks in the piece stand as '_' there. */
bool mm_piece_among(struct mm_piece piece, const char *words);

/* `count` numbers and nothing else. */
bool mm_piece_reals(struct mm_piece piece, double *out, int count);
bool mm_piece_integers(struct mm_piece piece, int64_t *out, int count);

/* For messages: "%.*s" of at most 80 bytes. */
#define MM_PIECE_SHOWN(piece) (int)((piece).length < 80 ? (piece).length : 80), (piece).length ? (piece).at : ""

/* The name of a data file that a header names: it must be there, in the header's own folder, so it has no slash and
 * does not start with a dot. The path is in the arena. */
enum mm_status mm_piece_data_path(struct mm_arena *arena, struct mm_piece name, const char *header_path, char **path,
                                  struct mm_error *err);

#endif
