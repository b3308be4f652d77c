/* What a model was fine-tuned from: the weights to start with, and the record of it that the child's manifest carries. */
#ifndef MM_MMAR_PARENT_H
#define MM_MMAR_PARENT_H

#include "mmar/project.h"
#include "mmar/signing/vouch.h"

struct mm_parent {
    const char *weights; /* file to load; NULL: none */
    const char *folder;  /* temporary, removed by close; NULL: none */
    const cJSON *record; /* for models/parent.json */
};

/* `from`: an archive (verified while it is read, and its signature as `ask` says), an MMAR folder, or a .safetensors file. */
enum mm_status mm_parent_open(struct mm_arena *arena, const char *from, const struct mm_vouch *ask,
                              struct mm_archive_progress *progress, struct mm_parent *parent, struct mm_error *err);
void mm_parent_close(struct mm_parent *parent);
/* Writes models/parent.json, or removes it when training starts from scratch; removes models/run.json, which tells of the run before.
 * A resumed run leaves both as they are: do not call. */
enum mm_status mm_parent_record(struct mm_arena *arena, const struct mm_project *project,
                                const struct mm_parent *parent, struct mm_error *err);

#endif
