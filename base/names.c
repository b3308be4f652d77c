/* The nearest name for a typo: optimal string alignment distance (edits, and swaps of neighbours, no part twice). */
#include "base/names.h"

#include <ctype.h>

#define NAME_MAX_LENGTH 127 /* longer ones are no typo of anything */

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

static bool same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

size_t mm_names_distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    if (n > NAME_MAX_LENGTH || m > NAME_MAX_LENGTH)
        return n == m && strcmp(a, b) == 0 ? 0 : (n > m ? n : m);

    /* Rows i-2, i-1, i of the table d[i][j]: distance of the first i of a to the first j of b. */
    unsigned char rows[3][NAME_MAX_LENGTH + 1];
    unsigned char *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= m; j++)
        last[j] = (unsigned char)j;
    for (size_t i = 1; i <= n; i++) {
        row[0] = (unsigned char)i;
        for (size_t j = 1; j <= m; j++) {
            size_t d = min3(last[j] + 1u, row[j - 1] + 1u, last[j - 1] + (same(a[i - 1], b[j - 1]) ? 0u : 1u));
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]) && before[j - 2] + 1u < d)
                d = before[j - 2] + 1u;
            row[j] = (unsigned char)d;
        }
        unsigned char *oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return last[m];
}

void mm_nearest_init(struct mm_nearest *nearest, const char *wanted)
{
    *nearest = (struct mm_nearest){.wanted = wanted};
}

/* Distance of a candidate that is near enough and better than the best so far. */
static bool is_better(const struct mm_nearest *nearest, const char *candidate, size_t *distance)
{
    size_t wanted = strlen(nearest->wanted), length = strlen(candidate);
    *distance = mm_names_distance(nearest->wanted, candidate);
    return *distance * 3 <= (wanted > length ? wanted : length) && (!nearest->best || *distance < nearest->distance);
}

void mm_nearest_offer(struct mm_nearest *nearest, const char *candidate)
{
    size_t distance;
    if (is_better(nearest, candidate, &distance)) {
        nearest->best = candidate;
        nearest->distance = distance;
    }
}

/* The next word of a space-separated list: its length, with *words moved to its start; 0 at the end. */
static size_t next_word(const char **words)
{
    *words += strspn(*words, " ");
    return strcspn(*words, " ");
}

void mm_nearest_offer_words(struct mm_nearest *nearest, const char *words, char *buffer, size_t size)
{
    char word[NAME_MAX_LENGTH + 1];
    for (size_t length; (length = next_word(&words)); words += length) {
        if (length >= sizeof word || length >= size)
            continue;
        memcpy(word, words, length);
        word[length] = '\0';
        size_t distance;
        if (is_better(nearest, word, &distance)) {
            nearest->best = memcpy(buffer, word, length + 1);
            nearest->distance = distance;
        }
    }
}

const char *mm_nearest_hint(const struct mm_nearest *nearest, char *buffer, size_t size)
{
    if (nearest->best)
        snprintf(buffer, size, ", did you mean %s?", nearest->best);
    else if (size)
        buffer[0] = '\0';
    return buffer;
}

bool mm_names_contain(const char *words, const char *word)
{
    size_t wanted = strlen(word);
    for (size_t length; (length = next_word(&words)); words += length)
        if (length == wanted && memcmp(words, word, length) == 0)
            return true;
    return false;
}
