/* Plain scalars of YAML 1.1, as PyYAML resolves and constructs them; the patterns are those of yaml/resolver.py. Two that surprise: an
 * exponent needs a point before it and a sign (1e-3 is text, 1.0e-3 a number), and a leading 0 makes an octal number. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/names.h"
#include "mmar/foreign/yaml.h"

#define DIGITS "0123456789_"

static const char *skip_sign(const char *text)
{
    return text + (*text == '-' || *text == '+');
}

/* [-+]?0b[0-1_]+ | [-+]?0x[0-9a-fA-F_]+ | [-+]?0[0-7_]+ | [-+]?(0|[1-9][0-9_]*): its base, and where its digits begin; 0: none. */
static int base_of(const char *text, const char **digits)
{
    static const struct {
        const char *start, *allowed;
        int base;
    } forms[] = {{"0b", "01_", 2}, {"0x", DIGITS "abcdefABCDEF", 16}, {"0", "01234567_", 8}, {"", DIGITS, 10}};
    const char *at = skip_sign(text);
    if (!isdigit((unsigned char)*at))
        return 0;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        size_t start = strlen(forms[i].start);
        if (strncmp(at, forms[i].start, start) != 0)
            continue;
        *digits = at + start;
        size_t length = strspn(*digits, forms[i].allowed);
        bool is_zero = forms[i].base == 10 && *at == '0' && at[1];
        if (length && !(*digits)[length] && !is_zero)
            return forms[i].base;
    }
    return 0;
}

/* [-+]?[1-9][0-9_]*(:[0-5]?[0-9])+ | [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*: a number to the base 60. */
static bool is_sexagesimal(const char *text)
{
    const char *at = skip_sign(text);
    size_t parts = 0, length = strspn(at, DIGITS);
    if (!isdigit((unsigned char)*at))
        return false;
    for (at += length; *at == ':' && isdigit((unsigned char)at[1]); parts++) {
        length = isdigit((unsigned char)at[2]) ? 2 : 1;
        if (length == 2 && at[1] > '5')
            return false;
        at += 1 + length;
    }
    if (*at != '.')
        return parts && !*at && *skip_sign(text) != '0';
    return parts && !at[1 + strspn(at + 1, DIGITS)];
}

/* [-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)? | \.[0-9][0-9_]*([eE][-+][0-9]+)? */
static bool is_float(const char *text)
{
    bool has_point_first = *text == '.';
    const char *at = has_point_first ? text : skip_sign(text);
    if (!isdigit((unsigned char)at[has_point_first]))
        return false;
    at += strspn(at, DIGITS);
    if (*at != '.')
        return false;
    at += 1 + strspn(at + 1, DIGITS);
    if ((*at == 'e' || *at == 'E') && (at[1] == '-' || at[1] == '+') && isdigit((unsigned char)at[2]))
        at += 2 + strspn(at + 2, "0123456789");
    return !*at;
}

/* Without the underscores, which only please the eye. */
static char *bare(struct mm_arena *arena, const char *text)
{
    char *copy = mm_arena_text(arena, text), *to = copy;
    for (const char *from = text; copy && *from; from++)
        if (*from != '_')
            *to++ = *from;
    if (copy)
        *to = '\0';
    return copy;
}

static enum mm_status integer(struct mm_arena *arena, const char *text, const char *digits, int base, cJSON **out,
                              struct mm_error *err)
{
    char *number = bare(arena, digits);
    if (!number)
        return mm_fail_memory(err, "a number");
    errno = 0;
    if (!*number && base != 8)
        return mm_fail(err, MM_ERR_CONFIG, "%.40s is a number without digits", text);
    long long value =
        *number ? strtoll(mm_arena_format(arena, "%s%s", *text == '-' ? "-" : "", number), NULL, base) : 0;
    if (errno == ERANGE)
        return mm_fail(err, MM_ERR_CONFIG, "%.40s does not fit 64 bits", text);
    *out = mm_json_integer(arena, value);
    return MM_OK;
}

static enum mm_status number(struct mm_arena *arena, const char *text, cJSON **out, struct mm_error *err)
{
    const char *digits = bare(arena, text);
    double value = digits ? strtod(digits, NULL) : 0;
    if (!digits)
        return mm_fail_memory(err, "a number");
    if (!isfinite(value))
        return mm_fail(err, MM_ERR_CONFIG, "%.40s is too large for a number", text);
    *out = mm_json_number(arena, value);
    return MM_OK;
}

static enum mm_status resolve(struct mm_arena *arena, const char *text, cJSON **out, struct mm_error *err)
{
    const char *digits;
    int base = base_of(text, &digits);
    if (base)
        return integer(arena, text, digits, base, out, err);
    if (is_float(text))
        return number(arena, text, out, err);
    if (is_sexagesimal(text))
        return mm_fail(err, MM_ERR_CONFIG,
                       "%.40s is a number to the base 60 in YAML: write it in quotes if it is text", text);
    if (mm_names_contain(".inf .Inf .INF .nan .NaN .NAN", *text == '.' ? text : skip_sign(text)))
        return mm_fail(err, MM_ERR_CONFIG, "%.40s is no number that a config can hold", text);
    if (!*text || mm_names_contain("~ null Null NULL", text))
        *out = mm_json_null(arena);
    else if (mm_names_contain("yes Yes YES true True TRUE on On ON", text))
        *out = mm_json_bool(arena, true);
    else if (mm_names_contain("no No NO false False FALSE off Off OFF", text))
        *out = mm_json_bool(arena, false);
    else
        *out = mm_json_text(arena, text);
    return MM_OK;
}

enum mm_status mm_yaml_scalar(struct mm_arena *arena, const char *text, cJSON **out, struct mm_error *err)
{
    enum mm_status s;
    *out = NULL;
    if (MM_TRY(s, resolve(arena, text, out, err)))
        return s;
    return *out ? MM_OK : mm_fail_memory(err, "a value");
}
