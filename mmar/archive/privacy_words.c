/* The set of names: a sorted array. Of all words not above the text at hand the last is either a prefix of that text, or every prefix of
 * the text among the words is also one of it; so one binary search and a chain of prefixes find them all. */
#include "mmar/archive/privacy_words.h"

#include <ctype.h>
#include <strings.h>

#define NAME_MIN   4
#define NUMBER_MIN 6

/* Names of users, hosts and files that say nothing of anyone. */
static const char *const common[] = {
    "root",     "user",      "users",      "admin",     "administrator", "nobody",       "guest",        "home",
    "host",     "localhost", "local",      "server",    "node",          "worker",       "runner",       "docker",
    "ubuntu",   "debian",    "fedora",     "centos",    "linux",         "windows",      "vagrant",      "jenkins",
    "gitlab",   "github",    "ec2-user",   "jovyan",    "default",       "desktop",      "laptop",       "computer",
    "machine",  "build",     "builder",    "container", "work",          "working",      "workspace",    "project",
    "projects", "public",    "shared",     "share",     "data",          "dataset",      "datasets",     "train",
    "training", "valid",     "validation", "test",      "tests",         "testing",      "tester",       "model",
    "models",   "config",    "research",   "radiology", "student",       "clinic",       "medical",      "image",
    "images",   "label",     "labels",     "mask",      "masks",         "volume",       "volumes",      "scan",
    "slice",    "slices",    "case",       "cases",     "patient",       "patients",     "segmentation", "prediction",
    "imagestr", "labelstr",  "imagests",   "labelsts",  "truth",         "ground_truth", "input",        "output",
    "none"};

bool mm_privacy_is_name(const char *text, size_t length)
{
    size_t digits = 0;
    if (length < NAME_MIN)
        return false;
    for (size_t i = 0; i < length; i++)
        digits += isdigit((unsigned char)text[i]) != 0;
    if (digits == length && length < NUMBER_MIN)
        return false;
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        if (strlen(common[i]) == length && !strncasecmp(common[i], text, length))
            return false;
    return true;
}

enum mm_status mm_privacy_words_add(struct mm_arena *arena, struct mm_privacy_words *words, enum mm_privacy_kind kind,
                                    const char *text, size_t length, struct mm_error *err)
{
    while (kind == MM_PRIVACY_PATH && length && text[length - 1] == '/')
        length--;
    if (!mm_privacy_is_name(text, length))
        return MM_OK;
    if (words->count == words->capacity) {
        size_t capacity = words->capacity ? 2 * words->capacity : 256;
        struct mm_privacy_word *grown = mm_arena_array(arena, struct mm_privacy_word, capacity);
        if (!grown)
            return mm_fail_memory(err, "the names to search for");
        if (words->count)
            memcpy(grown, words->items, words->count * sizeof *grown);
        words->items = grown;
        words->capacity = capacity;
    }
    char *copy = mm_arena_textn(arena, text, length);
    if (!copy)
        return mm_fail_memory(err, "the names to search for");
    words->items[words->count++] = (struct mm_privacy_word){copy, length, kind, -1};
    words->begins[(unsigned char)*text] = true;
    return MM_OK;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct mm_privacy_word *)a)->text, ((const struct mm_privacy_word *)b)->text);
}

void mm_privacy_words_ready(struct mm_privacy_words *words)
{
    size_t kept = 0;
    struct mm_privacy_word *w = words->items;
    if (words->count)
        qsort(w, words->count, sizeof *w, by_text);
    for (size_t i = 0; i < words->count; i++)
        if (!i || strcmp(w[i].text, w[kept - 1].text) != 0)
            w[kept++] = w[i];
    words->count = kept;
    for (size_t i = 1; i < kept; i++) {
        ptrdiff_t p = (ptrdiff_t)i - 1;
        while (p >= 0 && !mm_text_starts(w[i].text, w[p].text))
            p = w[p].shorter;
        w[i].shorter = p;
    }
}

/* Last word not above the text; -1: none. */
static ptrdiff_t last_below(const struct mm_privacy_words *words, const unsigned char *text, size_t size)
{
    size_t low = 0, high = words->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct mm_privacy_word *w = &words->items[middle];
        int order = memcmp(w->text, text, w->length < size ? w->length : size);
        if (order < 0 || (order == 0 && w->length <= size))
            low = middle + 1;
        else
            high = middle;
    }
    return (ptrdiff_t)low - 1;
}

/* A path is one of its own behind anything but a name; other names behind anything but a letter or a digit. */
static bool may_begin(enum mm_privacy_kind kind, const unsigned char *bytes, size_t at)
{
    unsigned char before = at ? bytes[at - 1] : 0;
    return !isalnum(before) && before < 0x80 && (kind != MM_PRIVACY_PATH || !before || !strchr("_.-", before));
}

const struct mm_privacy_word *mm_privacy_words_find(const struct mm_privacy_words *words, const unsigned char *bytes,
                                                    size_t size, size_t at)
{
    if (!words->begins[bytes[at]] || (at && isalnum(bytes[at - 1])))
        return NULL;
    ptrdiff_t i = last_below(words, bytes + at, size - at);
    for (; i >= 0; i = words->items[i].shorter) {
        const struct mm_privacy_word *w = &words->items[i];
        size_t end = at + w->length;
        if (end <= size && !memcmp(w->text, bytes + at, w->length) && (end == size || !isalnum(bytes[end])) &&
            may_begin(w->kind, bytes, at))
            return w;
    }
    return NULL;
}
