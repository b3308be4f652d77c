/* The state of a run beside weights and optimizer: where it is, what was best, how far its journal went. It rides in the checkpoint's
 * header, one file, so nothing can mix. */
#ifndef MM_TRAINER_CHECKPOINT_H
#define MM_TRAINER_CHECKPOINT_H

#include "trainer/network.h"

struct mm_run_state {
    int64_t epoch, step; /* next step to run: of this epoch, from 0 */
    int64_t best_epoch;  /* -1: none yet */
    double best_metric;  /* NaN: none yet */
    double last_metric;  /* of the newest validation */
    double *metrics;     /* key metric after each epoch (NaN where not validated), for plateau schedules */
    size_t metric_count;
    uint64_t journal_bytes; /* of train.jsonl: a resume cuts it there */
    char digest[65];
    const cJSON *summary; /* of the training, for messages; NULL: not known */
};

/* Written atomically to `path`, optimizer slots included. */
enum mm_status mm_checkpoint_write(struct mm_arena *scratch, struct mm_network *network, const char *path,
                                   const struct mm_run_state *state, struct mm_error *err);
/* Restores weights, optimizer and state (its metrics live in the arena), when it is a checkpoint of the run whose digest and summary
 * *state has; else MM_ERR_CONFIG says what differs, and the network is as it was. */
enum mm_status mm_checkpoint_read(struct mm_arena *arena, struct mm_network *network, const char *path,
                                  struct mm_run_state *state, struct mm_error *err);

#endif
