/* The tokens of JSON that need care: strings (escapes, UTF-8) and numbers (the grammar's, exact where integer). */
#include <errno.h>
#include <math.h>

#include "base/json_internal.h"

/* Strings. ------------------------------------------------------------------------------------------------------- */

/* Length of the valid UTF-8 sequence at `s` (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF), or 0. */
static size_t utf8_length(const unsigned char *s, const unsigned char *end)
{
    size_t length = s[0] < 0x80 ? 1 : s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : s[0] < 0xF5 ? 4 : 0;
    if (length == 0 || length > (size_t)(end - s))
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    bool overlong = (s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xF0 && s[1] < 0x90);
    bool surrogate = s[0] == 0xED && s[1] >= 0xA0;
    bool too_large = s[0] == 0xF4 && s[1] >= 0x90;
    return overlong || surrogate || too_large ? 0 : length;
}

static size_t utf8_put(char *out, uint32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)((0xF00 >> length & 0xFF) | code);
    return length;
}

/* Four hexadecimal digits at p->at into *code. */
static enum mm_status read_hex4(struct mm_json_parser *p, uint32_t *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++, p->at++) {
        char c = p->at < p->end ? *p->at : 0;
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                : 16;
        if (digit == 16)
            return mm_json_fail_expected(p, "four hexadecimal digits after \\u");
        *code = *code << 4 | digit;
    }
    return MM_OK;
}

/* After "\u": one code point, of a surrogate pair where it is one. */
static enum mm_status read_unicode(struct mm_json_parser *p, struct mm_json_mark start, uint32_t *code)
{
    enum mm_status s;
    if (MM_TRY(s, read_hex4(p, code)))
        return s;
    if (*code == 0)
        return mm_json_fail_at(p, start, "\\u0000 is not allowed in a string");
    if (*code < 0xD800 || *code > 0xDFFF)
        return MM_OK;
    if (*code > 0xDBFF || p->end - p->at < 2 || p->at[0] != '\\' || p->at[1] != 'u')
        return mm_json_fail_at(p, start, "a surrogate stands alone in a string");
    p->at += 2;
    uint32_t low;
    if (MM_TRY(s, read_hex4(p, &low)))
        return s;
    if (low < 0xDC00 || low > 0xDFFF)
        return mm_json_fail_at(p, start, "a surrogate stands alone in a string");
    *code = 0x10000 + ((*code - 0xD800) << 10) + (low - 0xDC00);
    return MM_OK;
}

/* One escape sequence, p->at on its backslash, appended at *out. */
static enum mm_status read_escape(struct mm_json_parser *p, char **out)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    struct mm_json_mark start = mm_json_mark_here(p);
    p->at++;
    char c = p->at < p->end ? *p->at : 0;
    const char *name = c ? strchr(names, c) : NULL;
    if (name) {
        *(*out)++ = values[name - names];
        p->at++;
        return MM_OK;
    }
    if (c != 'u')
        return mm_json_fail_at(p, start,
                               "unknown escape in a string; allowed are \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
    p->at++;
    uint32_t code;
    enum mm_status s;
    if (MM_TRY(s, read_unicode(p, start, &code)))
        return s;
    *out += utf8_put(*out, code);
    return MM_OK;
}

/* The closing quote of the string whose first byte is at `at`, or NULL. */
static const char *find_quote(const char *at, const char *end)
{
    for (; at < end && *at != '"'; at++)
        if (*at == '\\')
            at++;
    return at < end ? at : NULL;
}

/* A whole string, p->at on its opening quote. The decoded text is never longer than its source. */
enum mm_status mm_json_read_string(struct mm_json_parser *p, char **string)
{
    struct mm_json_mark start = mm_json_mark_here(p);
    const char *close = find_quote(++p->at, p->end);
    if (!close)
        return mm_json_fail_at(p, start, "the string that starts here has no end");
    char *out = *string = mm_arena_alloc(p->arena, (size_t)(close - p->at) + 1);
    if (!out)
        return mm_fail_memory(p->err, "a JSON string");

    while (*p->at != '"') {
        unsigned char c = (unsigned char)*p->at;
        if (c == '\\') {
            enum mm_status s;
            if (MM_TRY(s, read_escape(p, &out)))
                return s;
            continue;
        }
        if (c < ' ')
            return mm_json_fail_at(p, mm_json_mark_here(p),
                                   c == '\n' ? "a string must not contain a line break; write \\n"
                                             : "a string must not contain a control character; write \\uXXXX");
        size_t length = utf8_length((const unsigned char *)p->at, (const unsigned char *)p->end);
        if (!length)
            return mm_json_fail_at(p, mm_json_mark_here(p), "bytes that are not UTF-8");
        memcpy(out, p->at, length);
        out += length;
        p->at += length;
    }
    p->at++;
    return MM_OK;
}

/* Numbers. ------------------------------------------------------------------------------------------------------- */

static size_t skip_digits(struct mm_json_parser *p)
{
    const char *start = p->at;
    while (p->at < p->end && *p->at >= '0' && *p->at <= '9')
        p->at++;
    return (size_t)(p->at - start);
}

/* Moves over the grammar's number and says whether it has neither fraction nor exponent. */
static enum mm_status scan_number(struct mm_json_parser *p, bool *is_integer)
{
    struct mm_json_mark start = mm_json_mark_here(p);
    *is_integer = true;
    if (mm_json_next_is(p, '-'))
        p->at++;
    bool zero = mm_json_next_is(p, '0');
    size_t digits = skip_digits(p);
    if (digits == 0)
        return mm_json_fail_expected(p, "a digit");
    if (zero && digits > 1)
        return mm_json_fail_at(p, start, "a number must not start with 0");
    if (mm_json_next_is(p, '.')) {
        *is_integer = false;
        p->at++;
        if (skip_digits(p) == 0)
            return mm_json_fail_expected(p, "a digit after the decimal point");
    }
    if (mm_json_next_is(p, 'e') || mm_json_next_is(p, 'E')) {
        *is_integer = false;
        p->at++;
        if (mm_json_next_is(p, '+') || mm_json_next_is(p, '-'))
            p->at++;
        if (skip_digits(p) == 0)
            return mm_json_fail_expected(p, "a digit in the exponent");
    }
    return MM_OK;
}

enum mm_status mm_json_read_number(struct mm_json_parser *p, struct mm_json_node *node)
{
    struct mm_json_mark start = mm_json_mark_here(p);
    bool is_integer;
    enum mm_status s;
    if (MM_TRY(s, scan_number(p, &is_integer)))
        return s;
    /* Whatever may follow a number ends it for strtod too; letters would not, such as the x of 0x10. */
    if (p->at < p->end && ((*p->at >= 'a' && *p->at <= 'z') || (*p->at >= 'A' && *p->at <= 'Z') || *p->at == '.'))
        return mm_json_fail_expected(p, "the end of the number");
    char *end;
    double value = strtod(start.at, &end);
    if (end != p->at)
        mm_bug("numbers are read in a locale other than C");
    if (isinf(value))
        return mm_json_fail_at(p, start, "the number is too large for a double");
    if (is_integer) {
        errno = 0;
        node->integer = strtoll(start.at, NULL, 10);
        node->is_integer = errno == 0;
    }
    mm_json_set_number(&node->json, value);
    return MM_OK;
}
