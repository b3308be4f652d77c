/* train.jsonl: one line of JSON a step, an epoch and an item that was left out; append-only within a run, cut back to the checkpoint by a resume. */
#ifndef MM_TRAINER_JOURNAL_H
#define MM_TRAINER_JOURNAL_H

#include <stdio.h>

#include "base/error.h"
#include "trainer/loop.h"

struct mm_journal {
    FILE *stream;
};

/* Opens `path` and cuts it to `bytes` (0: a fresh one). One that is gone begins anew; one that is shorter is MM_ERR_DATA. */
enum mm_status mm_journal_open(struct mm_journal *journal, const char *path, uint64_t bytes, struct mm_error *err);
void mm_journal_close(struct mm_journal *journal);
enum mm_status mm_journal_step(struct mm_journal *journal, const struct mm_loop_event *event, double gradient_norm,
                               struct mm_error *err);
/* Per epoch, with the cache's numbers; `name` and `metric` of the key metric when it was validated (NaN: not). */
enum mm_status mm_journal_epoch(struct mm_journal *journal, const struct mm_loop_event *event, const char *name,
                                struct mm_error *err);
/* An item that was left out from an epoch on. */
struct mm_quarantined {
    uint32_t item;
    const char *list, *file, *cause;
    int64_t epoch;
};
enum mm_status mm_journal_quarantined(struct mm_journal *journal, const struct mm_quarantined *quarantined,
                                      struct mm_error *err);
/* Flushes and tells how long the journal is. */
enum mm_status mm_journal_sync(struct mm_journal *journal, uint64_t *bytes, struct mm_error *err);

#endif
