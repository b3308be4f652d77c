/* One line for people about long work on bytes: what is done, how much of it, how long it will still take. What ends within two seconds
 * needs no line. Who begins one ends it by mm_progress_end (base/log.h). */
#ifndef MM_MMAR_PROGRESS_LINE_H
#define MM_MMAR_PROGRESS_LINE_H

#include "mmar/archive/archive.h"

struct mm_progress_line {
    double began, stage_began; /* inside */
    const char *doing;
};
/* What tells `line`, which must live as long. */
struct mm_archive_progress mm_progress_line(struct mm_progress_line *line);
/* Its text: "verifying: 1.2 GiB of 3 GiB, 4 s left"; without the time when nothing is known of it. */
const char *mm_progress_line_text(char *text, size_t size, const char *doing, uint64_t done, uint64_t total,
                                  double seconds);

#endif
