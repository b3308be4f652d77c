/* What the machine decided about a run's cache, once: num_cache_objects, replace_percent and replace_every where they are "auto" or memory is too
 * small for them. It is kept as resolved.json in the run's folder and is part of the run's identity: a resume or a repeat of the same
 * config uses the numbers of the file, on any machine. */
#ifndef MM_TRAINER_RESOLVED_H
#define MM_TRAINER_RESOLVED_H

#include "trainer/training.h"

struct mm_resolved {
    const struct mm_training *training; /* with numbers; the one that was given where the machine has no say */
    bool has_file;                      /* the machine has a say */
    bool is_kept;                       /* the numbers are those of the folder's file */
    uint32_t replaced_max;              /* R is still to be chosen, from 1 to this, and k; 0: they are known */
    /* Inside. */
    char *path, request[65]; /* digest of the training as the config has it */
    struct mm_training own;
    struct mm_source source;
    struct mm_pipeline pipeline;
};

/* The numbers of the folder's file when it is of this config, else those that memory allows now. Writes nothing. `out` stays where it
 * is; it and `training` live as long as the run. */
enum mm_status mm_resolve(struct mm_arena *arena, const struct mm_training *training, const char *folder,
                          struct mm_resolved *out, struct mm_error *err);
void mm_resolved_replace(struct mm_resolved *resolved, struct mm_rotation rotation); /* chooses R and k */
/* Nothing where the machine has no say. */
enum mm_status mm_resolved_write(struct mm_arena *arena, const struct mm_resolved *resolved, struct mm_error *err);

#endif
