/* Another lab's model becomes one's own to train further: what is the child's now, what stays the parent's, and what is to be set. */
#ifndef MM_MMAR_TAKEOVER_H
#define MM_MMAR_TAKEOVER_H

#include "base/json.h"
#include "mmar/propose.h"

/* docs/card.json of the new folder: name, version and authors are the child's, everything else (licences, intended use) stays. */
enum mm_status mm_takeover_card(struct mm_arena *arena, const char *folder, const char *name, struct mm_error *err);

struct mm_takeover {
    const char *folder, *from;
    const cJSON *manifest;        /* the parent's                                    */
    const struct mm_facts *facts; /* of the data to train on; NULL: none were named  */
    const char *unmeasured;       /* why data that were named could not be measured  */
};
/* Licences, intended use and origin, then the list of what is to be done before a training. */
void mm_takeover_tell(struct mm_text *text, const struct mm_takeover *takeover);
/* Its parts, for who tells of another kind of parent: what comes along, and what data and model have to agree about. */
void mm_takeover_rights(struct mm_text *text, const cJSON *manifest);
void mm_takeover_list(struct mm_text *text, const struct mm_takeover *takeover);

#endif
