/* Errors: formatting and adding context. A text too long for the struct keeps its beginning and ends in "...". */
#include "base/error.h"

#include <stdarg.h>

/* Where to cut a text so that `length` bytes stay at most and no UTF-8 sequence is split. */
static size_t cut_utf8(const char *text, size_t length)
{
    while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
        length--;
    return length;
}

static void end_in_dots(char text[MM_ERROR_TEXT_MAX])
{
    memcpy(text + cut_utf8(text, MM_ERROR_TEXT_MAX - 4), "...", 4);
}

enum mm_status mm_fail(struct mm_error *err, enum mm_status status, const char *format, ...)
{
    if (!err)
        return status;
    char text[MM_ERROR_TEXT_MAX]; /* not err->text: the arguments may point there */
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (length < 0)
        text[0] = '\0';
    if (length >= (int)sizeof text)
        end_in_dots(text);
    err->status = status;
    memcpy(err->text, text, strlen(text) + 1);
    return status;
}

enum mm_status mm_fail_in(struct mm_error *err, const char *format, ...)
{
    if (!err)
        return MM_ERR_DATA;
    char context[MM_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(context, sizeof context, format, args);
    va_end(args);
    if (length < 0)
        return err->status;
    return mm_fail(err, err->status, "%s: %s", context, err->text);
}

enum mm_status mm_fail_memory(struct mm_error *err, const char *what)
{
    return mm_fail(err, MM_ERR_MEMORY, "cannot allocate %s", what);
}

void mm_bug(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("mmar: bug: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    abort();
}
