/* Headers of text lines: lines, words, numbers, and names of data files that stay in the header's folder. */
#include "image/fields.h"

#include <ctype.h>
#include <errno.h>
#include <strings.h>

#include "base/file.h"

#define NUMBER_LENGTH_MAX 63

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static struct mm_piece trim(struct mm_piece p)
{
    while (p.length && is_blank(*p.at)) {
        p.at++;
        p.length--;
    }
    while (p.length && is_blank(p.at[p.length - 1]))
        p.length--;
    return p;
}

bool mm_piece_line(struct mm_piece *rest, struct mm_piece *line)
{
    if (!rest->length)
        return false;
    const char *end = memchr(rest->at, '\n', rest->length);
    size_t length = end ? (size_t)(end - rest->at) : rest->length, used = length + (end != NULL);
    *line = (struct mm_piece){rest->at, length};
    if (line->length && line->at[line->length - 1] == '\r')
        line->length--;
    rest->at += used;
    rest->length -= used;
    return true;
}

bool mm_piece_word(struct mm_piece *rest, struct mm_piece *word)
{
    *rest = trim(*rest);
    *word = *rest;
    word->length = 0;
    while (word->length < rest->length && !is_blank(rest->at[word->length]))
        word->length++;
    rest->at += word->length;
    rest->length -= word->length;
    return word->length > 0;
}

bool mm_piece_split(struct mm_piece line, char separator, struct mm_piece *key, struct mm_piece *value)
{
    const char *at = line.length ? memchr(line.at, separator, line.length) : NULL;
    if (!at)
        return false;
    size_t before = (size_t)(at - line.at);
    *key = trim((struct mm_piece){line.at, before});
    *value = trim((struct mm_piece){at + 1, line.length - before - 1});
    return true;
}

bool mm_piece_is(struct mm_piece piece, const char *text)
{
    return piece.length == strlen(text) && strncasecmp(piece.at, text, piece.length) == 0;
}

static bool same_word(struct mm_piece piece, const char *word, size_t length)
{
    if (piece.length != length)
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = piece.at[i] == ' ' ? '_' : (char)tolower((unsigned char)piece.at[i]);
        if (c != tolower((unsigned char)word[i]))
            return false;
    }
    return true;
}

bool mm_piece_among(struct mm_piece piece, const char *words)
{
    while (*words) {
        words += strspn(words, " ");
        size_t length = strcspn(words, " ");
        if (length && same_word(piece, words, length))
            return true;
        words += length;
    }
    return false;
}

/* A word with a NUL behind it; false when it is too long for a number. */
static bool copy_word(struct mm_piece word, char number[NUMBER_LENGTH_MAX + 1])
{
    if (word.length > NUMBER_LENGTH_MAX)
        return false;
    memcpy(number, word.at, word.length);
    number[word.length] = '\0';
    return true;
}

bool mm_piece_reals(struct mm_piece rest, double *out, int count)
{
    struct mm_piece word;
    char number[NUMBER_LENGTH_MAX + 1], *end;
    for (int i = 0; i < count; i++) {
        if (!mm_piece_word(&rest, &word) || !copy_word(word, number))
            return false;
        out[i] = strtod(number, &end);
        if (*end)
            return false;
    }
    return !mm_piece_word(&rest, &word);
}

bool mm_piece_integers(struct mm_piece rest, int64_t *out, int count)
{
    struct mm_piece word;
    char number[NUMBER_LENGTH_MAX + 1], *end;
    for (int i = 0; i < count; i++) {
        if (!mm_piece_word(&rest, &word) || !copy_word(word, number))
            return false;
        errno = 0;
        out[i] = strtoll(number, &end, 10);
        if (*end || errno)
            return false;
    }
    return !mm_piece_word(&rest, &word);
}

enum mm_status mm_piece_data_path(struct mm_arena *arena, struct mm_piece name, const char *header_path, char **path,
                                  struct mm_error *err)
{
    bool is_plain = name.length > 0 && name.at[0] != '.' && !memchr(name.at, '/', name.length) &&
                    !memchr(name.at, '\\', name.length) && !memchr(name.at, '\0', name.length);
    if (!is_plain)
        return mm_fail(err, MM_ERR_DATA,
                       "the header names the data file \"%.*s\": it must be a plain name, of a file in the folder of "
                       "the header",
                       MM_PIECE_SHOWN(name));
    char *folder = mm_file_folder(arena, header_path), *file = mm_arena_textn(arena, name.at, name.length);
    *path = folder && file ? mm_file_join(arena, folder, file) : NULL;
    if (!*path)
        return mm_fail_memory(err, "a file name");
    if (!mm_file_exists(*path))
        return mm_fail(err, MM_ERR_DATA, "the header names the data file \"%s\", which is not in its folder", file);
    return MM_OK;
}
