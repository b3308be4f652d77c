/* The line of long work on bytes. */
#include "mmar/progress_line.h"

#include "base/log.h"
#include "base/threads.h"

#define SILENT_SECONDS 2

const char *mm_progress_line_text(char *text, size_t size, const char *doing, uint64_t done, uint64_t total,
                                  double seconds)
{
    char now[32], all[32], left[32];
    mm_text_bytes(now, sizeof now, (double)done);
    if (!done || total < done)
        snprintf(text, size, "%s: %s", doing, now);
    else
        snprintf(text, size, "%s: %s of %s, %s left", doing, now, mm_text_bytes(all, sizeof all, (double)total),
                 mm_text_seconds(left, sizeof left, seconds * ((double)(total - done) / (double)done)));
    return text;
}

static void tell(void *context, const char *doing, uint64_t done, uint64_t total)
{
    struct mm_progress_line *line = context;
    char text[160];
    double now = mm_clock();
    if (line->doing != doing)
        line->stage_began = now;
    line->doing = doing;
    if (now - line->began > SILENT_SECONDS)
        mm_progress("%s", mm_progress_line_text(text, sizeof text, doing, done, total, now - line->stage_began));
}

struct mm_archive_progress mm_progress_line(struct mm_progress_line *line)
{
    *line = (struct mm_progress_line){.began = mm_clock()};
    return (struct mm_archive_progress){.tell = tell, .context = line};
}
