/* Lines for people, on stderr. stdout is for answers only. */
#ifndef MM_BASE_LOG_H
#define MM_BASE_LOG_H

#include <stdbool.h>

enum mm_log_level { MM_LOG_QUIET = -1, MM_LOG_NORMAL = 0, MM_LOG_VERBOSE = 1 };
void mm_log_set(enum mm_log_level level);
enum mm_log_level mm_log_get(void);

/* "text\n"; a progress line that stands is cleared first. mm_note is shown unless -q, mm_detail with -v, mm_warn always. */
void mm_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void mm_detail(const char *format, ...) __attribute__((format(printf, 1, 2)));
void mm_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* "waiting 20 s for TEXT" as a note: what is called while something is waited for. */
void mm_note_wait(void *context, double seconds, const char *text);

/* One rewritten line on a tty; elsewhere a plain line at most every few seconds. Thread-safe. */
void mm_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Ends the progress line: its last text stays when `keep`, otherwise it is wiped. */
void mm_progress_end(bool keep);

/* Colour allowed on that stream (tty, no NO_COLOR, TERM not dumb)? */
bool mm_log_colour(int descriptor);

#endif
