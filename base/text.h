/* A string builder with a stated maximum. Passing the maximum is remembered (`overflow`) and the text stays valid. */
#ifndef MM_BASE_TEXT_H
#define MM_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct mm_text {
    char *bytes; /* always NUL-terminated; "" before the first append */
    size_t length, capacity, maximum;
    bool overflow; /* maximum reached or memory out: what was appended since is lost */
};

void mm_text_init(struct mm_text *text, size_t maximum);
void mm_text_done(struct mm_text *text);
void mm_text_add(struct mm_text *text, const char *bytes);
void mm_text_addn(struct mm_text *text, const char *bytes, size_t length);
void mm_text_format(struct mm_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void mm_text_vformat(struct mm_text *text, const char *format, va_list args);

/* Small questions about C strings, here so that they have one home. */
bool mm_text_starts(const char *text, const char *prefix);
bool mm_text_ends(const char *text, const char *suffix);
/* "1.5 GiB", "12 KiB", "17 B" into buffer (at least 32 bytes); returns it. */
const char *mm_text_bytes(char *buffer, size_t size, double bytes);
/* "1 h 02 min", "3 min 20 s", "4.2 s", "120 ms". */
const char *mm_text_seconds(char *buffer, size_t size, double seconds);

#endif
