/* Which names an archive may hold: those that mean the same file, inside the folder it is unpacked into, on every file system. */
#include <strings.h>

#include "base/names.h"
#include "mmar/archive/archive.h"

/* The only folders of an MMAR; whatever is outside them does not travel, and is not unpacked (".git/config" runs programs). */
static const char folders[] = "commands config custom docs eval models resources";

#define PART_MAX 255 /* bytes of a file name: Linux, macOS */

#define CONTROL    "a control character"
#define INVISIBLE  "an invisible character"
#define LOOSE_MARK "a loose accent: write letter and accent as one character (Unicode NFC)"

static const struct {
    uint32_t first, last;
    const char *what;
} refused[] = {
    {0x01, 0x1F, CONTROL},
    {':', ':', "a colon (a drive or a stream elsewhere)"},
    {'\\', '\\', "a backslash (a separator elsewhere)"},
    {0x7F, 0x9F, CONTROL},
    {0xAD, 0xAD, INVISIBLE},
    {0x300, 0x36F, LOOSE_MARK},
    {0x1100, 0x11FF, "loose Hangul letters: write them as syllables (Unicode NFC)"},
    {0x200B, 0x200F, INVISIBLE},
    {0x2028, 0x202E, INVISIBLE},
    {0x2060, 0x206F, INVISIBLE},
    {0x2126, 0x212B, "a letter that looks like another (Unicode NFC)"},
    {0x3099, 0x309A, LOOSE_MARK},
    {0xFEFF, 0xFEFF, INVISIBLE},
    {0xFFF0, 0xFFFF, INVISIBLE},
};

/* Small letters of capitals, for the scripts that have them: `last` - `first` capitals, each `step` before its small letter.
 * Step 1 stands for pairs, capital first, that begin with `first`. */
static const struct {
    uint32_t first, last, step;
} capitals[] = {
    {'A', 'Z', 32},      {0xC0, 0xD6, 32},     {0xD8, 0xDE, 32},   {0x100, 0x137, 1},  {0x139, 0x148, 1},
    {0x14A, 0x177, 1},   {0x179, 0x17E, 1},    {0x386, 0x386, 38}, {0x388, 0x38A, 37}, {0x38C, 0x38C, 64},
    {0x38E, 0x38F, 63},  {0x391, 0x3A1, 32},   {0x3A3, 0x3AB, 32}, {0x400, 0x40F, 80}, {0x410, 0x42F, 32},
    {0x460, 0x481, 1},   {0x48A, 0x4BF, 1},    {0x4D0, 0x52F, 1},  {0x531, 0x556, 48}, {0x1E00, 0x1E95, 1},
    {0x1EA0, 0x1EFF, 1}, {0xFF21, 0xFF3A, 32},
};

/* The code point at *text, which moves behind it; 0 when it is no UTF-8 (RFC 3629), or at the end. */
static uint32_t next_character(const unsigned char **text)
{
    static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *at = *text;
    int more = *at < 0x80 ? 0 : (*at & 0xE0) == 0xC0 ? 1 : (*at & 0xF0) == 0xE0 ? 2 : (*at & 0xF8) == 0xF0 ? 3 : -1;
    if (more < 0)
        return 0;
    uint32_t c = more ? *at & (0x3Fu >> more) : *at;
    for (int i = 1; i <= more; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (at[i] & 0x3F);
    }
    *text = at + more + 1;
    return c < smallest[more] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF) ? 0 : c;
}

static uint32_t fold(uint32_t c)
{
    for (size_t i = 0; i < sizeof capitals / sizeof *capitals; i++) {
        if (c < capitals[i].first || c > capitals[i].last)
            continue;
        if (capitals[i].step > 1)
            return c + capitals[i].step;
        return (c - capitals[i].first) % 2 ? c : c + 1;
    }
    return c == 0x178 ? 0xFF : c == 0x3C2 ? 0x3C3 : c; /* the two that fit no range: Y with diaeresis, final sigma */
}

/* '/' sorts before everything, so that a name is followed by what would lie in it. */
static uint32_t rank(uint32_t c)
{
    return c == '/' ? 1 : c ? fold(c) + 1 : 0;
}

int mm_archive_name_order(const char *a, const char *b)
{
    const unsigned char *x = (const unsigned char *)a, *y = (const unsigned char *)b;
    uint32_t p, q;
    do {
        p = rank(next_character(&x));
        q = rank(next_character(&y));
    } while (p && p == q);
    return p < q ? -1 : p > q;
}

bool mm_archive_name_collides(const char *a, const char *b)
{
    const unsigned char *x = (const unsigned char *)a, *y = (const unsigned char *)b;
    uint32_t p, q;
    do {
        p = rank(next_character(&x));
        q = rank(next_character(&y));
    } while (p && p == q);
    return p == q || (!p && q == rank('/')) || (!q && p == rank('/'));
}

/* The checks say what is wrong, as the end of "it has ...", or NULL. */
static const char *wrong_part(const char *text, size_t length)
{
    if (!length)
        return "an empty part: names are relative, with single slashes";
    if (text[length - 1] == '.')
        return "a part that ends with a dot";
    if (text[0] == ' ' || text[length - 1] == ' ')
        return "a part that begins or ends with a space";
    if (length > PART_MAX)
        return "a part longer than 255 bytes";
    if (length == 4 && !strncasecmp(text, ".git", 4))
        return "a .git folder, whose settings can run programs";
    return NULL;
}

static const char *wrong_parts(const char *name)
{
    const char *why = NULL, *part = name;
    int depth = 0;
    for (bool more = true; more && !why; depth++) {
        size_t length = strcspn(part, "/");
        why = wrong_part(part, length);
        more = part[length] != 0;
        part += length + 1;
    }
    return !why && depth > MM_ARCHIVE_DEPTH_MAX ? "too many folders within folders" : why;
}

static const char *wrong_place(const char *name)
{
    char first[16];
    size_t length = strcspn(name, "/");
    snprintf(first, sizeof first, "%.*s", (int)length, name);
    return !name[length] || !mm_names_contain(folders, first) ? "a place outside the folders of an MMAR" : NULL;
}

static const char *wrong_characters(const char *name)
{
    const unsigned char *at = (const unsigned char *)name;
    while (*at) {
        uint32_t c = next_character(&at);
        if (!c)
            return "bytes that are no UTF-8";
        for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
            if (c >= refused[i].first && c <= refused[i].last)
                return refused[i].what;
    }
    return NULL;
}

/* The name as it may be shown: no byte of it can steer a terminal. */
static void printable(const char *name, char *out, size_t size)
{
    size_t n = 0;
    for (; name[n] && n + 1 < size; n++)
        out[n] = name[n] < ' ' || name[n] > '~' ? '?' : name[n];
    out[n] = 0;
}

static const char *wrong_name(const char *name)
{
    const char *why = strlen(name) > MM_ARCHIVE_NAME_MAX ? "too many bytes" : wrong_characters(name);
    return why ? why : wrong_parts(name);
}

static enum mm_status refuse(const char *name, const char *why, struct mm_error *err)
{
    char shown[128];
    if (!why)
        return MM_OK;
    printable(name, shown, sizeof shown);
    return mm_fail(err, MM_ERR_DATA, "the name \"%s\" is refused: it has %s", shown, why);
}

enum mm_status mm_archive_name_check_foreign(const char *name, struct mm_error *err)
{
    return refuse(name, wrong_name(name), err);
}

enum mm_status mm_archive_name_check(const char *name, struct mm_error *err)
{
    const char *why = wrong_name(name);
    return refuse(name, why ? why : wrong_place(name), err);
}
