/* Names are cut at capitals ("MyAddRandomConstant": Add, Random, Constant) and compared word by word: the share of words in common. */
#include "mmar/relatives.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "mmar/families.h"

#define WORDS_MAX 8
#define SHOWN     3
#define NEAR      0.3 /* least share of words in common */

struct word {
    const char *text;
    size_t length;
};

static bool says_nothing(struct word w)
{
    static const char *const empty[] = {"my", "custom", "new", "d", "dict"};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++)
        if (strlen(empty[i]) == w.length && strncasecmp(empty[i], w.text, w.length) == 0)
            return true;
    return false;
}

static size_t split(const char *name, struct word words[WORDS_MAX])
{
    size_t count = 0;
    while (*name && count < WORDS_MAX) {
        size_t length = 1;
        while (name[length] && !(isupper((unsigned char)name[length]) && !isupper((unsigned char)name[length - 1])) &&
               name[length] != '_')
            length++;
        words[count] = (struct word){name, length};
        count += !says_nothing(words[count]);
        name += length + (name[length] == '_');
    }
    return count;
}

/* 1 for the same word, less for one that begins with the other ("Rand" and "Random", "Crop" and "Cropping"), 0 for others. */
static double word_likeness(struct word a, struct word b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    if (strncasecmp(a.text, b.text, shorter) != 0)
        return 0;
    return a.length == b.length ? 1 : shorter >= 4 ? 0.75 : 0;
}

static double likeness(const char *a, const char *b)
{
    struct word x[WORDS_MAX], y[WORDS_MAX];
    size_t n = split(a, x), m = split(b, y);
    double common = 0;
    for (size_t i = 0; i < n; i++) {
        double most = 0;
        for (size_t k = 0; k < m; k++)
            most = word_likeness(x[i], y[k]) > most ? word_likeness(x[i], y[k]) : most;
        common += most;
    }
    return n + m ? 2 * common / (double)(n + m) : 0;
}

struct best {
    const char *name;
    double likeness;
};

/* Keeps the first of equals before the others. */
static void offer(struct best best[SHOWN], const char *name, double like)
{
    for (size_t i = 0; i < SHOWN; i++)
        if (like > best[i].likeness) {
            memmove(&best[i + 1], &best[i], (SHOWN - 1 - i) * sizeof *best);
            best[i] = (struct best){name, like};
            return;
        }
}

const char *mm_relatives(const char *name, char *buffer, size_t size)
{
    static const char *const families[] = {"transforms", "models", "losses", "metrics", "optimizers"};
    struct best best[SHOWN] = {{0}};
    for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
        const struct mm_family *family = mm_family_find(families[f]);
        struct mm_member member;
        for (size_t i = 0; family->member(i, &member); i++)
            offer(best, member.name, likeness(name, member.name));
    }
    size_t count = 0, at = 0;
    while (count < SHOWN && best[count].name && best[count].likeness >= NEAR)
        count++;
    *buffer = '\0';
    for (size_t i = 0; i < count && at < size; i++)
        at += (size_t)snprintf(buffer + at, size - at, "%s%s",
                               i == 0           ? count == 1 ? "; the nearest built-in one is "
                                                             : "; the nearest built-in ones are "
                               : i + 1 == count ? " and "
                                                : ", ",
                               best[i].name);
    return buffer;
}
