/* Lines for people. One mutex around everything that is written, so that lines of several threads and the progress line
 * never mix. */
#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/threads.h"

#define LINE_SIZE      4096
#define INTERVAL_TTY   0.05 /* seconds between two progress lines */
#define INTERVAL_PLAIN 5.0
#define WIPE           "\r\033[K"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static enum mm_log_level current;
static struct {
    char text[LINE_SIZE];
    double shown_at; /* when a line was last written                */
    bool is_active;  /* a progress has begun and not ended          */
    bool is_drawn;   /* the tty's current line is the progress line */
    bool is_fresh;   /* text has not been written yet               */
} progress;

void mm_log_set(enum mm_log_level level)
{
    pthread_mutex_lock(&mutex);
    current = level;
    pthread_mutex_unlock(&mutex);
}

enum mm_log_level mm_log_get(void)
{
    pthread_mutex_lock(&mutex);
    enum mm_log_level level = current;
    pthread_mutex_unlock(&mutex);
    return level;
}

bool mm_log_colour(int descriptor)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(descriptor) && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

static void write_line(enum mm_log_level least, const char *format, va_list args)
{
    pthread_mutex_lock(&mutex);
    if (current >= least) {
        if (progress.is_drawn)
            fputs(WIPE, stderr);
        progress.is_drawn = false;
        vfprintf(stderr, format, args);
        fputc('\n', stderr);
        fflush(stderr);
    }
    pthread_mutex_unlock(&mutex);
}

void mm_note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_line(MM_LOG_NORMAL, format, args);
    va_end(args);
}

void mm_note_wait(void *context, double seconds, const char *text)
{
    (void)context;
    mm_note("waiting %.0f s for %s", seconds, text);
}

void mm_detail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_line(MM_LOG_VERBOSE, format, args);
    va_end(args);
}

void mm_warn(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_line(MM_LOG_QUIET, format, args);
    va_end(args);
}

/* Bytes of the text that fit on one line of the terminal: a wrapped line could not be wiped. */
static int fitting(const char *text)
{
    struct winsize window;
    size_t columns = ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1 ? window.ws_col - 1u : 79;
    size_t i = 0;
    for (; text[i]; i++)
        if (((unsigned char)text[i] & 0xC0) != 0x80 && columns-- == 0)
            break;
    return (int)i;
}

static void draw_progress(bool is_tty)
{
    if (is_tty)
        fprintf(stderr, WIPE "%.*s", fitting(progress.text), progress.text);
    else
        fprintf(stderr, "%s\n", progress.text);
    fflush(stderr);
    progress.is_drawn = is_tty;
    progress.is_fresh = false;
    progress.shown_at = mm_clock();
}

void mm_progress(const char *format, ...)
{
    bool is_tty = isatty(STDERR_FILENO);
    va_list args;
    va_start(args, format);
    pthread_mutex_lock(&mutex);
    if (current >= MM_LOG_NORMAL) {
        vsnprintf(progress.text, sizeof progress.text, format, args);
        progress.is_fresh = true;
        double interval = is_tty ? INTERVAL_TTY : INTERVAL_PLAIN;
        if (!is_tty && progress.shown_at == 0) /* what ends within the interval needs no line */
            progress.shown_at = mm_clock();
        if ((is_tty && !progress.is_active) || mm_clock() - progress.shown_at >= interval)
            draw_progress(is_tty);
        progress.is_active = true;
    }
    pthread_mutex_unlock(&mutex);
    va_end(args);
}

void mm_progress_end(bool keep)
{
    bool is_tty = isatty(STDERR_FILENO);
    pthread_mutex_lock(&mutex);
    if (progress.is_active) {
        bool is_missing = progress.is_fresh || (is_tty && !progress.is_drawn);
        if (keep && is_missing)
            draw_progress(is_tty);
        if (progress.is_drawn)
            fputs(keep ? "\n" : WIPE, stderr);
        fflush(stderr);
        progress.is_active = progress.is_drawn = progress.is_fresh = false;
    }
    pthread_mutex_unlock(&mutex);
}
