/* Items that a loader left out (on_bad_item "skip"): told when they are found, written into the journal, listed at the
 * end. */
#ifndef MM_TRAINER_QUARANTINE_H
#define MM_TRAINER_QUARANTINE_H

#include "cache/loader.h"
#include "trainer/journal.h"

struct mm_quarantine { /* zeroed but for the first two */
    const struct mm_source *source;
    struct mm_loader *loader; /* NULL: there is none */
    uint32_t told;
};

/* Warns of the items found since the last call, and writes a line of the journal for each. */
enum mm_status mm_quarantine_tell(struct mm_quarantine *quarantine, struct mm_journal *journal, int64_t epoch,
                                  struct mm_error *err);
/* All of them once more; returns how many there are. */
uint32_t mm_quarantine_list(const struct mm_quarantine *quarantine);

#endif
