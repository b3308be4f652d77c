/* An error is a status to branch on and a text to read; every level adds only its own noun on the way up.
 * The error is passed, never global, so worker threads cannot mix messages. Only `main` prints it. */
#ifndef MM_BASE_ERROR_H
#define MM_BASE_ERROR_H

#include "base/status.h"

#define MM_ERROR_TEXT_MAX 4096

struct mm_error {
    enum mm_status status;
    char text[MM_ERROR_TEXT_MAX];
};

/* Sets status and text (truncated to fit) and returns the status. `err` may be NULL: then only the status travels. */
enum mm_status mm_fail(struct mm_error *err, enum mm_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "<context>: " before the text that is there and returns the status that is there (MM_ERR_DATA when `err` is NULL:
 * a caller that wants to branch on the status passes an error). */
enum mm_status mm_fail_in(struct mm_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* MM_ERR_MEMORY with "cannot allocate <what>". */
enum mm_status mm_fail_memory(struct mm_error *err, const char *what);

/* A broken invariant of the program itself: prints and aborts. Never for bad input. */
void mm_bug(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Hands an error on: `if (MM_TRY(s, call)) return s;` keeps the status in `s`. */
#define MM_TRY(s, call) (((s) = (call)) != MM_OK)

#endif
