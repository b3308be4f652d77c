/* The string builder. It doubles its memory up to its maximum; a piece that does not fit is lost whole, and so is
 * everything after it, so a caller need look at `overflow` only once. */
#include "base/text.h"

#include <math.h>

#include "base/memory.h"

#define FIRST_CAPACITY 256

void mm_text_init(struct mm_text *text, size_t maximum)
{
    static char nothing[1]; /* never written: capacity 0 */
    *text = (struct mm_text){.bytes = nothing, .maximum = maximum};
}

void mm_text_done(struct mm_text *text)
{
    if (text->capacity)
        mm_free(text->bytes);
    mm_text_init(text, text->maximum);
}

/* Room for `more` bytes and a NUL; false sets `overflow`. */
static bool make_room(struct mm_text *text, size_t more)
{
    if (text->overflow)
        return false;
    if (more > text->maximum - text->length) {
        text->overflow = true;
        return false;
    }
    size_t need = text->length + more + 1;
    if (need <= text->capacity)
        return true;
    size_t capacity = text->capacity ? text->capacity : FIRST_CAPACITY;
    while (capacity < need)
        capacity *= 2;
    char *bytes = mm_alloc_raw(capacity);
    if (!bytes) {
        text->overflow = true;
        return false;
    }
    memcpy(bytes, text->bytes, text->length + 1);
    if (text->capacity)
        mm_free(text->bytes);
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

void mm_text_addn(struct mm_text *text, const char *bytes, size_t length)
{
    if (!length || !make_room(text, length))
        return;
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void mm_text_add(struct mm_text *text, const char *bytes)
{
    mm_text_addn(text, bytes, strlen(bytes));
}

void mm_text_vformat(struct mm_text *text, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    if (length < 0)
        text->overflow = true;
    else if (length > 0 && make_room(text, (size_t)length)) {
        vsnprintf(text->bytes + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
}

void mm_text_format(struct mm_text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    mm_text_vformat(text, format, args);
    va_end(args);
}

bool mm_text_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool mm_text_ends(const char *text, const char *suffix)
{
    size_t length = strlen(text), tail = strlen(suffix);
    return length >= tail && memcmp(text + length - tail, suffix, tail) == 0;
}

const char *mm_text_bytes(char *buffer, size_t size, double bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t unit = 0;
    while (fabs(bytes) >= 1023.95 && unit + 1 < sizeof units / sizeof *units) {
        bytes /= 1024;
        unit++;
    }
    /* One decimal below ten and when it is not zero: "12 KiB", "1.5 GiB". */
    bool whole = unit == 0 || fabs(bytes - nearbyint(bytes)) < 0.05;
    snprintf(buffer, size, whole ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
    return buffer;
}

const char *mm_text_seconds(char *buffer, size_t size, double seconds)
{
    if (seconds > 0 && seconds < 0.00095)
        snprintf(buffer, size, "%.2g ms", seconds * 1000);
    else if (seconds < 0.9995)
        snprintf(buffer, size, "%.0f ms", seconds * 1000);
    else if (seconds < 59.95)
        snprintf(buffer, size, "%.1f s", seconds);
    else if (seconds < 3599.5)
        snprintf(buffer, size, "%lld min %lld s", llround(seconds) / 60, llround(seconds) % 60);
    else
        snprintf(buffer, size, "%lld h %02lld min", llround(seconds / 60) / 60, llround(seconds / 60) % 60);
    return buffer;
}
